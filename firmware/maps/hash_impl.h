/* SPDX-License-Identifier: BSD-3-Clause */
/* What the hash types share (hash.c has the rules): plain, per-CPU, LRU. */
#ifndef FW_HASH_IMPL_H
#define FW_HASH_IMPL_H

#include "maps/hash_inline.h"

#define FW_HASH_FLAGS (FW_ACCESS_FLAGS | FW_F_NO_PREALLOC | FW_F_ZERO_SEED)

/* What `value` is, and what becomes of an entry that exists. */
enum hash_value {
    HASH_PLAIN,    /* the value; another element takes the entry's place */
    HASH_ONE_COPY, /* this hart's copy, changed in place; a new entry's others are zero */
    HASH_COPIES,   /* all copies, changed in place */
};

/* Rows' functions. */
int fw_hash_next(struct fw_map *m, const void *key, void *next);
int fw_hash_remove(struct fw_map *m, const void *key);
int fw_hash_read(struct fw_map *m, const void *key, void *value, uint64_t flags);
int fw_hash_take(struct fw_map *m, const void *key, void *value, uint64_t flags);
int fw_hash_bucket(struct fw_map *m, uint32_t number, uint32_t room, uint8_t *keys, uint8_t *values,
                   uint32_t *count, int del);

/* plan and format for values of `value_bytes` in an element. */
int fw_hash_plan(const struct fw_maps *ms, struct fw_map *m, uint64_t value_bytes);
void fw_hash_format(struct fw_maps *ms, struct fw_map *m, enum fw_map_kind kind);

int fw_hash_put(struct fw_map *m, const void *key, const void *value, uint64_t flags,
                enum hash_value what);

/* hash.c, for operations that hold the bucket's lock; `head` is its link. */

struct probe;
/* The place that links to the key's element, with its link; NULL at the end. */
uint64_t *fw_hash_place(const struct probe *p, uint64_t head, uint64_t *link);
/* Takes the entry that `place` links to out of the map, and unlocks. */
void fw_hash_unlink(struct fw_map *m, const struct probe *p, uint64_t head, uint64_t *place,
                    uint64_t old);
/* An entry leaves the count. */
void fw_hash_count_out(struct fw_map *m);

/* ---- hash_elem.c ---- */

void fw_elem_push(struct fw_map *m, uint32_t addr);
/* An element for a hart that passed the entry count; 0: there is no DRAM for it. */
uint32_t fw_elem_pop(struct fw_map *m);
/* The elements of a number below `used`, one run of them after the other: *first of *count; 0:
 * no more. *run is 0 at first. */
int fw_elem_run(const struct fw_map *m, uint32_t used, uint32_t *run, uint32_t *first,
                uint32_t *count);
/* Gives back what elements took beside the map's contents. */
void fw_hash_release(struct fw_maps *ms, struct fw_map *m);

/* Are elements taken from DRAM when they are needed? Those that links number are not, nor those
 * whose place tells that of their timer's record. */
static inline int fw_hash_grows(const struct fw_map *m)
{
    return m->spec.flags & FW_F_NO_PREALLOC && !fw_hash_is_wide(m->spec.key_size) &&
           !m->spec.timer_at;
}

/* ---- hash_percpu.c ---- */

int fw_percpu_hash_plan(const struct fw_maps *ms, struct fw_map *m);
int fw_percpu_hash_update(struct fw_map *m, const void *key, const void *value, uint64_t flags);
int fw_percpu_hash_write(struct fw_map *m, const void *key, const void *value, uint64_t flags);
/* Lays out as a hash whose lookup does more. */
void fw_hash_format_more(struct fw_maps *ms, struct fw_map *m);

/* ---- lru.c ---- */

/* May an entry come in? 1: yes, counted; 0: the map is full. */
int fw_hash_slot(struct fw_map *m);
/* Takes some old entry out, whose place in the count is then the caller's. No bucket is locked.
 * 0: found none. */
int fw_lru_evict(struct fw_map *m);
/* Unlinks and releases this element, whose state was this, if it is in a chain. */
int fw_hash_drop(struct fw_map *m, const struct elem *e, uint32_t state);

/* LRU: the entry is in use. Nobody waits for an atomic whose result goes nowhere. */
static inline void fw_lru_mark(struct elem *e)
{
    (void)__atomic_fetch_or(&e->state, ELEM_USED, __ATOMIC_RELAXED);
}

static inline int fw_hash_is_lru(const struct fw_map *m)
{
    return m->spec.type == FW_MAP_LRU_HASH || m->spec.type == FW_MAP_LRU_PERCPU_HASH;
}

/* How a map's links are written: offload/hash.h. */
struct links {
    uint32_t shift;  /* of the hash, or the bucket's number */
    uint32_t stride; /* wide links: of an element; 0: others */
    uint32_t elems;  /* wide links: where element 0 would be */
};

/* A key on its way through an operation. */
struct probe {
    const void *key;
    uint64_t *bucket;
    struct links links;
    uint64_t tag; /* what links hold of the hash */
    uint32_t key_size, hash, number;
};

static inline struct links links_of(const struct fw_map *m, uint64_t hot)
{
    uint32_t bits = hot >> 13 & 31;
    if (!fw_hash_is_wide(fw_hash_key_size(hot)))
        return (struct links){.shift = 32};
    return (struct links){bits, m->stride, fw_map_base(hot) + ((uint32_t)sizeof(uint64_t) << bits)};
}

static inline uint32_t link_index(const struct links *l, uint64_t link)
{
    return (uint32_t)((link & (((uint64_t)1 << l->shift) - 1)) >> 1);
}

/* Does no element follow? */
static inline int link_ends(const struct links *l, uint64_t link)
{
    return l->stride ? link_index(l, link) == 0 : (link & LINK_END) != 0;
}

static inline uint32_t link_addr(const struct links *l, uint64_t link)
{
    return l->stride ? l->elems + link_index(l, link) * l->stride
                     : (uint32_t)link & ~(LINK_END | LINK_LOCK);
}

static inline struct elem *link_to(const struct links *l, uint64_t link)
{
    return plat_ptr(link_addr(l, link));
}

static inline uint64_t link_make(const struct links *l, uint32_t addr, uint64_t tag)
{
    return tag << l->shift | (l->stride ? (addr - l->elems) / l->stride << 1 : addr);
}

static inline uint64_t link_end(const struct links *l, uint32_t number)
{
    return (uint64_t)number << l->shift | (l->stride ? 0 : LINK_END);
}

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

static inline uint64_t hash_fold(uint64_t h, uint64_t word)
{
    h = (h ^ word) * OFFLOAD_HASH_MIX64;
    return h ^ h >> 32;
}

/* 32 bits, of wide links' keys 64. */
static inline uint64_t hash_key(const void *key, uint32_t size, uint32_t seed)
{
    uint64_t h = seed;
    if (size == 4)
        return hash_word(fw_get32(key), seed);
    if (size < 4)
        return hash_word((uint32_t)short_key(key, size), seed);
    if (size > 8 && size <= 12)
        return mix32((uint32_t)hash_fold(h, fw_get64(key)) ^ (uint32_t)key_word(key, 8, size));
    for (uint32_t at = 0; at < size; at += 8)
        h = hash_fold(h, key_word(key, at, size));
    return fw_hash_is_wide(size) ? hash_fold(h, 0) : mix32((uint32_t)h);
}

static inline struct probe probe_make(const struct fw_map *m, uint64_t hot, const void *key)
{
    struct probe p = {.key = key, .key_size = fw_hash_key_size(hot), .links = links_of(m, hot)};
    p.tag = hash_key(key, p.key_size, hash_seed(hot));
    p.hash = (uint32_t)p.tag;
    if (p.links.stride)
        p.tag >>= p.links.shift;
    p.number = bucket_number(hot, p.hash);
    p.bucket = bucket_at(hot, p.number);
    return p;
}

/* Relaxed atomics: an element may be filled anew while a reader still stands on it. */
static inline uint64_t elem_key_word(const struct elem *e, uint32_t at)
{
    return __atomic_load_n((const uint64_t *)(const void *)(e->key + at), __ATOMIC_RELAXED);
}

/* Bytes of a key that its bucket and the hash in a link do not say. */
static inline uint32_t key_unsaid(uint32_t size)
{
    if (size <= 4)
        return 0;
    return size > 8 && size <= OFFLOAD_HASH_WIDE_MAX ? 8 : size;
}

/* `current`: the link is known to be in use, so that it speaks for a part of the key. */
static inline int same_key(const struct probe *p, uint64_t link, int current)
{
    uint32_t bytes = current ? key_unsaid(p->key_size) : p->key_size;
    if (link >> p->links.shift != p->tag)
        return 0;
    const struct elem *e = link_to(&p->links, link);
    for (uint32_t at = 0; at < bytes; at += 8)
        if (key_word(p->key, at, p->key_size) != elem_key_word(e, at))
            return 0;
    return 1;
}

/* Takes the bucket's lock; the bucket's link without the lock bit. */
static inline uint64_t bucket_lock(uint64_t *bucket)
{
    uint64_t old;
    while ((old = __atomic_fetch_or(bucket, LINK_LOCK, __ATOMIC_ACQUIRE)) & LINK_LOCK)
        plat_relax();
    return old;
}

/* Gives the bucket this link and releases the lock: one store. */
static inline void bucket_unlock(uint64_t *bucket, uint64_t link)
{
    __atomic_store_n(bucket, link, __ATOMIC_RELEASE);
}

/* The element of a value that a lookup gave. */
static inline struct elem *elem_of_value(const struct fw_map *m, void *value)
{
    return (struct elem *)(void *)((uint8_t *)value - key_bytes(m->spec.key_size) -
                                   sizeof(struct elem));
}

#endif
