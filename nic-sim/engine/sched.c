/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which hart has the engine, and when.
 *
 * A hart keeps the engine until it waits. Then the next ready one takes over,
 * round robin from the one after it, at the switch cost; when none is ready the
 * engine stands still until the first one is, and on a tie the round robin
 * decides. The hart that had the engine last gets it back for free.
 */
#include "engine/engine_impl.h"

struct choice {
    unsigned thread;
    uint64_t at; /* UINT64_MAX: none */
};

static struct choice choose(const struct engine *e)
{
    struct choice best = {0, UINT64_MAX};

    for (unsigned i = 1; i <= e->threads; i++) {
        unsigned t = (e->current + i) % e->threads;
        const struct hart *h = &e->hart[t];
        uint64_t at = h->ready_at > e->clock ? h->ready_at : e->clock;
        if (h->state == HART_READY && at < best.at) {
            best = (struct choice){t, at};
            if (at == e->clock) {
                break;
            }
        }
    }
    return best;
}

static bool any_waits_for_memory(const struct engine *e)
{
    for (unsigned t = 0; t < e->threads; t++) {
        const struct hart *h = &e->hart[t];
        if (h->state == HART_READY && h->waits_for_memory && h->ready_at > e->clock) {
            return true;
        }
    }
    return false;
}

static void take_engine(struct engine *e, struct choice c)
{
    if (c.at > e->clock) {
        *(any_waits_for_memory(e) ? &e->stalled : &e->idle) += c.at - e->clock;
        e->clock = c.at;
    }
    if (c.thread != e->current) {
        e->switched += e->cost_switch;
        e->clock += e->cost_switch;
    }
    e->current = c.thread;
    e->since = e->clock;
    e->running = true;
}

enum engine_stop engine_run(struct engine *e, uint64_t horizon)
{
    e->horizon = horizon;
    for (;;) {
        if (!e->running) {
            struct choice c = choose(e);
            if (c.at == UINT64_MAX) {
                return ENGINE_ASLEEP;
            }
            if (c.at > horizon) {
                return ENGINE_HORIZON;
            }
            take_engine(e, c);
        }
        switch (engine_interp(e, &e->hart[e->current], NULL)) {
        case EXIT_HORIZON:
            return ENGINE_HORIZON;
        case EXIT_STOP:
        case EXIT_FAULT:
            return ENGINE_STOPPED;
        case EXIT_YIELD:
            break;
        }
    }
}

uint64_t engine_next(const struct engine *e)
{
    return e->running ? e->clock : choose(e).at;
}

void engine_wake(struct engine *e, uint32_t hart, uint64_t data, uint64_t when)
{
    struct hart *h = &e->hart[hart - e->first_hart];

    if (h->state != HART_BLOCKED) {
        return;
    }
    h->x[h->wake_rd] = mem_extend((enum rv64_op)h->wake_op, data);
    h->state = HART_READY;
    h->ready_at = when;
    h->waits_for_memory = false;
}
