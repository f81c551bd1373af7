/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Elements of the hash types (hash.c): released ones on a stack, and those that were never used.
 * These lie side by side, all reserved when the map is made. With BPF_F_NO_PREALLOC they come
 * from chunks of DRAM instead, each as large as all before it within bounds, which the map keeps
 * to its end; the newest is m->own[0]. Then m->total grows with them, under m->lock.
 */
#include "maps/hash_impl.h"
#include "maps/timer.h"

#define CHUNK_FIRST 8u        /* elements */
#define CHUNK_MAX   0x100000u /* bytes, unless an element is larger */

struct elem_chunk {
    uint32_t next;  /* the one before it, 0 = none */
    uint32_t first; /* number of its first element */
    uint32_t count;
    uint32_t bytes;
};
_Static_assert(sizeof(struct elem_chunk) % 8 == 0, "elements are aligned");

void fw_elem_push(struct fw_map *m, uint32_t addr)
{
    struct elem *e = plat_ptr(addr);
    if (m->spec.timer_at)
        fw_timer_free(m, addr + (uint32_t)sizeof(*e) + key_bytes(m->spec.key_size));
    __atomic_store_n(&e->state, 0, __ATOMIC_RELAXED);
    uint64_t top = __atomic_load_n(&m->free, __ATOMIC_RELAXED);
    uint64_t want;
    do {
        __atomic_store_n(&e->next_free, (uint32_t)top, __ATOMIC_RELAXED);
        want = (top & ~(uint64_t)UINT32_MAX) | addr;
    } while (
        !__atomic_compare_exchange_n(&m->free, &top, want, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

/* Address of a released element, 0 when there is none. The count in the upper half defeats ABA. */
static uint32_t elem_pop_free(struct fw_map *m)
{
    uint64_t top = __atomic_load_n(&m->free, __ATOMIC_ACQUIRE);
    uint64_t want;
    do {
        if ((uint32_t)top == 0)
            return 0;
        struct elem *e = plat_ptr((uint32_t)top);
        want = ((top >> 32) + 1) << 32 | __atomic_load_n(&e->next_free, __ATOMIC_RELAXED);
    } while (
        !__atomic_compare_exchange_n(&m->free, &top, want, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE));
    return (uint32_t)top;
}

/* ---- elements when they are needed ---- */

static uint32_t chunk_take(struct fw_map *m, uint32_t count)
{
    uint64_t bytes = sizeof(struct elem_chunk) + (uint64_t)count * m->stride;
    uint32_t addr;
    if (fw_maps_alloc(m->maps, bytes, &addr))
        return 0;
    *(struct elem_chunk *)plat_ptr(addr) = (struct elem_chunk){
        .next = (uint32_t)m->own[0], .first = m->total, .count = count, .bytes = (uint32_t)bytes};
    return addr;
}

/* With m->lock. As many elements again as there are; one when DRAM is short. */
static int grow(struct fw_map *m)
{
    uint32_t most = m->spec.max_entries + m->maps->spares - m->total;
    uint32_t count = m->total ? m->total : CHUNK_FIRST;
    if ((uint64_t)count * m->stride > CHUNK_MAX)
        count = m->stride < CHUNK_MAX ? CHUNK_MAX / m->stride : 1;
    uint32_t addr = chunk_take(m, count < most ? count : most);
    if (!addr)
        addr = chunk_take(m, 1);
    if (!addr)
        return FW_ENOMEM;
    m->total += ((const struct elem_chunk *)plat_ptr(addr))->count;
    __atomic_store_n(&m->own[0], addr, __ATOMIC_RELEASE);
    return 0;
}

/* FW_ENOMEM, or *addr: an element that was never used, 0 when there may be no more of them. */
static int pop_grown(struct fw_map *m, uint32_t *addr)
{
    int err = 0;
    *addr = 0;
    fw_lock(&m->lock);
    if (m->fresh == m->total && m->total - m->maps->spares != m->spec.max_entries)
        err = grow(m);
    if (!err && m->fresh < m->total) {
        const struct elem_chunk *c = plat_ptr((uint32_t)m->own[0]);
        *addr = (uint32_t)m->own[0] + (uint32_t)sizeof(*c) + (m->fresh - c->first) * m->stride;
        __atomic_store_n(&m->fresh, m->fresh + 1, __ATOMIC_RELAXED);
    }
    fw_unlock(&m->lock);
    return err;
}

/* ---- elements that were reserved ---- */

static uint32_t pop_reserved(struct fw_map *m)
{
    if (__atomic_load_n(&m->fresh, __ATOMIC_RELAXED) >= m->total)
        return 0;
    uint32_t i = __atomic_fetch_add(&m->fresh, 1, __ATOMIC_RELAXED);
    if (i < m->total)
        return m->elems + i * m->stride;
    (void)__atomic_fetch_sub(&m->fresh, 1, __ATOMIC_RELAXED);
    return 0;
}

/* ---- both ---- */

/* At worst it waits for another hart's push. */
uint32_t fw_elem_pop(struct fw_map *m)
{
    for (;;) {
        uint32_t addr = elem_pop_free(m);
        if (addr == 0 && !fw_hash_grows(m))
            addr = pop_reserved(m);
        else if (addr == 0 && pop_grown(m, &addr))
            return 0;
        if (addr != 0)
            return addr;
        plat_relax();
    }
}

int fw_elem_run(const struct fw_map *m, uint32_t used, uint32_t *run, uint32_t *first,
                uint32_t *count)
{
    if (!fw_hash_grows(m)) {
        *first = m->elems;
        *count = used;
        return (*run)++ == 0;
    }
    uint32_t at = *run ? ((const struct elem_chunk *)plat_ptr(*run))->next
                       : (uint32_t)__atomic_load_n(&m->own[0], __ATOMIC_ACQUIRE);
    if (!at)
        return 0;
    const struct elem_chunk *c = plat_ptr(at);
    uint32_t here = used > c->first ? used - c->first : 0;
    *run = at;
    *first = at + (uint32_t)sizeof(*c);
    *count = here < c->count ? here : c->count;
    return 1;
}

void fw_hash_release(struct fw_maps *ms, struct fw_map *m)
{
    uint32_t at = fw_hash_grows(m) ? (uint32_t)m->own[0] : 0;
    while (at) {
        const struct elem_chunk *c = plat_ptr(at);
        uint32_t addr = at, bytes = c->bytes;
        at = c->next;
        fw_maps_free(ms, addr, bytes);
    }
}
