/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_TYPE_BLOOM_FILTER: a power of two of bits, each value sets `hashes` of them.
 * Sized as the kernel's: entries x hashes x 7/5 (1 / ln 2), rounded up. A peek loads one
 * word a hash and stops at the first zero; nothing is ever taken out.
 */
#include "core/mem.h"
#include "maps/hash_impl.h"

#define BLOOM_FLAGS    (FW_ACCESS_FLAGS | FW_F_ZERO_SEED)
#define HASHES_DEFAULT 5u
#define BITS_MAX       0x80000000u

static uint32_t hashes(const struct fw_map *m)
{
    return m->spec.extra ? (uint32_t)m->spec.extra : HASHES_DEFAULT;
}

static uint32_t bits_wanted(const struct fw_map *m)
{
    uint64_t want = (uint64_t)m->spec.max_entries * hashes(m) / 5 * 7;
    uint32_t bits = 64;
    while (bits < BITS_MAX && bits < want)
        bits *= 2;
    return bits;
}

static int plan(const struct fw_maps *ms, struct fw_map *m)
{
    (void)ms;
    if (m->spec.extra > 15)
        return FW_EINVAL;
    m->total = bits_wanted(m);
    m->bytes = m->total / 8;
    return 0;
}

static void format(struct fw_maps *ms, struct fw_map *m)
{
    uint64_t place = m->base;
    m->own[0] = m->spec.flags & FW_F_ZERO_SEED ? 0 : ms->seed ^ place;
    memset(plat_ptr(m->base), 0, m->bytes);
    __atomic_store_n(&m->hot, fw_hot_base(m->base) | FW_KIND_OTHER | FW_MAP_BLOOM_FILTER << 3,
                     __ATOMIC_RELEASE);
}

/* Two hashes of the value; the i-th bit is at first + i * step (Kirsch and Mitzenmacher, 2006). */
struct walk {
    uint32_t at, step;
};

static struct walk walk_of(const struct fw_map *m, const void *value)
{
    uint64_t h = m->own[0] + m->spec.value_size;
    for (uint32_t at = 0; at < m->spec.value_size; at += 8) {
        h = (h ^ key_word(value, at, m->spec.value_size)) * 0x9fb21c651e98df25u;
        h ^= h >> 32;
    }
    return (struct walk){mix32((uint32_t)h), mix32((uint32_t)(h >> 32) ^ (uint32_t)m->own[0]) | 1};
}

static uint64_t *word_of(const struct fw_map *m, uint32_t at, uint64_t *bit)
{
    uint32_t i = at & (m->total - 1);
    *bit = (uint64_t)1 << (i & 63);
    return (uint64_t *)plat_ptr(m->base) + i / 64;
}

static int push(struct fw_map *m, const void *value, uint64_t flags)
{
    uint64_t bit;
    if (flags != FW_ANY)
        return FW_EINVAL;
    struct walk w = walk_of(m, value);
    for (uint32_t i = 0; i < hashes(m); i++, w.at += w.step) {
        uint64_t *word = word_of(m, w.at, &bit);
        (void)__atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
    }
    return 0;
}

static int peek(struct fw_map *m, void *value)
{
    uint64_t bit;
    struct walk w = walk_of(m, value);
    for (uint32_t i = 0; i < hashes(m); i++, w.at += w.step) {
        const uint64_t *word = word_of(m, w.at, &bit);
        if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & bit))
            return FW_ENOENT;
    }
    return 0;
}

/* The host's lookup brings the value in. */
static int read_peek(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    (void)key, (void)flags;
    return peek(m, value);
}

static int write_push(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    (void)key;
    return push(m, value, flags);
}

static int no_delete(struct fw_map *m, const void *key)
{
    (void)m, (void)key;
    return FW_EOPNOTSUPP;
}

const struct fw_map_type_ops fw_bloom_type = {
    .type = FW_MAP_BLOOM_FILTER,
    .key_max = 0,
    .value_max = FW_QUEUE_VALUE_MAX,
    .flags = BLOOM_FLAGS,
    .spec = FW_SPEC_NO_KEY | FW_SPEC_EXTRA | FW_SPEC_VALUE_IN,
    .plan = plan,
    .format = format,
    .push = push,
    .peek = peek,
    .remove = no_delete,
    .read = read_peek,
    .write = write_push,
};
