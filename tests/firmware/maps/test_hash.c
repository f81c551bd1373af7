/* SPDX-License-Identifier: BSD-3-Clause */
/* Hash maps: the kernel's rules (kernel/bpf/hashtab.c), against a model that is a plain table. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "fake.h"

#define DRAM     0x1000000u
#define UNIVERSE 96u
#define ENTRIES  50u
#define OPS      30000u

static void test_rules(void)
{
    uint64_t v = 1;
    uint32_t k[3] = {10, 20, 30};
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_HASH, 4, 8, 2, FW_F_NO_PREALLOC);
    CU_ASSERT_PTR_NULL(fw_map_lookup(m, &k[0]));
    CU_ASSERT_EQUAL(fw_map_update(m, &k[0], &v, FW_EXIST), FW_ENOENT);
    CU_ASSERT_EQUAL(fw_map_update(m, &k[0], &v, FW_NOEXIST), 0);
    CU_ASSERT_EQUAL(fw_map_update(m, &k[0], &v, FW_NOEXIST), FW_EEXIST);
    CU_ASSERT_EQUAL(fw_map_update(m, &k[1], &v, FW_ANY), 0);
    CU_ASSERT_EQUAL(fw_map_update(m, &k[2], &v, FW_ANY), FW_E2BIG);
    CU_ASSERT_EQUAL(fw_map_update(m, &k[2], &v, FW_EXIST), FW_ENOENT);
    v = 2;
    CU_ASSERT_EQUAL(fw_map_update(m, &k[1], &v, FW_EXIST), 0); /* replaces when full */
    CU_ASSERT_EQUAL(memcmp(fw_map_lookup(m, &k[1]), &v, 8), 0);
    CU_ASSERT_EQUAL(fw_map_delete(m, &k[0]), 0);
    CU_ASSERT_EQUAL(fw_map_delete(m, &k[0]), FW_ENOENT);
    CU_ASSERT_EQUAL(fw_map_update(m, &k[2], &v, FW_ANY), 0);
    CU_ASSERT_EQUAL(fw_map_update(m, &k[2], &v, 3), FW_EINVAL);
    CU_ASSERT_EQUAL(fw_map_update(m, &k[2], &v, FW_LOCK), FW_EINVAL);
    CU_ASSERT_EQUAL(fw_map_update(m, &k[2], &v, 8), FW_EINVAL);
    CU_ASSERT_EQUAL(fw_map_value_addr(m), 0);
    fake_stop();
}

/* A pointer a program holds keeps its value when the entry is replaced. */
static void test_replace_leaves_old_value(void)
{
    uint32_t k = 5;
    uint64_t a = 1, b = 2;
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_HASH, 4, 8, 4, 0);
    CU_ASSERT_EQUAL(fw_map_update(m, &k, &a, FW_ANY), 0);
    const uint64_t *old = fw_map_lookup(m, &k);
    CU_ASSERT_EQUAL(fw_map_update(m, &k, &b, FW_ANY), 0);
    CU_ASSERT_EQUAL(*old, 1);
    CU_ASSERT_EQUAL(*(uint64_t *)fw_map_lookup(m, &k), 2);
    fake_stop();
}

/* ---- the model ---- */

struct model {
    uint32_t key_size, value_size, count;
    uint8_t key[UNIVERSE][FW_KEY_MAX];
    uint8_t *value[UNIVERSE]; /* NULL: absent */
};

static void model_start(struct model *o, uint32_t key_size, uint32_t value_size)
{
    memset(o, 0, sizeof(*o));
    o->key_size = key_size;
    o->value_size = value_size;
    for (unsigned i = 0; i < UNIVERSE; i++) {
        for (uint32_t b = 0; b < key_size; b++)
            o->key[i][b] = (uint8_t)(rand() >> 8);
        o->key[i][0] = (uint8_t)i; /* distinct */
    }
}

static unsigned model_find(const struct model *o, const uint8_t *key)
{
    unsigned i = 0;
    while (i < UNIVERSE && memcmp(o->key[i], key, o->key_size) != 0)
        i++;
    return i;
}

static int model_update(struct model *o, unsigned i, const uint8_t *value, uint64_t flags)
{
    if (flags > FW_EXIST)
        return FW_EINVAL;
    if (o->value[i] && flags == FW_NOEXIST)
        return FW_EEXIST;
    if (!o->value[i] && flags == FW_EXIST)
        return FW_ENOENT;
    if (!o->value[i] && o->count >= ENTRIES)
        return FW_E2BIG;
    if (!o->value[i]) {
        o->value[i] = malloc(o->value_size);
        o->count++;
    }
    memcpy(o->value[i], value, o->value_size);
    return 0;
}

static int model_delete(struct model *o, unsigned i)
{
    if (!o->value[i])
        return FW_ENOENT;
    free(o->value[i]);
    o->value[i] = NULL;
    o->count--;
    return 0;
}

static void check_lookup(struct fw_map *m, struct model *o, unsigned i)
{
    const void *v = fw_map_lookup(m, o->key[i]);
    CU_ASSERT_EQUAL(v != NULL, o->value[i] != NULL);
    if (v && o->value[i])
        CU_ASSERT_EQUAL(memcmp(v, o->value[i], o->value_size), 0);
}

/* A walk visits every key once, also when each entry is replaced on the way. */
static void check_walk(struct fw_map *m, struct model *o, int replace)
{
    uint8_t seen[UNIVERSE] = {0};
    uint8_t key[FW_KEY_MAX];
    uint32_t n = 0;
    int err = fw_map_next(m, NULL, key);
    for (; !err && n <= UNIVERSE; n++) {
        unsigned i = model_find(o, key);
        CU_ASSERT_FATAL(i < UNIVERSE);
        CU_ASSERT_TRUE(o->value[i] && !seen[i]);
        seen[i] = 1;
        if (replace)
            CU_ASSERT_EQUAL(fw_map_update(m, key, o->value[i], FW_EXIST), 0);
        err = fw_map_next(m, key, key);
    }
    CU_ASSERT_EQUAL(err, FW_ENOENT);
    CU_ASSERT_EQUAL(n, o->count);
}

static void random_op(struct fw_map *m, struct model *o, uint8_t *value)
{
    unsigned i = (unsigned)rand() % UNIVERSE;
    unsigned what = (unsigned)rand() % 100;
    if (what < 55) {
        uint64_t flags = (uint64_t)(rand() % 4);
        for (uint32_t b = 0; b < o->value_size; b += 61)
            value[b] = (uint8_t)rand();
        CU_ASSERT_EQUAL(fw_map_update(m, o->key[i], value, flags),
                        model_update(o, i, value, flags));
    } else if (what < 75) {
        CU_ASSERT_EQUAL(fw_map_delete(m, o->key[i]), model_delete(o, i));
    }
    check_lookup(m, o, i);
}

static void check_against_model(uint32_t key_size, uint32_t value_size, unsigned ops)
{
    struct model o;
    uint8_t *value = calloc(1, value_size);
    struct fw_map *m = fake_map(FW_MAP_HASH, key_size, value_size, ENTRIES, 0);
    model_start(&o, key_size, value_size);
    for (unsigned op = 0; op < ops; op++) {
        random_op(m, &o, value);
        if (op % 1000 == 999)
            check_walk(m, &o, op % 2000 == 999);
    }
    for (unsigned i = 0; i < UNIVERSE; i++) {
        check_lookup(m, &o, i);
        CU_ASSERT_EQUAL(fw_map_delete(m, o.key[i]), model_delete(&o, i));
    }
    check_walk(m, &o, 0);
    CU_ASSERT_EQUAL(m->count, 0);
    fw_map_destroy(&fake.ctl.maps, m);
    free(value);
}

static void test_random(void)
{
    static const uint32_t keys[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 40, 511, 512};
    fake_start(DRAM);
    srand(11);
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        check_against_model(keys[i], 1 + 7 * i, OPS / 4);
    check_against_model(4, 65536, 300);
    check_against_model(13, 8, OPS);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), DRAM);
    fake_stop();
}

static void test_unknown_key_restarts(void)
{
    uint32_t k = 1, other = 2, next;
    uint64_t v = 0;
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_HASH, 4, 8, 16, 0);
    CU_ASSERT_EQUAL(fw_map_next(m, NULL, &next), FW_ENOENT);
    CU_ASSERT_EQUAL(fw_map_next(m, &k, &next), FW_ENOENT);
    CU_ASSERT_EQUAL(fw_map_update(m, &k, &v, FW_ANY), 0);
    CU_ASSERT_EQUAL(fw_map_next(m, &other, &next), 0);
    CU_ASSERT_EQUAL(next, 1);
    CU_ASSERT_EQUAL(fw_map_next(m, &k, &next), FW_ENOENT);
    fake_stop();
}

/* Keys and values may lie at any address, as on a program's stack or in a packet. */
static void test_unaligned(void)
{
    uint8_t buf[64] = "x0123456789abcdefghijklmnopqrst";
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_HASH, 13, 11, 4, 0);
    CU_ASSERT_EQUAL(fw_map_update(m, buf + 1, buf + 3, FW_ANY), 0);
    memcpy(buf + 30, buf + 1, 13);
    CU_ASSERT_PTR_NOT_NULL_FATAL(fw_map_lookup(m, buf + 30));
    CU_ASSERT_EQUAL(memcmp(fw_map_lookup(m, buf + 30), "23456789abc", 11), 0);
    fake_stop();
}

static int create(uint32_t key, uint32_t value, uint32_t entries, uint32_t flags)
{
    struct fw_map_spec s = {FW_MAP_HASH, key, value, entries, flags, 0, 0, 0, 0};
    uint32_t handle;
    return fw_map_create(&fake.ctl.maps, &s, &handle);
}

static void test_create(void)
{
    fake_start(DRAM);
    CU_ASSERT_EQUAL(create(0, 8, 1, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(create(4, 0, 1, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(create(4, 8, 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(create(513, 8, 1, 0), FW_E2BIG);
    CU_ASSERT_EQUAL(create(4, FW_HASH_VALUE_MAX + 1, 1, 0), FW_E2BIG);
    CU_ASSERT_EQUAL(create(4, 8, 1, FW_F_MMAPABLE), FW_EINVAL);
    CU_ASSERT_EQUAL(create(4, 8, DRAM / 8, 0), FW_ENOMEM);
    CU_ASSERT_EQUAL(create(4, 8, UINT32_MAX, 0), FW_ENOMEM);
    CU_ASSERT_EQUAL(create(512, FW_HASH_VALUE_MAX, UINT32_MAX, 0), FW_ENOMEM);
    CU_ASSERT_EQUAL(create(512, 8, 1, FW_F_NO_PREALLOC | FW_F_ZERO_SEED | FW_F_NUMA_NODE), 0);
    fake_stop();
}

static void test_descriptors_run_out(void)
{
    fake_start(DRAM);
    for (unsigned i = 0; i < FW_MAPS_MAX; i++)
        CU_ASSERT_EQUAL(create(4, 8, 1, 0), 0);
    CU_ASSERT_EQUAL(create(4, 8, 1, 0), FW_ENOSPC);
    fw_map_destroy(&fake.ctl.maps, &fake.map[17]);
    CU_ASSERT_EQUAL(create(4, 8, 1, 0), 0);
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"rules", test_rules},
    {"replacing leaves the old value", test_replace_leaves_old_value},
    {"random against a model", test_random},
    {"an unknown key restarts the walk", test_unknown_key_restarts},
    {"unaligned keys and values", test_unaligned},
    {"create", test_create},
    {"descriptors run out", test_descriptors_run_out},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("firmware hash map", cases);
}
