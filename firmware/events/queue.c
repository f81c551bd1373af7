/* SPDX-License-Identifier: BSD-3-Clause */
#include "events/queue.h"

#include "fw/bpf.h"
#include "platform/platform.h"

#define ENTRIES_MAX 65536u
#define SLOT_MAX    65536u

static int bad_spec(const struct fw_evq_spec *s)
{
    return s->entries < 2 || s->entries > ENTRIES_MAX || (s->entries & (s->entries - 1)) != 0 ||
           s->slot_bytes == 0 || s->slot_bytes > SLOT_MAX || s->slot_bytes % 64 != 0 ||
           s->vector >= NIC_VECTORS || s->rsvd != 0;
}

int fw_evq_open(struct fw_evq *q, const struct fw_evq_spec *spec)
{
    if (bad_spec(spec))
        return FW_EINVAL;
    if (q->spec.entries != 0)
        return FW_EBUSY;
    *q = (struct fw_evq){.spec = *spec};
    q->spec.entries = 0;
    __atomic_store_n(&q->spec.entries, spec->entries, __ATOMIC_RELEASE);
    return 0;
}

void fw_evq_close(struct fw_evq *q)
{
    q->spec.entries = 0;
}

static void count(uint64_t *counter)
{
    (void)__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* The next entry, as a free-running count. FW_ENOSPC. */
static int take(struct fw_evq *q, uint32_t entries, uint32_t *entry)
{
    uint32_t tail = __atomic_load_n(&q->tail, __ATOMIC_RELAXED);
    do {
        uint32_t head = __atomic_load_n(&q->head, __ATOMIC_RELAXED);
        if (tail - head >= entries) {
            head = plat_evq_head();
            __atomic_store_n(&q->head, head, __ATOMIC_RELAXED);
        }
        if (tail - head >= entries)
            return FW_ENOSPC;
    } while (!__atomic_compare_exchange_n(&q->tail, &tail, tail + 1, 0, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    *entry = tail;
    return 0;
}

static int write_data(uint64_t iova, const struct fw_event_part *part, uint32_t parts)
{
    int err = 0;
    for (uint32_t i = 0; i < parts && !err; i++) {
        if (part[i].len)
            err = plat_dma_write(iova, part[i].at, part[i].len);
        iova += part[i].len;
    }
    return err;
}

int fw_evq_send(struct fw_evq *q, struct fw_event *ev, const struct fw_event_part *part,
                uint32_t parts)
{
    uint32_t entries = __atomic_load_n(&q->spec.entries, __ATOMIC_ACQUIRE);
    uint32_t entry;
    uint64_t len = 0;
    for (uint32_t i = 0; i < parts; i++)
        len += part[i].len;
    if (entries == 0 || len > q->spec.slot_bytes || take(q, entries, &entry)) {
        count(&q->lost);
        return FW_ENOSPC;
    }
    uint32_t slot = entry & (entries - 1);
    int err = write_data(q->spec.data_iova + (uint64_t)slot * q->spec.slot_bytes, part, parts);
    if (err) /* the entry is taken: the consumer must be able to go past it */
        *ev = (struct fw_event){.type = FW_EVENT_NONE};
    ev->len = err ? 0 : (uint32_t)len;
    ev->phase = entry & entries ? 0 : 1;
    ev->time_ns = plat_time_ns();
    int lost = plat_dma_write(q->spec.ring_iova + (uint64_t)slot * sizeof(*ev), ev, sizeof(*ev));
    plat_msix(q->spec.vector);
    err = err ? err : lost;
    count(err ? &q->lost : &q->sent);
    return err;
}

void fw_evq_counts(const struct fw_evq *q, struct fw_event_counts *out)
{
    out->sent = __atomic_load_n(&q->sent, __ATOMIC_RELAXED);
    out->lost = __atomic_load_n(&q->lost, __ATOMIC_RELAXED);
}
