/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Data accesses that the interpreter does not make inline: beyond local SRAM,
 * at its very end, atomics, and whatever is not allowed.
 */
#include <string.h>

#include "engine/engine_impl.h"
#include "engine/exec_ops.h"

/*
 * A hart whose accesses are all answered at once (run.functional, or latencies
 * of 0) lets another one run after so many cycles: it may be spinning on what
 * that one is to write.
 */
enum { SLICE_CYCLES = 4096 };

enum place { PLACE_LOCAL, PLACE_BUS, PLACE_NOWHERE };

static bool inside(const struct hart *h, enum window w, uint64_t addr, unsigned bytes)
{
    uint64_t lo = h->csr.lo[w], hi = h->csr.hi[w];
    return addr >= lo && addr < hi && hi - addr >= bytes;
}

static enum place locate(const struct engine *e, const struct hart *h, uint64_t addr,
                         unsigned bytes)
{
    uint64_t offset = addr - NIC_LOCAL_BASE;

    if (addr > UINT64_MAX - (bytes - 1)) {
        return PLACE_NOWHERE;
    }
    if (h->in_program && !inside(h, WINDOW_STK, addr, bytes) &&
        !inside(h, WINDOW_PKT, addr, bytes) && !inside(h, WINDOW_MAP, addr, bytes)) {
        return PLACE_NOWHERE;
    }
    if (offset < NIC_LOCAL_MAX) {
        return offset + bytes <= e->local_size ? PLACE_LOCAL : PLACE_NOWHERE;
    }
    return PLACE_BUS;
}

static unsigned access_bytes(enum rv64_op op)
{
    switch (op) {
#define EXEC_RD(id, value)
#define EXEC_LOAD(id, type)                                                                        \
    case RV64_OP_##id:                                                                             \
        return sizeof(type);
#define EXEC_STORE(id, type) EXEC_LOAD(id, type)
#define EXEC_BRANCH(id, taken)
#define EXEC_AMO(id, bus_op, bytes)                                                                \
    case RV64_OP_##id:                                                                             \
        return bytes;
#define EXEC_FLOW(id)
#define EXEC_SYSTEM(id)
#include "engine/exec.def"
    default:
        return 0;
    }
}

static enum bus_op amo_bus_op(enum rv64_op op)
{
    switch (op) {
#define EXEC_RD(id, value)
#define EXEC_LOAD(id, type)
#define EXEC_STORE(id, type)
#define EXEC_BRANCH(id, taken)
#define EXEC_AMO(id, bus_op, bytes)                                                                \
    case RV64_OP_##id:                                                                             \
        return bus_op;
#define EXEC_FLOW(id)
#define EXEC_SYSTEM(id)
#include "engine/exec.def"
    default:
        return BUS_LOAD;
    }
}

uint64_t mem_extend(enum rv64_op op, uint64_t data)
{
    switch (op) {
#define EXEC_RD(id, value)
#define EXEC_LOAD(id, type)                                                                        \
    case RV64_OP_##id:                                                                             \
        return (uint64_t)(int64_t)(type)data;
#define EXEC_STORE(id, type)
#define EXEC_BRANCH(id, taken)
#define EXEC_AMO(id, bus_op, bytes)                                                                \
    case RV64_OP_##id:                                                                             \
        return (bytes) == 4 && (bus_op) != BUS_SC ? exec_sext32(data) : data;
#define EXEC_FLOW(id)
#define EXEC_SYSTEM(id)
#include "engine/exec.def"
    default:
        return data;
    }
}

/* ---- beyond local SRAM ---- */

static bool another_is_ready(const struct engine *e, const struct hart *h)
{
    for (unsigned t = 0; t < e->threads; t++) {
        const struct hart *o = &e->hart[t];
        if (o != h && o->state == HART_READY && o->ready_at <= e->clock) {
            return true;
        }
    }
    return false;
}

static struct step_result give_away(struct engine *e, struct hart *h, uint64_t ready_at,
                                    bool waits_for_memory)
{
    h->ready_at = ready_at;
    h->waits_for_memory = waits_for_memory;
    e->running = false;
    return (struct step_result){STEP_LEAVE, EXIT_YIELD};
}

/* After an access that was made: does the hart keep the engine? */
static struct step_result settle(struct engine *e, struct hart *h, const struct bus_req *req,
                                 struct step_result done)
{
    if (!req->posted && req->done > e->clock) {
        return give_away(e, h, req->done, true);
    }
    if (e->clock - e->since >= SLICE_CYCLES && req->op != BUS_STORE && another_is_ready(e, h)) {
        return give_away(e, h, e->clock, false);
    }
    return done;
}

static struct step_result sleep_until_woken(struct engine *e, struct hart *h, enum rv64_op op,
                                            unsigned rd, uint64_t cycles)
{
    hart_retire(e, h, cycles);
    h->state = HART_BLOCKED;
    h->wake_rd = (uint8_t)rd;
    h->wake_op = (uint8_t)op;
    e->running = false;
    return (struct step_result){STEP_LEAVE, EXIT_YIELD};
}

/* `fault`: what the trap is when there is nothing at the address. */
static struct step_result bus_step(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                                   struct bus_req *req, uint64_t cycles, enum trap_cause fault)
{
    struct step_result done;
    enum bus_result result;

    if (e->clock > e->horizon) {
        return (struct step_result){STEP_LEAVE, EXIT_HORIZON};
    }
    req->now = e->clock;
    req->done = e->clock;
    req->hart = h->id;
    result = e->bus->access(e->bus->ctx, req);
    if (result == BUS_FAULT) {
        return trap_take(e, h, fault, req->addr);
    }
    if (result == BUS_BLOCK) {
        return sleep_until_woken(e, h, op, rd, cycles);
    }
    h->x[rd] = mem_extend(op, req->data);
    done = settle(e, h, req, hart_retire(e, h, cycles));
    if (result == BUS_STOP) {
        return (struct step_result){STEP_LEAVE, EXIT_STOP};
    }
    return done;
}

/* ---- loads and stores ---- */

struct step_result mem_load(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                            uint64_t addr)
{
    unsigned bytes = access_bytes(op);
    enum place place = locate(e, h, addr, bytes);

    if (place == PLACE_NOWHERE) {
        return trap_take(e, h, CAUSE_LOAD_ACCESS, addr);
    }
    if (place == PLACE_LOCAL) {
        uint64_t data = 0;
        memcpy(&data, h->local + (addr - NIC_LOCAL_BASE), bytes);
        h->x[rd] = mem_extend(op, data);
        return hart_retire(e, h, e->cfg->cost_load + e->cfg->local_latency);
    }
    struct bus_req req = {.addr = addr, .bytes = (uint8_t)bytes, .op = BUS_LOAD};
    return bus_step(e, h, op, rd, &req, e->cfg->cost_load, CAUSE_LOAD_ACCESS);
}

struct step_result mem_store(struct engine *e, struct hart *h, enum rv64_op op, uint64_t addr,
                             uint64_t value)
{
    unsigned bytes = access_bytes(op);
    enum place place = locate(e, h, addr, bytes);

    if (place == PLACE_NOWHERE) {
        return trap_take(e, h, CAUSE_STORE_ACCESS, addr);
    }
    if (place == PLACE_LOCAL) {
        memcpy(h->local + (addr - NIC_LOCAL_BASE), &value, bytes);
        return hart_retire(e, h, e->cfg->cost_store);
    }
    struct bus_req req = {.addr = addr,
                          .data = bytes == 8 ? value : value & (((uint64_t)1 << bytes * 8) - 1),
                          .bytes = (uint8_t)bytes,
                          .op = BUS_STORE,
                          .posted = true};
    return bus_step(e, h, op, X_DUMMY, &req, e->cfg->cost_store, CAUSE_STORE_ACCESS);
}

/* ---- atomics ---- */

/* What an AMO stores, of `old` in memory and `value` in rs2, both as mem_extend gives them. */
static uint64_t amo_result(enum bus_op op, uint64_t old, uint64_t value)
{
    switch (op) {
    case BUS_AMO_ADD:
        return old + value;
    case BUS_AMO_XOR:
        return old ^ value;
    case BUS_AMO_AND:
        return old & value;
    case BUS_AMO_OR:
        return old | value;
    case BUS_AMO_MIN:
        return (int64_t)old < (int64_t)value ? old : value;
    case BUS_AMO_MAX:
        return (int64_t)old > (int64_t)value ? old : value;
    case BUS_AMO_MINU: /* sign extension of both keeps their unsigned order */
        return old < value ? old : value;
    case BUS_AMO_MAXU:
        return old > value ? old : value;
    default:
        return value; /* swap, and a store-conditional that succeeds */
    }
}

static bool reservation_holds(const struct hart *h, uint64_t addr, unsigned bytes)
{
    return h->reservation == RESERVE_LOCAL && h->reserved_addr == addr &&
           h->reserved_bytes == bytes;
}

static struct step_result amo_local(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                                    uint64_t addr, uint64_t value)
{
    unsigned bytes = access_bytes(op);
    enum bus_op kind = amo_bus_op(op);
    uint8_t *p = h->local + (addr - NIC_LOCAL_BASE);
    uint64_t old = 0, cycles = e->cfg->cost_atomic + (kind == BUS_SC ? 0 : e->cfg->local_latency);
    bool stores = kind != BUS_LR && (kind != BUS_SC || reservation_holds(h, addr, bytes));

    memcpy(&old, p, bytes);
    old = mem_extend(op, old);
    if (stores) {
        uint64_t now = amo_result(kind, old, mem_extend(op, value));
        memcpy(p, &now, bytes);
    }
    if (kind == BUS_LR) {
        h->reservation = RESERVE_LOCAL;
        h->reserved_addr = addr;
        h->reserved_bytes = (uint8_t)bytes;
    } else if (kind == BUS_SC) {
        h->reservation = RESERVE_NONE;
    }
    h->x[rd] = kind == BUS_SC ? !stores : old;
    return hart_retire(e, h, cycles);
}

static struct step_result amo_bus(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                                  uint64_t addr, uint64_t value)
{
    unsigned bytes = access_bytes(op);
    enum bus_op kind = amo_bus_op(op);
    struct bus_req req = {.addr = addr,
                          .data = bytes == 4 ? (uint32_t)value : value,
                          .bytes = (uint8_t)bytes,
                          .op = (uint8_t)kind,
                          .posted = rd == X_DUMMY && kind != BUS_LR};

    if (kind == BUS_SC && h->reservation != RESERVE_BUS) {
        h->reservation = RESERVE_NONE;
        h->x[rd] = 1;
        return hart_retire(e, h, e->cfg->cost_atomic);
    }
    uint64_t retired = h->retired;
    struct step_result r = bus_step(e, h, op, rd, &req, e->cfg->cost_atomic,
                                    kind == BUS_LR ? CAUSE_LOAD_ACCESS : CAUSE_STORE_ACCESS);
    if (h->retired == retired) {
        return r; /* it trapped, or is not made yet */
    }
    if (kind == BUS_LR) {
        h->reservation = RESERVE_BUS;
    } else if (kind == BUS_SC) {
        h->reservation = RESERVE_NONE;
    }
    return r;
}

struct step_result mem_amo(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                           uint64_t addr, uint64_t value)
{
    unsigned bytes = access_bytes(op);
    bool loads = amo_bus_op(op) == BUS_LR;

    if (addr & (bytes - 1)) {
        return trap_take(e, h, loads ? CAUSE_LOAD_MISALIGNED : CAUSE_STORE_MISALIGNED, addr);
    }
    switch (locate(e, h, addr, bytes)) {
    case PLACE_LOCAL:
        return amo_local(e, h, op, rd, addr, value);
    case PLACE_BUS:
        return amo_bus(e, h, op, rd, addr, value);
    case PLACE_NOWHERE:
        break;
    }
    return trap_take(e, h, loads ? CAUSE_LOAD_ACCESS : CAUSE_STORE_ACCESS, addr);
}
