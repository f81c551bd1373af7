/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "hash" against the firmware's own maps: the code of a lookup runs on the engine over
 * the memory in which firmware/maps works on the host. First every type and key size, then
 * the races, one step at a time: in front of each access of the program another hart does whole
 * operations in the chains that are being read.
 */
#include "cunit_main.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asm.h"
#include "dice.h"
#include "fake.h"
#include "hash_machine.h"
#include "maps/hash_impl.h"

#define DRAM  0x200000u
#define SLOTS 32u

enum { HELPER = 1, IN_PLACE = 32, MANY_LOOKUPS = 40 };

/* ---- the program ---- */

/* With the null check that the lookup does itself, in both directions, and one that it cannot. */
static const char *const program[] = {
    "r2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +4)\nr4 = r2\nr4 += 20\nr0 = 0\nif r4 > r3 goto Out\n"
    "r1 = map[0]\ncall #1\nif r0 == 0 goto Out\nr0 = *(u32 *)(r0 +0)\nOut:\nexit",
    "r2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +4)\nr4 = r2\nr4 += 20\nr0 = 0\nif r4 > r3 goto Out\n"
    "r1 = map[0]\ncall #1\nif r0 != 0 goto Hit\nr0 = 0\nexit\nHit:\nr0 = *(u32 *)(r0 "
    "+0)\nOut:\nexit",
    "r2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +4)\nr4 = r2\nr4 += 20\nr0 = 0\nif r4 > r3 goto Out\n"
    "r1 = map[0]\ncall #1\nr6 = r0\nr0 = 0\nif r6 == 0 goto Out\nr0 = *(u32 *)(r6 +0)\nOut:\nexit",
};
#define PROGRAMS (sizeof(program) / sizeof(program[0]))

static struct offload_image *translate(const struct fw_map *m, unsigned which, uint32_t off)
{
    struct offload_map map = {.type = m->spec.type,
                              .key_size = m->spec.key_size,
                              .value_size = m->spec.value_size,
                              .max_entries = m->spec.max_entries,
                              .flags = m->spec.flags,
                              .name = "m"};
    struct offload_verify_opts verify = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull}};
    struct offload_xlate_opts opts = {.off = off};
    struct offload_refusal why = {.insn = 0};
    struct offload_facts *facts = NULL;
    struct offload_image *img = NULL;
    struct ebpf_insn insns[SLOTS];
    struct asm_error err = {0};
    long count = bpf_asm(program[which], insns, SLOTS, &err);
    struct offload_prog p = {
        .insns = insns, .insn_count = (uint32_t)count, .maps = &map, .map_count = 1};

    CU_ASSERT_FATAL(count > 0);
    if (offload_verify(&p, &verify, NULL, &facts, &why) ||
        offload_translate(&p, facts, &opts, UINT32_MAX, &img, &why))
        fprintf(stderr, "%s\n", why.reason);
    CU_ASSERT_PTR_NOT_NULL_FATAL(img);
    offload_facts_free(facts);
    return img;
}

static uint32_t relocs(const struct offload_image *img, enum offload_reloc_kind kind,
                       uint32_t index)
{
    uint32_t found = 0;

    for (uint32_t k = 0; k < img->reloc_count; k++)
        found += img->relocs[k].kind == kind && img->relocs[k].index == index;
    return found;
}

static bool calls_helper(const struct offload_image *img)
{
    return relocs(img, OFFLOAD_RELOC_GATE, HELPER) > 0;
}

static void machine_start(const struct fw_map *m, unsigned which, uint32_t off)
{
    struct offload_image *img = translate(m, which, off);

    CU_ASSERT_FALSE(calls_helper(img));
    machine_program(img, m);
    offload_image_free(img);
}

/* ---- every type and size ---- */

static const uint32_t types[] = {FW_MAP_HASH, FW_MAP_PERCPU_HASH, FW_MAP_LRU_HASH,
                                 FW_MAP_LRU_PERCPU_HASH};

/* Key number n: distinct as far as the size allows, no two words alike. */
static void make_key(uint8_t key[KEY_MAX], uint32_t n)
{
    uint64_t words[2] = {n * 0x9e3779b97f4a7c15u, ~(uint64_t)n * 0xbf58476d1ce4e5b9u};

    memcpy(key, words, sizeof(words));
    key[0] = (uint8_t)n;
    key[1] = (uint8_t)(n >> 8);
}

static bool is_used(struct fw_map *m, void *value)
{
    return elem_of_value(m, value)->state & ELEM_USED;
}

/* The program's answer for a key is the firmware's; it marks what it finds in an LRU map. */
static void compare(struct fw_map *m, const uint8_t *key)
{
    uint8_t *value = fw_map_lookup(m, key);
    uint32_t want = value ? fw_get32(value) : 0;

    if (value) /* of CPU 0's copy */
        elem_of_value(m, value - (size_t)m->copy * MACHINE_CPU)->state &= ~ELEM_USED;
    CU_ASSERT_EQUAL(look_up(key, m->spec.key_size), want);
    if (value && fw_hash_is_lru(m))
        CU_ASSERT(is_used(m, value - (size_t)m->copy * MACHINE_CPU));
}

/* Full, then half of it deleted, then full of others: long chains, elements used twice. */
static void fill(struct fw_map *m, uint32_t entries)
{
    uint8_t key[KEY_MAX];
    uint64_t value[2];

    for (uint32_t n = 0; n < entries; n++) {
        make_key(key, n);
        value[0] = value[1] = n + 1;
        fake_cpu = MACHINE_CPU;
        CU_ASSERT_EQUAL(fw_map_update(m, key, value, FW_ANY), 0);
        if (n % 3 == 0 && n > 5)
            CU_ASSERT_EQUAL(fw_map_delete(m, key), 0);
    }
}

static void one_map(uint32_t type, uint32_t key_size, uint32_t entries, unsigned which,
                    uint32_t off)
{
    uint32_t flags = key_size % 5 == 0 ? FW_F_ZERO_SEED : 0;
    uint8_t key[KEY_MAX];

    fake_start(DRAM);
    struct fw_map *m = fake_map(type, key_size, 12, entries, flags);
    machine_start(m, which, off);
    fill(m, key_size == 1 && entries > 200 ? 200 : entries);
    for (uint32_t n = 0; n < entries + entries / 2 + 5 && n < 300; n++) {
        make_key(key, n);
        compare(m, key);
    }
    machine_stop();
    fake_cpu = 0;
    fake_stop();
}

/* With wide links the elements of per-CPU maps have a size that programs do not know. */
static bool is_known(uint32_t type, uint32_t key_size)
{
    bool per_cpu = type == FW_MAP_PERCPU_HASH || type == FW_MAP_LRU_PERCPU_HASH;

    return key_size <= KEY_MAX && !(per_cpu && fw_hash_is_wide(key_size));
}

static void test_every_map(void)
{
    static const uint32_t entries[] = {1, 90, 5000};

    for (uint32_t t = 0; t < 4; t++)
        for (uint32_t size = 1; size <= KEY_MAX; size++)
            for (uint32_t e = 0; e < 3 && is_known(types[t], size); e++)
                one_map(types[t], size, entries[e], (t + size + e) % PROGRAMS, 0);
}

/* The lookup is the same with each of the other passes left out, and alone. */
static void test_with_passes(void)
{
    for (unsigned p = 0; p < OFFLOAD_PASSES; p++)
        if (p != OFFLOAD_PASS_HASH)
            one_map(FW_MAP_HASH, 4 + p % 3 * 4, 90, p % PROGRAMS, 1u << p);
    for (unsigned w = 0; w < PROGRAMS; w++)
        one_map(FW_MAP_LRU_HASH, 13, 90, w, ~(1u << OFFLOAD_PASS_HASH));
}

/* Longer keys, and everything without the pass, call the helper. */
static void test_calls(void)
{
    struct offload_image *img;

    fake_start(DRAM);
    for (uint32_t n = 0; n < 4 * 6; n++) {
        uint32_t size = KEY_MAX + 1 - n / 4;
        const struct fw_map *m = fake_map(types[n % 4], size, 8, 4, 0);
        img = translate(m, 0, 0);
        CU_ASSERT_EQUAL(calls_helper(img), !is_known(types[n % 4], size));
        offload_image_free(img);
        img = translate(m, 0, 1u << OFFLOAD_PASS_HASH);
        CU_ASSERT(calls_helper(img));
        offload_image_free(img);
    }
    fake_stop();
}

/* A program that looks up more often than that calls the helper for the rest. */
static void test_bound(void)
{
    static const char once[] = "r2 = r10\nr2 += -8\nr1 = map[0]\ncall #1\n";
    const struct offload_map map = {
        .type = FW_MAP_HASH, .key_size = 4, .value_size = 8, .max_entries = 4, .name = "m"};
    struct offload_verify_opts verify = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull}};
    struct ebpf_insn insns[MANY_LOOKUPS * 6];
    char text[MANY_LOOKUPS * sizeof(once) + 64] = "r0 = 0\n*(u64 *)(r10 -8) = r0\n";
    struct offload_facts *facts = NULL;
    struct offload_image *img = NULL;
    struct offload_refusal why;
    struct asm_error err = {0};

    for (unsigned n = 0; n < MANY_LOOKUPS; n++)
        strcat(text, once);
    strcat(text, "r0 = 1\nexit");
    struct offload_prog p = {.insns = insns, .maps = &map, .map_count = 1};
    p.insn_count = (uint32_t)bpf_asm(text, insns, MANY_LOOKUPS * 6, &err);
    CU_ASSERT_EQUAL_FATAL(offload_verify(&p, &verify, NULL, &facts, &why), 0);
    CU_ASSERT_EQUAL_FATAL(offload_translate(&p, facts, NULL, UINT32_MAX, &img, &why), 0);
    CU_ASSERT_EQUAL(relocs(img, OFFLOAD_RELOC_SEED, 0), IN_PLACE);
    CU_ASSERT_EQUAL(relocs(img, OFFLOAD_RELOC_GATE, HELPER), MANY_LOOKUPS - IN_PLACE);
    offload_image_free(img);
    offload_facts_free(facts);
}

/* An image that wants a seed is not linked without one. */
static void test_link(void)
{
    uint32_t map = FAKE_HANDLES, value = NIC_DRAM_BASE, seed = 5, code[256];
    struct offload_link link = {.base = NIC_ISTORE_BASE,
                                .gate_base = NIC_ISTORE_BASE,
                                .map_addr = &map,
                                .value_addr = &value,
                                .map_count = 1};

    fake_start(DRAM);
    struct offload_image *img = translate(fake_map(FW_MAP_HASH, 4, 8, 4, 0), 0, 0);
    CU_ASSERT_EQUAL(offload_image_link(img, &link, code), -EINVAL);
    link.seed = &seed;
    CU_ASSERT_EQUAL(offload_image_link(img, &link, code), 0);
    value = 0;
    CU_ASSERT_EQUAL(offload_image_link(img, &link, code), -EINVAL);
    offload_image_free(img);
    fake_stop();
}

/* ---- keys of one hash ---- */

#define MANY 300000u

struct hashed {
    uint32_t hash, n;
};

static int by_hash(const void *a, const void *b)
{
    const struct hashed *x = a, *y = b;

    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : (x->n > y->n) - (x->n < y->n);
}

/* Two key numbers whose keys have the same hash. */
static void find_pair(const struct fw_map *map, uint32_t pair[2])
{
    struct hashed *all = malloc(MANY * sizeof(*all));
    uint8_t key[KEY_MAX];
    uint32_t k = 1;

    for (uint32_t n = 0; n < MANY; n++) {
        make_key(key, n);
        all[n] = (struct hashed){probe_make(map, map->hot, key).hash, n};
    }
    qsort(all, MANY, sizeof(*all), by_hash);
    while (k < MANY && all[k].hash != all[k - 1].hash)
        k++;
    CU_ASSERT_FATAL(k < MANY);
    pair[0] = all[k - 1].n;
    pair[1] = all[k].n;
    free(all);
}

/* Another key in front of the chain that `key` is in. */
static void insert_before(struct fw_map *map, const uint8_t *key)
{
    uint32_t number = probe_make(map, map->hot, key).number, n = MANY;
    uint8_t other[KEY_MAX];
    uint64_t value = 3;

    do
        make_key(other, n++);
    while (probe_make(map, map->hot, other).number != number);
    CU_ASSERT_EQUAL(fw_map_update(map, other, &value, FW_ANY), 0);
}

/* The key decides, first in its chain or not, there or not. */
static void test_equal_hashes(void)
{
    static const uint32_t sizes[] = {6, 8, 10, 13, 16};
    uint8_t key[2][KEY_MAX];

    for (unsigned k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        uint32_t pair[2];
        fake_start(DRAM);
        struct fw_map *map = fake_map(FW_MAP_HASH, sizes[k], 8, 4, 0);
        machine_start(map, 0, 0);
        find_pair(map, pair);
        for (unsigned n = 0; n < 2; n++) {
            uint64_t value = n + 1;
            make_key(key[n], pair[n]);
            CU_ASSERT_EQUAL(fw_map_update(map, key[n], &value, FW_ANY), 0);
            compare(map, key[0]);
            compare(map, key[1]);
        }
        insert_before(map, key[0]);
        compare(map, key[0]);
        compare(map, key[1]);
        CU_ASSERT_EQUAL(fw_map_delete(map, key[0]), 0);
        compare(map, key[0]);
        compare(map, key[1]);
        machine_stop();
        fake_stop();
    }
}

/* ---- races ---- */

#define KEYS    20u /* of each kind */
#define BUCKETS 4u  /* used of the map's 64: long chains */
#define ROUNDS  4000u

/* Keys by what may happen to them, from the same few buckets; the third kind from others. */
enum kind { STILL, RESTLESS, ELSEWHERE, KINDS };
static struct fw_map *m;
static uint8_t keys[KINDS][KEYS][KEY_MAX];
static bool there[KINDS][KEYS];
static uint64_t rng;

static uint32_t next_random(uint32_t n)
{
    return (uint32_t)(dice64(&rng) >> 20) % n;
}

static uint32_t number_of(enum kind kind, uint32_t k)
{
    return (uint32_t)kind * 1000 + k + 1;
}

static void insert(enum kind kind, uint32_t k)
{
    uint64_t value[2] = {number_of(kind, k), 0};

    CU_ASSERT_EQUAL(fw_map_update(m, keys[kind][k], value, FW_ANY), 0);
    there[kind][k] = true;
}

/* What other harts do: a few changes in the chains of the reader, and elsewhere. */
static void disturb(void)
{
    for (uint32_t n = next_random(4); n > 0; n--) {
        enum kind kind = next_random(2) ? RESTLESS : ELSEWHERE;
        uint32_t k = next_random(KEYS);
        if (next_random(2))
            insert(kind, k);
        else if (there[kind][k])
            there[kind][k] = fw_map_delete(m, keys[kind][k]) != 0;
    }
}

static void choose_keys(void)
{
    uint32_t have[KINDS] = {0};

    for (uint32_t n = 0; have[STILL] < KEYS || have[RESTLESS] < KEYS || have[ELSEWHERE] < KEYS;
         n++) {
        uint8_t key[KEY_MAX];
        make_key(key, n);
        uint32_t b = probe_make(m, m->hot, key).number;
        enum kind kind = b >= 2 * BUCKETS ? KINDS : b >= BUCKETS ? ELSEWHERE : (enum kind)(n % 2);
        if (kind < KINDS && have[kind] < KEYS)
            memcpy(keys[kind][have[kind]++], key, KEY_MAX);
    }
}

/* A key that stays is found, with its value, whatever happens around it; one never there is not. */
static void race(uint32_t type, uint32_t key_size)
{
    uint8_t absent[KEY_MAX] = {0xff, 0xff, 0xff, 0xff};

    fake_start(DRAM);
    m = fake_map(type, key_size, 8, 3 * KEYS, 0);
    machine_start(m, 0, 0);
    memset(there, 0, sizeof(there));
    rng = 88172645463325252u;
    choose_keys();
    for (uint32_t k = 0; k < KEYS; k++) {
        insert(STILL, k);
        disturb();
    }
    for (uint32_t r = 0; r < ROUNDS; r++) {
        uint32_t k = next_random(KEYS);
        fake.meanwhile = disturb;
        uint32_t got = look_up(keys[STILL][k], key_size);
        uint32_t none = look_up(absent, key_size);
        fake.meanwhile = NULL;
        CU_ASSERT_EQUAL(got, number_of(STILL, k));
        CU_ASSERT_EQUAL(none, 0);
    }
    machine_stop();
    fake_stop();
}

static void test_races(void)
{
    static const uint32_t sizes[] = {2, 4, 7, 8, 9, 12, 13, 16};

    for (unsigned k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
        race(FW_MAP_HASH, sizes[k]);
}

static const struct cunit_case suite[] = {
    {"every type and key size", test_every_map},
    {"with other passes left out", test_with_passes},
    {"longer keys are looked up by the helper", test_calls},
    {"as many as there may be", test_bound},
    {"linked with a seed", test_link},
    {"keys of one hash", test_equal_hashes},
    {"changes between any two steps", test_races},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("xlate hash", suite);
}
