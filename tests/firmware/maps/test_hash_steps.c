/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Races of the hash map, one step at a time: whenever an operation follows an
 * address, another hart does a whole operation in between (fake.meanwhile). It
 * deletes, inserts and replaces in the very chains that are being read, and
 * takes and releases elements while one is being taken.
 */
#include <string.h>

#include "cunit_main.h"
#include "dice.h"
#include "fake.h"
#include "maps/hash_inline.h"

#define DRAM    0x100000u
#define KEYS    24u /* of each kind */
#define ENTRIES (3 * KEYS)
#define BUCKETS 4u /* used of the map's 128: long chains */
#define ROUNDS  20000u

/* Keys by what may happen to them, from the same few buckets; the third kind from others. */
enum kind { STILL, RESTLESS, ELSEWHERE, KINDS };
static struct fw_map *m;
static uint32_t key[KINDS][KEYS];
static uint8_t there[KINDS][KEYS];
static uint64_t rng;

static uint32_t next_random(void)
{
    return (uint32_t)(dice64(&rng) >> 20);
}

static uint32_t bucket_of(uint32_t k)
{
    return bucket_number(m->hot, hash_word(k, hash_seed(m->hot)));
}

static uint64_t value_of(uint32_t k)
{
    return k * 0x100000001u;
}

/* Replaces, inserts or deletes one key, and checks what the map says to that. */
static void change(enum kind kind)
{
    uint32_t i = next_random() % KEYS;
    uint64_t value = value_of(key[kind][i]);
    if (next_random() % 2) {
        CU_ASSERT_EQUAL(fw_map_update(m, &key[kind][i], &value, FW_ANY), 0);
        there[kind][i] = 1;
    } else {
        int want = there[kind][i] ? 0 : FW_ENOENT;
        CU_ASSERT_EQUAL(fw_map_delete(m, &key[kind][i]), want);
        there[kind][i] = 0;
    }
}

static void change_restless(void)
{
    for (uint32_t n = next_random() % 3; n > 0; n--)
        change(RESTLESS);
}

static void change_elsewhere(void)
{
    for (uint32_t n = next_random() % 4; n > 0; n--)
        change(ELSEWHERE);
}

static uint32_t flags; /* of the map */

static void start(void)
{
    uint32_t have[KINDS] = {0};
    fake_start(DRAM);
    m = fake_map(FW_MAP_HASH, 4, 8, ENTRIES, flags);
    memset(there, 0, sizeof(there));
    rng = 88172645463325252u;
    for (uint32_t k = 0; have[STILL] < KEYS || have[RESTLESS] < KEYS || have[ELSEWHERE] < KEYS;
         k++) {
        uint32_t b = bucket_of(k);
        enum kind kind = b >= 2 * BUCKETS ? KINDS : b >= BUCKETS ? ELSEWHERE : (enum kind)(k % 2);
        if (kind < KINDS && have[kind] < KEYS)
            key[kind][have[kind]++] = k;
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        uint64_t value = value_of(key[STILL][i]);
        CU_ASSERT_EQUAL(fw_map_update(m, &key[STILL][i], &value, FW_ANY), 0);
        there[STILL][i] = 1;
        change_restless(); /* in between, so that chains are mixed */
    }
}

/* Everything is there that should be, whole, and nothing else. */
static void check_all(void)
{
    uint32_t n = 0;
    fake.meanwhile = NULL;
    for (int kind = 0; kind < KINDS; kind++)
        for (uint32_t i = 0; i < KEYS; i++) {
            const uint64_t *v = fw_map_lookup(m, &key[kind][i]);
            CU_ASSERT_EQUAL(v != NULL, there[kind][i]);
            CU_ASSERT_TRUE(!v || *v == value_of(key[kind][i]));
            n += there[kind][i];
        }
    CU_ASSERT_EQUAL(m->count, n);
}

/* A key that stays is found, whatever happens to its neighbours while the chain is walked. */
static void test_readers(void)
{
    start();
    for (uint32_t r = 0; r < ROUNDS; r++) {
        uint32_t k = key[STILL][next_random() % KEYS];
        fake.meanwhile = change_restless;
        const uint64_t *v = fw_map_lookup(m, &k);
        fake.meanwhile = NULL;
        CU_ASSERT_TRUE(v && *v == value_of(k));
    }
    check_all();
    fake_stop();
}

/* Writers of other buckets take and release elements while this one does. */
static void test_writers(void)
{
    start();
    for (uint32_t r = 0; r < ROUNDS; r++) {
        fake.meanwhile = change_elsewhere;
        change(RESTLESS);
    }
    check_all();
    fake_stop();
}

/* A walk gives each key that stays once, in spite of changes between its steps. */
static void test_walk(void)
{
    start();
    for (uint32_t r = 0; r < ROUNDS / 200; r++) {
        uint32_t seen = 0, k, next;
        for (int err = fw_map_next(m, NULL, &k); !err; k = next) {
            for (uint32_t i = 0; i < KEYS; i++)
                seen += key[STILL][i] == k;
            uint64_t value = value_of(k);
            CU_ASSERT_EQUAL(fw_map_update(m, &k, &value, FW_EXIST), 0);
            change(ELSEWHERE);
            if (fw_map_lookup(m, &k) == NULL)
                CU_ASSERT_EQUAL(fw_map_update(m, &k, &value, FW_ANY), 0);
            for (uint32_t i = 0; i < KEYS; i++)
                there[ELSEWHERE][i] |= key[ELSEWHERE][i] == k;
            err = fw_map_next(m, &k, &next);
        }
        CU_ASSERT_EQUAL(seen, KEYS);
    }
    check_all();
    fake_stop();
}

/* Again, with elements that come when they are needed. Writers hold a lock meanwhile. */
static void test_on_demand(void)
{
    flags = FW_F_NO_PREALLOC;
    test_readers();
    test_walk();
    flags = 0;
}

static const struct cunit_case cases[] = {
    {"readers", test_readers},
    {"writers", test_writers},
    {"a walk", test_walk},
    {"elements on demand", test_on_demand},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("firmware hash map, step by step", cases);
}
