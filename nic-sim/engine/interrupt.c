/* SPDX-License-Identifier: BSD-3-Clause */
/* The watchdog's interrupt: pending in mip, taken by interp.c wherever it looks for a page. */
#include "engine/sched.h"

/* It waits in a branch to itself, and has not retired it. */
static void unpark(struct engine *e, unsigned thread, uint64_t now)
{
    struct hart *h = &e->hart[thread];

    h->state = HART_READY;
    h->starved = cause_starved(e) - h->starved;
    sched_ready_at(e, thread, now);
    e->is_chosen = false;
}

bool engine_interrupt(struct engine *e, uint32_t hart, uint64_t insns, uint64_t now)
{
    unsigned thread = hart - e->first_hart;
    struct hart *h = &e->hart[thread];

    if (!(h->csr.mie >> NIC_IRQ_WATCHDOG & 1) || h->csr.mtvec < 4 ||
        (!h->in_program && engine_hart_program_insns(e, hart) == insns)) {
        return false;
    }
    h->interrupt = true;
    if (!trap_interrupted(h)) {
        return true;
    }
    hart_forget_page(h); /* it is to look for it */
    if (h->state == HART_PARKED) {
        unpark(e, thread, now);
    }
    return true;
}

bool engine_interrupt_clear(struct engine *e, uint32_t hart)
{
    struct hart *h = &e->hart[hart - e->first_hart];
    bool pending = h->interrupt;

    h->interrupt = false;
    return pending;
}

uint64_t engine_hart_waited(const struct engine *e, uint32_t hart)
{
    unsigned thread = hart - e->first_hart;
    const struct hart *h = &e->hart[thread];
    uint64_t from = h->wait_from > e->ready_at[thread] ? h->wait_from : e->ready_at[thread];
    bool waits = e->clock > from && !(e->running && e->current == thread);

    return h->spent[NIC_CAUSE_ENGINE] + (waits ? e->clock - from : 0);
}

uint32_t engine_hog(const struct engine *e, uint32_t hart, uint64_t cycle)
{
    unsigned thread = hart - e->first_hart;

    return e->running && e->current != thread && e->ready_at[thread] <= cycle
               ? e->first_hart + e->current
               : UINT32_MAX;
}
