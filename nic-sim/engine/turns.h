/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose turn it is: a winner tree of engines by (next cycle, seat). An engine that has had its
 * turn says when its next one is and hands over to the first of all, without going back to the
 * device. Private to nic-sim.
 *
 * Its leaves are the engines that have a next action, in any order, so that of a card of many
 * engines only the busy ones cost anything. Parent of node i is i / 2.
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
    uint32_t seats;
    uint32_t leaves, used; /* leaves: a power of two; tree[leaves..leaves + used) are engines */
    turn_key *tree;        /* tree[1]: the first; UINT64_MAX is nobody */
    uint32_t *leaf;        /* by seat: its node; 0: it has no next action */
    uint64_t origin;       /* not after any engine's next cycle */
    uint64_t *now;         /* the device's time: moved on to each turn's */
    uint64_t end;          /* no turn begins at this cycle or later: something else comes first */
    uint64_t most;         /* cycles that a turn may take beyond the first */
    uint64_t horizon;      /* of the turn under way */
    uint32_t seat;         /* whose turn it is or was */
};

int turns_create(struct turns *t, struct engine **engine, uint32_t seats, uint64_t *now);
void turns_destroy(struct turns *t);
/* None of them has a next action. */
void turns_reset(struct turns *t);
/* The engine at `seat` has its next action at `next`. True: it is the first of all. */
bool turns_set(struct turns *t, uint32_t seat, uint64_t next);

static inline turn_key turns_lower(turn_key a, turn_key b)
{
    return a < b ? a : b; /* no branch: nothing could predict it */
}

static inline turn_key turns_key(const struct turns *t, uint32_t seat, uint64_t next)
{
    uint64_t since = next - t->origin;

    return (since < TURN_NEVER ? since : TURN_NEVER) << TURN_SEAT_BITS | seat;
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

/* The cycle of the first turn; UINT64_MAX: nobody has a next action. */
static inline uint64_t turns_first_at(const struct turns *t)
{
    return turns_at(t, t->tree[1]);
}

/* Whose it is; there is one. */
static inline uint32_t turns_first(const struct turns *t)
{
    return turns_seat(t->tree[1]);
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
    uint32_t i = t->leaf[t->seat];

    if (key >> TURN_SEAT_BITS == TURN_NEVER || i == 0) {
        (void)turns_set(t, t->seat, next);
        return false;
    }
    for (; i > 1; i /= 2) { /* without branches: nothing predicts them */
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
