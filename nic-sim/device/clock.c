/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time: device events by (cycle, order of pushing). They go before engines that act at the same
 * cycle (engine/turns.h).
 */
#include "device/dev.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define NS_PER_S 1000000000u

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

/* The first of lane or heap i, NULL. */
static const struct event *head_of(const struct clock *c, unsigned i)
{
    if (i == CLOCK_LANES)
        return c->events == 0 ? NULL : &c->heap[0];
    return c->lane[i].count == 0 ? NULL : &c->lane[i].slot[c->lane[i].head];
}

static void find_first(struct clock *c)
{
    const struct event *first = NULL;

    for (unsigned i = 0; i <= CLOCK_LANES; i++) {
        const struct event *ev = head_of(c, i);

        if (ev != NULL && (first == NULL || before(ev, first))) {
            first = ev;
            c->first_lane = i;
        }
    }
    c->first = first == NULL ? DEV_NEVER : first->time;
}

static struct event *lane_slot(const struct clock *c, const struct lane *l, uint32_t i)
{
    return &l->slot[l->head + i < c->lane_cap ? l->head + i : l->head + i - c->lane_cap];
}

_Static_assert(EVENT_TX == EVENT_RX + 1 && EVENT_HOST == EVENT_RX + 2, "kinds that have a lane");

/* Where the event goes: behind the last of its lane, or into the heap. */
static unsigned lane_of(const struct clock *c, const struct event *ev)
{
    unsigned i = ev->kind - EVENT_RX;
    const struct lane *l;

    if (ev->kind < EVENT_RX || i >= CLOCK_LANES)
        return CLOCK_LANES;
    l = &c->lane[i];
    return l->count != 0 && lane_slot(c, l, l->count - 1)->time > ev->time ? CLOCK_LANES : i;
}

void clock_push(struct nic_device *dev, uint64_t time, enum event_kind kind, uint32_t arg)
{
    struct clock *c = &dev->clock;
    struct event ev = {.time = time, .order = c->order++, .kind = kind, .arg = arg};
    unsigned i = lane_of(c, &ev);

    if (i == CLOCK_LANES) {
        assert(c->events < c->cap);
        event_up(c, c->events++, ev);
    } else {
        assert(c->lane[i].count < c->lane_cap);
        *lane_slot(c, &c->lane[i], c->lane[i].count++) = ev;
    }
    if (time < c->first) {
        c->first = time;
        c->first_lane = i;
    }
    if (time < dev->turns.end)
        dev->turns.end = time;
}

/* Of a kind that has no lane. */
void clock_remove(struct nic_device *dev, enum event_kind kind, uint32_t arg)
{
    struct clock *c = &dev->clock;

    for (uint32_t i = 0; i < c->events; i++) {
        if (c->heap[i].kind == kind && c->heap[i].arg == arg) {
            event_delete(c, i);
            find_first(c);
            return;
        }
    }
}

struct event clock_pop(struct nic_device *dev)
{
    struct clock *c = &dev->clock;
    struct event first = *head_of(c, c->first_lane);

    if (c->first_lane == CLOCK_LANES) {
        event_delete(c, 0);
    } else {
        struct lane *l = &c->lane[c->first_lane];

        l->head = l->head + 1 == c->lane_cap ? 0 : l->head + 1;
        l->count--;
    }
    find_first(c);
    return first;
}

uint32_t clock_pending(const struct clock *c)
{
    uint32_t n = c->events;

    for (unsigned i = 0; i < CLOCK_LANES; i++)
        n += c->lane[i].count;
    return n;
}

bool clock_first_is(const struct nic_device *dev, enum event_kind kind)
{
    const struct clock *c = &dev->clock;

    return c->first != DEV_NEVER && head_of(c, c->first_lane)->kind == kind;
}

/* ---- life ---- */

int clock_create(struct nic_device *dev)
{
    struct clock *c = &dev->clock;

    /* A port and a buffer have one event each at a time, a hart a transfer and an alarm; one
     * watchdog. */
    c->cap = NIC_PORTS_MAX + dev->pool.total + 2 * (dev->harts + 1) + 1;
    c->heap = calloc(c->cap, sizeof(*c->heap));
    c->lane_cap = dev->pool.total;
    for (unsigned i = 0; i < CLOCK_LANES; i++)
        if ((c->lane[i].slot = calloc(c->lane_cap, sizeof(struct event))) == NULL)
            return -ENOMEM;
    if (c->heap == NULL)
        return -ENOMEM;
    clock_reset(dev);
    return 0;
}

void clock_destroy(struct nic_device *dev)
{
    free(dev->clock.heap);
    for (unsigned i = 0; i < CLOCK_LANES; i++)
        free(dev->clock.lane[i].slot);
}

void clock_reset(struct nic_device *dev)
{
    struct clock *c = &dev->clock;

    c->events = c->wakes = 0;
    for (unsigned i = 0; i < CLOCK_LANES; i++)
        c->lane[i].count = 0;
    find_first(c);
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
