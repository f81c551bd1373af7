/* SPDX-License-Identifier: BSD-3-Clause */
/* Data accesses: what the interpreter makes inline, and what it asks mem.c to do. */
#ifndef NIC_ENGINE_MEM_H
#define NIC_ENGINE_MEM_H

#include <string.h>

#include "engine/sched.h"

/*
 * A hart whose accesses are all answered at once (run.functional, or latencies
 * of 0) lets another one run after so many cycles: it may be spinning on what
 * that one is to write.
 */
enum { SLICE_CYCLES = 4096 };

/*
 * The access of the instruction at h->pc, issued at e->clock. Registers are
 * slots: x0 as a destination is X_DUMMY.
 */
struct step_result mem_load(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                            uint64_t addr);
struct step_result mem_store(struct engine *e, struct hart *h, enum rv64_op op, uint64_t addr,
                             uint64_t value);
struct step_result mem_amo(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                           uint64_t addr, uint64_t value);
/* The value that a load, AMO, LR or SC of `op` writes to rd for the bus's answer. */
uint64_t mem_extend(enum rv64_op op, uint64_t data);

static inline bool mem_inside(const struct hart *h, enum window w, uint64_t addr, unsigned bytes)
{
    uint64_t lo = h->window[w].lo, hi = h->window[w].hi;
    return addr >= lo && addr < hi && hi - addr >= bytes;
}

/* The stack where the interpreter does not see it, and fragments. */
bool mem_allowed_else(const struct hart *h, uint64_t addr, unsigned bytes);

static inline bool mem_allowed(const struct hart *h, uint64_t addr, unsigned bytes)
{
    return !h->in_program || mem_inside(h, WINDOW_PKT, addr, bytes) ||
           mem_inside(h, WINDOW_MAP, addr, bytes) || mem_allowed_else(h, addr, bytes);
}

/*
 * Where the bytes of an access at `now` (not after the horizon) are, if the
 * engine can make it by itself: it is timed already, done at *done. NULL: ask
 * mem_load, mem_store or mem_amo, which know every other case.
 */
static inline uint8_t *mem_direct_at(const struct region_map *map, struct engine *e,
                                     const struct hart *h, uint64_t addr, unsigned bytes,
                                     uint64_t now, bool writes, uint64_t *done)
{
    struct mem_region *m = map->slot[(addr >> REGION_SHIFT) % REGION_SLOTS];

    if (m == NULL || addr - m->base > m->size - bytes || !mem_allowed(h, addr, bytes)) {
        return NULL;
    }
    *done = mem_time(m, addr - m->base, now, writes);
    e->region_cause = m->cause;
    return m->mem + (addr - m->base);
}

static inline uint8_t *mem_direct(const struct region_map *map, struct engine *e,
                                  const struct hart *h, uint64_t addr, unsigned bytes, uint64_t now,
                                  uint64_t *done)
{
    return mem_direct_at(map, e, h, addr, bytes, now, false, done);
}

/* The same for a store, which nobody must be told of. */
static inline uint8_t *mem_direct_store(const struct region_map *map, struct engine *e,
                                        const struct hart *h, uint64_t addr, unsigned bytes,
                                        uint64_t now, uint64_t *done)
{
    return map->reservations != 0 || addr == map->watch
               ? NULL
               : mem_direct_at(map, e, h, addr, bytes, now, true, done);
}

/*
 * Most atomics count something: the amoadd.d of `ip` at `now`, in memory that the engine reaches
 * by itself, and not after the horizon, is done at the cycle returned. 0: ask mem_amo.
 */
static inline uint64_t mem_amo_add(const struct region_map *map, struct engine *e, struct hart *h,
                                   const struct insn *ip, uint64_t now)
{
    uint64_t addr = h->x[ip->rs1], value = h->x[ip->rs2], done, old;
    uint8_t *p;

    if ((addr & 7) != 0 || now > e->horizon) {
        return 0;
    }
    p = mem_direct_store(map, e, h, addr, 8, now, &done);
    if (p == NULL) {
        return 0;
    }
    h->amo_addr = addr;
    h->amo_from = now;
    memcpy(&old, p, 8);
    value += old;
    memcpy(p, &value, 8);
    h->x[ip->rd] = old;
    e->region_cause = NIC_CAUSE_ATOMIC;
    return done;
}

/* After an access that is done at `done`, for which the hart waits: does it keep the engine? */
static inline struct step_result mem_settle(struct engine *e, uint64_t done, enum nic_cause cause)
{
    if (done > e->clock) {
        sched_wait(e, done, true, cause);
        return (struct step_result){STEP_LEAVE, EXIT_YIELD};
    }
    if (e->clock - e->since >= SLICE_CYCLES && sched_contended(e)) {
        sched_wait(e, e->clock, false, NIC_CAUSE_ENGINE);
        return (struct step_result){STEP_LEAVE, EXIT_YIELD};
    }
    return (struct step_result){STEP_NEXT, EXIT_HORIZON};
}

#endif
