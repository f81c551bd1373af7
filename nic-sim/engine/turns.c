/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is in the tree of engines; what each turn does there is in turns.h. */
#include "engine/turns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

enum { LEAVES_LEAST = 2 };

static uint32_t leaves_for(uint32_t engines)
{
    uint32_t leaves = LEAVES_LEAST;

    while (leaves < engines)
        leaves *= 2;
    return leaves;
}

int turns_create(struct turns *t, struct engine **engine, uint32_t seats, uint64_t *now)
{
    t->engine = engine;
    t->seats = seats;
    t->now = now;
    t->tree = calloc((size_t)leaves_for(seats) * 2, sizeof(*t->tree));
    t->leaf = calloc(seats, sizeof(*t->leaf));
    if (t->tree == NULL || t->leaf == NULL)
        return -ENOMEM;
    turns_reset(t);
    return 0;
}

void turns_destroy(struct turns *t)
{
    free(t->tree);
    free(t->leaf);
}

/* All nodes from the leaves. */
static void plant(struct turns *t)
{
    for (uint32_t i = t->leaves - 1; i >= 1; i--)
        t->tree[i] = turns_lower(t->tree[2 * i], t->tree[2 * i + 1]);
}

static void empty(struct turns *t, uint32_t leaves)
{
    t->leaves = leaves;
    t->used = 0;
    memset(t->tree, 0xff, 2 * (size_t)leaves * sizeof(*t->tree));
    memset(t->leaf, 0, t->seats * sizeof(*t->leaf));
}

void turns_reset(struct turns *t)
{
    t->origin = *t->now;
    empty(t, LEAVES_LEAST);
}

/* The leaf at node i is `key`. */
static void put(struct turns *t, uint32_t i, turn_key key)
{
    for (; i > 1; i /= 2) {
        t->tree[i] = key;
        key = turns_lower(t->tree[i ^ 1], key);
    }
    t->tree[1] = key;
}

/* As many leaves, the same engines. */
static void resize(struct turns *t, uint32_t leaves)
{
    uint32_t most = leaves > t->leaves ? t->leaves : leaves;

    memmove(&t->tree[leaves], &t->tree[t->leaves], most * sizeof(*t->tree));
    memset(&t->tree[leaves + most], 0xff, (leaves - most) * sizeof(*t->tree));
    for (uint32_t i = leaves; i < leaves + t->used; i++)
        t->leaf[turns_seat(t->tree[i])] = i;
    t->leaves = leaves;
    plant(t);
}

static void add(struct turns *t, uint32_t seat, turn_key key)
{
    if (t->used == t->leaves)
        resize(t, 2 * t->leaves);
    t->leaf[seat] = t->leaves + t->used++;
    put(t, t->leaf[seat], key);
}

/* The last leaf takes its place. */
static void drop(struct turns *t, uint32_t seat)
{
    uint32_t last = t->leaves + --t->used;
    turn_key moved = t->tree[last];

    put(t, last, UINT64_MAX);
    if (t->leaf[seat] != last) {
        t->leaf[turns_seat(moved)] = t->leaf[seat];
        put(t, t->leaf[seat], moved);
    }
    t->leaf[seat] = 0;
    if (t->used < t->leaves / 4 && t->leaves > LEAVES_LEAST)
        resize(t, t->leaves / 2);
}

static bool is_never(turn_key key)
{
    return key >> TURN_SEAT_BITS == TURN_NEVER;
}

/* Counts from the first engine's next cycle on: no wait is so long that a key cannot hold it. */
static void set_origin(struct turns *t)
{
    t->origin = UINT64_MAX;
    for (uint32_t i = 0; i < t->seats; i++) {
        uint64_t next = engine_next(t->engine[i]);

        t->origin = next < t->origin ? next : t->origin;
    }
    empty(t, leaves_for(t->seats));
    for (uint32_t i = 0; i < t->seats; i++) {
        turn_key key = turns_key(t, i, engine_next(t->engine[i]));

        if (!is_never(key))
            add(t, i, key);
    }
}

bool turns_set(struct turns *t, uint32_t seat, uint64_t next)
{
    turn_key key = turns_key(t, seat, next);

    if (is_never(key) && next != UINT64_MAX)
        set_origin(t);
    else if (t->leaf[seat] == 0 && !is_never(key))
        add(t, seat, key);
    else if (t->leaf[seat] != 0 && is_never(key))
        drop(t, seat);
    else if (t->leaf[seat] != 0)
        put(t, t->leaf[seat], key);
    return t->used != 0 && turns_first(t) == seat;
}
