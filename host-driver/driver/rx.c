/* SPDX-License-Identifier: BSD-3-Clause */
/* Host RX queues: rings, buffers, delivery. Layouts: nic/pkt.h. */
#include <errno.h>
#include <string.h>

#include "driver/driver_impl.h"

#define RX_ENTRIES_MAX 32768u /* nic_rx_cqe.index has 16 bits */
#define RX_BUF_SIZE    NIC_CHAIN_BYTES
/* From one buffer to the next: a line of the host's cache more, or the heads of all frames would
 * fight for the same few of its sets. */
#define RX_BUF_STRIDE (RX_BUF_SIZE + 64u)

static void free_queue(struct nicdrv *drv, struct rxq *q)
{
    nicdrv_dma_free(drv, q->ring);
    nicdrv_dma_free(drv, q->cq);
    nicdrv_dma_free(drv, q->buffers);
    *q = (struct rxq){0};
}

static int alloc_queue(struct nicdrv *drv, struct rxq *q, unsigned entries)
{
    q->ring = nicdrv_dma_alloc(drv, entries * sizeof(*q->ring), &q->ring_iova);
    q->cq = nicdrv_dma_alloc(drv, entries * sizeof(*q->cq), &q->cq_iova);
    q->buffers = nicdrv_dma_alloc(drv, (size_t)entries * RX_BUF_STRIDE, &q->buffers_iova);
    return q->ring && q->cq && q->buffers ? 0 : -ENOMEM;
}

/* Gives ring slot `posted` to the device; the doorbell tells it. */
static void post(struct rxq *q, unsigned entries)
{
    uint32_t slot = q->posted++ & (entries - 1);

    q->ring[slot] = (struct nic_rx_desc){
        .iova = q->buffers_iova + (uint64_t)slot * RX_BUF_STRIDE,
        .len = RX_BUF_SIZE,
    };
}

static void ring_doorbell(struct nicdrv *drv, unsigned queue)
{
    reg_write32(drv->link, NIC_BAR0_DB_RX + (uint64_t)queue * NIC_BAR0_DB_RX_STRIDE,
                drv->rx.queues[queue].posted);
}

static int start_queue(struct nicdrv *drv, unsigned queue, unsigned entries)
{
    struct rxq *q = &drv->rx.queues[queue];
    struct fw_rxq_spec spec = {
        .ring_iova = q->ring_iova,
        .cq_iova = q->cq_iova,
        .entries = entries,
        .vector = queue,
    };
    struct fw_sqe sqe = {.op = FW_ADMIN_RXQ_CREATE, .handle = queue};
    struct admin_io io = {.key = &spec, .key_len = sizeof(spec)};
    int rc = admin_exec(drv, &sqe, &io, NULL);

    if (rc)
        return rc;
    for (unsigned i = 0; i < entries; i++)
        post(q, entries);
    ring_doorbell(drv, queue);
    return 0;
}

static int set_rss(struct nicdrv *drv, unsigned queues)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_RSS_SET, .arg0 = queues};
    struct admin_io io = {0};

    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_rx_open(struct nicdrv *drv, unsigned queues, unsigned entries, nicdrv_rx_fn fn,
                   void *ctx)
{
    struct rx *rx = &drv->rx;
    int rc = 0;

    if (rx->count)
        return -EBUSY;
    if (!queues || queues > drv->geo.rxqs_max || entries < 2 || entries > RX_ENTRIES_MAX ||
        (entries & (entries - 1)))
        return -EINVAL;
    rx->fn = fn;
    rx->ctx = ctx;
    rx->entries = entries;
    for (unsigned q = 0; q < queues && !rc; q++) {
        rx->count = q + 1; /* counted at once: close must free what a failure leaves */
        rc = alloc_queue(drv, &rx->queues[q], entries);
        if (!rc)
            rc = start_queue(drv, q, entries);
    }
    if (!rc)
        rc = set_rss(drv, queues);
    if (rc)
        nicdrv_rx_close(drv);
    return rc;
}

void nicdrv_rx_close(struct nicdrv *drv)
{
    struct rx *rx = &drv->rx;
    struct admin_io io = {0};
    unsigned count = rx->count;

    for (unsigned q = 0; q < count; q++) {
        struct fw_sqe sqe = {.op = FW_ADMIN_RXQ_DESTROY, .handle = q};
        /* A queue the firmware would not stop loses its memory all the same: DMA to it faults. */
        (void)admin_exec(drv, &sqe, &io, NULL);
        rx_poll(drv, q);
    }
    rx->count = 0;
    for (unsigned q = 0; q < count; q++)
        free_queue(drv, &rx->queues[q]);
    rx->fn = NULL;
}

/* Hands one completion to the user; false when it cannot be what the device should write. */
static bool deliver(struct rx *rx, unsigned queue, const struct nic_rx_cqe *cqe)
{
    const struct rxq *q = &rx->queues[queue];
    uint32_t slot = q->head & (rx->entries - 1);

    if (cqe->index != slot || cqe->len > RX_BUF_SIZE)
        return false;
    if (rx->fn)
        rx->fn(rx->ctx, queue, cqe, q->buffers + (size_t)slot * RX_BUF_STRIDE);
    return true;
}

void rx_poll(struct nicdrv *drv, unsigned queue)
{
    struct rx *rx = &drv->rx;

    if (queue >= rx->count || !rx->queues[queue].cq)
        return;
    struct rxq *q = &rx->queues[queue];
    unsigned taken = 0;
    for (; taken < rx->entries; taken++) {
        struct nic_rx_cqe cqe;
        uint32_t phase = q->head & rx->entries ? 0 : 1; /* each time round the other */

        if ((q->cq[q->head & (rx->entries - 1)].phase & 1) != phase)
            break;
        memcpy(&cqe, &q->cq[q->head & (rx->entries - 1)], sizeof(cqe));
        if (!deliver(rx, queue, &cqe))
            rx->bad_completions++;
        q->head++;
        post(q, rx->entries);
    }
    if (taken)
        ring_doorbell(drv, queue);
}
