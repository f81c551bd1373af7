/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of the hash map (hash.c has its rules) that a program's lookup of a
 * 4-byte key runs through, in line: IPv4 addresses are the usual key.
 */
#ifndef FW_HASH_INLINE_H
#define FW_HASH_INLINE_H

#include "maps/map.h"
#include "offload/hash.h"

#define LINK_END       ((unsigned)OFFLOAD_LINK_END)
#define LINK_LOCK      ((unsigned)OFFLOAD_LINK_LOCK)
#define HASH_SEED_MASK 0x1fffffu

struct elem {
    uint64_t link;
    uint32_t next_free; /* address of the element below on the free stack */
    uint32_t state;     /* ELEM_*, and above them the hash's lower bits */
    uint8_t key[];      /* zero-padded to 8 bytes; then the value */
};
_Static_assert(sizeof(struct elem) == OFFLOAD_ELEM_KEY, "element header");
_Static_assert(offsetof(struct elem, state) == OFFLOAD_ELEM_STATE, "element header");

#define ELEM_LIVE       1u /* in a chain */
#define ELEM_HASH_SHIFT 2
#define ELEM_USED       ((unsigned)OFFLOAD_ELEM_USED) /* LRU: looked up since the clock's hand passed */

static inline uint32_t key_bytes(uint32_t key_size)
{
    return fw_round8(key_size);
}

/* Bijective on 32 bits: distinct keys of 4 bytes have distinct hashes. */
static inline uint32_t mix32(uint32_t x)
{
    x = (x ^ x >> 16) * OFFLOAD_HASH_MIX1;
    x = (x ^ x >> 15) * OFFLOAD_HASH_MIX2;
    return x ^ x >> 16;
}

static inline uint32_t hash_word(uint32_t key, uint32_t seed)
{
    return mix32(key ^ seed ^ seed << 11); /* 21 bits of seed to 32 */
}

static inline uint32_t hash_seed(uint64_t hot)
{
    return hot >> 18 & HASH_SEED_MASK;
}

static inline uint32_t bucket_number(uint64_t hot, uint32_t hash)
{
    return hash & (((uint32_t)1 << (hot >> 13 & 31)) - 1);
}

/* Links of keys of this size hold an element's number. */
static inline int fw_hash_is_wide(uint32_t key_size)
{
    return key_size >= OFFLOAD_HASH_WIDE_MIN && key_size <= OFFLOAD_HASH_WIDE_MAX;
}

static inline uint32_t fw_hash_buckets(uint64_t hot)
{
    return (uint32_t)1 << (hot >> 13 & 31);
}

/* 30 bits of hash are enough: more buckets than 2^27 are not in any DRAM. */
static inline uint32_t elem_bucket(uint64_t hot, uint32_t state)
{
    return bucket_number(hot, state >> ELEM_HASH_SHIFT);
}

static inline uint64_t *bucket_at(uint64_t hot, uint32_t number)
{
    return (uint64_t *)plat_ptr(fw_map_base(hot)) + number;
}

/* Not of a wide link. */
static inline struct elem *link_elem(uint64_t link)
{
    return plat_ptr((uint32_t)link & ~(LINK_END | LINK_LOCK));
}

static inline uint64_t link_load(const uint64_t *link)
{
    return __atomic_load_n(link, PLAT_FOLLOWED);
}

static inline void *elem_value(struct elem *e, uint32_t key_size)
{
    return e->key + key_bytes(key_size);
}

/* fw_hash_lookup for 4-byte keys, most of which the bucket's link finds or misses alone. */
__attribute__((always_inline)) static inline void *
fw_hash_lookup_word(uint64_t hot, const struct fw_map *m, const void *key)
{
    uint32_t hash = hash_word(fw_get32(key), hash_seed(hot));
    uint64_t link = link_load(bucket_at(hot, bucket_number(hot, hash)));
    if (link & LINK_END)
        return NULL;
    return link >> 32 == hash ? elem_value(link_elem(link), 4) : fw_hash_lookup(m, hot, key);
}

#endif
