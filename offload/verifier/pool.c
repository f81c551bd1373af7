/* SPDX-License-Identifier: BSD-3-Clause */
#include "verifier/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9e3779b97f4a7c15ull;
    return h ^ h >> 29;
}

/* The narrower views follow from these most of the time. */
static uint64_t hash(const struct range *r)
{
    uint64_t h = mix(r->var.value, r->var.mask);
    h = mix(mix(h, r->umin), r->umax);
    return mix(mix(h, (uint64_t)r->smin), (uint64_t)r->smax);
}

static bool same(const struct range *a, const struct range *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}
_Static_assert(sizeof(struct range) == 64, "no padding, so that ranges can be compared as bytes");

/* Where `r` is, or goes. */
static uint32_t *find(const struct vf_pool *p, const struct range *r)
{
    uint32_t mask = p->room * 2 - 1, at = (uint32_t)hash(r) & mask;
    while (p->slot[at] && !same(&p->range[p->slot[at]], r))
        at = (at + 1) & mask;
    return &p->slot[at];
}

static int grow(struct vf_pool *p)
{
    uint32_t room = p->room ? p->room * 2 : FIRST_ROOM;
    struct range *range = realloc(p->range, room * sizeof(*range));
    if (range)
        p->range = range;
    uint32_t *slot = calloc(room * 2u, sizeof(*slot));
    if (!range || !slot) {
        free(slot);
        return -ENOMEM;
    }
    free(p->slot);
    p->slot = slot;
    p->room = room;
    for (uint32_t n = 1; n < p->count; n++)
        *find(p, &p->range[n]) = n;
    return 0;
}

int vf_pool_init(struct vf_pool *p)
{
    *p = (struct vf_pool){0};
    if (grow(p)) {
        vf_pool_free(p);
        return -ENOMEM;
    }
    p->range[p->count++] = range_unknown();
    return 0;
}

void vf_pool_free(struct vf_pool *p)
{
    free(p->range);
    free(p->slot);
    *p = (struct vf_pool){0};
}

uint16_t vf_pool_number(struct vf_pool *p, const struct range *r)
{
    if (same(r, &p->range[POOL_UNKNOWN]))
        return POOL_UNKNOWN;
    uint32_t *slot = find(p, r);
    if (*slot)
        return (uint16_t)*slot;
    if (p->count == POOL_MAX)
        return POOL_UNKNOWN;
    if (p->count == p->room) {
        if (grow(p)) {
            p->failed = true;
            return POOL_UNKNOWN;
        }
        slot = find(p, r);
    }
    *slot = p->count;
    p->range[p->count] = *r;
    return (uint16_t)p->count++;
}
