/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_TYPE_HASH: a power of two of buckets, each a chain. A link is 8 bytes
 * and is read and written whole:
 *   bits 0-31   device address of the element, 8-byte aligned; bit 0 set: the end
 *   bit 1       in a bucket only: the bucket is locked for writing
 *   bits 32-63  the element's hash; at the end of a chain: the bucket's number
 * Carrying the hash in the link costs no access to skip an element that is not
 * meant, and for keys of up to 4 bytes, whose hash is a permutation of the key,
 * the bucket's own link decides: such a lookup reads the bucket and nothing else.
 *
 * Readers take no lock. An element that is deleted or replaced may be used again
 * at once, as in the kernel's preallocated table. Two rules keep readers right:
 * elements are linked in at the head only, so that a reader who stands on one
 * that moved within its chain passes all of the chain again; and one carried into
 * another chain sees the wrong number at its end and starts over. The free list
 * has a link field of its own, so a released element still leads readers on. A
 * link found in an element may be old: there the key itself is compared. A value
 * is never changed by an update; another element takes the place.
 *
 * Writers lock the bucket, and take elements only while they hold it: whoever
 * waits for an element waits for harts that need no further lock.
 */
#include "core/mem.h"
#include "maps/hash_inline.h"

/* A key on its way through an operation. */
struct probe {
    const void *key;
    uint64_t *bucket;
    uint32_t key_size, hash, number;
};

/* A key of 1 to 7 bytes, zero-extended, by loads that overlap where they must. */
static inline uint64_t short_key(const uint8_t *key, uint32_t size)
{
    if (size >= 4)
        return fw_get32(key) | (uint64_t)fw_get32(key + size - 4) << 8 * (size - 4);
    return key[0] | (uint32_t)key[size / 2] << 8 * (size / 2) |
           (uint32_t)key[size - 1] << 8 * (size - 1);
}

/* Bytes [at, at + 8) of the key, zeroes after its end; reads nothing outside it. at < size. */
static inline uint64_t key_word(const uint8_t *key, uint32_t at, uint32_t size)
{
    uint32_t left = size - at;
    if (left >= 8)
        return fw_get64(key + at);
    return size >= 8 ? fw_get64(key + size - 8) >> (64 - 8 * left) : short_key(key, size);
}

static inline uint32_t hash_key(const void *key, uint32_t size, uint32_t seed)
{
    uint64_t h = seed;
    if (size == 4)
        return hash_word(fw_get32(key), seed);
    if (size < 4)
        return hash_word((uint32_t)short_key(key, size), seed);
    for (uint32_t at = 0; at < size; at += 8) {
        h = (h ^ key_word(key, at, size)) * 0x9fb21c651e98df25u;
        h ^= h >> 32;
    }
    return mix32((uint32_t)h);
}

static inline struct probe probe_make(uint64_t hot, const void *key)
{
    struct probe p = {.key = key, .key_size = fw_hash_key_size(hot)};
    p.hash = hash_key(key, p.key_size, hash_seed(hot));
    p.number = bucket_number(hot, p.hash);
    p.bucket = bucket_at(hot, p.number);
    return p;
}

static inline uint64_t link_make(uint32_t addr, uint32_t hash)
{
    return (uint64_t)hash << 32 | addr;
}

static inline uint64_t elem_key_word(const struct elem *e, uint32_t at)
{
    return *(const uint64_t *)(const void *)(e->key + at);
}

/* `current`: the link is known to be in use, so it alone can speak for a short key. */
static inline int same_key(const struct probe *p, uint64_t link, int current)
{
    const struct elem *e = link_elem(link);
    if (link >> 32 != p->hash)
        return 0;
    if (current && p->key_size <= 4)
        return 1;
    for (uint32_t at = 0; at < p->key_size; at += 8)
        if (key_word(p->key, at, p->key_size) != elem_key_word(e, at))
            return 0;
    return 1;
}

void *fw_hash_lookup(uint64_t hot, const void *key)
{
    struct probe p = probe_make(hot, key);
    uint64_t link;
    do {
        int current = 1; /* a bucket's link is in use at the moment it is read */
        for (link = link_load(p.bucket); !(link & LINK_END); current = 0) {
            if (same_key(&p, link, current))
                return elem_value(link_elem(link), p.key_size);
            link = link_load(&link_elem(link)->link);
        }
    } while (link >> 32 != p.number);
    return NULL;
}

/* ---- writing ---- */

/* Takes the bucket's lock; the bucket's link without the lock bit. */
static uint64_t bucket_lock(uint64_t *bucket)
{
    uint64_t old;
    do
        old = __atomic_fetch_or(bucket, LINK_LOCK, __ATOMIC_ACQUIRE);
    while (old & LINK_LOCK);
    return old;
}

/* Gives the bucket this link and releases the lock: one store. */
static void bucket_unlock(uint64_t *bucket, uint64_t link)
{
    __atomic_store_n(bucket, link, __ATOMIC_RELEASE);
}

/* The place that links to the key's element, from `head` on, with its link; NULL at the end. */
static uint64_t *find_place(const struct probe *p, uint64_t head, uint64_t *link)
{
    uint64_t *place = p->bucket;
    for (*link = head; !(*link & LINK_END); *link = link_load(place)) {
        if (same_key(p, *link, 1))
            return place;
        place = &link_elem(*link)->link;
    }
    return NULL;
}

/* Unlinks what `place` links to (its link: `old`) from a chain that starts with `head`, and
 * unlocks. */
static void unlink_and_unlock(const struct probe *p, uint64_t head, uint64_t *place, uint64_t old)
{
    uint64_t next = link_load(&link_elem(old)->link);
    if (place == p->bucket) {
        bucket_unlock(p->bucket, next);
        return;
    }
    __atomic_store_n(place, next, __ATOMIC_RELEASE);
    bucket_unlock(p->bucket, head);
}

static void elem_push(struct fw_map *m, uint32_t addr)
{
    struct elem *e = plat_ptr(addr);
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

/* An element that was never used, 0 when all were. */
static uint32_t elem_pop_fresh(struct fw_map *m)
{
    if (__atomic_load_n(&m->fresh, __ATOMIC_RELAXED) >= m->total)
        return 0;
    uint32_t i = __atomic_fetch_add(&m->fresh, 1, __ATOMIC_RELAXED);
    if (i < m->total)
        return m->elems + i * m->stride;
    (void)__atomic_fetch_sub(&m->fresh, 1, __ATOMIC_RELAXED);
    return 0;
}

/* Never fails for a hart that passed the entry count: at worst it waits for another's push. */
static uint32_t elem_pop(struct fw_map *m)
{
    uint32_t addr;
    do {
        addr = elem_pop_free(m);
        if (addr == 0)
            addr = elem_pop_fresh(m);
    } while (addr == 0);
    return addr;
}

static uint32_t elem_new(struct fw_map *m, const struct probe *p, const void *value, uint64_t next)
{
    uint32_t addr = elem_pop(m);
    struct elem *e = plat_ptr(addr);
    for (uint32_t at = 0; at < p->key_size; at += 8)
        *(uint64_t *)(void *)(e->key + at) = key_word(p->key, at, p->key_size);
    memcpy(elem_value(e, p->key_size), value, m->spec.value_size);
    __atomic_store_n(&e->link, next, __ATOMIC_RELAXED);
    return addr;
}

static int insert_locked(struct fw_map *m, const struct probe *p, const void *value, uint64_t head)
{
    if (__atomic_fetch_add(&m->count, 1, __ATOMIC_RELAXED) >= m->spec.max_entries) {
        (void)__atomic_fetch_sub(&m->count, 1, __ATOMIC_RELAXED);
        bucket_unlock(p->bucket, head);
        return FW_E2BIG;
    }
    bucket_unlock(p->bucket, link_make(elem_new(m, p, value, head), p->hash));
    return 0;
}

/* The new element goes to the head, where readers meet it before the old one, which then leaves. */
static void replace_locked(struct fw_map *m, const struct probe *p, const void *value,
                           uint64_t head, uint64_t *place, uint64_t old)
{
    uint64_t next = place == p->bucket ? link_load(&link_elem(old)->link) : head;
    uint64_t link = link_make(elem_new(m, p, value, next), p->hash);
    if (place == p->bucket) {
        bucket_unlock(p->bucket, link);
    } else {
        __atomic_store_n(p->bucket, link | LINK_LOCK, __ATOMIC_RELEASE);
        unlink_and_unlock(p, link, place, old);
    }
    elem_push(m, (uint32_t)old);
}

int fw_hash_update(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    struct probe p = probe_make(m->hot, key);
    uint64_t old;
    if (flags & FW_LOCK)
        return FW_EINVAL;
    uint64_t head = bucket_lock(p.bucket);
    uint64_t *place = find_place(&p, head, &old);
    if (place ? flags == FW_NOEXIST : flags == FW_EXIST) {
        bucket_unlock(p.bucket, head);
        return place ? FW_EEXIST : FW_ENOENT;
    }
    if (!place)
        return insert_locked(m, &p, value, head);
    replace_locked(m, &p, value, head, place, old);
    return 0;
}

int fw_hash_delete(struct fw_map *m, const void *key)
{
    struct probe p = probe_make(m->hot, key);
    uint64_t old;
    uint64_t head = bucket_lock(p.bucket);
    uint64_t *place = find_place(&p, head, &old);
    if (!place) {
        bucket_unlock(p.bucket, head);
        return FW_ENOENT;
    }
    unlink_and_unlock(&p, head, place, old);
    elem_push(m, (uint32_t)old);
    (void)__atomic_fetch_sub(&m->count, 1, __ATOMIC_RELAXED);
    return 0;
}

/*
 * ---- walking ----
 * Keys come by bucket, then hash, then key: an order that replacing an entry
 * does not change, so that a walk which updates as it goes sees each key once.
 * Buckets are locked while they are looked at, so that keys are whole.
 */

/* Does a's element come after b's in that order? Both links are of one bucket. */
static int comes_after(uint64_t a, uint64_t b, uint32_t key_size)
{
    if (a >> 32 != b >> 32)
        return a >> 32 > b >> 32;
    return memcmp(link_elem(a)->key, link_elem(b)->key, key_size) > 0;
}

/* In a locked chain: the first link after `after` (LINK_END: after nothing); LINK_END when there is
 * none. */
static uint64_t chain_next(uint64_t head, uint64_t after, uint32_t key_size)
{
    uint64_t best = LINK_END;
    for (uint64_t link = head; !(link & LINK_END); link = link_load(&link_elem(link)->link)) {
        int later = after & LINK_END || comes_after(link, after, key_size);
        if (later && (best & LINK_END || comes_after(best, link, key_size)))
            best = link;
    }
    return best;
}

/* The first key of buckets number, number + 1, ... */
static int first_key_from(struct fw_map *m, uint32_t number, void *next)
{
    uint64_t *bucket = plat_ptr(m->base);
    uint32_t buckets = (uint32_t)1 << (m->hot >> 13 & 31);
    for (; number < buckets; number++) {
        if (link_load(&bucket[number]) & LINK_END)
            continue;
        uint64_t head = bucket_lock(&bucket[number]);
        uint64_t first = chain_next(head, LINK_END, m->spec.key_size);
        if (!(first & LINK_END))
            memcpy(next, link_elem(first)->key, m->spec.key_size);
        bucket_unlock(&bucket[number], head);
        if (!(first & LINK_END))
            return 0;
    }
    return FW_ENOENT;
}

int fw_hash_next(struct fw_map *m, const void *key, void *next)
{
    uint64_t link;
    if (!key)
        return first_key_from(m, 0, next);
    struct probe p = probe_make(m->hot, key);
    uint64_t head = bucket_lock(p.bucket);
    int found = find_place(&p, head, &link) != NULL;
    if (found)
        link = chain_next(head, link, p.key_size);
    if (!(link & LINK_END))
        memcpy(next, link_elem(link)->key, p.key_size);
    bucket_unlock(p.bucket, head);
    if (!found)
        return first_key_from(m, 0, next);
    return link & LINK_END ? first_key_from(m, p.number + 1, next) : 0;
}

/* ---- creation ---- */

static uint32_t log2_up(uint32_t n)
{
    uint32_t bits = 0;
    while (bits < 31 && ((uint32_t)1 << bits) < n)
        bits++;
    return bits;
}

static int hash_plan(const struct fw_maps *ms, struct fw_map *m)
{
    const struct fw_map_spec *s = &m->spec;
    uint64_t total = (uint64_t)s->max_entries + ms->spares;
    uint64_t buckets = (uint64_t)1 << log2_up(s->max_entries);
    m->stride = (uint32_t)sizeof(struct elem) + key_bytes(s->key_size) + key_bytes(s->value_size);
    m->bytes = buckets * sizeof(uint64_t) + total * m->stride;
    if (m->bytes > NIC_DRAM_MAX)
        return FW_ENOMEM;
    m->total = (uint32_t)total;
    return 0;
}

static void hash_format(const struct fw_maps *ms, struct fw_map *m)
{
    uint32_t bits = log2_up(m->spec.max_entries);
    uint64_t *bucket = plat_ptr(m->base);
    uint64_t handle = m->base;
    uint64_t seed = 0;
    for (uint32_t i = 0; i < (uint32_t)1 << bits; i++)
        bucket[i] = link_make(LINK_END, i);
    m->elems = m->base + (uint32_t)sizeof(uint64_t) * ((uint32_t)1 << bits);
    if (!(m->spec.flags & FW_F_ZERO_SEED))
        seed = (ms->seed ^ handle) * 0x9e3779b97f4a7c15u >> 43;
    uint64_t hot = FW_KIND_HASH | (uint64_t)m->spec.key_size << 3 | (uint64_t)bits << 13 |
                   (seed & HASH_SEED_MASK) << 18 | (uint64_t)(m->base - NIC_DRAM_BASE) / 64 << 39;
    __atomic_store_n(&m->hot, hot, __ATOMIC_RELEASE);
}

const struct fw_map_type_ops fw_hash_type = {
    .type = FW_MAP_HASH,
    .key_max = FW_KEY_MAX,
    .value_max = FW_HASH_VALUE_MAX,
    .flags = FW_HASH_FLAGS,
    .plan = hash_plan,
    .format = hash_format,
};
