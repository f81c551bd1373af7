/* SPDX-License-Identifier: BSD-3-Clause */
/* Traps, system instructions, and the border of program code (nic/csr.h). */
#include "engine/sched.h"

/* ---- program code ---- */

bool trap_may_go(const struct hart *h, uint64_t target)
{
    uint64_t lo = h->window[WINDOW_GATE].lo;
    if (!h->in_program || hart_program_pc(h, target)) {
        return true;
    }
    return target >= lo && target < h->window[WINDOW_GATE].hi &&
           (target - lo) % NIC_GATE_STRIDE == 0;
}

/* Local SRAM that loads and stores of any size reach without further checks. */
static void set_window(const struct engine *e, struct hart *h)
{
    uint64_t lo = NIC_LOCAL_BASE, hi = NIC_LOCAL_BASE + e->local_size;

    if (h->in_program) {
        lo = h->window[WINDOW_STK].lo > lo ? h->window[WINDOW_STK].lo : lo;
        hi = h->window[WINDOW_STK].hi < hi ? h->window[WINDOW_STK].hi : hi;
    }
    if (hi < lo || hi - lo < 8) {
        h->win_n = 0;
        return;
    }
    h->win_lo = (uint32_t)lo;
    h->win_n = (uint32_t)(hi - lo - 7);
    h->win_ptr = h->local + (lo - NIC_LOCAL_BASE);
}

void hart_refresh(struct engine *e, struct hart *h)
{
    bool program = hart_program_pc(h, h->pc);

    if (program && !h->in_program) {
        h->mode = MODE_U;
        h->program_from = h->retired;
    } else if (!program && h->in_program) {
        h->mode = MODE_M;
        h->program_retired += h->retired - h->program_from;
    }
    if (program != h->in_program) {
        h->in_program = program;
        set_window(e, h);
    }
}

/* ---- traps ---- */

static const char *cause_name(enum trap_cause cause)
{
    switch (cause) {
    case CAUSE_FETCH_MISALIGNED:
        return "jump to a misaligned address";
    case CAUSE_FETCH_ACCESS:
        return "instruction access fault";
    case CAUSE_ILLEGAL:
        return "illegal instruction";
    case CAUSE_BREAKPOINT:
        return "breakpoint";
    case CAUSE_LOAD_MISALIGNED:
        return "misaligned load-reserved";
    case CAUSE_LOAD_ACCESS:
        return "load access fault";
    case CAUSE_STORE_MISALIGNED:
        return "misaligned atomic";
    case CAUSE_STORE_ACCESS:
        return "store access fault";
    case CAUSE_ECALL_U:
    case CAUSE_ECALL_M:
        return "environment call";
    }
    return "trap";
}

/* The hart cannot go on: it has no handler, or the handler's first instruction traps. */
static struct step_result fail(struct engine *e, struct hart *h, enum trap_cause cause,
                               uint64_t tval)
{
    engine_dump(e, h->id, &e->fault);
    e->fault.what = cause_name(cause);
    e->fault.cause = cause;
    e->fault.tval = tval;
    e->failed = true;
    sched_sleep(e, HART_FAILED);
    return (struct step_result){STEP_LEAVE, EXIT_FAULT};
}

static struct step_result to_handler(struct engine *e, struct hart *h, uint64_t cause,
                                     uint64_t tval)
{
    uint64_t status = h->csr.mstatus;

    h->csr.mepc = h->pc;
    h->csr.mcause = cause;
    h->csr.mtval = tval;
    h->csr.mstatus = (status & ~(MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP)) |
                     (status & MSTATUS_MIE ? MSTATUS_MPIE : 0) |
                     (uint64_t)h->mode << MSTATUS_MPP_SHIFT;
    h->mode = MODE_M;
    h->pc = h->csr.mtvec & ~(uint64_t)3;
    h->trap_retired = h->retired;
    e->clock += e->cost_trap;
    hart_refresh(e, h);
    return (struct step_result){STEP_JUMP, EXIT_HORIZON};
}

struct step_result trap_take(struct engine *e, struct hart *h, enum trap_cause cause, uint64_t tval)
{
    if (h->csr.mtvec < 4 || h->retired == h->trap_retired) {
        return fail(e, h, cause, tval);
    }
    return to_handler(e, h, cause, tval);
}

bool trap_interrupted(const struct hart *h)
{
    return h->interrupt && h->mode == MODE_U && (h->csr.mie >> NIC_IRQ_WATCHDOG & 1) &&
           h->csr.mtvec >= 4;
}

struct step_result trap_interrupt(struct engine *e, struct hart *h)
{
    h->interrupt = false;
    return to_handler(e, h, NIC_MCAUSE_WATCHDOG, 0);
}

/* ---- system instructions ---- */

static struct step_result do_mret(struct engine *e, struct hart *h)
{
    uint64_t status = h->csr.mstatus;

    h->mode = (uint8_t)((status & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT);
    status = (status & ~(MSTATUS_MIE | MSTATUS_MPP)) | MSTATUS_MPIE |
             (status & MSTATUS_MPIE ? MSTATUS_MIE : 0);
    h->csr.mstatus = h->mode == MODE_M ? status : status & ~MSTATUS_MPRV;
    hart_retire(e, h, e->cost_trap);
    h->pc = h->csr.mepc;
    hart_refresh(e, h);
    return (struct step_result){STEP_JUMP, EXIT_HORIZON};
}

/* Zihintpause: a loop that waits for a lock lets the other harts have the engine. */
#define PAUSE_WORD 0x0100000fu

static struct step_result do_pause(struct engine *e, struct hart *h)
{
    hart_retire(e, h, 1);
    if (e->bus->paused != NULL) {
        e->bus->paused(e->bus->ctx, h->amo_addr, h->amo_from, e->clock + e->cost_trap);
        h->amo_from = e->clock + e->cost_trap;
    }
    sched_wait(e, e->clock + e->cost_trap, true, NIC_CAUSE_LOCK);
    return (struct step_result){STEP_LEAVE, EXIT_YIELD};
}

/*
 * wfi completes at once, as the specification allows: no interrupt is worth waiting for. A
 * fence has nothing to wait for, since the engine makes its accesses in order.
 */
struct step_result system_step(struct engine *e, struct hart *h, enum rv64_op op,
                               const struct insn *insn, uint32_t word)
{
    bool machine = h->mode == MODE_M;

    switch (op) {
    case RV64_OP_FENCE:
        if (word == PAUSE_WORD) {
            return do_pause(e, h);
        }
        return hart_retire(e, h, e->cfg->cost_system);
    case RV64_OP_FENCE_I:
        if (e->clock > e->horizon) { /* all engines see it, so it has its place in time */
            return (struct step_result){STEP_LEAVE, EXIT_HORIZON};
        }
        code_cache_sync(e->cc);
        return hart_retire(e, h, e->cfg->cost_system);
    case RV64_OP_ECALL:
        return trap_take(e, h, machine ? CAUSE_ECALL_M : CAUSE_ECALL_U, 0);
    case RV64_OP_EBREAK:
        return trap_take(e, h, CAUSE_BREAKPOINT, h->pc);
    case RV64_OP_MRET:
        return machine ? do_mret(e, h) : trap_take(e, h, CAUSE_ILLEGAL, word);
    case RV64_OP_WFI:
        if (!machine && (h->csr.mstatus & MSTATUS_TW)) {
            return trap_take(e, h, CAUSE_ILLEGAL, word);
        }
        return hart_retire(e, h, e->cfg->cost_system);
    case RV64_OP_SFENCE_VMA:
        return machine ? hart_retire(e, h, e->cfg->cost_system)
                       : trap_take(e, h, CAUSE_ILLEGAL, word);
    default:
        return csr_step(e, h, op, insn, word);
    }
}
