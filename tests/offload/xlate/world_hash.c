/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hash tables of the world as offload/hash.h lays them out, for lookups that the program does
 * itself. The world looks into its list of keys; the chains are for the program, and made anew with
 * every change.
 */
#include <linux/bpf.h>
#include <string.h>

#include "offload/hash.h"
#include "world.h"

enum { CPUS = WORLD_CPU + 1, FEW = 16, LINK = 8, KEY_IN_PLACE = 16, SEED_BITS = 21 };

static bool per_cpu(uint32_t type)
{
    return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_lru(uint32_t type)
{
    return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static uint32_t round8(uint32_t bytes)
{
    return (bytes + 7) & ~7u;
}

bool world_has_chains(const struct offload_map *map)
{
    return map->type == BPF_MAP_TYPE_HASH || per_cpu(map->type) || is_lru(map->type);
}

static bool wide(const struct offload_map *map)
{
    return map->key_size >= OFFLOAD_HASH_WIDE_MIN && map->key_size <= OFFLOAD_HASH_WIDE_MAX;
}

/* log2 of the number of buckets */
static uint32_t bucket_bits(const struct offload_map *map)
{
    uint32_t least = map->max_entries + (wide(map) ? OFFLOAD_HASH_SPARES + 1 : 0), bits = 0;

    while (1u << bits < least)
        bits++;
    return bits + wide(map);
}

uint32_t world_chains_room(struct world_map *m)
{
    uint32_t copy = round8(m->map->value_size), head = OFFLOAD_ELEM_KEY + round8(m->map->key_size);
    uint32_t unused = wide(m->map); /* elements in front of the first */

    if (m->map->max_entries > WORLD_SLOTS)
        m->entries = FEW;
    m->buckets = 1u << bucket_bits(m->map);
    m->stride = head + copy * (per_cpu(m->map->type) ? CPUS : 1);
    m->first = m->values + LINK * m->buckets + unused * m->stride + head;
    m->plane = per_cpu(m->map->type) ? copy : 0;
    return LINK * m->buckets + m->stride * (m->entries + unused);
}

/* ---- the hash ---- */

static uint32_t mix(uint32_t h)
{
    h = (h ^ h >> 16) * OFFLOAD_HASH_MIX1;
    h = (h ^ h >> 15) * OFFLOAD_HASH_MIX2;
    return h ^ h >> 16;
}

uint32_t world_seed(const struct world *w, unsigned n)
{
    bool zero = w->map[n].map->flags & BPF_F_ZERO_SEED;

    return zero ? 0 : (uint32_t)(world_mix(w->seed, 1000 + n) >> (64 - SEED_BITS));
}

static uint64_t fold(uint64_t h, uint64_t word)
{
    h = (h ^ word) * OFFLOAD_HASH_MIX64;
    return h ^ h >> 32;
}

static uint64_t hash_of(const struct world_map *m, const uint8_t *key, uint32_t seed)
{
    uint32_t size = m->map->key_size;
    uint64_t word[WORLD_KEY / 8] = {0}, h = seed;

    memcpy(word, key, size);
    if (size <= 4)
        return mix((uint32_t)word[0] ^ seed ^ seed << 11);
    if (size > 8 && size <= 12)
        return mix((uint32_t)(fold(seed, word[0]) ^ word[1]));
    for (uint32_t k = 0; k < round8(size) / 8; k++)
        h = fold(h, word[k]);
    return wide(m->map) ? fold(h, 0) : mix((uint32_t)h);
}

/* ---- chains ---- */

static uint32_t element(const struct world_map *m, uint32_t n)
{
    return m->first - OFFLOAD_ELEM_KEY - round8(m->map->key_size) + n * m->stride;
}

static void put_link(struct world *w, uint32_t at, uint64_t low, uint64_t high, uint32_t bits)
{
    uint64_t link = high << bits | low;

    memcpy(w->mem + at, &link, sizeof(link));
}

/* Entry n in front of the chain of its bucket. */
static void chain(struct world *w, struct world_map *m, uint32_t n)
{
    uint64_t hash = hash_of(m, m->key[n], world_seed(w, (unsigned)(m - w->map)));
    uint32_t number = (uint32_t)hash & (m->buckets - 1), bits = bucket_bits(m->map);
    uint32_t bucket = m->values + LINK * number, at = element(m, n);
    uint8_t key[WORLD_KEY] = {0};

    memcpy(key, m->key[n], m->map->key_size);
    memcpy(w->mem + at, w->mem + bucket, LINK);
    memcpy(w->mem + at + OFFLOAD_ELEM_KEY, key, round8(m->map->key_size));
    if (wide(m->map))
        put_link(w, bucket, (n + 1) << 1, hash >> bits, bits);
    else
        put_link(w, bucket, WORLD_BASE + at, hash, 32);
}

void world_chains(struct world *w, struct world_map *m)
{
    if (!m->buckets)
        return;
    for (uint32_t b = 0; b < m->buckets; b++)
        put_link(w, m->values + LINK * b, wide(m->map) ? 0 : OFFLOAD_LINK_END, b,
                 wide(m->map) ? bucket_bits(m->map) : 32);
    for (uint32_t n = 0; n < m->entries; n++)
        if (m->used >> n & 1)
            chain(w, m, n);
}

/* ---- lookups ---- */

void world_mark(struct world *w, const struct world_map *m, uint32_t n)
{
    if (is_lru(m->map->type))
        w->mem[element(m, n) + OFFLOAD_ELEM_STATE] |= OFFLOAD_ELEM_USED;
}

bool world_in_place(const struct offload_map *map)
{
    return world_has_chains(map) && map->key_size <= KEY_IN_PLACE &&
           !(wide(map) && per_cpu(map->type));
}
