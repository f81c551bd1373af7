/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FULL    0.9
#define LOCK_OF "lock of "

static int by_use(const void *a, const void *b)
{
    const struct limit *x = a, *y = b;

    return (x->use < y->use) - (x->use > y->use);
}

static void add(struct limits *l, const struct model *m, const char *name, double use, double mean)
{
    struct limit *n = &l->rank[l->count++];

    snprintf(n->name, LIMIT_NAME, "%s", name);
    n->use = use;
    n->mean = mean;
    n->headroom = n->use > 0 ? 1 / n->use : 0;
    n->pps = m->pps * n->headroom;
}

/* Nothing is full: puts what holds the card back in front. */
static void put_first(struct limits *l, const struct model *m, const char *name, double use)
{
    memmove(&l->rank[1], &l->rank[0], l->count * sizeof(l->rank[0]));
    l->count++;
    l->rank[0] = (struct limit){.use = use, .mean = use, .pps = m->pps, .headroom = 1};
    snprintf(l->rank[0].name, LIMIT_NAME, "%s", name);
}

/* The lock that is held longest. */
static void add_lock(struct limits *l, const struct model *m, const struct locks_report *locks)
{
    char name[LIMIT_NAME];
    unsigned worst = 0;

    if (locks->count == 0)
        return;
    for (unsigned i = 1; i < locks->count; i++)
        if (locks->of[i].contended > locks->of[worst].contended)
            worst = i;
    snprintf(name, sizeof(name), LOCK_OF "%s", locks->of[worst].name);
    add(l, m, name, sqrt(locks->of[worst].contended), sqrt(locks->of[worst].contended));
}

/* Threads that wait for a lock are busy with trying to get it. */
static void lock_first(struct limits *l)
{
    for (unsigned i = 1; i < l->count; i++) {
        struct limit lock = l->rank[i];

        if (lock.use < FULL || strncmp(lock.name, LOCK_OF, strlen(LOCK_OF)) != 0)
            continue;
        memmove(&l->rank[1], &l->rank[0], i * sizeof(lock));
        l->rank[0] = lock;
    }
}

void limits_rank(const struct model *m, const struct locks_report *locks, bool lossless,
                 struct limits *out)
{
    memset(out, 0, sizeof(*out));
    for (unsigned u = 0; u < MODEL_USE_COUNT; u++)
        if (u != MODEL_STALL && (u != MODEL_MAC || lossless))
            add(out, m, model_use_name(u), m->use[u], m->mean[u]);
    add_lock(out, m, locks);
    qsort(out->rank, out->count, sizeof(out->rank[0]), by_use);
    lock_first(out);
    if (out->rank[0].use >= FULL)
        return;
    if (!lossless && m->use[MODEL_ENGINES] + m->use[MODEL_STALL] >= FULL)
        put_first(out, m, model_use_name(MODEL_STALL), m->use[MODEL_ENGINES] + m->use[MODEL_STALL]);
    else if (lossless)
        put_first(out, m, LIMIT_LOAD, 1);
}
