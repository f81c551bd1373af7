/* SPDX-License-Identifier: BSD-3-Clause */
/* The event queue, host side. Protocol: fw/events.h. */
#include <errno.h>
#include <string.h>

#include "driver/driver_impl.h"

#define EVQ_ENTRIES_MAX 65536u
#define EVQ_SLOT_MAX    65536u

static void free_rings(struct nicdrv *drv)
{
    nicdrv_dma_free(drv, drv->evq.ring);
    nicdrv_dma_free(drv, drv->evq.data);
    drv->evq = (struct evq){.bad_events = drv->evq.bad_events};
}

static int alloc_rings(struct nicdrv *drv, struct fw_evq_spec *spec)
{
    struct evq *q = &drv->evq;

    q->ring = nicdrv_dma_alloc(drv, spec->entries * sizeof(*q->ring), &spec->ring_iova);
    q->data = nicdrv_dma_alloc(drv, (size_t)spec->entries * spec->slot_bytes, &spec->data_iova);
    return q->ring && q->data ? 0 : -ENOMEM;
}

int nicdrv_events_open(struct nicdrv *drv, unsigned entries, unsigned slot_bytes,
                       nicdrv_event_fn fn, void *ctx)
{
    struct fw_evq_spec spec = {
        .entries = entries,
        .slot_bytes = slot_bytes,
        .vector = EVENT_VECTOR,
    };
    struct fw_sqe sqe = {.op = FW_ADMIN_EVQ_CREATE};
    struct admin_io io = {.key = &spec, .key_len = sizeof(spec)};

    if (drv->evq.ring)
        return -EBUSY;
    if (entries < 2 || entries > EVQ_ENTRIES_MAX || (entries & (entries - 1)) || !slot_bytes ||
        slot_bytes > EVQ_SLOT_MAX || slot_bytes % 64)
        return -EINVAL;
    int rc = alloc_rings(drv, &spec);
    if (!rc) {
        drv->evq.entries = entries;
        drv->evq.slot_bytes = slot_bytes;
        drv->evq.fn = fn;
        drv->evq.ctx = ctx;
        reg_write32(drv->link, NIC_BAR0_DB_EVQ, 0);
        rc = admin_exec(drv, &sqe, &io, NULL);
    }
    if (rc)
        free_rings(drv);
    return rc;
}

void nicdrv_events_close(struct nicdrv *drv)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_EVQ_DESTROY};
    struct admin_io io = {0};

    if (!drv->evq.ring)
        return;
    /* A queue the firmware would not close loses its memory all the same: DMA to it faults. */
    (void)admin_exec(drv, &sqe, &io, NULL);
    evq_poll(drv);
    free_rings(drv);
}

/* Hands one event to the user; what the device should not have written is counted and skipped. */
static void deliver(struct evq *q, const struct fw_event *ev, uint32_t slot)
{
    if (ev->len > q->slot_bytes)
        q->bad_events++;
    else if (ev->type != FW_EVENT_NONE)
        q->fn(q->ctx, ev, q->data + (size_t)slot * q->slot_bytes);
}

void evq_poll(struct nicdrv *drv)
{
    struct evq *q = &drv->evq;
    uint32_t taken = 0;

    /* Bounded by the ring: a device that scribbles on it cannot hold us here. */
    for (; q->ring && taken < q->entries; taken++) {
        uint32_t slot = q->head & (q->entries - 1);
        uint16_t phase = q->head & q->entries ? 0 : 1;
        struct fw_event ev;

        memcpy(&ev, &q->ring[slot], sizeof(ev));
        if ((ev.phase & 1) != phase)
            break;
        q->head++;
        deliver(q, &ev, slot);
    }
    if (!taken)
        return;
    reg_write32(drv->link, NIC_BAR0_DB_EVQ, q->head);
    q->fn(q->ctx, NULL, NULL);
}

int nicdrv_event_counts(struct nicdrv *drv, struct fw_event_counts *out)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_EVENTS};
    struct admin_io io = {.out = out, .value_len = sizeof(*out)};

    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_map_lost(struct nicdrv *drv, const struct nicdrv_map *map, uint64_t *lost)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_LOST, .handle = map->handle};
    struct admin_io io = {0};

    return admin_exec(drv, &sqe, &io, lost);
}
