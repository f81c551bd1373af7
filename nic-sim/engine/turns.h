/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose turn it is: a winner tree of engines by (next cycle, seat). An engine that has had its
 * turn sets its next cycle and hands over to the first of all, without going back to the device.
 * Private to nic-sim.
 *
 * Parent of node i is i / 2. Nothing asks for a power of two: keys are in a total order, so it
 * does not matter where in the tree an engine sits.
 */
#ifndef NIC_TURNS_H
#define NIC_TURNS_H

#include <stdbool.h>
#include <stdint.h>

struct engine;

/*
 * The cycle of an engine's next action since `origin`, or TURN_NEVER, above its seat: in the
 * order of their turns, in a word, since there are many turns.
 */
typedef uint64_t turn_key;
enum { TURN_SEAT_BITS = 11 };
#define TURN_NEVER (UINT64_MAX >> TURN_SEAT_BITS)

struct turns {
    struct engine **engine; /* by seat */
    uint32_t seats;         /* at least 2 */
    turn_key *tree;         /* tree[1]: the first; seat i: tree[seats + i] */
    uint64_t origin;        /* not after any engine's next cycle */
    uint64_t *now;          /* the device's time: moved on to each turn's */
    uint64_t end;           /* no turn begins at this cycle or later: something else comes first */
    uint64_t most;          /* cycles that a turn may take beyond the first */
    uint64_t horizon;       /* of the turn under way */
    uint32_t seat;          /* whose turn it is or was */
};

int turns_create(struct turns *t, struct engine **engine, uint32_t seats, uint64_t *now);
void turns_destroy(struct turns *t);
/* None of them has a next action. */
void turns_reset(struct turns *t);
/* Counts from the first engine's next cycle on: no wait is so long that a key cannot hold it. */
void turns_set_origin(struct turns *t);

static inline turn_key turns_lower(turn_key a, turn_key b)
{
    return a < b ? a : b; /* no branch: nothing could predict it */
}

static inline turn_key turns_key(const struct turns *t, uint32_t seat, uint64_t next)
{
    uint64_t since = next - t->origin;

    if (next == UINT64_MAX || since > TURN_NEVER)
        since = TURN_NEVER;
    return since << TURN_SEAT_BITS | seat;
}

static inline uint32_t turns_seat(turn_key key)
{
    return (uint32_t)key & ((1u << TURN_SEAT_BITS) - 1);
}

static inline uint64_t turns_at(const struct turns *t, turn_key key)
{
    uint64_t since = key >> TURN_SEAT_BITS;

    return since == TURN_NEVER ? UINT64_MAX : t->origin + since;
}

/* The seat whose turn comes first, and when. */
static inline uint32_t turns_first(const struct turns *t)
{
    return turns_seat(t->tree[1]);
}

static inline uint64_t turns_first_at(const struct turns *t)
{
    return turns_at(t, t->tree[1]);
}

/* The engine at `seat` has its next action at `next`. True: it is the first of all. */
static inline bool turns_set(struct turns *t, uint32_t seat, uint64_t next)
{
    turn_key key = turns_key(t, seat, next), first = key;

    if (key >> TURN_SEAT_BITS == TURN_NEVER && next != UINT64_MAX) {
        turns_set_origin(t);
        return turns_first(t) == seat;
    }
    for (uint32_t i = t->seats + seat; i > 1; i /= 2) {
        turn_key rival = t->tree[i ^ 1];

        t->tree[i] = first;
        first = turns_lower(rival, first);
    }
    t->tree[1] = first;
    return first == key;
}

/*
 * The last cycle at which the engine whose turn it is goes before all others, of whom `rival` is
 * the first: it may act at the same cycle as that one if its seat is lower.
 */
static inline uint64_t turns_alone_until(const struct turns *t, uint64_t at, turn_key rival)
{
    uint64_t until = turns_at(t, rival) - (turns_seat(rival) < t->seat);

    until = until < t->end ? until : t->end - 1;
    return until - at < t->most ? until : at + t->most;
}

/*
 * The engine whose turn it is has its next action at `next`. True: it is the first of all, so it
 * goes on, and may make all accesses before its rivals'.
 */
static inline bool turns_go_on(struct turns *t, uint64_t next)
{
    turn_key key = turns_key(t, t->seat, next), first = key, rival = UINT64_MAX;

    if (key >> TURN_SEAT_BITS == TURN_NEVER) {
        (void)turns_set(t, t->seat, next);
        return false;
    }
    for (uint32_t i = t->seats + t->seat; i > 1; i /= 2) {
        turn_key other = t->tree[i ^ 1];

        t->tree[i] = first;
        first = turns_lower(other, first);
        rival = turns_lower(other, rival);
    }
    t->tree[1] = first;
    if (first != key || next >= t->end)
        return false;
    if (next > *t->now)
        *t->now = next;
    t->horizon = turns_alone_until(t, next, rival);
    return true;
}

/*
 * Begins the turn of the first engine: false when something else comes first. It may make the
 * access it is at.
 */
static inline bool turns_begin(struct turns *t)
{
    uint64_t at = turns_first_at(t);

    if (at >= t->end)
        return false;
    if (at > *t->now)
        *t->now = at;
    t->seat = turns_first(t);
    t->horizon = at;
    return true;
}

#endif
