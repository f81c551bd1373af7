/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trie of BPF_MAP_TYPE_LPM_TRIE: a node looks at one byte of the key and has a
 * slot for each of its 256 values; nodes that would not branch are left out. An entry of
 * n bits is a *cover* of the node for byte (n - 1) / 8: it is in all slots that its last
 * bits allow, behind longer ones of the same node. An entry that is alone below a slot
 * needs no node: it is the slot's leaf.
 *
 * A slot, read and written whole:
 *   bits 0-27   the longest cover, 28-55 what is below: a node or a leaf; each
 *               (address - NIC_DRAM_BASE) / 8, 0 = none
 *   bits 56-63  byte that the node below looks at; 0: it is a leaf
 */
#ifndef FW_LPM_IMPL_H
#define FW_LPM_IMPL_H

#include "core/mem.h"
#include "maps/hash_impl.h"
#include "maps/pool.h"
#include "maps/value.h"

#define LPM_DATA_MAX  256u
#define LPM_ADDR_MASK 0xfffffffu

struct lpm_entry {
    uint32_t pool;    /* of the pool's */
    uint32_t shorter; /* the next shorter cover of the same node that contains this one, or 0 */
    uint32_t bits;
    uint32_t rsvd;
    uint8_t data[]; /* as the update gave it, padded to 8 bytes; then the value */
};
_Static_assert(sizeof(struct lpm_entry) == 16, "entry header");

struct lpm_node {
    uint32_t pool;
    uint16_t at;    /* byte of the key it looks at */
    uint16_t items; /* covers and slots with something below; 2 at least but in the root */
    uint64_t slot[256];
    uint8_t data[]; /* what keys below have in common: bytes [0, at) */
};

/* At the map's base. */
struct lpm {
    struct fw_pool nodes, entries;
    uint32_t any;                /* the entry of 0 bits */
    uint32_t data_bytes;         /* of a key */
    uint32_t path[LPM_DATA_MAX]; /* next's way down, under the map's lock */
};
_Static_assert(sizeof(struct lpm) % 8 == 0, "the root node follows");

/* A key as programs and the host give it, at any address. */
struct lpm_key {
    uint32_t bits;
    uint8_t data[];
} __attribute__((packed, may_alias));

static inline struct lpm *lpm_of(const struct fw_map *m)
{
    return plat_ptr(m->base);
}

/* Looks at byte 0; its own data is empty. */
static inline struct lpm_node *lpm_root(struct lpm *t)
{
    return (struct lpm_node *)(void *)(t + 1);
}

static inline struct lpm_entry *lpm_entry_at(uint32_t addr)
{
    return plat_ptr(addr);
}

static inline uint32_t lpm_addr(uint64_t field)
{
    uint32_t at = (uint32_t)field & LPM_ADDR_MASK;
    return at ? NIC_DRAM_BASE + at * 8 : 0;
}

static inline uint32_t slot_cover(uint64_t slot)
{
    return lpm_addr(slot);
}

static inline uint32_t slot_below(uint64_t slot)
{
    return lpm_addr(slot >> 28);
}

/* 0: a leaf. */
static inline uint32_t slot_at(uint64_t slot)
{
    return (uint32_t)(slot >> 56);
}

static inline uint64_t slot_make(uint32_t cover, uint32_t below, uint32_t at)
{
    uint64_t c = cover ? (cover - NIC_DRAM_BASE) / 8 : 0;
    uint64_t b = below ? (below - NIC_DRAM_BASE) / 8 : 0;
    return c | b << 28 | (uint64_t)at << 56;
}

static inline uint64_t slot_load(const struct lpm_node *n, uint32_t i)
{
    return __atomic_load_n(&n->slot[i], PLAT_FOLLOWED);
}

static inline void slot_store(struct lpm_node *n, uint32_t i, uint64_t slot)
{
    __atomic_store_n(&n->slot[i], slot, __ATOMIC_RELEASE);
}

static inline uint32_t lpm_shorter(uint32_t addr)
{
    return __atomic_load_n(&lpm_entry_at(addr)->shorter, PLAT_FOLLOWED);
}

/* The byte that decides about an entry of `bits` > 0 bits, and how many of its bits. */
static inline uint32_t lpm_last_byte(uint32_t bits)
{
    return (bits - 1) / 8;
}

static inline uint32_t lpm_last_bits(uint32_t bits)
{
    return (bits - 1) % 8 + 1;
}

/* Slots of a cover with `bits` bits of the node's byte `byte`: from .lo, .n of them. */
struct lpm_range {
    uint32_t lo, n;
};

static inline struct lpm_range lpm_range(uint32_t byte, uint32_t bits)
{
    uint32_t n = 1u << (8 - bits);
    return (struct lpm_range){byte & ~(n - 1), n};
}

/* Relaxed atomics: a lookup may stand on an entry or a node that is filled anew; it then sees the
 * map's version grow. */
static inline uint32_t lpm_bits(const struct lpm_entry *e)
{
    return __atomic_load_n(&e->bits, __ATOMIC_RELAXED);
}

static inline uint32_t lpm_node_at(const struct lpm_node *n)
{
    return __atomic_load_n(&n->at, __ATOMIC_RELAXED);
}

/* The first `bits` (1 to 63) bits of 8 bytes, as they lie in memory. */
static inline uint64_t lpm_mask(uint32_t bits)
{
    uint64_t bytes = ((uint64_t)1 << (bits & ~7u)) - 1;
    return bytes | (uint64_t)(0xff00u >> (bits & 7) & 0xff) << (bits & ~7u);
}

/* Does the entry, of `bits` bits, contain a key with this data? */
static inline int lpm_matches(const struct lpm_entry *e, uint32_t bits, const uint8_t *data)
{
    uint32_t bytes = (bits + 7) / 8;
    for (uint32_t at = 0; at < bytes; at += 8) {
        const uint64_t *word = (const uint64_t *)(const void *)(e->data + at);
        uint64_t differ = __atomic_load_n(word, __ATOMIC_RELAXED) ^ key_word(data, at, bytes);
        uint32_t left = bits - 8 * at;
        if (differ & (left < 64 ? lpm_mask(left) : ~(uint64_t)0))
            return 0;
    }
    return 1;
}

/* The cover of exactly `bits` bits in the slot's chain, or 0. */
static inline uint32_t lpm_cover(uint64_t slot, uint32_t bits)
{
    uint32_t addr = slot_cover(slot);
    while (addr && lpm_entry_at(addr)->bits > bits)
        addr = lpm_shorter(addr);
    return addr && lpm_entry_at(addr)->bits == bits ? addr : 0;
}

static inline void *lpm_value(const struct lpm *t, struct lpm_entry *e)
{
    return e->data + fw_round8(t->data_bytes);
}

int fw_lpm_next(struct fw_map *m, const void *key, void *next); /* lpm_next.c */

#endif
