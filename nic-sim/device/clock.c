/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time: a heap of device events by (cycle, order of pushing) and a heap of
 * engines by (next cycle, id). Events go before engines at the same cycle.
 */
#include "device/dev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1000000000u

int clock_create(struct nic_device *dev)
{
    struct clock *c = &dev->clock;

    c->engines = dev->engines + 1;
    /* A port, a buffer and a hart have one event each at a time; one watchdog. */
    c->cap = NIC_PORTS_MAX + dev->pool.total + dev->harts + 1 + 1;
    c->heap = calloc(c->cap, sizeof(*c->heap));
    c->eheap = calloc(c->engines, sizeof(*c->eheap));
    c->epos = calloc(c->engines, sizeof(*c->epos));
    c->ekey = calloc(c->engines, sizeof(*c->ekey));
    if (c->heap == NULL || c->eheap == NULL || c->epos == NULL || c->ekey == NULL)
        return -ENOMEM;
    clock_reset(dev);
    return 0;
}

void clock_destroy(struct nic_device *dev)
{
    struct clock *c = &dev->clock;

    free(c->heap);
    free(c->eheap);
    free(c->epos);
    free(c->ekey);
}

void clock_reset(struct nic_device *dev)
{
    struct clock *c = &dev->clock;

    c->events = 0;
    for (uint32_t i = 0; i < c->engines; i++) {
        c->eheap[i] = i;
        c->epos[i] = i;
        c->ekey[i] = DEV_NEVER;
    }
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

uint64_t clock_next_event(const struct nic_device *dev)
{
    return dev->clock.events == 0 ? DEV_NEVER : dev->clock.heap[0].time;
}

struct event clock_pop(struct nic_device *dev)
{
    struct event first = dev->clock.heap[0];

    event_delete(&dev->clock, 0);
    return first;
}

/* ---- engines ---- */

static bool sooner(const struct clock *c, uint32_t a, uint32_t b)
{
    return c->ekey[a] != c->ekey[b] ? c->ekey[a] < c->ekey[b] : a < b;
}

static void engine_place(struct clock *c, uint32_t i, uint32_t engine)
{
    c->eheap[i] = engine;
    c->epos[engine] = i;
}

static void engine_up(struct clock *c, uint32_t engine)
{
    uint32_t i = c->epos[engine];

    while (i > 0 && sooner(c, engine, c->eheap[(i - 1) / 2])) {
        engine_place(c, i, c->eheap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    engine_place(c, i, engine);
}

static void engine_down(struct clock *c, uint32_t engine)
{
    uint32_t i = c->epos[engine];

    for (;;) {
        uint32_t child = 2 * i + 1;

        if (child >= c->engines)
            break;
        if (child + 1 < c->engines && sooner(c, c->eheap[child + 1], c->eheap[child]))
            child++;
        if (!sooner(c, c->eheap[child], engine))
            break;
        engine_place(c, i, c->eheap[child]);
        i = child;
    }
    engine_place(c, i, engine);
}

void clock_engine(struct nic_device *dev, uint32_t engine)
{
    struct clock *c = &dev->clock;
    uint64_t old = c->ekey[engine], key = engine_next(dev->engine[engine]);

    c->ekey[engine] = key;
    if (key < old)
        engine_up(c, engine);
    else if (key > old)
        engine_down(c, engine);
}

/* Last cycle at which `first` may act before `other` does. */
static uint64_t ahead_of(const struct clock *c, uint32_t first, uint32_t other)
{
    uint64_t key = c->ekey[other];

    return other > first || key == 0 ? key : key - 1;
}

uint64_t clock_horizon(const struct nic_device *dev)
{
    const struct clock *c = &dev->clock;
    uint32_t first = c->eheap[0];
    uint64_t horizon = c->events == 0 ? DEV_NEVER : c->heap[0].time - 1;

    for (uint32_t i = 1; i <= 2 && i < c->engines; i++) {
        uint64_t limit = ahead_of(c, first, c->eheap[i]);

        horizon = limit < horizon ? limit : horizon;
    }
    return horizon;
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
