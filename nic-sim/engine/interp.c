/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The interpreter: direct-threaded over predecoded pages (struct code_page).
 * Its handlers are expanded from exec.def.
 *
 * While it runs, time and retired instructions are kept as differences: at
 * instruction i of page pg the time is base + pg->cycles[i] and the count is
 * ret + i. Straight code therefore costs nothing to account for, and a taken
 * branch inside the page adds one constant to each.
 */
#include <string.h>

#include "engine/exec_ops.h"
#include "engine/mem.h"
#include "engine/turns.h"

/* Addresses of labels and computed goto are GNU C. */
#pragma GCC diagnostic ignored "-Wpedantic"

/* The page of h->pc, after the checks that program code asks for; NULL with *r set when it trapped.
 */
static struct code_page *enter(struct engine *e, struct hart *h, struct step_result *r)
{
    uint64_t addr = h->pc & ~(uint64_t)(PAGE_BYTES - 1);

    if (hart_program_pc(h, h->pc) != h->in_program) {
        if (!trap_may_go(h, h->pc)) {
            *r = trap_take(e, h, CAUSE_FETCH_ACCESS, h->pc);
            return NULL;
        }
        hart_refresh(e, h);
    }
    if (ENGINE_UNLIKELY(h->interrupt) && trap_interrupted(h)) {
        *r = trap_interrupt(e, h);
        return NULL;
    }
    struct code_page *pg = e->tlb[addr / PAGE_BYTES % TLB_SLOTS].page;
    if (e->tlb[addr / PAGE_BYTES % TLB_SLOTS].addr == addr &&
        e->tlb_generation == e->cc->generation) {
        return pg;
    }
    pg = code_cache_page(e->cc, addr);
    if (pg == NULL) {
        *r = trap_take(e, h, CAUSE_FETCH_ACCESS, h->pc);
        return NULL;
    }
    if (e->tlb_generation != e->cc->generation) {
        memset(e->tlb, 0xff, sizeof(e->tlb)); /* no page has this address */
        e->tlb_generation = e->cc->generation;
    }
    e->tlb[addr / PAGE_BYTES % TLB_SLOTS].addr = addr;
    e->tlb[addr / PAGE_BYTES % TLB_SLOTS].page = pg;
    return pg;
}

/* A jump that may cross a border: h->pc, e->clock, h->retired and h->split are those before it. */
static struct step_result jump(struct engine *e, struct hart *h, unsigned rd, uint64_t target,
                               uint64_t cycles, uint64_t split)
{
    if (target & 3) {
        return trap_take(e, h, CAUSE_FETCH_MISALIGNED, target);
    }
    if (hart_program_pc(h, target) != h->in_program && !trap_may_go(h, target)) {
        return trap_take(e, h, CAUSE_FETCH_ACCESS, target);
    }
    h->x[rd] = h->pc + 4;
    h->split += split;
    hart_retire(e, h, cycles);
    h->pc = target;
    hart_refresh(e, h);
    return (struct step_result){STEP_JUMP, EXIT_HORIZON};
}

/* Nothing can end a branch to itself but the watchdog's interrupt. */
static struct step_result park(struct engine *e)
{
    sched_sleep(e, HART_PARKED);
    return (struct step_result){STEP_LEAVE, EXIT_YIELD};
}

#define PC    (pg->bias + ((uint64_t)(uintptr_t)ip >> 2))
#define INDEX ((uint64_t)(ip - pg->insn))
#define RS1   (h->x[ip->rs1])
#define RS2   (h->x[ip->rs2])
#define RD    (h->x[ip->rd])
#define IMM   ((uint64_t)(int64_t)ip->imm)

/* exec.def once more, by id, for the bodies below: op_ADD(), taken_BEQ(), type_LW. */
#define EXEC_RD(id, value)                                                                         \
    static inline void op_##id(struct hart *h, const struct code_page *pg, const struct insn *ip)  \
    {                                                                                              \
        (void)pg;                                                                                  \
        RD = (value);                                                                              \
    }
#define EXEC_LOAD(id, type)  typedef type type_##id;
#define EXEC_STORE(id, type) typedef type type_##id;
#define EXEC_BRANCH(id, taken)                                                                     \
    static inline bool taken_##id(const struct hart *h, const struct insn *ip)                     \
    {                                                                                              \
        return (taken);                                                                            \
    }
#define EXEC_AMO(id, op, bytes)
#define EXEC_FLOW(id)
#define EXEC_SYSTEM(id)
#include "engine/exec.def"

#define DISPATCH() goto * ip->handler
#define NEXT()                                                                                     \
    do {                                                                                           \
        ip++;                                                                                      \
        DISPATCH();                                                                                \
    } while (0)
/*
 * Brings the hart and the engine up to date as of the instruction at ip, not yet done: a hart that
 * is ahead of its time stops before it.
 */
#define SYNC()                                                                                     \
    do {                                                                                           \
        if (ENGINE_UNLIKELY(ahead)) {                                                              \
            goto stop_ahead;                                                                       \
        }                                                                                          \
        h->pc = PC;                                                                                \
        e->clock = base + pg->cycles[INDEX];                                                       \
        h->retired = ret + INDEX;                                                                  \
        h->split = acc + pg->split[INDEX];                                                         \
    } while (0)
/* After it, with nothing in between that the page does not know. */
#define STRAIGHT()                                                                                 \
    do {                                                                                           \
        e->clock = base + pg->cycles[INDEX + 1];                                                   \
        h->split = acc + pg->split[INDEX + 1];                                                     \
    } while (0)
/* Inside the page, no border in between: see make_near. */
#define NEAR(distance_)                                                                            \
    do {                                                                                           \
        int64_t distance = (distance_);                                                            \
        base += (uint64_t)(int64_t)ip->imm;                                                        \
        acc += pg->near_split[INDEX];                                                              \
        ret += (uint64_t)(1 - distance);                                                           \
        ip += distance;                                                                            \
        if (ENGINE_UNLIKELY((int64_t)base > limit)) {                                              \
            goto look;                                                                             \
        }                                                                                          \
        DISPATCH();                                                                                \
    } while (0)

#define BODY_ALU(id) op_##id(h, pg, ip)
#define BODY_LOAD(id)                                                                              \
    do {                                                                                           \
        type_##id value;                                                                           \
        addr = RS1 + IMM;                                                                          \
        if (ENGINE_UNLIKELY(addr - win_lo >= win_n)) {                                             \
            goto outside_##id;                                                                     \
        }                                                                                          \
        memcpy(&value, win_ptr + (addr - win_lo), sizeof(value));                                  \
        RD = (uint64_t)(int64_t)value;                                                             \
    } while (0)
#define BODY_STORE(id)                                                                             \
    do {                                                                                           \
        type_##id value = (type_##id)RS2;                                                          \
        addr = RS1 + IMM;                                                                          \
        if (ENGINE_UNLIKELY(addr - win_lo >= win_n)) {                                             \
            goto outside_##id;                                                                     \
        }                                                                                          \
        memcpy(win_ptr + (addr - win_lo), &value, sizeof(value));                                  \
    } while (0)
#define BODY_BRANCH(id)                                                                            \
    do {                                                                                           \
        if (taken_##id(h, ip)) {                                                                   \
            NEAR(ip->branch_distance);                                                             \
        }                                                                                          \
    } while (0)
/* Too long to have twice: but a direct jump to it, not a dispatch. */
#define BODY_GOTO(id) goto do_##id

enum engine_stop engine_interp(struct engine *e, struct turns *turns, struct interp_tables *tables)
{
    static const void *const table[KIND_COUNT] = {
        [RV64_OP_INVALID] = &&do_invalid,
#define RV64_INSN(id, mnemonic, ext, format, match, mask, flow, timing) [RV64_OP_##id] = &&do_##id,
#include "nic/rv64_insn.def"
        [KIND_JAL_FAR] = &&do_jal_far,
#define EXEC_RD(id, value)
#define EXEC_LOAD(id, type)
#define EXEC_STORE(id, type)
#define EXEC_BRANCH(id, taken) [KIND_##id##_FAR] = &&do_far_##id,
#define EXEC_AMO(id, op, bytes)
#define EXEC_FLOW(id)
#define EXEC_SYSTEM(id)
#include "engine/exec.def"
        [KIND_EXTRA] = &&do_extra,         [KIND_BORDER] = &&do_border,
        [KIND_NEXT_PAGE] = &&do_next_page,
    };
    static const struct interp_pair pairs[] = {
#define PAIR(body1, id1, body2, id2) {RV64_OP_##id1, RV64_OP_##id2, &&do_##id1##_##id2},
#include "engine/pairs.def"
    };
    if (tables != NULL) {
        tables->handlers = table;
        tables->pairs = pairs;
        tables->pair_count = sizeof(pairs) / sizeof(pairs[0]);
        return ENGINE_HORIZON;
    }

    const struct code_cache *const cc = turns == NULL ? e->cc : turns->engine[0]->cc;
    struct hart *h;
    enum engine_stop why = ENGINE_HORIZON;
    int64_t limit; /* time of the next look at h->split: a hart may go no further */
    uint64_t access_limit;
    uint64_t since = 0; /* ahead: from when on it counts */
    bool ahead = false; /* the hart waits, and is ahead of its time */
    struct code_page *pg;
    const struct insn *ip;
    uint64_t base, ret, acc, split, addr, target, win_lo, win_n, done;
    uint8_t *win_ptr, *place;
    uint32_t cycles;
    unsigned rd;
    struct step_result r;

    if (turns != NULL) {
        goto next_turn;
    }

turn:
    access_limit = e->horizon;
    limit = (int64_t)(access_limit + ENGINE_RUN_AHEAD);
    if (ENGINE_LIKELY(e->running)) {
        goto hart;
    }

next_hart:
    if (!sched_next(e, &why)) {
        goto turn_over;
    }

hart:
    h = &e->hart[e->current];
    if (h->lag_retired != 0) {
        e->clock += h->lag;
        h->lag = h->lag_retired = 0;
        if (e->clock > access_limit) {
            why = ENGINE_HORIZON;
            goto turn_over;
        }
    }
    if (h->resume != NULL) {
        ip = h->resume;
        pg = h->resume_page;
        h->resume = NULL;
        goto resume;
    }

reenter:
    pg = enter(e, h, &r);
    if (pg == NULL) {
        if (r.step == STEP_LEAVE) {
            goto leave;
        }
        goto reenter;
    }
    ip = &pg->insn[(h->pc % PAGE_BYTES) / 4];

resume:
    base = e->clock - pg->cycles[INDEX];
    ret = h->retired - INDEX;
    cause_check(h);
    acc = h->split - pg->split[INDEX];
    win_lo = h->win_lo;
    win_n = h->win_n;
    win_ptr = h->win_ptr;
    if ((int64_t)e->clock > limit) {
        why = ENGINE_HORIZON;
        goto turn_over;
    }
    DISPATCH();

step:
    if (r.step == STEP_LEAVE) {
        goto leave;
    }
    if (r.step == STEP_STRAIGHT) {
        STRAIGHT();
    }
    if (r.step == STEP_JUMP || cc->generation != e->tlb_generation) {
        goto reenter;
    }
    ip++;
    base = e->clock - pg->cycles[INDEX];
    cause_check(h);
    acc = h->split - pg->split[INDEX];
    DISPATCH();

waits: /* from e->clock on, for the access at ip, which is done at `done` */
    sched_wait(e, done, true, (enum nic_cause)e->region_cause);
    if (done <= access_limit) { /* it is soon its turn again */
        h->retired = ret + INDEX + 1;
        h->split = acc + pg->split[INDEX];
        h->resume = ip + 1;
        h->resume_page = pg;
        goto next_hart;
    }
    ahead = true;
    since = done;
    access_limit = 0;
    limit = (int64_t)(done + ENGINE_RUN_AHEAD);
    h->lag_retired = (uint32_t)(ret + INDEX + 1);
    h->lag_split = acc + pg->split[INDEX];
    base = done - pg->cycles[INDEX + 1];
    acc = h->lag_split - pg->split[INDEX + 1];
    NEXT();

stop_ahead:
    h->resume = ip;
    h->resume_page = pg;
    h->retired = ret + INDEX;
    h->split = acc + pg->split[INDEX];
    h->lag = (uint32_t)(base + pg->cycles[INDEX] - since);
    h->lag_retired = (uint32_t)h->retired - h->lag_retired;
    h->lag_split = h->split - h->lag_split;
    ahead = false;
    access_limit = e->horizon;
    limit = (int64_t)(access_limit + ENGINE_RUN_AHEAD);
    goto next_hart;

leave:
    if (r.exit == EXIT_YIELD) {
        goto next_hart;
    }
    why = r.exit == EXIT_HORIZON ? ENGINE_HORIZON : ENGINE_STOPPED;

turn_over:
    if (turns == NULL) {
        return why;
    }
    done = sched_engine_next(e);
    if (why == ENGINE_STOPPED) {
        (void)turns_set(turns, turns->seat, done);
        return why;
    }
    if (turns_go_on(turns, done)) {
        goto own_turn;
    }

next_turn:
    if (!turns_begin(turns)) {
        return ENGINE_HORIZON;
    }
    e = turns->engine[turns->seat];

own_turn:
    e->horizon = turns->horizon;
    goto turn;

look:
    SYNC();
    why = ENGINE_HORIZON;
    goto turn_over;

horizon:
    if (ahead) {
        goto stop_ahead;
    }
    if (turns != NULL && turns_go_on(turns, base + pg->cycles[INDEX])) {
        e->horizon = access_limit = turns->horizon;
        limit = (int64_t)(access_limit + ENGINE_RUN_AHEAD);
        DISPATCH();
    }
    h->resume = ip;
    h->resume_page = pg;
    e->clock = base + pg->cycles[INDEX];
    h->retired = ret + INDEX;
    h->split = acc + pg->split[INDEX];
    if (turns == NULL) {
        return ENGINE_HORIZON;
    }
    goto next_turn;

    /* One handler for each instruction. */

#define EXEC_RD(id, value)                                                                         \
    do_##id : BODY_ALU(id);                                                                        \
    NEXT();
#define EXEC_LOAD(id, type)                                                                        \
    do_##id : BODY_LOAD(id);                                                                       \
    NEXT();
#define EXEC_STORE(id, type)                                                                       \
    do_##id : BODY_STORE(id);                                                                      \
    NEXT();
#define EXEC_BRANCH(id, taken)                                                                     \
    do_##id : BODY_BRANCH(id);                                                                     \
    NEXT();                                                                                        \
    do_far_##id : if (taken_##id(h, ip))                                                           \
    {                                                                                              \
        goto far_branch;                                                                           \
    }                                                                                              \
    NEXT();
#define EXEC_AMO(id, op, bytes) do_##id : goto amo;
#define EXEC_FLOW(id)
#define EXEC_SYSTEM(id) do_##id : goto system;
#include "engine/exec.def"

    /* And for the pairs that are done in one go. */

#define PAIR(body1, id1, body2, id2)                                                               \
    do_##id1##_##id2 : BODY_##body1(id1);                                                          \
    ip++;                                                                                          \
    BODY_##body2(id2);                                                                             \
    NEXT();
#include "engine/pairs.def"

do_JAL:
    RD = PC + 4;
    NEAR(ip->jal_distance);

do_jal_far:
    target = PC + IMM;
    rd = ip->rd;
    cycles = cc->cost[KIND_JAL_FAR];
    split = cc->split[KIND_JAL_FAR];
    if (target == PC) {
        goto parked;
    }
    goto far;

do_JALR:
    target = (RS1 + IMM) & ~(uint64_t)1;
    rd = ip->rd;
    cycles = cc->cost[RV64_OP_JALR];
    split = cc->split[RV64_OP_JALR];
    goto far;

far_branch:
    target = PC + IMM;
    rd = X_DUMMY;
    cycles = cc->cost[RV64_OP_BEQ] + (uint32_t)cc->branch_taken;
    split = cc->taken_split;
    if (target == PC) {
        goto parked;
    }

far:
    addr = target & ~(uint64_t)(PAGE_BYTES - 1);
    if (ENGINE_UNLIKELY((target & 3) || hart_program_pc(h, target) != h->in_program ||
                        e->tlb[target / PAGE_BYTES % TLB_SLOTS].addr != addr)) {
        SYNC();
        r = jump(e, h, rd, target, cycles, split);
        goto step;
    }
    h->x[rd] = PC + 4;
    base += pg->cycles[INDEX] + cycles;
    ret += INDEX + 1;
    acc += pg->split[INDEX] + split;
    pg = e->tlb[target / PAGE_BYTES % TLB_SLOTS].page;
    ip = &pg->insn[(target % PAGE_BYTES) / 4];
    base -= pg->cycles[INDEX];
    ret -= INDEX;
    acc -= pg->split[INDEX];
    if (ENGINE_UNLIKELY((int64_t)base > limit)) {
        goto look;
    }
    DISPATCH();

parked:
    SYNC();
    r = park(e);
    goto step;

    /* Accesses outside the window, all of them in the order of time. */

#define EXEC_RD(id, value)
#define EXEC_LOAD(id, type)                                                                        \
    outside_##id : if (base + pg->cycles[INDEX] > access_limit)                                    \
    {                                                                                              \
        goto horizon;                                                                              \
    }                                                                                              \
    place = mem_direct(cc->regions, e, h, addr, sizeof(type), base + pg->cycles[INDEX], &done);    \
    if (place == NULL) {                                                                           \
        SYNC();                                                                                    \
        r = mem_load(e, h, RV64_OP_##id, ip->rd, addr);                                            \
        goto step;                                                                                 \
    } else {                                                                                       \
        type value;                                                                                \
        memcpy(&value, place, sizeof(value));                                                      \
        RD = (uint64_t)(int64_t)value;                                                             \
    }                                                                                              \
    goto loaded;
#define EXEC_STORE(id, type)                                                                       \
    outside_##id : if (base + pg->cycles[INDEX] > access_limit)                                    \
    {                                                                                              \
        goto horizon;                                                                              \
    }                                                                                              \
    place =                                                                                        \
        mem_direct_store(cc->regions, e, h, addr, sizeof(type), base + pg->cycles[INDEX], &done);  \
    if (place == NULL) {                                                                           \
        SYNC();                                                                                    \
        r = mem_store(e, h, RV64_OP_##id, addr, RS2);                                              \
        goto stored;                                                                               \
    } else {                                                                                       \
        type value = (type)RS2;                                                                    \
        memcpy(place, &value, sizeof(value));                                                      \
    }                                                                                              \
    NEXT();
#define EXEC_BRANCH(id, taken)
#define EXEC_AMO(id, op, bytes)
#define EXEC_FLOW(id)
#define EXEC_SYSTEM(id)
#include "engine/exec.def"

stored: /* not when it trapped or is not made yet, nor when something took longer */
    if (h->retired != ret + INDEX && r.exit != EXIT_YIELD &&
        e->clock < base + pg->cycles[INDEX + 1]) {
        STRAIGHT();
    }
    goto step;

loaded:
    cycles = cc->cost_load;

settle: /* the access at ip, `cycles` after its issue */
    e->clock = base + pg->cycles[INDEX] + cycles;
    if (done > e->clock) {
        goto waits;
    }
    SYNC();
    hart_retire(e, h, cycles);
    r = mem_settle(e, done, (enum nic_cause)e->region_cause);
    goto step;

amo:
    if (base + pg->cycles[INDEX] > access_limit && RS1 - NIC_LOCAL_BASE >= NIC_LOCAL_MAX) {
        goto horizon;
    }
    done = pg->kind[INDEX] == RV64_OP_AMOADD_D
               ? mem_amo_add(cc->regions, e, h, ip, base + pg->cycles[INDEX])
               : 0;
    if (done != 0 && ip->rd == X_DUMMY && base + pg->cycles[INDEX + 1] - e->since < SLICE_CYCLES) {
        NEXT(); /* posted: nothing that the page does not know */
    }
    if (done != 0) {
        cycles = cc->cost[RV64_OP_AMOADD_D];
        done = ip->rd == X_DUMMY ? 0 : done;
        goto settle;
    }
    SYNC();
    r = mem_amo(e, h, (enum rv64_op)pg->kind[INDEX], ip->rd, RS1, RS2);
    goto step;

system:
    if (pg->kind[INDEX] == RV64_OP_CSRRW && csr_set_window(h, ip)) {
        NEXT();
    }
    SYNC();
    r = system_step(e, h, (enum rv64_op)pg->kind[INDEX], ip, pg->word[INDEX]);
    goto step;

do_invalid:
    SYNC();
    r = trap_take(e, h, CAUSE_ILLEGAL, pg->word[INDEX]);
    goto step;

do_border:
    if (ENGINE_UNLIKELY(hart_program_pc(h, PC) != h->in_program)) {
        SYNC();
        goto reenter; /* which enters or leaves program code, or traps */
    }
    if (pg->extra == NULL || pg->extra[INDEX] == 0) {
        goto *table[pg->kind[INDEX]];
    }

do_extra: /* once, even if its access is not made yet and this comes again */
    if (h->charged != ret + INDEX + 1) {
        h->charged = ret + INDEX + 1;
        base += pg->extra[INDEX];
    }
    goto *table[pg->kind[INDEX]];

do_next_page:
    SYNC();
    goto reenter;
}

void engine_interp_tables(struct interp_tables *out)
{
    engine_interp(NULL, NULL, out);
}
