/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "hash": a lookup in a hash map that is known here, with a key of 1 to 16 bytes, is
 * code for just that size. The rules that keep readers right without a lock are those of
 * firmware/maps/hash.c, whose chains this reads:
 *
 *   - the link in the bucket is in use at the moment it is read, so that it speaks for what
 *     the hash says of the key: for keys of up to 4 bytes all, of 9 to 16 all but the first 8;
 *   - a link in an element may be old, so that behind it the whole key is compared;
 *   - a chain that ends with another bucket's number led astray: it starts over.
 *
 * Layout: offload/hash.h. A per-CPU map adds this CPU's copy, an LRU map marks the element. Wide
 * links (keys of 13 to 16 bytes) take the size of an element, which of per-CPU maps is the card's.
 */
#include "offload/hash.h"
#include "xlate/xlate.h"

enum {
    MAP_TYPE_HASH = 1,
    MAP_TYPE_PERCPU_HASH = 5,
    MAP_TYPE_LRU_HASH = 9,
    MAP_TYPE_LRU_PERCPU_HASH = 10,
    MAP_F_ZERO_SEED = 64,
    KEY_MAX = 16,
    WORD_KEY = 4, /* bytes of the longest key whose hash is a permutation */
    ENTRIES_MAX = 1 << 26,
};

/* The registers of the arguments are free once the key is read: a call loses them. */
enum {
    NUMBER = RV64_A0, /* of the bucket */
    KEY = RV64_A1,    /* where it is; then the element */
    HASH = RV64_A2,   /* sign-extended, as `srai link, 32` is */
    WORD0 = RV64_A3,
    WORD1 = RV64_A4,
    LINK = XLATE_T1,
    BUCKET = XLATE_T2,
};

static bool per_cpu(const struct offload_map *m)
{
    return m->type == MAP_TYPE_PERCPU_HASH || m->type == MAP_TYPE_LRU_PERCPU_HASH;
}

static bool lru(const struct offload_map *m)
{
    return m->type == MAP_TYPE_LRU_HASH || m->type == MAP_TYPE_LRU_PERCPU_HASH;
}

static bool wide(const struct offload_map *m)
{
    return m->key_size >= OFFLOAD_HASH_WIDE_MIN;
}

/* log2 of the number of buckets */
static int32_t bucket_bits(const struct offload_map *m)
{
    uint32_t least = wide(m) ? m->max_entries + OFFLOAD_HASH_SPARES + 1 : m->max_entries;
    int32_t bits = 0;

    while ((1u << bits) < least)
        bits++;
    return wide(m) ? bits + 1 : bits;
}

/* Where the value is in an element. */
static int32_t value_at(const struct offload_map *m)
{
    return OFFLOAD_ELEM_KEY + (int32_t)(m->key_size + 7) / 8 * 8;
}

bool xlate_hash_known(const struct xlate *x, const struct offload_map *m)
{
    return xlate_pass(x, OFFLOAD_PASS_HASH) && (m->type == MAP_TYPE_HASH || per_cpu(m) || lru(m)) &&
           m->key_size > 0 && m->key_size <= KEY_MAX && m->max_entries > 0 &&
           m->max_entries <= ENTRIES_MAX && !(wide(m) && per_cpu(m));
}

int64_t xlate_hash_const(const struct offload_map *m, unsigned n)
{
    static const int64_t all[] = {(int64_t)OFFLOAD_HASH_MIX64, (int32_t)OFFLOAD_HASH_MIX1,
                                  (int32_t)OFFLOAD_HASH_MIX2, 0};
    unsigned first = m->key_size > WORD_KEY ? 0 : 1, end = wide(m) ? 1 : 3;

    return first + n < end ? all[first + n] : 0;
}

static void load(struct xlate *x, enum rv64_op op, unsigned rd, uint32_t off)
{
    xlate_i(x, op, rd, KEY, (int32_t)off);
}

/* `bytes` bytes of the key from `off`, zero-extended; reads none outside of them. */
static void key_part(struct xlate *x, unsigned rd, uint32_t off, uint32_t bytes)
{
    static const enum rv64_op whole[] = {
        [1] = RV64_OP_LBU, [2] = RV64_OP_LHU, [4] = RV64_OP_LWU, [8] = RV64_OP_LD};
    uint32_t first = bytes > 4 ? 4 : 2;

    if ((bytes & (bytes - 1)) == 0) {
        load(x, whole[bytes], rd, off);
        return;
    }
    load(x, whole[first], rd, off);
    for (uint32_t at = first, n; at < bytes; at += n) {
        n = bytes - at >= 2 ? 2 : 1;
        load(x, whole[n], XLATE_T0, off + at);
        xlate_i(x, RV64_OP_SLLI, XLATE_T0, XLATE_T0, (int32_t)(8 * at));
        xlate_r(x, RV64_OP_OR, rd, rd, XLATE_T0);
    }
}

/* HASH = mix(HASH), lower halves */
static void mix(struct xlate *x)
{
    static const struct {
        int shift;
        uint32_t factor;
    } step[] = {{16, OFFLOAD_HASH_MIX1}, {15, OFFLOAD_HASH_MIX2}, {16, 0}};

    for (unsigned k = 0; k < 3; k++) {
        xlate_i(x, RV64_OP_SRLIW, XLATE_T0, HASH, step[k].shift);
        xlate_r(x, RV64_OP_XOR, HASH, HASH, XLATE_T0);
        if (!step[k].factor)
            continue;
        unsigned factor = xlate_const(x, (int32_t)step[k].factor, XLATE_T0);
        xlate_r(x, RV64_OP_MULW, HASH, HASH, factor);
    }
}

/* HASH = fold(HASH, word); `word` may be x0. */
static void fold(struct xlate *x, unsigned word, unsigned factor)
{
    if (word != RV64_ZERO)
        xlate_r(x, RV64_OP_XOR, HASH, HASH, word);
    xlate_r(x, RV64_OP_MUL, HASH, HASH, factor);
    xlate_i(x, RV64_OP_SRLI, XLATE_T0, HASH, 32);
    xlate_r(x, RV64_OP_XOR, HASH, HASH, XLATE_T0);
}

/* WORD0, WORD1 = the key, HASH = its hash */
static void hash_key(struct xlate *x, uint32_t map)
{
    const struct offload_map *m = &x->prog->maps[map];
    uint32_t size = m->key_size;
    bool word = size <= WORD_KEY;

    key_part(x, WORD0, 0, size > 8 ? 8 : size);
    if (size > 8)
        key_part(x, WORD1, 8, size - 8);
    if (m->flags & MAP_F_ZERO_SEED)
        xlate_li(x, HASH, 0);
    else
        xlate_addr_of(x, HASH, OFFLOAD_RELOC_SEED, map, word);
    if (word) {
        xlate_r(x, RV64_OP_XOR, HASH, HASH, WORD0);
    } else {
        unsigned factor = xlate_const(x, (int64_t)OFFLOAD_HASH_MIX64, XLATE_T1);
        fold(x, WORD0, factor);
        if (wide(m)) {
            fold(x, WORD1, factor);
            fold(x, RV64_ZERO, factor);
            return;
        }
        if (size > 8)
            xlate_r(x, RV64_OP_XOR, HASH, HASH, WORD1);
    }
    mix(x);
    if (!word)
        xlate_sext_w(x, HASH, HASH);
}

static void find_bucket(struct xlate *x, uint32_t map)
{
    int32_t bits = bucket_bits(&x->prog->maps[map]);

    if (bits <= 11) {
        xlate_i(x, RV64_OP_ANDI, NUMBER, HASH, (int32_t)(1u << bits) - 1);
    } else {
        xlate_i(x, RV64_OP_SLLI, NUMBER, HASH, 64 - bits);
        xlate_i(x, RV64_OP_SRLI, NUMBER, NUMBER, 64 - bits);
    }
    xlate_addr_of(x, BUCKET, OFFLOAD_RELOC_VALUE, map, 0);
    xlate_r(x, RV64_OP_SH3ADD, BUCKET, NUMBER, BUCKET);
}

/* To `end` when LINK links to no element. */
static void test_end(struct xlate *x, const struct offload_map *m, uint32_t end)
{
    if (wide(m)) {
        xlate_i(x, RV64_OP_SLLI, XLATE_T0, LINK, 64 - bucket_bits(m));
        xlate_i(x, RV64_OP_SRLI, XLATE_T0, XLATE_T0, 65 - bucket_bits(m));
    } else {
        xlate_i(x, RV64_OP_ANDI, XLATE_T0, LINK, OFFLOAD_LINK_END);
    }
    xlate_site(x, wide(m) ? RV64_OP_BEQ : RV64_OP_BNE, 0, XLATE_T0, RV64_ZERO, end);
}

/* To `other` when LINK has another hash. */
static void test_hash(struct xlate *x, const struct offload_map *m, uint32_t other)
{
    if (wide(m)) {
        xlate_r(x, RV64_OP_XOR, XLATE_T0, LINK, HASH);
        xlate_i(x, RV64_OP_SRLI, XLATE_T0, XLATE_T0, bucket_bits(m));
        xlate_site(x, RV64_OP_BNE, 0, XLATE_T0, RV64_ZERO, other);
    } else {
        xlate_i(x, RV64_OP_SRAI, XLATE_T0, LINK, 32);
        xlate_site(x, RV64_OP_BNE, 0, XLATE_T0, HASH, other);
    }
}

/* KEY = the element that LINK links to */
static void element(struct xlate *x, uint32_t map)
{
    const struct offload_map *m = &x->prog->maps[map];

    if (wide(m)) {
        xlate_i(x, RV64_OP_SLLI, XLATE_T0, LINK, 64 - bucket_bits(m));
        xlate_i(x, RV64_OP_SRLI, XLATE_T0, XLATE_T0, 65 - bucket_bits(m));
        xlate_li(x, KEY, value_at(m) + (int64_t)((m->value_size + 7) & ~7u));
        xlate_r(x, RV64_OP_MUL, XLATE_T0, XLATE_T0, KEY);
        xlate_addr_of(x, KEY, OFFLOAD_RELOC_VALUE, map, 8u << bucket_bits(m));
        xlate_r(x, RV64_OP_ADD, KEY, KEY, XLATE_T0);
        xlate_hint(x, XLATE_VALUE);
        return;
    }
    xlate_i(x, RV64_OP_ANDI, KEY, LINK, -(int32_t)(OFFLOAD_LINK_FLAGS + 1));
    xlate_zext_w(x, KEY, KEY);
    xlate_hint(x, XLATE_VALUE);
}

/* To `other` when the element has another key; `size`: as much of it as the hash does not say. */
static void compare_key(struct xlate *x, uint32_t size, uint32_t other)
{
    xlate_i(x, RV64_OP_LD, XLATE_T0, KEY, OFFLOAD_ELEM_KEY);
    xlate_site(x, RV64_OP_BNE, 0, XLATE_T0, WORD0, other);
    xlate_hint(x, XLATE_SELDOM_TAKEN);
    if (size <= 8)
        return;
    xlate_i(x, RV64_OP_LD, XLATE_T0, KEY, OFFLOAD_ELEM_KEY + 8);
    xlate_site(x, RV64_OP_BNE, 0, XLATE_T0, WORD1, other);
    xlate_hint(x, XLATE_SELDOM_TAKEN);
}

/* The rest of a chain whose first link, in LINK, is of another key. */
static void walk(struct xlate *x, uint32_t map, uint32_t found, uint32_t null)
{
    const struct offload_map *m = &x->prog->maps[map];
    uint32_t next = xlate_label(x), test = xlate_label(x), end = xlate_label(x);

    xlate_here(x, next);
    element(x, map);
    xlate_i(x, RV64_OP_LD, LINK, KEY, 0);
    xlate_here(x, test);
    test_end(x, m, end);
    test_hash(x, m, next);
    element(x, map);
    compare_key(x, m->key_size, next);
    xlate_site(x, RV64_OP_JAL, RV64_ZERO, 0, 0, found);
    xlate_here(x, end);
    xlate_i(x, wide(m) ? RV64_OP_SRLI : RV64_OP_SRAI, XLATE_T0, LINK,
            wide(m) ? bucket_bits(m) : 32);
    xlate_site(x, RV64_OP_BEQ, 0, XLATE_T0, NUMBER, null);
    xlate_hint(x, XLATE_SELDOM_FALLS);
    xlate_i(x, RV64_OP_LD, LINK, BUCKET, 0);
    xlate_site(x, RV64_OP_JAL, RV64_ZERO, 0, 0, test);
}

/* r0 = the value of the element in KEY */
static void value_of(struct xlate *x, const struct offload_map *m)
{
    unsigned r0 = xlate_reg(x, 0);
    uint32_t copy = (m->value_size + 7) & ~7u;

    if (lru(m)) { /* nobody waits for an AMO whose result goes nowhere */
        xlate_i(x, RV64_OP_ADDI, XLATE_T0, KEY, OFFLOAD_ELEM_STATE);
        xlate_li(x, XLATE_T1, OFFLOAD_ELEM_USED);
        xlate_amo(x, RV64_OP_AMOOR_W, RV64_ZERO, XLATE_T0, XLATE_T1, 0);
    }
    xlate_i(x, RV64_OP_ADDI, r0, KEY, value_at(m));
    if (!per_cpu(m))
        return;
    xlate_li(x, XLATE_T0, copy);
    xlate_r(x, RV64_OP_MUL, XLATE_T0, RV64_TP, XLATE_T0);
    xlate_r(x, RV64_OP_ADD, r0, r0, XLATE_T0);
}

void xlate_hash_lookup(struct xlate *x, uint32_t map, uint32_t null)
{
    const struct offload_map *m = &x->prog->maps[map];
    uint32_t found = xlate_label(x), other = xlate_label(x), done = xlate_label(x);
    uint32_t none = null ? null : done;

    hash_key(x, map);
    find_bucket(x, map);
    xlate_i(x, RV64_OP_LD, LINK, BUCKET, 0);
    xlate_li(x, xlate_reg(x, 0), 0);
    test_end(x, m, none);
    if (m->key_size <= WORD_KEY) {
        xlate_i(x, RV64_OP_SRAI, XLATE_T0, LINK, 32);
        element(x, map);
        xlate_site(x, RV64_OP_BEQ, 0, XLATE_T0, HASH, found);
        xlate_hint(x, XLATE_SELDOM_FALLS);
    } else {
        test_hash(x, m, other);
        xlate_hint(x, XLATE_SELDOM_TAKEN);
        element(x, map);
        compare_key(x, 8, other);
        xlate_site(x, RV64_OP_JAL, RV64_ZERO, 0, 0, found);
    }
    xlate_here(x, other);
    walk(x, map, found, none);
    xlate_here(x, found);
    value_of(x, m);
    xlate_here(x, done);
}
