/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Giving the engine away and taking it, inline for the interpreter: several times a packet. How
 * the next hart is chosen: sched.c.
 */
#ifndef NIC_SCHED_H
#define NIC_SCHED_H

#include "engine/engine_impl.h"

/*
 * Who is next, and when. Of those ready at the same time the first one after `current`; so the
 * least of words that have its distance below the time, which is less than 2^58 cycles.
 */
static inline struct choice sched_choose(const struct engine *e)
{
    enum { BITS = 6 };
    const uint64_t *ready_at = e->ready_at + e->current + 1;
    const uint64_t alike = e->longest_first ? 0 : e->clock; /* those ready before are equals */
    uint64_t least = UINT64_MAX;
    unsigned thread;

    if (e->is_chosen) {
        return e->chosen;
    }
    for (unsigned i = 0; i < e->threads; i++) { /* without branches: nothing predicts them */
        uint64_t then = ready_at[i] > alike ? ready_at[i] : alike;
        uint64_t word = then << BITS | i;
        least = word < least ? word : least;
    }
    thread = (unsigned)(least % (1u << BITS)) + e->current + 1;
    if (least >= UINT64_MAX << BITS) {
        return (struct choice){0, UINT64_MAX};
    }
    least >>= BITS;
    return (struct choice){thread < e->threads ? thread : thread - e->threads,
                           least > e->clock ? least : e->clock};
}

/* engine_next: the hart that is next need not have the engine before others can notice. */
static inline uint64_t sched_engine_next(const struct engine *e)
{
    struct choice c;

    if (e->running) {
        return e->clock;
    }
    c = sched_choose(e);
    return c.at == UINT64_MAX ? c.at : c.at + e->hart[c.thread].lag;
}

/* Another hart than `current` could run now. */
bool sched_contended(const struct engine *e);

static inline void sched_ready_at(struct engine *e, unsigned thread, uint64_t cycle)
{
    e->ready_at[thread] = cycle;
    e->ready_at[thread + e->threads] = cycle;
}

static inline uint64_t cause_starved(const struct engine *e)
{
    return e->bus->starved == NULL ? 0 : e->bus->starved(e->bus->ctx);
}

/* `current` gives the engine away: until a time, at the end of an access or of its slice, */
static inline __attribute__((always_inline)) void sched_wait(struct engine *e, uint64_t ready_at,
                                                             bool for_memory, enum nic_cause cause)
{
    uint64_t bit = (uint64_t)1 << e->current;
    struct hart *h = &e->hart[e->current];

    h->ran += e->clock - e->since;
    h->wait_from = e->clock;
    h->wait_cause = (uint8_t)cause;
    sched_ready_at(e, e->current, ready_at);
    e->wait_memory = for_memory ? e->wait_memory | bit : e->wait_memory & ~bit;
    e->running = false;
    e->is_chosen = false;
}

/* or until something happens, if ever. */
static inline void sched_sleep(struct engine *e, enum hart_state state)
{
    e->hart[e->current].state = (uint8_t)state;
    e->hart[e->current].starved = cause_starved(e);
    e->blocked = (uint16_t)(e->blocked + (state == HART_BLOCKED));
    sched_wait(e, UINT64_MAX, false, NIC_CAUSE_IDLE);
}

/* A wait of `cycles` for what the hart waits for. */
static inline void cause_wait(const struct hart *h, uint64_t *cause, uint64_t cycles,
                              uint64_t starved)
{
    if (h->wait_cause == NIC_CAUSE_IDLE) {
        cause_idle(cause, cycles, starved);
    } else {
        cause[h->wait_cause] += cycles;
    }
}

/* What the hart waited for until it was ready, and that it waited for the engine then. */
static inline void sched_waited(struct hart *h, uint64_t ready, uint64_t at)
{
    uint64_t from = h->wait_from;

    if (ready > from) {
        cause_wait(h, h->spent, ready - from, h->starved);
        from = h->wait_from = ready;
    }
    h->spent[NIC_CAUSE_ENGINE] += at - from;
}

/*
 * Hands a free engine to the next hart; false, with why, when none can have it by the horizon. A
 * choice for a time after that may still be changed by a wake-up before it. When no hart sleeps
 * nothing can change it, and what the chosen one does up to its next access is its own affair.
 */
static inline bool sched_next(struct engine *e, enum engine_stop *why)
{
    struct choice c = sched_choose(e);
    struct hart *h = &e->hart[c.thread];

    if (c.at == UINT64_MAX || (c.at > e->horizon && e->blocked != 0)) {
        *why = c.at == UINT64_MAX ? ENGINE_ASLEEP : ENGINE_HORIZON;
        if (c.at == UINT64_MAX) { /* or else it is for what that hart waits for */
            cause_gap_opens(e);
        }
        e->chosen = c;
        e->is_chosen = true;
        return false;
    }
    sched_waited(h, e->ready_at[c.thread], c.at);
    if (c.at > e->clock) {
        if (e->wait_memory >> c.thread & 1) {
            e->gap[h->wait_cause] += c.at - e->clock;
        } else {
            cause_gap(e, c.at);
        }
        e->clock = c.at;
    }
    e->gap_open = false;
    if (c.thread != e->current) {
        h->spent[NIC_CAUSE_SWITCH] += e->cost_switch;
        e->clock += e->cost_switch;
    }
    e->current = (uint16_t)c.thread;
    e->wait_memory &= ~((uint64_t)1 << c.thread);
    e->since = e->clock;
    e->running = true;
    return true;
}

#endif
