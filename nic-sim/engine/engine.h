/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine: T hardware threads (harts), single issue, in order,
 * switch-on-event. Private to nic-sim; the device drives it.
 *
 * Time is in cycles since reset. An engine owns its clock and its harts' local
 * SRAM; everything else is reached through struct engine_bus, and always in
 * simulated-time order: before an access beyond local SRAM at time t the engine
 * returns to its caller if t > horizon, with the access not made.
 *
 * This is the seam behind which another back end (a translator to host code)
 * can stand: it must give identical results and identical cycles.
 */
#ifndef NIC_ENGINE_H
#define NIC_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/region.h"
#include "nic/config.h"
#include "nic/device.h"

enum bus_op {
    BUS_LOAD,
    BUS_STORE,
    BUS_AMO_SWAP,
    BUS_AMO_ADD,
    BUS_AMO_XOR,
    BUS_AMO_AND,
    BUS_AMO_OR,
    BUS_AMO_MIN,
    BUS_AMO_MAX,
    BUS_AMO_MINU,
    BUS_AMO_MAXU,
    BUS_LR,
    BUS_SC, /* data: 0 = stored, 1 = reservation lost */
};

struct bus_req {
    uint64_t addr;
    uint64_t data; /* in: value to store; out: value read, zero-extended from `bytes` */
    uint64_t now;  /* in: cycle of issue */
    uint64_t done; /* out: cycle at which the value is there (>= now) */
    uint64_t held; /* out, 0 when it came: cycles for which the hart then keeps its engine busy */
    uint32_t hart; /* global hart id */
    uint8_t bytes; /* 1, 2, 4, 8; loads and stores of any alignment, AMO/LR/SC naturally aligned */
    uint8_t op;    /* enum bus_op */
    bool posted; /* store, or AMO with rd = x0: the hart does not wait for `done`. Out: likewise */
};

enum bus_result {
    BUS_OK,
    BUS_FAULT, /* no such memory or register: access fault */
    BUS_BLOCK, /* the hart sleeps until engine_wake; no time passes for it */
    BUS_STOP,  /* done, and engine_run must return at once (fatal, watch hit) */
};

struct engine_bus {
    void *ctx;
    enum bus_result (*access)(void *ctx, struct bus_req *req);
    /*
     * The 4 KiB of memory at `page` (4 KiB aligned) for instruction fetch; NULL
     * when it is not executable. The pointer stays valid for the device's life.
     */
    const uint8_t *(*code_page)(void *ctx, uint64_t page);
    /* Cycles until now in which no packet buffer was free; NULL: there always is one. */
    uint64_t (*starved)(void *ctx);
    /*
     * A hart pauses (Zihintpause) until `until`, since its atomic at `addr`, made at `from`, found
     * a lock taken. NULL: nobody wants to know.
     */
    void (*paused)(void *ctx, uint64_t addr, uint64_t from, uint64_t until);
    /* Modelled nanoseconds at `cycle`, for the `time` CSR. */
    uint64_t (*time_ns)(void *ctx, uint64_t cycle);
    /*
     * Memory in which the engine makes loads, stores and AMOs itself, with mem_time,
     * instead of asking `access`, which would do the same. NULL: it always asks.
     */
    struct region_map *regions;
};

/* Predecoded instructions, shared by all engines of a device. */
struct code_cache;
int code_cache_create(const struct nic_config *cfg, const struct engine_bus *bus,
                      struct code_cache **out);
void code_cache_destroy(struct code_cache *cc);
/* Memory [addr, addr+len) changed: decode it again. Called by the device for BAR2/DMA writes;
 * fence.i drops all of it that is stale. */
void code_cache_invalidate(struct code_cache *cc, uint64_t addr, uint64_t len);

/*
 * What the code at `addr` costs, in place of what its instructions do: cycles[i] != 0 are those of
 * the words from i up to the next such one, and of a 0 word that follows nobody its own. Less
 * than their own is as if nothing was said. Waiting and taken branches come on top. Holds until
 * that memory changes. -EFAULT outside the instruction store, -ENOMEM.
 */
int code_cache_costs(struct code_cache *cc, uint64_t addr, const uint32_t *cycles, uint32_t words);

struct engine;

/* `first_hart`: global id of its thread 0. Borrows bus and cc. -ENOMEM. */
int engine_create(const struct nic_config *cfg, unsigned threads, uint32_t first_hart,
                  const struct engine_bus *bus, struct code_cache *cc, struct engine **out);
void engine_destroy(struct engine *e);

/* All harts to `pc`, machine mode, registers 0, local SRAM 0, ready at `now`; a0 = hart id. */
void engine_reset(struct engine *e, uint64_t pc, uint64_t now);

enum engine_stop {
    ENGINE_HORIZON, /* the next access would be after the horizon: see engine_next */
    ENGINE_ASLEEP,  /* every thread is blocked or parked */
    ENGINE_STOPPED, /* a bus access said BUS_STOP, or a hart failed: see engine_fault */
};
/*
 * Makes every access (and fence.i) with time <= horizon. Work in between, in
 * registers and local SRAM, is seen by nobody else: it goes on past the horizon
 * up to the next access, so that the caller is bothered once an access and not
 * once a branch, but no further than ENGINE_RUN_AHEAD cycles. A hart that waits
 * does it at once, though it counts from the end of its wait on. Taking the engine
 * is such work too, unless a hart sleeps: its wake-up may yet come first.
 */
enum {
    ENGINE_RUN_AHEAD = 16384,
    ENGINE_TURN_MOST =
        1 << 19, /* no horizon of engine_run_turns is further from its turn's begin */
};
enum engine_stop engine_run(struct engine *e, uint64_t horizon);

/*
 * Engines one after the other, each to its horizon, as their accesses come in modelled time
 * (engine/turns.h), until something else comes first: then ENGINE_HORIZON. ENGINE_STOPPED when
 * the engine at turns->seat says so.
 */
struct turns;
enum engine_stop engine_run_turns(struct turns *turns);

/* Earliest cycle at which the engine has something to do; UINT64_MAX when asleep. */
uint64_t engine_next(const struct engine *e);

/* Completes a BUS_BLOCK access of `hart`: it reads `data` and is ready at `when`. */
void engine_wake(struct engine *e, uint32_t hart, uint64_t data, uint64_t when);

/*
 * Makes the watchdog's interrupt (nic/csr.h) pending in `hart`. In user mode the hart takes the
 * trap where it has gone: before its next access beyond local SRAM, or behind the one that it
 * waits for, if the bus made that; in machine mode where it enters program code next. Where that is
 * depends on the cycle only if engine_run has been told the one before it. False, with nothing
 * done: it cannot take it (mie, mtvec), or it is in no program code and has retired none since
 * engine_hart_program_insns was `insns`.
 */
bool engine_interrupt(struct engine *e, uint32_t hart, uint64_t insns, uint64_t now);
/* No longer pending; false: it was not. */
bool engine_interrupt_clear(struct engine *e, uint32_t hart);
/* Cycles since reset in which `hart` was ready, and another one had the engine. */
uint64_t engine_hart_waited(const struct engine *e, uint32_t hart);
/* Who has the engine, while `hart` has been ready for it since `cycle`; UINT32_MAX: nobody. */
uint32_t engine_hog(const struct engine *e, uint32_t hart, uint64_t cycle);

/* This hart's local SRAM, local.size bytes. */
uint8_t *engine_local(struct engine *e, uint32_t hart);

/* Retired instructions of `hart` in program code since reset (for the tap). */
uint64_t engine_hart_program_insns(const struct engine *e, uint32_t hart);

void engine_stats(const struct engine *e, struct nic_engine_stats *out); /* all but `packets` */
void engine_thread_stats(const struct engine *e, unsigned thread, struct nic_thread_stats *out);

/* Registers of `hart` into *out (what = NULL), for a trap report. */
void engine_dump(const struct engine *e, uint32_t hart, struct nic_fault *out);

/*
 * The hart that ended ENGINE_STOPPED by itself: a trap with no usable handler
 * (mtvec 0 or a trap taken while fetching the handler), text in `what`.
 * False when there is none. A branch to itself parks the hart: it is not scheduled again before
 * engine_interrupt; engine_parked counts them.
 */
bool engine_fault(const struct engine *e, struct nic_fault *out);
unsigned engine_parked(const struct engine *e);

#endif
