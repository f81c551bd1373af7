/* SPDX-License-Identifier: BSD-3-Clause */
/* What an engine reaches beyond local SRAM: address decode, by likelihood. */
#include "device/dev.h"

static enum bus_result cluster_access(struct nic_device *dev, struct bus_req *r)
{
    uint64_t n = (r->addr - NIC_CLUSTER_BASE) / NIC_CLUSTER_STRIDE;

    if (n >= dev->mem.clusters)
        return BUS_FAULT;
    return mem_access(dev, &dev->mem.cluster[n], r);
}

/*
 * An event pushed by this access may lie before the engine's horizon: then the
 * engine returns to the device, which looks at the event first.
 */
static enum bus_result register_access(struct nic_device *dev, struct bus_req *r)
{
    enum bus_result res;

    if (r->now > dev->now)
        dev->now = r->now;
    res = mmio_access(dev, r);
    if (res != BUS_OK)
        return res;
    if (dev->turns.end <= dev->turns.horizon || dev->stopped || (dev->irq_sent && dev->stop_on_irq))
        return BUS_STOP;
    return BUS_OK;
}

enum bus_result bus_access(void *ctx, struct bus_req *r)
{
    struct nic_device *dev = ctx;

    switch (r->addr >> 28) {
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 14:
    case 15:
        return mem_access(dev, &dev->mem.dram, r);
    case 3:
        return cluster_access(dev, r);
    case 1:
        return register_access(dev, r);
    case 4:
        return mem_access(dev, &dev->mem.sram, r);
    case 2:
        return mem_access(dev, &dev->mem.istore, r);
    default:
        return BUS_FAULT;
    }
}

const uint8_t *bus_code_page(void *ctx, uint64_t page)
{
    struct nic_device *dev = ctx;
    struct mem_region *m = mem_find(dev, page, 4096);

    if (m != &dev->mem.istore && m != &dev->mem.dram)
        return NULL;
    return m->mem + (page - m->base);
}

void bus_paused(void *ctx, uint64_t addr, uint64_t from, uint64_t until)
{
    const struct nic_device *dev = ctx;

    if (dev->tap.paused != NULL)
        dev->tap.paused(dev->tap.ctx, addr, from, until);
}

uint64_t bus_time_ns(void *ctx, uint64_t cycle)
{
    return clock_ns(ctx, cycle);
}
