/* SPDX-License-Identifier: BSD-3-Clause */
/* Array maps: the kernel's rules (kernel/bpf/arraymap.c) and the packed descriptor. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "fake.h"

#define DRAM 0x4000000u

static void *at(struct fw_map *m, uint32_t index)
{
    return fw_map_lookup(m, &index);
}

static int put(struct fw_map *m, uint32_t index, const void *value, uint64_t flags)
{
    return fw_map_update(m, &index, value, flags);
}

static void check_shape(uint32_t value_size, uint32_t entries)
{
    struct fw_map *m = fake_map(FW_MAP_ARRAY, 4, value_size, entries, 0);
    uint32_t stride = (value_size + 7) & ~7u;
    uint8_t *first = at(m, 0);
    CU_ASSERT_PTR_EQUAL(first, plat_ptr(fw_map_value_addr(m)));
    CU_ASSERT_PTR_EQUAL(at(m, entries - 1), first + (uint64_t)stride * (entries - 1));
    CU_ASSERT_PTR_NULL(at(m, entries));
    CU_ASSERT_PTR_NULL(at(m, UINT32_MAX));
    for (uint64_t i = 0; i < (uint64_t)stride * entries; i++)
        if (first[i] != 0) {
            CU_FAIL("a new array is not zero");
            break;
        }
    fw_map_destroy(&fake.ctl.maps, m);
}

static void test_shapes(void)
{
    static const uint32_t sizes[] = {1, 4, 7, 8, 9, 2040, 2041, 4096, 65536, 100001};
    fake_start(DRAM);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check_shape(sizes[i], 1);
        check_shape(sizes[i], 3);
    }
    check_shape(8, 1000000);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), DRAM);
    fake_stop();
}

static void test_update(void)
{
    uint64_t v = 0x1122334455667788;
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_ARRAY, 4, 8, 4, 0);
    CU_ASSERT_EQUAL(put(m, 2, &v, FW_ANY), 0);
    CU_ASSERT_EQUAL(memcmp(at(m, 2), &v, 8), 0);
    CU_ASSERT_EQUAL(put(m, 3, &v, FW_EXIST), 0);
    CU_ASSERT_EQUAL(put(m, 3, &v, FW_NOEXIST), FW_EEXIST);
    CU_ASSERT_EQUAL(put(m, 4, &v, FW_ANY), FW_E2BIG);
    CU_ASSERT_EQUAL(put(m, 4, &v, FW_NOEXIST), FW_E2BIG);
    CU_ASSERT_EQUAL(put(m, 0, &v, 3), FW_EINVAL);
    CU_ASSERT_EQUAL(put(m, 0, &v, FW_LOCK), FW_EINVAL);
    CU_ASSERT_EQUAL(put(m, 0, &v, UINT64_MAX), FW_EINVAL);
    v = 0;
    CU_ASSERT_EQUAL(memcmp(at(m, 0), &v, 8), 0);
    fake_stop();
}

/* Only value_size bytes are taken; the rounding is never written. */
static void test_odd_value(void)
{
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_ARRAY, 4, 5, 2, 0);
    CU_ASSERT_EQUAL(put(m, 0, "abcdefgh", FW_ANY), 0);
    CU_ASSERT_EQUAL(memcmp(at(m, 0), "abcde\0\0\0", 8), 0);
    fake_stop();
}

static void test_delete(void)
{
    uint32_t key = 0;
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_ARRAY, 4, 8, 4, 0);
    CU_ASSERT_EQUAL(fw_map_delete(m, &key), FW_EINVAL);
    fake_stop();
}

static void check_next(struct fw_map *m, const uint32_t *key, int err, uint32_t want)
{
    uint32_t next = 77;
    CU_ASSERT_EQUAL(fw_map_next(m, key, &next), err);
    if (!err)
        CU_ASSERT_EQUAL(next, want);
}

static void test_next(void)
{
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_ARRAY, 4, 8, 3, 0);
    check_next(m, NULL, 0, 0);
    check_next(m, &(uint32_t){0}, 0, 1);
    check_next(m, &(uint32_t){1}, 0, 2);
    check_next(m, &(uint32_t){2}, FW_ENOENT, 0);
    check_next(m, &(uint32_t){3}, 0, 0);
    check_next(m, &(uint32_t){UINT32_MAX}, 0, 0);
    fake_stop();
}

static int create(uint32_t key, uint32_t value, uint32_t entries, uint32_t flags)
{
    struct fw_map_spec s = {FW_MAP_ARRAY, key, value, entries, flags, 0, 0, 0, 0};
    uint32_t handle;
    return fw_map_create(&fake.ctl.maps, &s, &handle);
}

static void test_create(void)
{
    fake_start(DRAM);
    CU_ASSERT_EQUAL(create(8, 8, 1, 0), FW_E2BIG);
    CU_ASSERT_EQUAL(create(2, 8, 1, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(create(0, 8, 1, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(create(4, 0, 1, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(create(4, 8, 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(create(4, 8, 1, FW_F_NO_PREALLOC), FW_EINVAL);
    CU_ASSERT_EQUAL(create(4, 8, 1, FW_F_RDONLY_PROG | FW_F_WRONLY_PROG), FW_EINVAL);
    CU_ASSERT_EQUAL(create(4, 8, 1, FW_F_RDONLY | FW_F_WRONLY), FW_EINVAL);
    CU_ASSERT_EQUAL(create(4, 8, 1, 1u << 31), FW_EINVAL);
    CU_ASSERT_EQUAL(create(4, FW_ARRAY_VALUE_MAX + 1, 1, 0), FW_E2BIG);
    CU_ASSERT_EQUAL(create(4, 8, DRAM / 8 + 1, 0), FW_ENOMEM);
    CU_ASSERT_EQUAL(create(4, FW_ARRAY_VALUE_MAX, UINT32_MAX, 0), FW_ENOMEM);
    CU_ASSERT_EQUAL(create(4, 8, 1, FW_F_MMAPABLE | FW_F_RDONLY_PROG | FW_F_NUMA_NODE), 0);
    CU_ASSERT_EQUAL(create(4, 8, 1, FW_F_WRONLY_PROG | FW_F_RDONLY), 0);
    CU_ASSERT_EQUAL(create(4, 8, 1, FW_F_WRONLY), 0);
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"shapes", test_shapes},
    {"update", test_update},
    {"value of odd size", test_odd_value},
    {"delete", test_delete},
    {"next key", test_next},
    {"create", test_create},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("firmware array map", cases);
}
