/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FULL 0.9

static int by_use(const void *a, const void *b)
{
    const struct limit *x = a, *y = b;

    return (x->use < y->use) - (x->use > y->use);
}

static void add(struct limits *l, const struct model *m, enum model_use u)
{
    struct limit *n = &l->rank[l->count++];

    snprintf(n->name, LIMIT_NAME, "%s", model_use_name(u));
    n->use = m->use[u];
    n->headroom = n->use > 0 ? 1 / n->use : 0;
    n->pps = m->pps * n->headroom;
}

/* Nothing is full: puts what holds the card back in front. */
static void put_first(struct limits *l, const struct model *m, const char *name, double use)
{
    memmove(&l->rank[1], &l->rank[0], l->count * sizeof(l->rank[0]));
    l->count++;
    l->rank[0] = (struct limit){.use = use, .pps = m->pps, .headroom = 1};
    snprintf(l->rank[0].name, LIMIT_NAME, "%s", name);
}

void limits_rank(const struct model *m, bool lossless, struct limits *out)
{
    memset(out, 0, sizeof(*out));
    for (unsigned u = 0; u < MODEL_USE_COUNT; u++)
        if (u != MODEL_STALL && (u != MODEL_MAC || lossless))
            add(out, m, u);
    qsort(out->rank, out->count, sizeof(out->rank[0]), by_use);
    if (out->rank[0].use >= FULL)
        return;
    if (!lossless && m->use[MODEL_ENGINES] + m->use[MODEL_STALL] >= FULL)
        put_first(out, m, model_use_name(MODEL_STALL), m->use[MODEL_ENGINES] + m->use[MODEL_STALL]);
    else if (lossless)
        put_first(out, m, "offered load", 1);
}
