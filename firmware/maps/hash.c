/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_TYPE_HASH: a power of two of buckets, each a chain. A link is 8 bytes
 * and is read and written whole:
 *   bits 0-31   device address of the element, 8-byte aligned; bit 1 set: the end
 *   bit 0       in a bucket only: the bucket is locked for writing
 *   bits 32-63  the element's hash; at the end of a chain: the bucket's number
 * (keys of 13 to 16 bytes: offload/hash.h has their links). Carrying the hash in the
 * link costs no access to skip an element that is not meant. For keys of up to 4
 * bytes, whose hash is a permutation of the key, the bucket's own link decides: such a
 * lookup reads the bucket and nothing else. For keys of 9 to 16 bytes the hash is a
 * permutation of what follows the first 8, so that a word of the element decides.
 *
 * Readers take no lock. An element that is deleted or replaced may be used again
 * at once, as in the kernel's preallocated table. Two rules keep readers right:
 * elements are linked in at the head only, so that a reader who stands on one
 * that moved within its chain passes all of the chain again; and one carried into
 * another chain sees the wrong number at its end and starts over. The free list
 * has a link field of its own, so a released element still leads readers on. A
 * link found in an element may be old: there the whole key is compared. A value
 * is never changed by an update; another element takes the place.
 *
 * Writers lock the bucket, and take elements only while they hold it: whoever
 * waits for an element waits for harts that need no further lock.
 */
#include "core/mem.h"
#include "maps/hash_impl.h"
#include "maps/value.h"

void *fw_hash_lookup(const struct fw_map *m, uint64_t hot, const void *key)
{
    struct probe p = probe_make(m, hot, key);
    uint64_t link;
    do {
        int current = 1; /* a bucket's link is in use at the moment it is read */
        for (link = link_load(p.bucket); !link_ends(&p.links, link); current = 0) {
            if (same_key(&p, link, current))
                return elem_value(link_to(&p.links, link), p.key_size);
            link = link_load(&link_to(&p.links, link)->link);
        }
    } while (link >> p.links.shift != p.number);
    return NULL;
}

/* ---- writing ---- */

uint64_t *fw_hash_place(const struct probe *p, uint64_t head, uint64_t *link)
{
    uint64_t *place = p->bucket;
    for (*link = head; !link_ends(&p->links, *link); *link = link_load(place)) {
        if (same_key(p, *link, 1))
            return place;
        place = &link_to(&p->links, *link)->link;
    }
    return NULL;
}

/* Unlinks what `place` links to (its link: `old`) from a chain that starts with `head`, and
 * unlocks. */
static void unlink_and_unlock(const struct probe *p, uint64_t head, uint64_t *place, uint64_t old)
{
    uint64_t next = link_load(&link_to(&p->links, old)->link);
    if (place == p->bucket) {
        bucket_unlock(p->bucket, next);
        return;
    }
    __atomic_store_n(place, next, __ATOMIC_RELEASE);
    bucket_unlock(p->bucket, head);
}

static void store_first(const struct fw_map *m, uint8_t *to, const void *value,
                        enum hash_value what)
{
    if (what == HASH_PLAIN) {
        fw_value_store_new(m, to, value);
    } else if (what == HASH_COPIES) {
        fw_copies_store(m, to, m->copy, value);
    } else {
        memset(to, 0, (size_t)m->copy * m->maps->cpus);
        memcpy(to + (size_t)m->copy * plat_cpu(), value, m->spec.value_size);
    }
}

/* 0: there is no DRAM for it. */
static uint32_t elem_new(struct fw_map *m, const struct probe *p, const void *value,
                         enum hash_value what, uint64_t next)
{
    uint32_t addr = fw_elem_pop(m);
    if (!addr)
        return 0;
    struct elem *e = plat_ptr(addr);
    for (uint32_t at = 0; at < p->key_size; at += 8)
        __atomic_store_n((uint64_t *)(void *)(e->key + at), key_word(p->key, at, p->key_size),
                         __ATOMIC_RELAXED);
    store_first(m, elem_value(e, p->key_size), value, what);
    __atomic_store_n(&e->state, p->hash << ELEM_HASH_SHIFT | ELEM_LIVE, __ATOMIC_RELAXED);
    __atomic_store_n(&e->link, next, __ATOMIC_RELAXED);
    return addr;
}

int fw_hash_slot(struct fw_map *m)
{
    uint32_t n = __atomic_load_n(&m->count, __ATOMIC_RELAXED);
    do {
        if (n >= m->spec.max_entries)
            return 0;
    } while (
        !__atomic_compare_exchange_n(&m->count, &n, n + 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return 1;
}

void fw_hash_count_out(struct fw_map *m)
{
    (void)__atomic_fetch_sub(&m->count, 1, __ATOMIC_RELAXED);
}

/* The new element goes to the head, where readers meet it before the old one, which then leaves. */
static int replace_locked(struct fw_map *m, const struct probe *p, const void *value, uint64_t head,
                          uint64_t *place, uint64_t old)
{
    const struct links *l = &p->links;
    uint64_t next = place == p->bucket ? link_load(&link_to(l, old)->link) : head;
    uint32_t addr = elem_new(m, p, value, HASH_PLAIN, next);
    if (!addr) {
        bucket_unlock(p->bucket, head);
        return FW_ENOMEM;
    }
    uint64_t link = link_make(l, addr, p->tag);
    if (fw_hash_is_lru(m))
        fw_lru_mark(link_to(l, link));
    if (place == p->bucket) {
        bucket_unlock(p->bucket, link);
    } else {
        __atomic_store_n(p->bucket, link | LINK_LOCK, __ATOMIC_RELEASE);
        unlink_and_unlock(p, link, place, old);
    }
    fw_elem_push(m, link_addr(l, old));
    return 0;
}

/* An entry that exists gets its value and the bucket is unlocked. */
static int change_locked(struct fw_map *m, const struct probe *p, const void *value, uint64_t flags,
                         enum hash_value what, uint64_t head, uint64_t *place, uint64_t old)
{
    struct elem *e = link_to(&p->links, old);
    uint8_t *to = elem_value(e, p->key_size);
    if (what == HASH_PLAIN && !(flags & FW_LOCK))
        return replace_locked(m, p, value, head, place, old);
    if (what == HASH_PLAIN)
        fw_value_store(m, to, value, flags);
    else if (what == HASH_COPIES)
        fw_copies_store(m, to, m->copy, value);
    else
        memcpy(to + (size_t)m->copy * plat_cpu(), value, m->spec.value_size);
    if (fw_hash_is_lru(m))
        fw_lru_mark(e);
    bucket_unlock(p->bucket, head);
    return 0;
}

/* One try; -1 when the map is full and the bucket had to be let go. *slot: a place in the count is
 * ours. */
static int try_put(struct fw_map *m, const struct probe *p, const void *value, uint64_t flags,
                   enum hash_value what, int *slot)
{
    uint64_t old;
    uint64_t exist = flags & (FW_EXIST | FW_NOEXIST);
    uint64_t head = bucket_lock(p->bucket);
    uint64_t *place = fw_hash_place(p, head, &old);
    if (place ? exist == FW_NOEXIST : exist == FW_EXIST) {
        bucket_unlock(p->bucket, head);
        return place ? FW_EEXIST : FW_ENOENT;
    }
    if (place)
        return change_locked(m, p, value, flags, what, head, place, old);
    if (!*slot)
        *slot = fw_hash_slot(m);
    if (!*slot) {
        bucket_unlock(p->bucket, head);
        return -1;
    }
    uint32_t addr = elem_new(m, p, value, what, head);
    if (!addr) {
        bucket_unlock(p->bucket, head);
        return FW_ENOMEM;
    }
    *slot = 0; /* the entry has it now */
    bucket_unlock(p->bucket, link_make(&p->links, addr, p->tag));
    return 0;
}

int fw_hash_put(struct fw_map *m, const void *key, const void *value, uint64_t flags,
                enum hash_value what)
{
    int slot = 0;
    int err = fw_value_flags(m, flags);
    if (err)
        return err;
    struct probe p = probe_make(m, m->hot, key);
    while ((err = try_put(m, &p, value, flags, what, &slot)) < 0) {
        if (!fw_hash_is_lru(m))
            return FW_E2BIG;
        slot = fw_lru_evict(m);
    }
    if (slot)
        fw_hash_count_out(m);
    return err;
}

/* It is counted out first: who finds its key gone has room for it, in a map that was full too. */
void fw_hash_unlink(struct fw_map *m, const struct probe *p, uint64_t head, uint64_t *place,
                    uint64_t old)
{
    uint64_t next = link_load(&link_to(&p->links, old)->link);
    int first = place == p->bucket;
    __atomic_store_n(place, first ? next | LINK_LOCK : next, __ATOMIC_RELEASE);
    fw_hash_count_out(m);
    bucket_unlock(p->bucket, first ? next : head);
    fw_elem_push(m, link_addr(&p->links, old));
}

int fw_hash_remove(struct fw_map *m, const void *key)
{
    struct probe p = probe_make(m, m->hot, key);
    uint64_t old;
    uint64_t head = bucket_lock(p.bucket);
    uint64_t *place = fw_hash_place(&p, head, &old);
    if (!place) {
        bucket_unlock(p.bucket, head);
        return FW_ENOENT;
    }
    fw_hash_unlink(m, &p, head, place, old);
    return 0;
}

int fw_hash_drop(struct fw_map *m, const struct elem *e, uint32_t state)
{
    uint32_t number = elem_bucket(m->hot, state);
    struct probe p = {.bucket = bucket_at(m->hot, number), .links = links_of(m, m->hot)};
    uint64_t head = bucket_lock(p.bucket);
    uint64_t *place = p.bucket;
    for (uint64_t link = head; !link_ends(&p.links, link); link = link_load(place)) {
        struct elem *at = link_to(&p.links, link);
        if (at == e) {
            unlink_and_unlock(&p, head, place, link);
            fw_elem_push(m, link_addr(&p.links, link));
            return 1;
        }
        place = &at->link;
    }
    bucket_unlock(p.bucket, head);
    return 0;
}

static int hash_update(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    return fw_hash_put(m, key, value, flags, HASH_PLAIN);
}

/* ---- creation ---- */

static uint32_t log2_up(uint64_t n)
{
    uint32_t bits = 0;
    while (bits < 31 && ((uint64_t)1 << bits) < n)
        bits++;
    return bits;
}

/*
 * log2 of the number of buckets. A wide link leaves out of the hash as many bits as an element's
 * number and the lock take: the bucket's number says them.
 */
static uint32_t bucket_bits(const struct fw_map_spec *s)
{
    if (!fw_hash_is_wide(s->key_size))
        return log2_up(s->max_entries);
    return 1 + log2_up((uint64_t)s->max_entries + OFFLOAD_HASH_SPARES + 1);
}

int fw_hash_plan(const struct fw_maps *ms, struct fw_map *m, uint64_t value_bytes)
{
    const struct fw_map_spec *s = &m->spec;
    uint64_t total = fw_hash_grows(m) ? 0 : (uint64_t)s->max_entries + ms->spares;
    uint64_t buckets = (uint64_t)1 << bucket_bits(s);
    uint64_t stride = sizeof(struct elem) + key_bytes(s->key_size) + ((value_bytes + 7) & ~7ull);
    if (stride > NIC_DRAM_MAX / 2)
        return FW_ENOMEM;
    m->stride = (uint32_t)stride;
    m->bytes = buckets * sizeof(uint64_t) + total * stride;
    if (fw_hash_is_wide(s->key_size))
        m->bytes += stride; /* element 0 */
    if (m->bytes > NIC_DRAM_MAX)
        return FW_ENOMEM;
    m->total = (uint32_t)total;
    return 0;
}

static int hash_plan(const struct fw_maps *ms, struct fw_map *m)
{
    return fw_hash_plan(ms, m, m->spec.value_size);
}

static void empty_buckets(const struct fw_map *m, uint64_t hot)
{
    uint64_t *bucket = bucket_at(hot, 0);
    struct links l = links_of(m, hot);
    for (uint32_t i = 0; i < fw_hash_buckets(hot); i++)
        bucket[i] = link_end(&l, i);
}

void fw_hash_format(struct fw_maps *ms, struct fw_map *m, enum fw_map_kind kind)
{
    uint32_t bits = bucket_bits(&m->spec);
    uint64_t handle = m->base;
    uint64_t seed = 0;
    m->elems = m->base + ((uint32_t)sizeof(uint64_t) << bits);
    if (fw_hash_is_wide(m->spec.key_size))
        m->elems += m->stride;
    if (!(m->spec.flags & FW_F_ZERO_SEED))
        seed = (ms->seed ^ handle) * 0x9e3779b97f4a7c15u >> 43;
    uint64_t hot = kind | (uint64_t)m->spec.key_size << 3 | (uint64_t)bits << 13 |
                   (seed & HASH_SEED_MASK) << 18 | fw_hot_base(m->base);
    empty_buckets(m, hot);
    __atomic_store_n(&m->hot, hot, __ATOMIC_RELEASE);
}

static void hash_format(struct fw_maps *ms, struct fw_map *m)
{
    fw_hash_format(ms, m, FW_KIND_HASH);
}

static void *hash_lookup(const struct fw_map *m, const void *key)
{
    return fw_hash_lookup(m, m->hot, key);
}

const struct fw_map_type_ops fw_hash_type = {
    .type = FW_MAP_HASH,
    .key_max = FW_KEY_MAX,
    .value_max = FW_HASH_VALUE_MAX,
    .flags = FW_HASH_FLAGS,
    .spec = FW_SPEC_LOCK | FW_SPEC_TIMER,
    .plan = hash_plan,
    .format = hash_format,
    .release = fw_hash_release,
    .lookup = hash_lookup,
    .update = hash_update,
    .remove = fw_hash_remove,
    .next = fw_hash_next,
    .read = fw_hash_read,
    .take = fw_hash_take,
    .bucket = fw_hash_bucket,
};
