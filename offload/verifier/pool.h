/* SPDX-License-Identifier: BSD-3-Clause */
/* Ranges by number: equal ones once, so that 16 bits stand for one. */
#ifndef VERIFIER_POOL_H
#define VERIFIER_POOL_H

#include "verifier/range.h"

enum {
    POOL_UNKNOWN = 0,   /* any value */
    POOL_MAX = 1 << 16, /* further ranges become any value */
};

struct vf_pool {
    struct range *range;
    uint32_t count, room;
    uint32_t *slot; /* hash table, twice `room` long: number of a range, 0 free */
    bool failed;    /* memory ran out at some time */
};

/* 0 or -ENOMEM. */
int vf_pool_init(struct vf_pool *p);
void vf_pool_free(struct vf_pool *p);
/* The number of `r`; POOL_UNKNOWN also where there is no room for it. */
uint16_t vf_pool_number(struct vf_pool *p, const struct range *r);

static inline const struct range *vf_pool_get(const struct vf_pool *p, uint16_t number)
{
    return &p->range[number];
}

#endif
