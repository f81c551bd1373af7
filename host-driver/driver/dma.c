/* SPDX-License-Identifier: BSD-3-Clause */
/* Host memory the device can reach. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/driver_impl.h"

#define DMA_ALIGN 64u

void *nicdrv_dma_alloc(struct nicdrv *drv, size_t len, uint64_t *iova)
{
    struct dma_block *b = calloc(1, sizeof(*b));
    size_t room = (len + DMA_ALIGN - 1) / DMA_ALIGN * DMA_ALIGN;

    if (!b || !len || room < len)
        goto fail;
    b->mem = aligned_alloc(DMA_ALIGN, room);
    if (!b->mem)
        goto fail;
    memset(b->mem, 0, room);
    /* Only what was asked for is mapped: the padding is not the device's. */
    if (drv->link->ops->dma_map(drv->link, b->mem, len, &b->iova))
        goto fail;
    b->next = drv->dma;
    drv->dma = b;
    *iova = b->iova;
    return b->mem;
fail:
    if (b)
        free(b->mem);
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
        free(b->mem);
        free(b);
        return;
    }
}
