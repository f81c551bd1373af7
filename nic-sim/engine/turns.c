/* SPDX-License-Identifier: BSD-3-Clause */
/* Life of the tree of engines; its use is inline in turns.h. */
#include "engine/turns.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/engine.h"

int turns_create(struct turns *t, struct engine **engine, uint32_t seats, uint64_t *now)
{
    t->engine = engine;
    t->seats = seats;
    t->now = now;
    t->tree = calloc((size_t)seats * 2, sizeof(*t->tree));
    if (t->tree == NULL)
        return -ENOMEM;
    turns_reset(t);
    return 0;
}

void turns_destroy(struct turns *t)
{
    free(t->tree);
}

/* All nodes from the leaves. */
static void plant(struct turns *t)
{
    for (uint32_t i = t->seats - 1; i >= 1; i--)
        t->tree[i] = turns_lower(t->tree[2 * i], t->tree[2 * i + 1]);
}

void turns_reset(struct turns *t)
{
    t->origin = *t->now;
    for (uint32_t i = 0; i < t->seats; i++)
        t->tree[t->seats + i] = turns_key(t, i, UINT64_MAX);
    plant(t);
}

void turns_set_origin(struct turns *t)
{
    t->origin = UINT64_MAX;
    for (uint32_t i = 0; i < t->seats; i++) {
        uint64_t next = engine_next(t->engine[i]);

        t->origin = next < t->origin ? next : t->origin;
    }
    for (uint32_t i = 0; i < t->seats; i++)
        t->tree[t->seats + i] = turns_key(t, i, engine_next(t->engine[i]));
    plant(t);
}
