/* SPDX-License-Identifier: BSD-3-Clause */
/* Towards the host: the PCIe link, DMA channels, RX queues, interrupts. Part of dev.h, which
 * includes it. */
#ifndef NIC_DEV_HOST_H
#define NIC_DEV_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "nic/device.h"
#include "nic/regs.h"

struct pktbuf;

/* ---- pcie.c: the link's time model ---- */

enum link_dir { LINK_TO_HOST, LINK_TO_DEVICE };
enum { PCIE_KNOWN = 32 };
struct pcie {
    uint64_t mbps;    /* megabits a second, both framing and data */
    uint64_t latency; /* cycles, one way */
    uint64_t free[2], busy[2];
    struct {
        uint64_t bytes, cycles;
    } known[PCIE_KNOWN]; /* times of transfers, by bytes / 16: of nothing no time, at first */
};
void pcie_init(struct nic_device *dev);
void pcie_reset(struct nic_device *dev);
uint64_t pcie_cycles(struct nic_device *dev, uint64_t bytes); /* time on the link */
/* Occupies the link from `ready` on; the cycle at which the last byte left. */
uint64_t pcie_transfer(struct nic_device *dev, enum link_dir dir, uint64_t bytes, uint64_t ready);
int pcie_read(struct nic_device *dev, uint64_t iova, void *dst, size_t len); /* counts faults */
int pcie_write(struct nic_device *dev, uint64_t iova, const void *src, size_t len);

/* ---- dma.c: one channel a hart, and the engines that they share ---- */

struct dma_transfer {
    uint64_t iova, addr;
    uint32_t len, cmd;
};
struct dma_channel {
    struct dma_transfer reg, active; /* as written; as latched by DMA_CMD */
    uint32_t status;
    bool busy, hart_waits;
};
int dma_create(struct nic_device *dev);
void dma_destroy(struct nic_device *dev);
void dma_reset(struct nic_device *dev);
enum bus_result dma_start(struct nic_device *dev, struct bus_req *r);
enum bus_result dma_status(struct nic_device *dev, struct bus_req *r);
void dma_done(struct nic_device *dev, uint32_t hart, uint64_t now); /* EVENT_DMA */

/* ---- hostq.c: host RX queues ---- */

struct hostq {
    uint64_t ring, cq;           /* registers */
    uint32_t size, vector;       /* registers */
    uint64_t ring_on, cq_on;     /* latched when enabled */
    uint32_t size_on, vector_on; /* latched */
    uint32_t head, tail;         /* descriptors taken and posted, free-running */
    uint32_t gen;                /* counts enables and disables */
    bool enabled;
};
void hostq_reset(struct nic_device *dev);
void hostq_enable(struct nic_device *dev, unsigned q, bool on);
void hostq_doorbell(struct nic_device *dev, unsigned q, uint32_t posted);
void hostq_send(struct nic_device *dev, struct pktbuf *b, uint64_t now);
void hostq_done(struct nic_device *dev, uint32_t buf, uint64_t now); /* EVENT_HOST */

/* ---- msix.c ---- */

struct msix {
    uint64_t addr[NIC_VECTORS];
    uint32_t data[NIC_VECTORS];
    bool masked[NIC_VECTORS];
    uint64_t pending[2];
};
void msix_reset(struct nic_device *dev);
void msix_raise(struct nic_device *dev, uint32_t vector);
void msix_mask(struct nic_device *dev, uint32_t vector, uint32_t ctrl);

#endif
