/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Data accesses that the interpreter does not make inline: beyond local SRAM,
 * at its very end, atomics, and whatever is not allowed.
 */
#include <string.h>

#include "engine/exec_ops.h"
#include "engine/mem.h"

bool mem_allowed_else(const struct hart *h, uint64_t addr, unsigned bytes)
{
    return mem_inside(h, WINDOW_STK, addr, bytes) || mem_inside(h, WINDOW_FR1, addr, bytes) ||
           mem_inside(h, WINDOW_FR2, addr, bytes);
}

enum place { PLACE_LOCAL, PLACE_BUS, PLACE_NOWHERE };

static enum place locate(const struct engine *e, const struct hart *h, uint64_t addr,
                         unsigned bytes)
{
    uint64_t offset = addr - NIC_LOCAL_BASE;

    if (addr > UINT64_MAX - (bytes - 1)) {
        return PLACE_NOWHERE;
    }
    if (!mem_allowed(h, addr, bytes)) {
        return PLACE_NOWHERE;
    }
    if (offset < NIC_LOCAL_MAX) {
        return offset + bytes <= e->local_size ? PLACE_LOCAL : PLACE_NOWHERE;
    }
    return PLACE_BUS;
}

/* What each instruction asks of memory. */
static const struct access {
    uint8_t bytes, bus_op;
    bool is_signed; /* the value read is sign-extended */
} accesses[RV64_OP_COUNT] = {
#define EXEC_RD(id, value)
#define EXEC_LOAD(id, type)  [RV64_OP_##id] = {sizeof(type), BUS_LOAD, (type) - 1 < (type)1},
#define EXEC_STORE(id, type) [RV64_OP_##id] = {sizeof(type), BUS_STORE, false},
#define EXEC_BRANCH(id, taken)
#define EXEC_AMO(id, op, bytes) [RV64_OP_##id] = {bytes, op, (op) != BUS_SC},
#define EXEC_FLOW(id)
#define EXEC_SYSTEM(id)
#include "engine/exec.def"
};

uint64_t mem_extend(enum rv64_op op, uint64_t data)
{
    unsigned unused = 64 - 8u * accesses[op].bytes;
    return accesses[op].is_signed ? (uint64_t)((int64_t)(data << unused) >> unused) : data;
}

/* ---- beyond local SRAM ---- */

static struct step_result sleep_until_woken(struct engine *e, struct hart *h, enum rv64_op op,
                                            unsigned rd, uint64_t cycles)
{
    hart_retire(e, h, cycles);
    h->wake_rd = (uint8_t)rd;
    h->wake_op = (uint8_t)op;
    sched_sleep(e, HART_BLOCKED);
    return (struct step_result){STEP_LEAVE, EXIT_YIELD};
}

static uint64_t spacing_at(const struct nic_config *cfg, enum nic_cause region)
{
    switch (region) {
    case NIC_CAUSE_CLUSTER:
        return cfg->cluster_spacing;
    case NIC_CAUSE_SRAM:
        return cfg->sram_spacing;
    case NIC_CAUSE_DRAM:
        return cfg->dram_spacing;
    default:
        return 0;
    }
}

/*
 * Where memory asks for a distance between an engine's accesses, the engine stands still for what
 * is missing before one that its thread will wait for. Done again after a return to the device,
 * this finds the distance kept.
 */
static void keep_distance(struct engine *e, struct hart *h, const struct bus_req *req)
{
    uint64_t apart = spacing_at(e->cfg, cause_at(req->addr)), since = e->clock - e->accessed;

    if (!req->posted && since < apart) {
        e->clock += apart - since;
        h->spent[NIC_CAUSE_SPACING] += apart - since;
    }
}

/* What the access asks for beyond the instruction: that its engine is held for a while. */
static void hold(struct engine *e, struct hart *h, const struct bus_req *req)
{
    if (req->held != 0) {
        e->clock += req->held;
        h->spent[NIC_CAUSE_OVERHEAD] += req->held;
    }
}

/* `fault`: what the trap is when there is nothing at the address. */
static struct step_result bus_step(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                                   struct bus_req *req, uint64_t cycles, enum trap_cause fault)
{
    struct step_result done;
    enum bus_result result;

    if (e->spaced) {
        keep_distance(e, h, req);
    }
    if (e->clock > e->horizon) {
        return (struct step_result){STEP_LEAVE, EXIT_HORIZON};
    }
    if (!req->posted && cause_at(req->addr) != NIC_CAUSE_REGISTER) {
        e->accessed = e->clock;
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
    done = hart_retire(e, h, cycles);
    hold(e, h, req);
    if (req->op != BUS_STORE || !req->posted) {
        done = mem_settle(e, req->posted ? e->clock : req->done, cause_of(e, req));
    }
    if (result == BUS_STOP) {
        return (struct step_result){STEP_LEAVE, EXIT_STOP};
    }
    return done;
}

/* ---- loads and stores ---- */

struct step_result mem_load(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                            uint64_t addr)
{
    unsigned bytes = accesses[op].bytes;
    enum place place = locate(e, h, addr, bytes);

    if (place == PLACE_NOWHERE) {
        return trap_take(e, h, CAUSE_LOAD_ACCESS, addr);
    }
    if (place == PLACE_LOCAL) {
        uint64_t data = 0;
        memcpy(&data, h->local + (addr - NIC_LOCAL_BASE), bytes);
        h->x[rd] = mem_extend(op, data);
        hart_retire(e, h, 0);
        return (struct step_result){STEP_STRAIGHT, EXIT_HORIZON};
    }
    struct bus_req req = {.addr = addr, .bytes = (uint8_t)bytes, .op = BUS_LOAD};
    return bus_step(e, h, op, rd, &req, e->cfg->cost_load, CAUSE_LOAD_ACCESS);
}

struct step_result mem_store(struct engine *e, struct hart *h, enum rv64_op op, uint64_t addr,
                             uint64_t value)
{
    unsigned bytes = accesses[op].bytes;
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
static uint64_t amo_result(uint8_t op, uint64_t old, uint64_t value)
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
    unsigned bytes = accesses[op].bytes;
    uint8_t kind = accesses[op].bus_op;
    uint8_t *p = h->local + (addr - NIC_LOCAL_BASE);
    uint64_t old = 0, latency = kind == BUS_SC ? 0 : e->cfg->local_latency;
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
    h->spent[NIC_CAUSE_LOCAL] += latency;
    return hart_retire(e, h, e->cfg->cost_atomic + latency);
}

/* In memory whose bytes are at p, done at `done`. */
static struct step_result amo_direct(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                                     uint8_t *p, uint64_t value, uint64_t done)
{
    unsigned kind = accesses[op].bus_op;
    uint64_t old, now;

    if (accesses[op].bytes == 8) {
        memcpy(&old, p, 8);
        now = kind == BUS_AMO_ADD ? old + value /* by far the most frequent */
                                  : amo_result((uint8_t)kind, old, value);
        memcpy(p, &now, 8);
    } else {
        int32_t word;
        memcpy(&word, p, 4);
        old = (uint64_t)(int64_t)word;
        now = amo_result((uint8_t)kind, old, exec_sext32(value));
        memcpy(p, &now, 4);
    }
    h->x[rd] = old;
    hart_retire(e, h, e->cfg->cost_atomic);
    return mem_settle(e, rd == X_DUMMY ? e->clock : done, NIC_CAUSE_ATOMIC);
}

static struct step_result amo_bus(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                                  uint64_t addr, uint64_t value)
{
    unsigned bytes = accesses[op].bytes;
    uint8_t kind = accesses[op].bus_op;
    struct bus_req req = {.addr = addr,
                          .data = bytes == 4 ? (uint32_t)value : value,
                          .bytes = (uint8_t)bytes,
                          .op = kind,
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
    unsigned bytes = accesses[op].bytes;
    uint8_t kind = accesses[op].bus_op;
    bool loads = kind == BUS_LR;

    if (addr & (bytes - 1)) {
        return trap_take(e, h, loads ? CAUSE_LOAD_MISALIGNED : CAUSE_STORE_MISALIGNED, addr);
    }
    h->amo_addr = addr;
    h->amo_from = e->clock;
    if (kind != BUS_LR && kind != BUS_SC && e->clock <= e->horizon) {
        uint64_t done;
        uint8_t *p = mem_direct_store(e->cc->regions, e, h, addr, bytes, e->clock, &done);
        if (p != NULL) {
            return amo_direct(e, h, op, rd, p, value, done);
        }
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
