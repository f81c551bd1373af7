/* SPDX-License-Identifier: BSD-3-Clause */
/* Whatever is first in modelled time comes first: against looking at everything. */
#include "cunit_main.h"

#include "fake_engine.h"
#include "rig.h"

static struct rig rig;
static uint64_t seed;

static uint64_t below(uint64_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % n;
}

/* ---- events ---- */

#define EVENTS 600u

static struct {
    struct event ev[EVENTS];
    unsigned n;
} all;

static unsigned first_event(void)
{
    unsigned first = 0;

    for (unsigned i = 1; i < all.n; i++)
        if (all.ev[i].time < all.ev[first].time ||
            (all.ev[i].time == all.ev[first].time && all.ev[i].order < all.ev[first].order))
            first = i;
    return first;
}

/* Mostly in the order of their times, as the device pushes them, and sometimes not. */
static void push(uint64_t now, uint64_t order)
{
    enum event_kind kind = (enum event_kind)below(EVENT_WATCHDOG);
    uint64_t time = now + (below(4) == 0 ? below(300) : 200);

    clock_push(rig.dev, time, kind, (uint32_t)order);
    all.ev[all.n++] = (struct event){time, order, kind, (uint32_t)order};
}

static void pop(void)
{
    unsigned i = first_event();
    struct event want = all.ev[i], got;

    CU_ASSERT_EQUAL(clock_next_event(rig.dev), want.time);
    CU_ASSERT(clock_first_is(rig.dev, (enum event_kind)want.kind));
    got = clock_pop(rig.dev);
    CU_ASSERT(got.time == want.time && got.kind == want.kind && got.arg == want.arg);
    all.ev[i] = all.ev[--all.n];
}

static void remove_one(void)
{
    unsigned i = (unsigned)below(all.n);

    if (all.ev[i].kind != EVENT_PORT)
        return;
    clock_remove(rig.dev, EVENT_PORT, all.ev[i].arg);
    all.ev[i] = all.ev[--all.n];
}

static void test_events(void)
{
    uint64_t now = 0, order = 0;

    rig_open(&rig, NULL);
    for (unsigned round = 0; round < 20000; round++) {
        now += below(3);
        if (all.n < EVENTS / 2 + below(EVENTS / 4))
            push(now, order++);
        else
            for (unsigned n = (unsigned)below(all.n); n > 0; n--)
                pop();
        if (all.n != 0 && below(8) == 0)
            remove_one();
    }
    while (all.n != 0)
        pop();
    CU_ASSERT_EQUAL(clock_next_event(rig.dev), DEV_NEVER);
    rig_close(&rig);
}

/* No turn begins at an event or after it, though it is pushed in the course of one. */
static void test_end(void)
{
    rig_open(&rig, NULL);
    rig.dev->turns.end = 2000;
    clock_push(rig.dev, 2001, EVENT_RX, 0);
    CU_ASSERT_EQUAL(rig.dev->turns.end, 2000);
    clock_push(rig.dev, 1000, EVENT_TX, 0);
    CU_ASSERT_EQUAL(rig.dev->turns.end, 1000);
    rig_close(&rig);
}

/* ---- engines ---- */

/* The engine before all others, `but` left out; DEV_NONE when the others have no action. */
static uint32_t first_engine(const uint64_t *next, uint32_t n, uint32_t but)
{
    uint32_t first = DEV_NONE;

    for (uint32_t i = 0; i < n; i++)
        if (i != but && next[i] != DEV_NEVER && (first == DEV_NONE || next[i] < next[first]))
            first = i;
    return first;
}

/* Whose turn it is, and up to where it is nobody else's. */
static void check_turn(const uint64_t *next, uint32_t n)
{
    uint32_t first = first_engine(next, n, DEV_NONE), rival = first_engine(next, n, first);
    struct turns *t = &rig.dev->turns;

    if (first == DEV_NONE) {
        CU_ASSERT_EQUAL(turns_first_at(t), DEV_NEVER);
        return;
    }
    CU_ASSERT_EQUAL(turns_first_at(t), next[first]);
    CU_ASSERT_FATAL(turns_begin(t));
    CU_ASSERT_EQUAL(t->seat, first);
    CU_ASSERT_EQUAL(t->horizon, next[first]);
    CU_ASSERT(turns_go_on(t, next[first]));
    if (rival != DEV_NONE)
        CU_ASSERT_EQUAL(t->horizon, next[rival] - (rival < first));
}

static void set_next(uint64_t *next, uint32_t engine, uint64_t at)
{
    next[engine] = at;
    fake_set_next(rig.dev->engine[engine], at);
    device_engine(rig.dev, engine);
}

/* The engine whose turn it is hands over, or goes on. */
static void act(uint64_t *next, uint32_t n, uint64_t at)
{
    uint32_t seat = rig.dev->turns.seat;
    bool goes_on;

    next[seat] = at;
    fake_set_next(rig.dev->engine[seat], at);
    goes_on = turns_go_on(&rig.dev->turns, at);
    /* when keys are counted anew it goes by way of the device, which comes back to it */
    CU_ASSERT(!goes_on || first_engine(next, n, DEV_NONE) == seat);
}

/*
 * The first engine acts and is set to a later cycle, near or far; others are woken meanwhile. Of
 * every thousand rounds in the first half all engines become busy, in the second nearly all idle.
 */
static void turns(const char *engines, uint64_t now, uint64_t most)
{
    const char *const sets[] = {engines, NULL};
    uint64_t next[130];
    uint32_t n;

    rig_open(&rig, sets);
    rig.dev->turns.end = rig.dev->turns.most = DEV_NEVER;
    n = rig.dev->engines + 1;
    CU_ASSERT_FATAL(n <= 130);
    for (uint32_t i = 0; i < n; i++)
        set_next(next, i, DEV_NEVER);
    for (unsigned round = 0; round < 5000; round++) {
        uint32_t first = first_engine(next, n, DEV_NONE), woken = (uint32_t)below(n);
        bool busy = round % 1000 < 500;

        check_turn(next, n);
        now = first != DEV_NONE && next[first] > now ? next[first] : now;
        if (first != DEV_NONE && below(busy ? 20 : 2) == 0)
            set_next(next, first, DEV_NEVER);
        else if (first != DEV_NONE)
            act(next, n, now + below(most));
        if (below(busy ? 2 : 6) == 0)
            set_next(next, woken, now + below(50));
    }
    rig_close(&rig);
}

static void test_turns(void)
{
    turns("engine.count=1", 0, 100);
    turns("engine.count=8", 0, 100);
    turns("engine.count=50", 0, 100);
    turns("engine.count=129", 0, 30);
}

/* Beyond what a key holds, and across it. */
static void test_turns_late(void)
{
    turns("engine.count=8", UINT64_C(1) << 60, 100);
    turns("engine.count=8", TURN_NEVER - 1000, 100);
    turns("engine.count=8", 0, TURN_NEVER / 16);
}

static const struct cunit_case cases[] = {
    {"events in the order of time", test_events},
    {"an event ends the turns", test_end},
    {"turns in the order of time", test_turns},
    {"turns very late", test_turns_late},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("clock", cases);
}
