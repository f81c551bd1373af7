/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Host RX queues. Descriptors are taken as prefetched: reading one occupies the
 * link but adds no latency. A frame that cannot be delivered leaves its
 * descriptor in the ring, for the next frame.
 */
#include "device/dev.h"

#include <errno.h>
#include <string.h>

#define RING_MAX 65536u /* nic_rx_cqe.index is 16 bits */

void hostq_reset(struct nic_device *dev)
{
    for (unsigned q = 0; q < NIC_RXQS_LIMIT; q++) {
        uint32_t gen = dev->rxq[q].gen;

        memset(&dev->rxq[q], 0, sizeof(dev->rxq[q]));
        dev->rxq[q].gen = gen + 1;
    }
}

static bool usable(const struct hostq *hq)
{
    return hq->size != 0 && hq->size <= RING_MAX && (hq->size & (hq->size - 1)) == 0;
}

/* A queue with an unusable size stays off. */
void hostq_enable(struct nic_device *dev, unsigned q, bool on)
{
    struct hostq *hq = &dev->rxq[q];

    if (on == hq->enabled || (on && !usable(hq)))
        return;
    hq->enabled = on;
    hq->gen++;
    hq->head = 0;
    hq->tail = 0;
    hq->ring_on = hq->ring;
    hq->cq_on = hq->cq;
    hq->size_on = hq->size;
    hq->vector_on = hq->vector;
}

/* Ignored: more descriptors than the ring holds, and a queue that the card has not. */
void hostq_doorbell(struct nic_device *dev, unsigned q, uint32_t posted)
{
    struct hostq *hq = &dev->rxq[q];

    if (q < dev->cfg.host_rx_queues && hq->enabled && posted - hq->head <= hq->size_on)
        hq->tail = posted;
}

static void refuse(struct nic_device *dev, struct pktbuf *b, enum nic_drop_reason why)
{
    device_drop(dev, why);
    bufpool_put(dev, b);
}

void hostq_send(struct nic_device *dev, struct pktbuf *b, uint64_t now)
{
    struct hostq *hq = &dev->rxq[b->pkt.queue % NIC_RXQS_LIMIT];
    uint32_t len = bufpool_frame_len(b), slot;
    struct nic_rx_desc desc;
    uint64_t sent;

    if (b->pkt.queue >= dev->cfg.host_rx_queues || !hq->enabled || hq->head == hq->tail) {
        refuse(dev, b, NIC_DROP_NO_HOST_DESC);
        return;
    }
    slot = hq->head & (hq->size_on - 1);
    pcie_transfer(dev, LINK_TO_DEVICE, sizeof(desc), now);
    if (pcie_read(dev, hq->ring_on + (uint64_t)slot * sizeof(desc), &desc, sizeof(desc)) != 0) {
        refuse(dev, b, NIC_DROP_DMA_FAULT);
        return;
    }
    if (desc.len < len) {
        refuse(dev, b, NIC_DROP_HOST_SHORT);
        return;
    }
    if (pcie_write(dev, desc.iova, bufpool_frame(dev, b), len) != 0) {
        refuse(dev, b, NIC_DROP_DMA_FAULT);
        return;
    }
    b->slot = hq->head++;
    b->gen = hq->gen;
    pcie_transfer(dev, LINK_TO_HOST, len, now);
    sent = pcie_transfer(dev, LINK_TO_HOST, sizeof(struct nic_rx_cqe), now);
    clock_push(dev, sent + dev->pcie.latency, EVENT_HOST, b->id);
}

static int complete(struct nic_device *dev, const struct hostq *hq, const struct pktbuf *b)
{
    uint32_t slot = b->slot & (hq->size_on - 1);
    struct nic_rx_cqe cqe = {
        .tstamp_ns = b->pkt.tstamp_ns,
        .seq = b->pkt.seq,
        .len = bufpool_frame_len(b),
        .hash = b->pkt.hash,
        .port = b->ingress,
        .index = (uint16_t)slot,
        .phase = (b->slot & hq->size_on) == 0 ? 1 : 0,
    };

    return pcie_write(dev, hq->cq_on + (uint64_t)slot * sizeof(cqe), &cqe, sizeof(cqe));
}

void hostq_done(struct nic_device *dev, uint32_t buf, uint64_t now)
{
    struct pktbuf *b = &dev->pool.buf[buf];
    struct hostq *hq = &dev->rxq[b->pkt.queue];

    if (b->gen != hq->gen) {
        device_drop(dev, NIC_DROP_NO_HOST_DESC); /* switched off meanwhile */
    } else if (complete(dev, hq, b) != 0) {
        device_drop(dev, NIC_DROP_DMA_FAULT);
    } else {
        dev->stats.host_packets++;
        dev->stats.host_bytes += bufpool_frame_len(b);
        msix_raise(dev, hq->vector_on);
    }
    bufpool_put(dev, b);
    mac_kick(dev, now);
}
