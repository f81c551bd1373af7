/* SPDX-License-Identifier: BSD-3-Clause */
/* Host memory the device can reach. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "driver/driver_impl.h"

#define DMA_ALIGN 64u
/* From here on whole huge pages of the host: a receive queue's buffers are used in turn, and of
 * small pages each would be looked up anew. */
#define DMA_LARGE ((size_t)2 << 20)

/* Zeroed memory of `room` bytes, NULL. */
static void *take(size_t room)
{
    void *mem;

    if (room < DMA_LARGE) {
        mem = aligned_alloc(DMA_ALIGN, room);
        return mem ? memset(mem, 0, room) : NULL;
    }
    mem = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mem == MAP_FAILED)
        return NULL;
    (void)madvise(mem, room, MADV_HUGEPAGE); /* a kernel without them says EINVAL */
    return mem;
}

static void give_back(void *mem, size_t room)
{
    if (room < DMA_LARGE)
        free(mem);
    else
        munmap(mem, room);
}

void *nicdrv_dma_alloc(struct nicdrv *drv, size_t len, uint64_t *iova)
{
    struct dma_block *b = calloc(1, sizeof(*b));
    size_t room = (len + DMA_ALIGN - 1) / DMA_ALIGN * DMA_ALIGN;

    if (!b || !len || room < len)
        goto fail;
    b->room = room;
    b->mem = take(room);
    if (!b->mem)
        goto fail;
    /* Only what was asked for is mapped: the padding is not the device's. */
    if (drv->link->ops->dma_map(drv->link, b->mem, len, &b->iova))
        goto fail;
    b->next = drv->dma;
    drv->dma = b;
    *iova = b->iova;
    return b->mem;
fail:
    if (b && b->mem)
        give_back(b->mem, room);
    free(b);
    return NULL;
}

void nicdrv_dma_free(struct nicdrv *drv, void *mem)
{
    if (!mem)
        return;
    for (struct dma_block **at = &drv->dma; *at; at = &(*at)->next) {
        struct dma_block *b = *at;
        if (b->mem != mem)
            continue;
        *at = b->next;
        drv->link->ops->dma_unmap(drv->link, b->iova);
        give_back(b->mem, b->room);
        free(b);
        return;
    }
}
