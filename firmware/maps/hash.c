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
#include "maps/timer.h"
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

/* Takes the bucket's lock; the bucket's link without the lock bit. */
static uint64_t bucket_lock(uint64_t *bucket)
{
    uint64_t old;
    while ((old = __atomic_fetch_or(bucket, LINK_LOCK, __ATOMIC_ACQUIRE)) & LINK_LOCK)
        plat_relax();
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

static void elem_push(struct fw_map *m, uint32_t addr)
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
    for (;;) {
        uint32_t addr = elem_pop_free(m);
        if (addr == 0)
            addr = elem_pop_fresh(m);
        if (addr != 0)
            return addr;
        plat_relax();
    }
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

static uint32_t elem_new(struct fw_map *m, const struct probe *p, const void *value,
                         enum hash_value what, uint64_t next)
{
    uint32_t addr = elem_pop(m);
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

static void slot_back(struct fw_map *m)
{
    (void)__atomic_fetch_sub(&m->count, 1, __ATOMIC_RELAXED);
}

/* The new element goes to the head, where readers meet it before the old one, which then leaves. */
static void replace_locked(struct fw_map *m, const struct probe *p, const void *value,
                           uint64_t head, uint64_t *place, uint64_t old)
{
    const struct links *l = &p->links;
    uint64_t next = place == p->bucket ? link_load(&link_to(l, old)->link) : head;
    uint64_t link = link_make(l, elem_new(m, p, value, HASH_PLAIN, next), p->tag);
    if (fw_hash_is_lru(m))
        fw_lru_mark(link_to(l, link));
    if (place == p->bucket) {
        bucket_unlock(p->bucket, link);
    } else {
        __atomic_store_n(p->bucket, link | LINK_LOCK, __ATOMIC_RELEASE);
        unlink_and_unlock(p, link, place, old);
    }
    elem_push(m, link_addr(l, old));
}

/* An entry that exists gets its value and the bucket is unlocked. */
static void change_locked(struct fw_map *m, const struct probe *p, const void *value,
                          uint64_t flags, enum hash_value what, uint64_t head, uint64_t *place,
                          uint64_t old)
{
    struct elem *e = link_to(&p->links, old);
    uint8_t *to = elem_value(e, p->key_size);
    if (what == HASH_PLAIN && !(flags & FW_LOCK)) {
        replace_locked(m, p, value, head, place, old);
        return;
    }
    if (what == HASH_PLAIN)
        fw_value_store(m, to, value, flags);
    else if (what == HASH_COPIES)
        fw_copies_store(m, to, m->copy, value);
    else
        memcpy(to + (size_t)m->copy * plat_cpu(), value, m->spec.value_size);
    if (fw_hash_is_lru(m))
        fw_lru_mark(e);
    bucket_unlock(p->bucket, head);
}

/* One try; -1 when the map is full and the bucket had to be let go. *slot: a place in the count is
 * ours. */
static int try_put(struct fw_map *m, const struct probe *p, const void *value, uint64_t flags,
                   enum hash_value what, int *slot)
{
    uint64_t old;
    uint64_t exist = flags & (FW_EXIST | FW_NOEXIST);
    uint64_t head = bucket_lock(p->bucket);
    uint64_t *place = find_place(p, head, &old);
    if (place ? exist == FW_NOEXIST : exist == FW_EXIST) {
        bucket_unlock(p->bucket, head);
        return place ? FW_EEXIST : FW_ENOENT;
    }
    if (place) {
        change_locked(m, p, value, flags, what, head, place, old);
        return 0;
    }
    if (!*slot)
        *slot = fw_hash_slot(m);
    if (!*slot) {
        bucket_unlock(p->bucket, head);
        return -1;
    }
    *slot = 0; /* the entry has it now */
    uint32_t addr = elem_new(m, p, value, what, head);
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
        slot_back(m);
    return err;
}

/*
 * Takes the entry that `place` links to out of the map, and unlocks. It is counted out before: who
 * finds its key gone has room for it, in a map that was full too.
 */
static void remove_locked(struct fw_map *m, const struct probe *p, uint64_t head, uint64_t *place,
                          uint64_t old)
{
    uint64_t next = link_load(&link_to(&p->links, old)->link);
    int first = place == p->bucket;
    __atomic_store_n(place, first ? next | LINK_LOCK : next, __ATOMIC_RELEASE);
    slot_back(m);
    bucket_unlock(p->bucket, first ? next : head);
    elem_push(m, link_addr(&p->links, old));
}

int fw_hash_remove(struct fw_map *m, const void *key)
{
    struct probe p = probe_make(m, m->hot, key);
    uint64_t old;
    uint64_t head = bucket_lock(p.bucket);
    uint64_t *place = find_place(&p, head, &old);
    if (!place) {
        bucket_unlock(p.bucket, head);
        return FW_ENOENT;
    }
    remove_locked(m, &p, head, place, old);
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
            elem_push(m, link_addr(&p.links, link));
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

/* ---- for the host: values are copied while the bucket is locked ---- */

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
    uint64_t *place = find_place(&p, head, &old);
    if (place)
        load_host(m, value, link_to(&p.links, old), flags);
    if (place && del)
        remove_locked(m, &p, head, place, old);
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
        slot_back(m); /* as remove_locked */
    bucket_unlock(bucket, end);
    for (uint64_t link = head; !link_ends(l, link); link = next) {
        next = link_load(&link_to(l, link)->link);
        elem_push(m, link_addr(l, link));
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
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < used; i++) {
        const struct elem *e = plat_ptr(m->elems + i * m->stride);
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
    int found = find_place(&p, head, &link) != NULL;
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
    uint64_t total = (uint64_t)s->max_entries + ms->spares;
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
    .lookup = hash_lookup,
    .update = hash_update,
    .remove = fw_hash_remove,
    .next = fw_hash_next,
    .read = fw_hash_read,
    .take = fw_hash_take,
    .bucket = fw_hash_bucket,
};
