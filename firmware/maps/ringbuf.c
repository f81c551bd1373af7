/* SPDX-License-Identifier: BSD-3-Clause */
#include "maps/ringbuf.h"

#include "core/mem.h"

#define PAGE       4096u
#define RECORD_MAX (UINT32_MAX / 4) /* RINGBUF_MAX_RECORD_SZ */
/* The kernel counts pg_off from its own struct, one page before the consumer's. */
#define PG_OFF_DATA 3u

/* The producers' page; programs can write it, so nothing here is trusted but by the host. */
struct producer {
    uint64_t position;
    uint64_t rsvd[7];
    uint64_t handle; /* of the map */
};

static uint64_t *consumer(const struct fw_map *m)
{
    return plat_ptr(m->base + FW_RINGBUF_CONSUMER);
}

static struct producer *producer(const struct fw_map *m)
{
    return plat_ptr(m->base + FW_RINGBUF_PRODUCER);
}

static uint32_t mask(const struct fw_map *m)
{
    return m->spec.max_entries - 1;
}

static struct fw_ringbuf_hdr *record_at(const struct fw_map *m, uint64_t position)
{
    return plat_ptr(m->base + FW_RINGBUF_DATA + ((uint32_t)position & mask(m)));
}

/* What a record of so many bytes takes of the ring. */
static uint64_t footprint(uint64_t size)
{
    return (size + sizeof(struct fw_ringbuf_hdr) + 7) & ~(uint64_t)7;
}

/* ---- creation ---- */

static int plan(const struct fw_maps *ms, struct fw_map *m)
{
    uint32_t size = m->spec.max_entries;
    (void)ms;
    if (m->spec.value_size != 0 || (size & (size - 1)) != 0 || size % PAGE != 0)
        return FW_EINVAL;
    m->bytes = FW_RINGBUF_DATA + 2 * (uint64_t)size;
    return 0;
}

static void format(struct fw_maps *ms, struct fw_map *m)
{
    memset(plat_ptr(m->base), 0, m->bytes);
    m->free = 0;   /* where the next record goes: position of the producers */
    m->own[0] = 0; /* the oldest record that is not committed */
    m->own[1] = 0; /* records lost */
    producer(m)->handle = ms->handle_base + ((uint32_t)(m - ms->map) << FW_MAP_SHIFT);
    __atomic_store_n(&m->hot, fw_hot_other(m), __ATOMIC_RELEASE);
}

/* bpf(2) has no elements here; pages are what the host asks for. */
const struct fw_map_type_ops fw_ringbuf_type = {
    .type = FW_MAP_RINGBUF,
    .key_max = 0,
    .value_max = 0,
    .flags = FW_F_NUMA_NODE,
    .spec = FW_SPEC_NO_KEY | FW_SPEC_NO_VALUE | FW_SPEC_PAGES,
    .plan = plan,
    .format = format,
};

/* ---- producers ---- */

/* Goes past what was committed since somebody last looked. With the lock: a length that was
 * overwritten must not lead past the end, or it would be held for ever. */
static uint64_t oldest_busy(struct fw_map *m)
{
    uint64_t at = m->own[0];
    while (at < m->free) {
        uint32_t len = __atomic_load_n(&record_at(m, at)->len, __ATOMIC_ACQUIRE);
        if (len & FW_RINGBUF_BUSY)
            break;
        at += footprint(len & ~FW_RINGBUF_DISCARD);
    }
    m->own[0] = at;
    return at;
}

/*
 * Room up to `end`? Neither the consumer nor the oldest record under way may be a
 * whole ring behind: its memory would be given out twice.
 */
static int has_room(struct fw_map *m, uint64_t end)
{
    uint64_t consumed = __atomic_load_n(consumer(m), __ATOMIC_ACQUIRE);
    return end - consumed <= mask(m) && end - oldest_busy(m) <= mask(m);
}

static struct fw_ringbuf_hdr *append(struct fw_map *m, uint32_t size)
{
    uint64_t end = m->free + footprint(size);
    if (!has_room(m, end))
        return NULL;
    struct fw_ringbuf_hdr *hdr = record_at(m, m->free);
    uint32_t offset = (uint32_t)m->free & mask(m);
    hdr->pg_off = PG_OFF_DATA + offset / PAGE;
    hdr->len = size | FW_RINGBUF_BUSY;
    m->free = end;
    __atomic_store_n(&producer(m)->position, end, __ATOMIC_RELEASE);
    return hdr;
}

void *fw_ringbuf_reserve(struct fw_map *m, uint64_t size)
{
    struct fw_ringbuf_hdr *hdr = NULL;
    if (size <= RECORD_MAX && footprint(size) <= m->spec.max_entries) {
        fw_lock(&m->lock);
        hdr = append(m, (uint32_t)size);
        fw_unlock(&m->lock);
    }
    if (!hdr)
        (void)__atomic_fetch_add(&m->own[1], 1, __ATOMIC_RELAXED);
    return hdr ? hdr + 1 : NULL;
}

/* What lies behind the ring's end goes to its start; never more than the memory behind it. */
static void unfold(const struct fw_map *m, const struct fw_ringbuf_hdr *hdr, uint32_t offset,
                   uint32_t len)
{
    uint64_t end = (uint64_t)offset + sizeof(*hdr) + len;
    uint64_t size = m->spec.max_entries;
    uint8_t *ring = plat_ptr(m->base + FW_RINGBUF_DATA);
    if (end > size && end <= 2 * size)
        memcpy(ring, ring + size, end - size);
}

int fw_ringbuf_commit(struct fw_map *m, void *record, uint64_t flags, int discard)
{
    struct fw_ringbuf_hdr *hdr = (struct fw_ringbuf_hdr *)record - 1;
    const uint8_t *ring = plat_ptr(m->base + FW_RINGBUF_DATA);
    uint32_t offset = (uint32_t)((const uint8_t *)hdr - ring);
    uint32_t len = hdr->len & ~FW_RINGBUF_BUSY;
    unfold(m, hdr, offset, len);
    /* ordered before the look at the consumer, which does the opposite: one sees the other */
    (void)__atomic_exchange_n(&hdr->len, discard ? len | FW_RINGBUF_DISCARD : len,
                              __ATOMIC_SEQ_CST);
    uint64_t consumed = __atomic_load_n(consumer(m), __ATOMIC_SEQ_CST);
    if (flags & FW_RB_FORCE_WAKEUP)
        return 1;
    return !(flags & FW_RB_NO_WAKEUP) && ((uint32_t)consumed & mask(m)) == offset;
}

uint64_t fw_ringbuf_query(const struct fw_map *m, uint64_t what)
{
    uint64_t consumed = __atomic_load_n(consumer(m), __ATOMIC_ACQUIRE);
    uint64_t produced = __atomic_load_n(&producer(m)->position, __ATOMIC_ACQUIRE);
    switch (what) {
    case FW_RB_AVAIL_DATA:
        return produced - consumed;
    case FW_RB_RING_SIZE:
        return m->spec.max_entries;
    case FW_RB_CONS_POS:
        return consumed;
    case FW_RB_PROD_POS:
        return produced;
    default:
        return 0;
    }
}

/* ---- records that come back ---- */

uint32_t fw_ringbuf_of(uint32_t addr)
{
    uint32_t at = addr - (uint32_t)sizeof(struct fw_ringbuf_hdr);
    const struct fw_ringbuf_hdr *hdr = plat_ptr(at);
    /* in 64 bits: a pg_off that was overwritten must not wrap to other memory */
    uint64_t back = ((uint64_t)hdr->pg_off - PG_OFF_DATA) * PAGE + FW_RINGBUF_DATA;
    uint64_t base = (at & ~(PAGE - 1)) - (uint64_t)NIC_DRAM_BASE;
    if (at % 8 != 0 || hdr->pg_off < PG_OFF_DATA || back > base)
        return 0;
    const struct producer *p =
        plat_ptr((uint32_t)(base - back) + NIC_DRAM_BASE + FW_RINGBUF_PRODUCER);
    return (uint32_t)p->handle;
}

int fw_ringbuf_holds(const struct fw_map *m, uint32_t addr)
{
    uint32_t offset = addr - (uint32_t)sizeof(struct fw_ringbuf_hdr) - m->base - FW_RINGBUF_DATA;
    if (offset >= m->spec.max_entries || offset % 8 != 0)
        return 0;
    const struct fw_ringbuf_hdr *hdr = plat_ptr(m->base + FW_RINGBUF_DATA + offset);
    uint32_t len = hdr->len & ~FW_RINGBUF_BUSY;
    return (hdr->len & FW_RINGBUF_BUSY) && footprint(len) <= m->spec.max_entries;
}
