/* SPDX-License-Identifier: BSD-3-Clause */
/* The hash types (hash.c) as the host sees them: whole values, whole buckets, one key after the
 * other. */
#include "core/mem.h"
#include "maps/hash_impl.h"
#include "maps/value.h"

/* ---- values are copied while the bucket is locked ---- */

static void load_host(const struct fw_map *m, void *to, struct elem *e, uint64_t flags)
{
    const uint8_t *from = elem_value(e, m->spec.key_size);
    if (m->copy)
        fw_copies_load(m, to, from, m->copy);
    else
        fw_value_load(m, to, from, flags);
}

static int read_host(struct fw_map *m, const void *key, void *value, uint64_t flags, int del)
{
    struct probe p = probe_make(m, m->hot, key);
    uint64_t old;
    uint64_t head = bucket_lock(p.bucket);
    uint64_t *place = fw_hash_place(&p, head, &old);
    if (place)
        load_host(m, value, link_to(&p.links, old), flags);
    if (place && del)
        fw_hash_unlink(m, &p, head, place, old);
    else
        bucket_unlock(p.bucket, head);
    return place ? 0 : FW_ENOENT;
}

int fw_hash_read(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    return read_host(m, key, value, flags, 0);
}

int fw_hash_take(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    return read_host(m, key, value, flags, 1);
}

/* Empties a locked chain. The bucket gets its end link first: readers on the way find theirs. */
static void drop_chain(struct fw_map *m, const struct links *l, uint64_t *bucket, uint64_t head,
                       uint32_t number)
{
    uint64_t next, end = link_end(l, number);
    __atomic_store_n(bucket, end | LINK_LOCK, __ATOMIC_RELEASE);
    for (uint64_t link = head; !link_ends(l, link); link = link_load(&link_to(l, link)->link))
        fw_hash_count_out(m); /* as remove_locked */
    bucket_unlock(bucket, end);
    for (uint64_t link = head; !link_ends(l, link); link = next) {
        next = link_load(&link_to(l, link)->link);
        fw_elem_push(m, link_addr(l, link));
    }
}

int fw_hash_bucket(struct fw_map *m, uint32_t number, uint32_t room, uint8_t *keys, uint8_t *values,
                   uint32_t *count, int del)
{
    uint32_t bytes = fw_map_host_bytes(m);
    struct links l = links_of(m, m->hot);
    uint32_t n = 0;
    if (number >= fw_hash_buckets(m->hot))
        return FW_ENOENT;
    uint64_t *bucket = bucket_at(m->hot, number);
    *count = 0;
    if (link_ends(&l, link_load(bucket)))
        return 0;
    uint64_t head = bucket_lock(bucket);
    for (uint64_t link = head; !link_ends(&l, link); n++) {
        struct elem *e = link_to(&l, link);
        link = link_load(&e->link);
        if (n >= room)
            continue;
        memcpy(keys + (size_t)n * m->spec.key_size, e->key, m->spec.key_size);
        load_host(m, values + (size_t)n * bytes, e, 0);
    }
    *count = n;
    if (n > room || !del || n == 0)
        bucket_unlock(bucket, head);
    else
        drop_chain(m, &l, bucket, head, number);
    return n > room ? FW_ENOSPC : 0;
}

/*
 * ---- walking ----
 * Keys come by bucket, then hash, then key: an order that replacing an entry
 * does not change, so that a walk which updates as it goes sees each key once.
 * Buckets are locked while they are looked at, so that keys are whole.
 */

/* Does a's element come after b's in that order? Both links are of one bucket. */
static int comes_after(const struct links *l, uint64_t a, uint64_t b, uint32_t key_size)
{
    if (a >> l->shift != b >> l->shift)
        return a >> l->shift > b >> l->shift;
    return memcmp(link_to(l, a)->key, link_to(l, b)->key, key_size) > 0;
}

/* In a locked chain: the first link after `after` (an end: after nothing); an end when there is
 * none. */
static uint64_t chain_next(const struct links *l, uint64_t head, uint64_t after, uint32_t key_size)
{
    uint64_t best = link_end(l, 0);
    for (uint64_t link = head; !link_ends(l, link); link = link_load(&link_to(l, link)->link)) {
        int later = link_ends(l, after) || comes_after(l, link, after, key_size);
        if (later && (link_ends(l, best) || comes_after(l, best, link, key_size)))
            best = link;
    }
    return best;
}

/* Bucket of the element, number or later, closest to it; UINT32_MAX: none. */
static uint32_t nearest_bucket(const struct fw_map *m, uint32_t used, uint32_t number)
{
    uint32_t best = UINT32_MAX, run = 0, first, count;
    while (fw_elem_run(m, used, &run, &first, &count))
        for (uint32_t i = 0; i < count; i++) {
            const struct elem *e = plat_ptr(first + i * m->stride);
            uint32_t state = __atomic_load_n(&e->state, __ATOMIC_RELAXED);
            uint32_t at = elem_bucket(m->hot, state);
            if (state & ELEM_LIVE && at >= number && at < best)
                best = at;
        }
    return best;
}

/*
 * A bucket to look at next, from `number` on. Few elements in many buckets: looking
 * through the elements is shorter than through the empty buckets between two.
 */
static uint32_t skip_empty(const struct fw_map *m, uint32_t number, uint32_t buckets)
{
    uint32_t used = __atomic_load_n(&m->fresh, __ATOMIC_RELAXED);
    uint32_t count = __atomic_load_n(&m->count, __ATOMIC_RELAXED);
    const uint64_t *bucket = plat_ptr(m->base);
    struct links l = links_of(m, m->hot);
    if (used > m->total)
        used = m->total;
    if ((uint64_t)used * count < buckets)
        return nearest_bucket(m, used, number);
    while (number < buckets && link_ends(&l, link_load(&bucket[number])))
        number++;
    return number;
}

/* The first key of buckets number, number + 1, ... */
static int first_key_from(struct fw_map *m, uint32_t number, void *next)
{
    uint64_t *bucket = plat_ptr(m->base);
    uint32_t buckets = fw_hash_buckets(m->hot);
    struct links l = links_of(m, m->hot);
    while ((number = skip_empty(m, number, buckets)) < buckets) {
        uint64_t head = bucket_lock(&bucket[number]);
        uint64_t first = chain_next(&l, head, link_end(&l, 0), m->spec.key_size);
        int found = !link_ends(&l, first);
        if (found)
            memcpy(next, link_to(&l, first)->key, m->spec.key_size);
        bucket_unlock(&bucket[number], head);
        if (found)
            return 0;
        number++;
    }
    return FW_ENOENT;
}

int fw_hash_next(struct fw_map *m, const void *key, void *next)
{
    uint64_t link;
    if (!key)
        return first_key_from(m, 0, next);
    struct probe p = probe_make(m, m->hot, key);
    uint64_t head = bucket_lock(p.bucket);
    int found = fw_hash_place(&p, head, &link) != NULL;
    if (found)
        link = chain_next(&p.links, head, link, p.key_size);
    int last = link_ends(&p.links, link);
    if (!last)
        memcpy(next, link_to(&p.links, link)->key, p.key_size);
    bucket_unlock(p.bucket, head);
    if (!found)
        return first_key_from(m, 0, next);
    return last ? first_key_from(m, p.number + 1, next) : 0;
}
