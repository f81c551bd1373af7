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
#include "engine/mem.h"

bool sched_contended(const struct engine *e)
{
    for (unsigned t = 0; t < e->threads; t++) {
        if (t != e->current && e->ready_at[t] <= e->clock) {
            return true;
        }
    }
    return false;
}

/* In pieces that keep SPLIT_ counters from running over. */
enum engine_stop engine_run(struct engine *e, uint64_t horizon)
{
    enum engine_stop why;
    uint64_t next = sched_engine_next(e);

    do {
        e->horizon =
            horizon < next || horizon - next < ENGINE_TURN_MOST ? horizon : next + ENGINE_TURN_MOST;
        why = engine_interp(e, NULL, NULL);
        next = sched_engine_next(e);
    } while (why == ENGINE_HORIZON && next <= horizon);
    return why;
}

enum engine_stop engine_run_turns(struct turns *turns)
{
    return engine_interp(NULL, turns, NULL);
}

uint64_t engine_next(const struct engine *e)
{
    return sched_engine_next(e);
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
