/* SPDX-License-Identifier: BSD-3-Clause */
#include "maps/pool.h"

#define CHUNK_MIN     4096u
#define CHUNK_MAX     0x100000u
#define OBJECTS_FIRST 4u

/* At the start of a chunk, so that no object has the address of one. */
struct chunk {
    uint32_t next, bytes;
    uint64_t rsvd[7];
};
_Static_assert(sizeof(struct chunk) == 64, "objects keep the chunk's alignment");

void fw_pool_init(struct fw_pool *p, uint32_t size)
{
    *p = (struct fw_pool){.size = size};
}

void fw_pool_release(struct fw_maps *ms, struct fw_pool *p)
{
    while (p->chunk) {
        const struct chunk *c = plat_ptr(p->chunk);
        uint32_t addr = p->chunk;
        uint32_t bytes = c->bytes;
        p->chunk = c->next;
        fw_maps_free(ms, addr, bytes);
    }
}

/* As many objects again as there are, within bounds; fewer when DRAM is short. */
static int grow(struct fw_maps *ms, struct fw_pool *p)
{
    uint64_t bytes = (uint64_t)p->size * (p->objects ? p->objects : OBJECTS_FIRST);
    uint64_t least = sizeof(struct chunk) + p->size;
    uint32_t addr;
    bytes = sizeof(struct chunk) + (bytes < CHUNK_MIN ? CHUNK_MIN : bytes);
    if (bytes > CHUNK_MAX)
        bytes = least > CHUNK_MAX ? least : CHUNK_MAX;
    int err = fw_maps_alloc(ms, bytes, &addr);
    if (err) {
        bytes = least;
        err = fw_maps_alloc(ms, bytes, &addr);
    }
    if (err)
        return err;
    struct chunk *c = plat_ptr(addr);
    *c = (struct chunk){.next = p->chunk, .bytes = (uint32_t)bytes};
    p->chunk = addr;
    p->fresh = addr + (uint32_t)sizeof(*c);
    p->end = addr + (uint32_t)bytes;
    p->objects += (p->end - p->fresh) / p->size;
    return 0;
}

uint32_t fw_pool_take(struct fw_maps *ms, struct fw_pool *p, int *again)
{
    uint32_t object = p->first;
    *again = object != 0;
    if (object) {
        p->first = *(const uint32_t *)plat_ptr(object);
    } else {
        if (p->end - p->fresh < p->size && grow(ms, p))
            return 0;
        object = p->fresh;
        p->fresh += p->size;
    }
    p->used++;
    return object;
}

void fw_pool_give(struct fw_pool *p, uint32_t object)
{
    uint32_t *next = plat_ptr(object);
    __atomic_store_n(next, 0, __ATOMIC_RELAXED);
    if (p->first)
        *(uint32_t *)plat_ptr(p->last) = object;
    else
        p->first = object;
    p->last = object;
    p->used--;
}
