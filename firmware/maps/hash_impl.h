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

static inline int fw_hash_is_lru(const struct fw_map *m)
{
    return m->spec.type == FW_MAP_LRU_HASH || m->spec.type == FW_MAP_LRU_PERCPU_HASH;
}

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
        h = (h ^ key_word(key, at, size)) * OFFLOAD_HASH_MIX64;
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

/* Relaxed atomics: an element may be filled anew while a reader still stands on it. */
static inline uint64_t elem_key_word(const struct elem *e, uint32_t at)
{
    return __atomic_load_n((const uint64_t *)(const void *)(e->key + at), __ATOMIC_RELAXED);
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

/* The element of a value that a lookup gave. */
static inline struct elem *elem_of_value(const struct fw_map *m, void *value)
{
    return (struct elem *)(void *)((uint8_t *)value - key_bytes(m->spec.key_size) -
                                   sizeof(struct elem));
}

#endif
