/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A lock is a word: in a map's descriptor, its buckets or its values. The map is the one whose
 * descriptor or contents begin at the highest address that is not above it.
 */
#include "cmd/locks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS                                                                                      \
    512u /* locks that are told apart; a power of two. Others count for their map only             \
          */
#define STARTS (2 * LOCKS_MAPS)

struct word {
    uint64_t addr;    /* 0: free */
    uint64_t covered; /* until here */
    unsigned owner;
};

struct counts {
    uint64_t waited[LOCKS_MAPS];
    uint64_t contended[WORDS];
};

struct locks {
    struct {
        uint64_t addr;
        unsigned owner;
    } start[STARTS];
    unsigned starts, owners;
    char name[LOCKS_MAPS][LOCKS_NAME];
    struct word word[WORDS];
    struct counts now;
    struct counts window[]; /* windows + 1 */
};

static void add_start(struct locks *l, uint64_t addr, unsigned owner)
{
    if (addr == 0 || l->starts == STARTS)
        return;
    l->start[l->starts].addr = addr;
    l->start[l->starts++].owner = owner;
}

/* Where the buckets are; 0 when it is no hash. */
static uint32_t buckets(struct nicdrv *drv, const struct nicdrv_map *map)
{
    struct nicdrv_cmd cmd = {.sqe = {.op = FW_ADMIN_MAP_HASH, .handle = map->handle}};

    if (nicdrv_submit(drv, &cmd) != 0 || nicdrv_wait(drv, &cmd) != 0)
        return 0;
    return (uint32_t)cmd.cqe.result;
}

int locks_create(struct session *s, unsigned windows, struct locks **out)
{
    struct locks *l = calloc(1, sizeof(*l) + (windows + 1) * sizeof(l->window[0]));
    struct nicbpf_map_view v;

    if (l == NULL)
        return -ENOMEM;
    snprintf(l->name[l->owners++], LOCKS_NAME, "the firmware"); /* what is below all maps */
    for (unsigned i = 0; l->owners < LOCKS_MAPS && nicbpf_map_at(s->bpf, i, &v) == 0; i++) {
        unsigned owner = l->owners++;

        snprintf(l->name[owner], LOCKS_NAME, "map %s", v.name);
        add_start(l, v.hw->handle, owner);
        add_start(l, v.hw->value_addr != 0 ? v.hw->value_addr : buckets(s->drv, v.hw), owner);
    }
    *out = l;
    return 0;
}

void locks_destroy(struct locks *l)
{
    free(l);
}

static unsigned owner_of(const struct locks *l, uint64_t addr)
{
    uint64_t best = 0;
    unsigned owner = 0;

    for (unsigned i = 0; i < l->starts; i++)
        if (l->start[i].addr <= addr && l->start[i].addr > best) {
            best = l->start[i].addr;
            owner = l->start[i].owner;
        }
    return owner;
}

static struct word *word_of(struct locks *l, uint64_t addr)
{
    unsigned first = (unsigned)(addr / 4 * 0x9e3779b1u >> 7);

    for (unsigned i = 0; i < WORDS; i++) {
        struct word *w = &l->word[(first + i) % WORDS];

        if (w->addr == addr)
            return w;
        if (w->addr == 0) {
            w->addr = addr;
            w->owner = owner_of(l, addr);
            return w;
        }
    }
    return NULL;
}

void locks_paused(struct locks *l, uint64_t addr, uint64_t from, uint64_t until)
{
    struct word *w = word_of(l, addr);

    l->now.waited[w != NULL ? w->owner : owner_of(l, addr)] += until - from;
    if (w == NULL || until <= w->covered)
        return;
    l->now.contended[w - l->word] += until - (from > w->covered ? from : w->covered);
    w->covered = until;
}

void locks_window(struct locks *l, unsigned n)
{
    l->window[n] = l->now;
}

static int by_waiting(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x < *y) - (*x > *y);
}

/* The part of the time for the word of this owner for which it is longest. */
static double worst_word(const struct locks *l, unsigned owner, const struct counts *a,
                         const struct counts *b, double cycles)
{
    uint64_t most = 0;

    for (unsigned i = 0; i < WORDS; i++)
        if (l->word[i].addr != 0 && l->word[i].owner == owner &&
            b->contended[i] - a->contended[i] > most)
            most = b->contended[i] - a->contended[i];
    return (double)most < cycles ? (double)most / cycles : 1;
}

void locks_between(const struct locks *l, unsigned from, unsigned to, uint64_t cycles,
                   struct locks_report *out)
{
    const struct counts *a = &l->window[from], *b = &l->window[to];
    struct {
        double waiting; /* first: by_waiting */
        unsigned owner;
    } order[LOCKS_MAPS];

    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; i < l->owners && cycles != 0; i++)
        if (b->waited[i] != a->waited[i]) {
            order[out->count].waiting = (double)(b->waited[i] - a->waited[i]) / (double)cycles;
            order[out->count++].owner = i;
        }
    qsort(order, out->count, sizeof(order[0]), by_waiting);
    for (unsigned i = 0; i < out->count; i++) {
        memcpy(out->of[i].name, l->name[order[i].owner], LOCKS_NAME);
        out->of[i].waiting = order[i].waiting;
        out->of[i].contended = worst_word(l, order[i].owner, a, b, (double)cycles);
    }
}
