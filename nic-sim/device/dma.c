/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A DMA channel for each hart; dma.engines of the channels can have a transfer
 * under way, others wait for the first that ends. The bytes move, and ranges are
 * checked, at the cycle at which the transfer completes.
 */
#include "device/dev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool length_valid(const struct dma_transfer *t)
{
    return t->len != 0 && t->len <= NIC_DMA_MAX;
}

int dma_create(struct nic_device *dev)
{
    dev->dma_free = calloc(dev->cfg.dma_engines, sizeof(*dev->dma_free));
    return dev->dma_free == NULL ? -ENOMEM : 0;
}

void dma_destroy(struct nic_device *dev)
{
    free(dev->dma_free);
}

void dma_reset(struct nic_device *dev)
{
    memset(dev->dma_free, 0, dev->cfg.dma_engines * sizeof(*dev->dma_free));
}

/* The engine that is free first, the lowest of those. */
static uint64_t *first_engine(const struct nic_device *dev)
{
    uint64_t *first = dev->dma_free;

    for (uint64_t *e = first + 1; e < dev->dma_free + dev->cfg.dma_engines; e++)
        first = *e < *first ? e : first;
    return first;
}

/* A read keeps its engine until the data are there, a write until they have left. */
static uint64_t finish_time(struct nic_device *dev, const struct dma_transfer *t, uint64_t now)
{
    uint64_t lat = dev->pcie.latency, *engine = first_engine(dev);
    uint64_t start = *engine > now ? *engine : now;

    if (!length_valid(t)) /* refused by the channel itself */
        return now;
    if (t->cmd == NIC_DMA_READ) { /* request there, completions back */
        *engine = pcie_transfer(dev, LINK_TO_DEVICE, t->len, start + lat) + lat;
        return *engine;
    }
    *engine = pcie_transfer(dev, LINK_TO_HOST, t->len, start);
    return *engine + lat;
}

enum bus_result dma_start(struct nic_device *dev, struct bus_req *r)
{
    struct dma_channel *ch = &dev->hart[r->hart].dma;

    if (ch->busy || (r->data != NIC_DMA_READ && r->data != NIC_DMA_WRITE))
        return BUS_FAULT;
    ch->busy = true;
    ch->active = ch->reg;
    ch->active.cmd = (uint32_t)r->data;
    clock_push(dev, finish_time(dev, &ch->active, r->now), EVENT_DMA, r->hart);
    return BUS_OK;
}

/* Host memory <-> [p, p+len): 0 or a positive errno. */
static uint32_t move(struct nic_device *dev, const struct dma_transfer *t, uint8_t *p)
{
    int rc = t->cmd == NIC_DMA_READ ? pcie_read(dev, t->iova, p, t->len)
                                    : pcie_write(dev, t->iova, p, t->len);

    return rc == 0 ? 0 : EFAULT;
}

static uint32_t transfer(struct nic_device *dev, uint32_t hart)
{
    const struct dma_transfer *t = &dev->hart[hart].dma.active;
    uint64_t offset = t->addr - NIC_LOCAL_BASE;
    struct mem_region *m;
    uint32_t status;

    if (!length_valid(t))
        return EINVAL;
    if (offset < dev->cfg.local_size && t->len <= dev->cfg.local_size - offset)
        return move(dev, t, device_local(dev, hart) + offset);
    m = mem_find(dev, t->addr, t->len);
    if (m == NULL)
        return EINVAL;
    status = move(dev, t, m->mem + (t->addr - m->base));
    if (status == 0 && t->cmd == NIC_DMA_READ)
        mem_touched(dev, m, t->addr, t->len);
    return status;
}

void dma_done(struct nic_device *dev, uint32_t hart, uint64_t now)
{
    struct dma_channel *ch = &dev->hart[hart].dma;

    ch->status = transfer(dev, hart);
    ch->busy = false;
    if (!ch->hart_waits)
        return;
    ch->hart_waits = false;
    device_wake(dev, hart, ch->status, now + dev->mmio_latency);
}

enum bus_result dma_status(struct nic_device *dev, struct bus_req *r)
{
    struct dma_channel *ch = &dev->hart[r->hart].dma;

    if (ch->busy) {
        ch->hart_waits = true;
        return BUS_BLOCK;
    }
    r->data = ch->status;
    return BUS_OK;
}
