/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time: a heap of device events by (cycle, order of pushing) and a winner tree
 * of engines by (next cycle, id). Events go before engines at the same cycle.
 */
#include "device/dev.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define NS_PER_S 1000000000u

int clock_create(struct nic_device *dev)
{
    struct clock *c = &dev->clock;

    /* A port and a buffer have one event each at a time, a hart a transfer and an alarm; one
     * watchdog. */
    c->cap = NIC_PORTS_MAX + dev->pool.total + 2 * (dev->harts + 1) + 1;
    c->heap = calloc(c->cap, sizeof(*c->heap));
    c->leaves = dev->engines + 1;
    c->tree = calloc((size_t)c->leaves * 2, sizeof(*c->tree));
    if (c->heap == NULL || c->tree == NULL)
        return -ENOMEM;
    clock_reset(dev);
    return 0;
}

void clock_destroy(struct nic_device *dev)
{
    free(dev->clock.heap);
    free(dev->clock.tree);
}

void clock_reset(struct nic_device *dev)
{
    struct clock *c = &dev->clock;

    c->events = c->wakes = 0;
    for (uint32_t i = 0; i < c->leaves; i++)
        c->tree[c->leaves + i] = clock_key_of(DEV_NEVER, i);
    for (uint32_t i = c->leaves - 1; i >= 1; i--)
        c->tree[i] = c->tree[2 * i];
}

/* ---- events ---- */

static bool before(const struct event *a, const struct event *b)
{
    return a->time != b->time ? a->time < b->time : a->order < b->order;
}

static void event_up(struct clock *c, uint32_t i, struct event ev)
{
    while (i > 0 && before(&ev, &c->heap[(i - 1) / 2])) {
        c->heap[i] = c->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    c->heap[i] = ev;
}

static void event_down(struct clock *c, uint32_t i, struct event ev)
{
    for (;;) {
        uint32_t child = 2 * i + 1;

        if (child >= c->events)
            break;
        if (child + 1 < c->events && before(&c->heap[child + 1], &c->heap[child]))
            child++;
        if (!before(&c->heap[child], &ev))
            break;
        c->heap[i] = c->heap[child];
        i = child;
    }
    c->heap[i] = ev;
}

void clock_push(struct nic_device *dev, uint64_t time, enum event_kind kind, uint32_t arg)
{
    struct clock *c = &dev->clock;
    struct event ev = {.time = time, .order = c->order++, .kind = kind, .arg = arg};

    assert(c->events < c->cap);
    event_up(c, c->events++, ev);
    if (time <= c->horizon)
        c->cut = true;
}

static void event_delete(struct clock *c, uint32_t i)
{
    struct event last = c->heap[--c->events];

    if (i == c->events)
        return;
    if (i > 0 && before(&last, &c->heap[(i - 1) / 2]))
        event_up(c, i, last);
    else
        event_down(c, i, last);
}

void clock_remove(struct nic_device *dev, enum event_kind kind, uint32_t arg)
{
    struct clock *c = &dev->clock;

    for (uint32_t i = 0; i < c->events; i++) {
        if (c->heap[i].kind == kind && c->heap[i].arg == arg) {
            event_delete(c, i);
            return;
        }
    }
}

struct event clock_pop(struct nic_device *dev)
{
    struct event first = dev->clock.heap[0];

    event_delete(&dev->clock, 0);
    return first;
}

/*
 * ---- engines ----
 *
 * Parent of node i is i / 2. Nothing asks for a power of two: keys are in a
 * total order, so it does not matter where in the tree an engine stands.
 */

void clock_engine(struct nic_device *dev, uint32_t engine)
{
    clock_key *tree = dev->clock.tree;
    clock_key first = clock_key_of(engine_next(dev->engine[engine]), engine);

    for (uint32_t i = dev->clock.leaves + engine; i > 1; i /= 2) {
        clock_key rival = tree[i ^ 1];

        tree[i] = first;
        first = rival < first ? rival : first; /* no branch: nothing could predict it */
    }
    tree[1] = first;
}

/*
 * The rivals of the first engine are those it beat on its way up the tree. It
 * may act at the same cycle as the best of them if it goes before that one.
 */
uint64_t clock_horizon(const struct nic_device *dev)
{
    const struct clock *c = &dev->clock;
    uint64_t event = clock_next_event(dev), limit;
    uint32_t first = clock_first(c);
    clock_key rival = clock_key_of(DEV_NEVER, DEV_NONE);

    for (uint32_t i = c->leaves + first; i > 1; i /= 2)
        rival = c->tree[i ^ 1] < rival ? c->tree[i ^ 1] : rival;
    limit = (uint64_t)(rival >> 64) - ((uint32_t)rival < first);
    if (event != DEV_NEVER && event - 1 < limit)
        return event - 1;
    return limit;
}

/* ---- units ---- */

uint64_t clock_ns(const struct nic_device *dev, uint64_t cycle)
{
    uint64_t hz = dev->cfg.engine_clock_hz;

    if (hz == NS_PER_S)
        return dev->cfg.run_clock_ns + cycle;
    /* cycle % hz < 10^10, so the product stays below 2^64 */
    return dev->cfg.run_clock_ns + cycle / hz * NS_PER_S + cycle % hz * NS_PER_S / hz;
}

uint64_t clock_ns_to_cycles(const struct nic_device *dev, uint64_t ns)
{
    uint64_t hz = dev->cfg.engine_clock_hz;

    return ns / NS_PER_S * hz + (ns % NS_PER_S * hz + NS_PER_S - 1) / NS_PER_S;
}
