/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Objects of one size for a map that grows, in chunks of DRAM. The caller holds the
 * map's lock. Released objects are used again oldest first, and never go back to
 * DRAM before the map does: what a reader still looks at stays an object.
 */
#ifndef FW_POOL_H
#define FW_POOL_H

#include "maps/map.h"

struct fw_pool {
    uint32_t size; /* of an object, a multiple of 8 */
    uint32_t first,
        last;       /* released objects, oldest first; each starts with the address of the next */
    uint32_t chunk; /* the newest; each starts with struct fw_pool_chunk */
    uint32_t fresh, end; /* of the newest: the part never used */
    uint32_t objects;    /* in all chunks */
    uint32_t used;
};

void fw_pool_init(struct fw_pool *p, uint32_t size);
/* Gives all chunks back. */
void fw_pool_release(struct fw_maps *ms, struct fw_pool *p);

/* An object, its address; 0: no DRAM. *again: it was used before. */
uint32_t fw_pool_take(struct fw_maps *ms, struct fw_pool *p, int *again);
void fw_pool_give(struct fw_pool *p, uint32_t object);

#endif
