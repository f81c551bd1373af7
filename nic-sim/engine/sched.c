/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which hart has the engine, and when.
 *
 * A hart keeps the engine until it waits. Then the next ready one takes over,
 * round robin from the one after it, at the switch cost; with engine.policy=1
 * the one that is ready longest. When none is ready the engine stands still until
 * the first one is, and on a tie the round robin decides. The hart that had the
 * engine last gets it back for free.
 */
#include "engine/engine_impl.h"

static struct choice choose(const struct engine *e)
{
    const uint64_t *ready_at = e->ready_at + e->current + 1;
    const uint64_t alike = e->longest_first ? 0 : e->clock; /* those ready before are equals */
    unsigned first = 0;
    uint64_t at = UINT64_MAX;

    if (e->is_chosen) {
        return e->chosen;
    }
    for (unsigned i = 0; i < e->threads; i++) { /* without branches: nothing predicts them */
        uint64_t then = ready_at[i] > alike ? ready_at[i] : alike;
        bool earlier = then < at;
        first = earlier ? i : first;
        at = earlier ? then : at;
    }
    first += e->current + 1;
    return (struct choice){first < e->threads ? first : first - e->threads,
                           at > e->clock ? at : e->clock};
}

bool sched_contended(const struct engine *e)
{
    for (unsigned t = 0; t < e->threads; t++) {
        if (t != e->current && e->ready_at[t] <= e->clock) {
            return true;
        }
    }
    return false;
}

static void take_engine(struct engine *e, struct choice c)
{
    cause_taken(e, c.thread, c.at);
    if (c.at > e->clock) {
        cause_gap(e, c.thread, c.at);
        e->clock = c.at;
    }
    e->gap_open = false;
    if (c.thread != e->current) {
        e->hart[c.thread].spent[NIC_CAUSE_SWITCH] += e->cost_switch;
        e->switched += e->cost_switch;
        e->clock += e->cost_switch;
    }
    e->current = c.thread;
    e->wait_memory &= ~((uint64_t)1 << c.thread);
    e->since = e->clock;
    e->running = true;
}

/*
 * A choice for a time after the horizon may still be changed by a wake-up before
 * it. When no hart sleeps nothing can change it, and what the chosen one does up
 * to its next access is its own affair.
 */
bool sched_next(struct engine *e, enum engine_stop *why)
{
    struct choice c = choose(e);

    if (c.at == UINT64_MAX || (c.at > e->horizon && e->blocked != 0)) {
        *why = c.at == UINT64_MAX ? ENGINE_ASLEEP : ENGINE_HORIZON;
        cause_gap_opens(e);
        e->chosen = c;
        e->is_chosen = true;
        return false;
    }
    take_engine(e, c);
    return true;
}

enum engine_stop engine_run(struct engine *e, uint64_t horizon)
{
    enum engine_stop why;

    e->horizon = horizon;
    if (!e->running && !sched_next(e, &why)) {
        return why;
    }
    return engine_interp(e, NULL);
}

uint64_t engine_next(const struct engine *e)
{
    return e->running ? e->clock : choose(e).at;
}

void engine_wake(struct engine *e, uint32_t hart, uint64_t data, uint64_t when)
{
    unsigned thread = hart - e->first_hart;
    struct hart *h = &e->hart[thread];

    if (h->state != HART_BLOCKED) {
        return;
    }
    h->x[h->wake_rd] = mem_extend((enum rv64_op)h->wake_op, data);
    h->state = HART_READY;
    h->starved = cause_starved(e) - h->starved;
    sched_ready_at(e, thread, when);
    e->blocked--;
    e->is_chosen = false;
}
