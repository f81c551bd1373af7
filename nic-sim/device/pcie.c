/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link's time model: data moves in TLPs of at most pcie.payload bytes, each
 * with pcie.header bytes of framing, at the raw rate after line coding; each
 * direction carries one transfer after the other; pcie.latency_ns one way.
 */
#include "device/dev.h"

#include <errno.h>

/* Mbit/s of a lane after line coding: 8b/10b to gen 2, 128b/130b to gen 5, gen 6 flits 242/256. */
static const uint32_t lane_mbps[] = {0, 2000, 4000, 7877, 15754, 31508, 60500};

void pcie_init(struct nic_device *dev)
{
    struct pcie *link = &dev->pcie;

    link->mbps = lane_mbps[dev->cfg.pcie_gen] * dev->cfg.pcie_lanes;
    link->latency = dev->cfg.run_functional ? 0 : clock_ns_to_cycles(dev, dev->cfg.pcie_latency_ns);
    pcie_reset(dev);
}

void pcie_reset(struct nic_device *dev)
{
    for (int dir = 0; dir < 2; dir++) {
        dev->pcie.free[dir] = 0;
        dev->pcie.busy[dir] = 0;
    }
}

static uint64_t link_cycles(const struct nic_device *dev, uint64_t bytes)
{
    uint64_t tlps = (bytes + dev->cfg.pcie_payload - 1) / dev->cfg.pcie_payload;
    dev_u128 bits = (bytes + tlps * dev->cfg.pcie_header) * 8;
    dev_u128 bps = (dev_u128)dev->pcie.mbps * 1000000;

    if (dev->cfg.run_functional)
        return 0;
    return (uint64_t)((bits * dev->cfg.engine_clock_hz + bps - 1) / bps);
}

/* Descriptors, completions and most frames are of few lengths. */
uint64_t pcie_cycles(struct nic_device *dev, uint64_t bytes)
{
    unsigned i = (unsigned)(bytes / 16 % PCIE_KNOWN);

    if (dev->pcie.known[i].bytes != bytes) {
        dev->pcie.known[i].bytes = bytes;
        dev->pcie.known[i].cycles = link_cycles(dev, bytes);
    }
    return dev->pcie.known[i].cycles;
}

uint64_t pcie_transfer(struct nic_device *dev, enum link_dir dir, uint64_t bytes, uint64_t ready)
{
    struct pcie *link = &dev->pcie;
    uint64_t start = link->free[dir] > ready ? link->free[dir] : ready;
    uint64_t cycles = pcie_cycles(dev, bytes);

    link->free[dir] = start + cycles;
    link->busy[dir] += cycles;
    return start + cycles;
}

static int checked(struct nic_device *dev, int rc)
{
    if (rc != 0)
        dev->stats.dma_faults++;
    return rc;
}

int pcie_read(struct nic_device *dev, uint64_t iova, void *dst, size_t len)
{
    if (dev->host.dma_read == NULL)
        return checked(dev, -EFAULT);
    return checked(dev, dev->host.dma_read(dev->host_ctx, iova, dst, len));
}

int pcie_write(struct nic_device *dev, uint64_t iova, const void *src, size_t len)
{
    if (dev->host.dma_write == NULL)
        return checked(dev, -EFAULT);
    return checked(dev, dev->host.dma_write(dev->host_ctx, iova, src, len));
}
