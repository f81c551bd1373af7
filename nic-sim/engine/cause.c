/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the cycles go (nic/causes.def). While a hart has the engine, its cycles
 * are kept as differences, like time itself (interp.c): `split` holds what is not
 * issue. Waiting is added when it ends. So each cycle is counted once.
 */
#include <string.h>

#include "engine/sched.h"

static void add_split(uint64_t split, uint64_t *cause)
{
    cause[NIC_CAUSE_DEPENDENCY] += split >> SPLIT_DEPENDENCY & SPLIT_MASK;
    cause[NIC_CAUSE_BRANCH] += split >> SPLIT_BRANCH & SPLIT_MASK;
    cause[NIC_CAUSE_LOCAL] += split >> SPLIT_LOCAL & SPLIT_MASK;
}

static void take_split(uint64_t split, uint64_t *cause)
{
    cause[NIC_CAUSE_DEPENDENCY] -= split >> SPLIT_DEPENDENCY & SPLIT_MASK;
    cause[NIC_CAUSE_BRANCH] -= split >> SPLIT_BRANCH & SPLIT_MASK;
    cause[NIC_CAUSE_LOCAL] -= split >> SPLIT_LOCAL & SPLIT_MASK;
}

void cause_flush(struct hart *h)
{
    add_split(h->split, h->spent);
    h->split = 0;
}

enum nic_cause cause_at(uint64_t addr)
{
    if (addr >= NIC_DRAM_BASE) {
        return NIC_CAUSE_DRAM;
    }
    if (addr >= NIC_CLUSTER_BASE && addr < NIC_SRAM_BASE) {
        return NIC_CAUSE_CLUSTER;
    }
    return addr >= NIC_ISTORE_BASE ? NIC_CAUSE_SRAM : NIC_CAUSE_REGISTER;
}

enum nic_cause cause_of(const struct engine *e, const struct bus_req *req)
{
    const struct mem_region *m = NULL;

    if (req->op != BUS_LOAD && req->op != BUS_STORE) {
        return NIC_CAUSE_ATOMIC;
    }
    if (req->addr >> REGION_SHIFT < REGION_SLOTS) {
        m = e->cc->regions->slot[req->addr >> REGION_SHIFT];
    }
    return m != NULL ? (enum nic_cause)m->cause : cause_at(req->addr);
}

void cause_idle(uint64_t *cause, uint64_t cycles, uint64_t starved)
{
    starved = starved < cycles ? starved : cycles;
    cause[NIC_CAUSE_BLOCKED] += starved;
    cause[NIC_CAUSE_IDLE] += cycles - starved;
}

/* The access that will be done first. */
static unsigned first_waiting(const struct engine *e)
{
    unsigned first = 0;
    uint64_t at = UINT64_MAX;

    for (unsigned t = 0; t < e->threads; t++) {
        if ((e->wait_memory >> t & 1) && e->ready_at[t] < at) {
            first = t;
            at = e->ready_at[t];
        }
    }
    return first;
}

void cause_gap_opens(struct engine *e)
{
    if (!e->gap_open) {
        e->starved = cause_starved(e);
        e->gap_open = true;
    }
}

void cause_gap(struct engine *e, uint64_t at)
{
    uint64_t cycles = at - e->clock;

    if (e->wait_memory == 0) {
        cause_idle(e->gap, cycles, e->gap_open ? cause_starved(e) - e->starved : 0);
    } else {
        e->gap[e->hart[first_waiting(e)].wait_cause] += cycles;
    }
}

static uint64_t ran(const struct engine *e, unsigned thread)
{
    return e->hart[thread].ran + (e->running && e->current == thread ? e->clock - e->since : 0);
}

/* What a hart did with the engine; SWITCH is not part of `ran`. */
static void add_work(const struct engine *e, unsigned thread, uint64_t cause[NIC_CAUSES])
{
    static const uint8_t work[] = {NIC_CAUSE_DEPENDENCY, NIC_CAUSE_BRANCH, NIC_CAUSE_LOCAL,
                                   NIC_CAUSE_SPACING, NIC_CAUSE_OVERHEAD};
    const struct hart *h = &e->hart[thread];
    uint64_t spent[NIC_CAUSES], issue = ran(e, thread);

    memcpy(spent, h->spent, sizeof(spent));
    add_split(h->split, spent);
    if (h->lag_retired != 0) {
        take_split(h->lag_split, spent);
    }
    for (unsigned i = 0; i < sizeof(work); i++) {
        cause[work[i]] += spent[work[i]];
        issue -= spent[work[i]];
    }
    cause[NIC_CAUSE_ISSUE] += issue;
}

void cause_engine(const struct engine *e, uint64_t cause[NIC_CAUSES])
{
    memcpy(cause, e->gap, sizeof(e->gap));
    for (unsigned t = 0; t < e->threads; t++) {
        add_work(e, t, cause);
    }
    for (unsigned t = 0; t < e->threads; t++) {
        cause[NIC_CAUSE_SWITCH] += e->hart[t].spent[NIC_CAUSE_SWITCH];
    }
}

/* The wait that is not over yet. */
static void add_pending(const struct engine *e, unsigned thread, uint64_t cause[NIC_CAUSES])
{
    const struct hart *h = &e->hart[thread];
    uint64_t ready = e->ready_at[thread], from = h->wait_from;
    uint64_t until = ready < e->clock ? ready : e->clock;

    if (until > from) {
        uint64_t starved = h->state == HART_READY ? h->starved : cause_starved(e) - h->starved;

        cause_wait(h, cause, until - from, starved);
        from = until;
    }
    if (e->clock > from) {
        cause[NIC_CAUSE_ENGINE] += e->clock - from;
    }
}

void cause_thread(const struct engine *e, unsigned thread, uint64_t cause[NIC_CAUSES])
{
    const struct hart *h = &e->hart[thread];

    memcpy(cause, h->spent, sizeof(h->spent));
    cause[NIC_CAUSE_DEPENDENCY] = cause[NIC_CAUSE_BRANCH] = cause[NIC_CAUSE_LOCAL] = 0;
    cause[NIC_CAUSE_SPACING] = cause[NIC_CAUSE_OVERHEAD] = 0;
    add_work(e, thread, cause);
    if (!e->running || e->current != thread) {
        add_pending(e, thread, cause);
    }
}
