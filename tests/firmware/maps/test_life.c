/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maps of every type come and go, filled and not, many living at a time: no byte of DRAM and no
 * descriptor is lost. Argument: how many maps.
 */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "dice.h"
#include "fake.h"

#define DRAM   0x1000000u
#define LIVING 50u

static unsigned long maps = 10000;
static uint32_t rng = 2463534242u;

static uint32_t dice(uint32_t n)
{
    return dice32(&rng) % n;
}

static struct fw_map_spec random_spec(void)
{
    const struct fw_map_type_ops *ops = NULL;
    uint32_t types = 0;
    while (fw_map_type(types))
        types++;
    do /* the types that need nothing else to exist */
        ops = fw_map_type(dice(types));
    while (!ops->lookup && !ops->push);
    struct fw_map_spec s = {
        .type = ops->type,
        .key_size = ops->spec & FW_SPEC_NO_KEY     ? 0
                    : ops->type == FW_MAP_LPM_TRIE ? 8
                                                   : 4,
        .value_size = 1 + dice(40),
        .max_entries = 1 + dice(100),
        .flags = ops->type == FW_MAP_LPM_TRIE || dice(2) ? ops->flags & FW_F_NO_PREALLOC : 0,
    };
    if (s.key_size == 4 && ops->key_max > 16 && dice(2))
        s.key_size = 5 + dice(12);
    return s;
}

/* Some operations on it, whatever they answer. */
static void use(struct fw_map *m)
{
    uint8_t value[4096] = {0};
    for (uint32_t n = dice(30); n > 0; n--) {
        uint32_t key[4] = {dice(33)};
        key[1] = m->spec.key_size == 8 ? rng : 0;
        if (m->ops->push)
            (void)fw_map_push(m, value, FW_ANY);
        else if (dice(4))
            (void)fw_map_update(m, key, value, FW_ANY);
        else
            (void)fw_map_delete(m, key);
    }
}

static void test_life(void)
{
    struct fw_map *living[LIVING] = {NULL};
    fake_start(DRAM);
    for (unsigned long n = 0; n < maps; n++) {
        struct fw_map **at = &living[dice(LIVING)];
        struct fw_map_spec spec = random_spec();
        uint32_t handle = 0;
        if (*at)
            fw_map_destroy(&fake.ctl.maps, *at);
        *at = NULL;
        if (fw_map_create(&fake.ctl.maps, &spec, &handle) == 0) {
            *at = fw_maps_find(&fake.ctl.maps, handle);
            use(*at);
        }
    }
    CU_ASSERT(fake.ctl.maps.fresh <= LIVING);
    for (unsigned i = 0; i < LIVING; i++)
        if (living[i])
            fw_map_destroy(&fake.ctl.maps, living[i]);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), DRAM);
    CU_ASSERT_EQUAL(fake.ctl.maps.dram.rows, 1);
    fake_stop();
}

/* DRAM runs out under a trie and in a batch: ENOMEM, and what was there stays. */
static void test_no_dram(void)
{
    struct {
        uint32_t bits;
        uint8_t ip[4];
    } key = {32, {10, 0, 0, 0}};
    uint64_t value = 0;
    uint32_t n = 0;
    int err = 0;
    fake_start(0x40000);
    struct fw_map *m = fake_map(FW_MAP_LPM_TRIE, 8, 8, 1000000, FW_F_NO_PREALLOC);
    for (; !err && n < 100000; n += !err) {
        value = n;
        memcpy(key.ip, &n, 4);
        err = fw_map_update(m, &key, &value, FW_NOEXIST);
    }
    CU_ASSERT_EQUAL(err, FW_ENOMEM);
    CU_ASSERT_EQUAL(m->count, n);
    for (uint32_t i = 0; i < n; i++) {
        memcpy(key.ip, &i, 4);
        const uint64_t *v = fw_map_lookup(m, &key);
        CU_ASSERT_FATAL(v && *v == i);
    }
    fw_map_destroy(&fake.ctl.maps, m);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), 0x40000);
    fake_stop();
}

/* The same of a hash whose elements come when they are needed; what leaves makes room. */
static void test_no_dram_hash(void)
{
    uint64_t key = 0, value[6] = {0};
    uint32_t n = 0;
    int err = 0;
    fake_start(0x40000);
    struct fw_map *m = fake_map(FW_MAP_HASH, 8, sizeof(value), 10000, FW_F_NO_PREALLOC);
    CU_ASSERT(fw_extents_free_bytes(&fake.ctl.maps.dram) > 0x1ff00); /* but for the buckets */
    for (; !err && n < 100000; n += !err) {
        key = value[0] = n;
        err = fw_map_update(m, &key, value, FW_NOEXIST);
    }
    CU_ASSERT_EQUAL(err, FW_ENOMEM);
    CU_ASSERT(n > 1000);
    CU_ASSERT_EQUAL(m->count, n);
    for (key = 0; key < n; key++) {
        const uint64_t *v = fw_map_lookup(m, &key);
        CU_ASSERT_FATAL(v && *v == key);
    }
    key = 5; /* another value wants another element, as the kernel has it */
    CU_ASSERT_EQUAL(fw_map_update(m, &key, value, FW_EXIST), FW_ENOMEM);
    CU_ASSERT_EQUAL(*(const uint64_t *)fw_map_lookup(m, &key), 5);
    CU_ASSERT_EQUAL(fw_map_delete(m, &key), 0);
    CU_ASSERT_EQUAL(fw_map_update(m, &key, value, FW_NOEXIST), 0);
    CU_ASSERT_EQUAL(m->count, n);
    fw_map_destroy(&fake.ctl.maps, m);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), 0x40000);
    fake_stop();
}

/* Random prefixes of every length, against the definition: the longest that contains the key. */
static void test_lpm_model(void)
{
    enum { PREFIXES = 60, BYTES = 5 };
    struct {
        uint32_t bits;
        uint8_t data[BYTES];
    } p[PREFIXES], key;
    uint8_t there[PREFIXES] = {0};
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_LPM_TRIE, 4 + BYTES, 4, PREFIXES, FW_F_NO_PREALLOC);
    for (uint32_t i = 0; i < PREFIXES; i++) {
        memset(&p[i], 0, sizeof(p[i]));
        p[i].bits = i; /* one of each length: no two are the same */
        p[i].bits = i % (8 * BYTES + 1);
        for (uint32_t b = 0; b < BYTES; b++)
            p[i].data[b] = (uint8_t)(dice(3) ? 0 : 1u << dice(8));
        for (uint32_t b = 0; b < BYTES * 8; b++)
            if (b >= p[i].bits)
                p[i].data[b / 8] &= (uint8_t)~(0x80u >> b % 8);
    }
    for (uint32_t round = 0; round < 20000; round++) {
        uint32_t i = dice(PREFIXES), best = PREFIXES;
        for (uint32_t k = 0; k < PREFIXES; k++) /* of two the same the first counts */
            if (p[k].bits == p[i].bits && memcmp(p[k].data, p[i].data, BYTES) == 0 && k < i)
                i = k;
        int err = there[i] ? fw_map_delete(m, &p[i]) : fw_map_update(m, &p[i], &i, FW_NOEXIST);
        CU_ASSERT_EQUAL(err, 0);
        there[i] ^= 1;
        key = p[dice(PREFIXES)];
        key.data[dice(BYTES)] ^= (uint8_t)(1u << dice(8));
        key.bits = dice(4) ? 8 * BYTES : dice(8 * BYTES + 1);
        for (uint32_t k = 0; k < PREFIXES; k++) {
            uint32_t same = 0;
            while (same < p[k].bits &&
                   ((p[k].data[same / 8] ^ key.data[same / 8]) & (0x80u >> same % 8)) == 0)
                same++;
            if (there[k] && same == p[k].bits && p[k].bits <= key.bits &&
                (best == PREFIXES || p[k].bits > p[best].bits))
                best = k;
        }
        const uint32_t *v = fw_map_lookup(m, &key);
        CU_ASSERT_EQUAL_FATAL(v != NULL, best != PREFIXES);
        CU_ASSERT_FATAL(!v || *v == best);
    }
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"maps come and go", test_life},
    {"no DRAM", test_no_dram},
    {"no DRAM for a hash", test_no_dram_hash},
    {"LPM against a model", test_lpm_model},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc > 1)
        maps = strtoul(argv[1], NULL, 0);
    return cunit_run("life of maps", cases);
}
