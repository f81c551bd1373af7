/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maps that hold programs, maps and destinations, as the host changes them: what
 * entries say, what they hold, and that nothing is left when they go.
 */
#include <string.h>

#include "cunit_main.h"
#include "fake.h"
#include "maps/prog_array.h"
#include "maps/ref.h"
#include "offload/abi.h"

#define DRAM  0x1000000u
#define VALUE (FAKE_HOST_IOVA + 0x100000)

static uint64_t dram_free(void)
{
    return fw_extents_free_bytes(&fake.ctl.maps.dram);
}

static uint64_t sram_free(void)
{
    return fw_extents_free_bytes(&fake.ctl.maps.sram);
}

static int command(struct fw_sqe sqe, uint64_t *result)
{
    uint64_t unused;
    return fw_ctl_execute(&fake.ctl, &sqe, result ? result : &unused);
}

/* A loaded program of `stack` bytes; its handle. */
static uint32_t program(uint32_t stack)
{
    uint64_t result;
    struct fw_sqe create = {.op = FW_ADMIN_PROG_CREATE, .arg0 = 64, .arg1 = stack};
    CU_ASSERT_EQUAL_FATAL(command(create, &result), 0);
    struct fw_sqe load = {.op = FW_ADMIN_PROG_LOAD,
                          .handle = (uint32_t)result,
                          .value_iova = VALUE,
                          .value_len = 64,
                          .arg0 = 8};
    CU_ASSERT_EQUAL_FATAL(command(load, NULL), 0);
    return load.handle;
}

static int destroy(enum fw_admin_op op, uint32_t handle)
{
    return command((struct fw_sqe){.op = (uint8_t)op, .handle = handle}, NULL);
}

static uint32_t handle_of(const struct fw_map *m)
{
    return FAKE_HANDLES + ((uint32_t)(m - fake.map) << FW_MAP_SHIFT);
}

static int write(struct fw_map *m, uint32_t key, uint32_t first, uint32_t second, uint64_t flags)
{
    uint32_t value[2] = {first, second};
    return fw_map_write(m, &key, value, flags);
}

static int read(struct fw_map *m, uint32_t key, uint32_t value[2])
{
    return fw_map_read(m, &key, value, 0);
}

static int drop(struct fw_map *m, uint32_t key)
{
    return fw_map_delete(m, &key);
}

static int create(uint32_t type, uint32_t key, uint32_t value, uint32_t entries)
{
    struct fw_map_spec spec = {
        .type = type, .key_size = key, .value_size = value, .max_entries = entries};
    uint32_t handle;
    return fw_map_create(&fake.ctl.maps, &spec, &handle);
}

static void test_specs(void)
{
    static const struct {
        uint32_t type, values; /* bit n: n bytes are a value */
    } types[] = {
        {FW_MAP_PROG_ARRAY, 1 << 4},
        {FW_MAP_ARRAY_OF_MAPS, 1 << 4},
        {FW_MAP_HASH_OF_MAPS, 1 << 4},
        {FW_MAP_DEVMAP, 1 << 4 | 1 << 8},
        {FW_MAP_DEVMAP_HASH, 1 << 4 | 1 << 8},
        {FW_MAP_CPUMAP, 1 << 4 | 1 << 8},
        {FW_MAP_XSKMAP, 1 << 4},
    };
    fake_start(DRAM);
    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        for (uint32_t value = 0; value <= 12; value++)
            CU_ASSERT_EQUAL(create(types[i].type, 4, value, 4) == 0,
                            (types[i].values >> value & 1) != 0);
        CU_ASSERT_NOT_EQUAL(create(types[i].type, 4, 4, 0), 0);
        CU_ASSERT_EQUAL(create(types[i].type, 8, 4, 4) == 0, types[i].type == FW_MAP_HASH_OF_MAPS);
        CU_ASSERT_NOT_EQUAL(create(types[i].type, 4, 4, UINT32_MAX), 0);
    }
    CU_ASSERT_EQUAL(create(FW_MAP_PROG_ARRAY, 4, 4, FAKE_SRAM_BYTES / 8 + 1), FW_ENOMEM);
    fake_stop();
}

static void test_prog_array(void)
{
    uint32_t value[2];
    fake_start(DRAM);
    uint64_t sram = sram_free();
    struct fw_map *m = fake_map(FW_MAP_PROG_ARRAY, 4, 4, 3, 0);
    uint32_t a = program(100), b = program(OFFLOAD_STACK_BYTES);
    CU_ASSERT_EQUAL(write(m, 1, a, 0, 0), 0);
    CU_ASSERT_EQUAL(write(m, 2, b, 0, 0), 0);
    uint64_t word = fw_prog_array_get(m->hot, 1);
    CU_ASSERT_EQUAL(fw_prog_array_entry(word), fake.ctl.prog[0].base + 8);
    CU_ASSERT_EQUAL(fw_prog_array_stack(word), 112);
    CU_ASSERT_EQUAL(fw_prog_array_stack(fw_prog_array_get(m->hot, 2)), OFFLOAD_STACK_BYTES);
    CU_ASSERT_EQUAL(fw_prog_array_get(m->hot, 0), 0);
    CU_ASSERT_EQUAL(fw_prog_array_get(m->hot, 3), 0);
    CU_ASSERT_EQUAL(read(m, 2, value), 0);
    CU_ASSERT_EQUAL(value[0], b);
    CU_ASSERT_EQUAL(write(m, 1, a + 0x10000, 0, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(write(m, 1, 0, 0, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(write(m, 1, a, 0, FW_EXIST), FW_EINVAL);
    CU_ASSERT_EQUAL(fw_map_update(m, &(uint32_t){1}, &b, 0), FW_EINVAL); /* a program may not */
    CU_ASSERT_PTR_NULL(fw_map_lookup(m, &(uint32_t){1}));
    CU_ASSERT_EQUAL(fake.ctl.prog[0].held, 1);
    CU_ASSERT_EQUAL(write(m, 1, b, 0, 0), 0);
    CU_ASSERT_EQUAL(fake.ctl.prog[0].held, 0);
    CU_ASSERT_EQUAL(fake.ctl.prog[1].held, 2);
    CU_ASSERT_EQUAL(destroy(FW_ADMIN_PROG_DESTROY, b), FW_EBUSY);
    CU_ASSERT_EQUAL(destroy(FW_ADMIN_MAP_DESTROY, handle_of(m)), 0);
    CU_ASSERT_EQUAL(destroy(FW_ADMIN_PROG_DESTROY, b), 0);
    CU_ASSERT_EQUAL(sram_free(), sram);
    fake_stop();
}

static void of_maps(uint32_t type)
{
    uint32_t value[2];
    fake_start(DRAM);
    uint64_t dram = dram_free();
    struct fw_map *m = fake_map(type, 4, 4, 3, 0), *in = fake_map(FW_MAP_HASH, 4, 8, 9, 0);
    struct fw_map *progs = fake_map(FW_MAP_PROG_ARRAY, 4, 4, 3, 0);
    CU_ASSERT_EQUAL(write(m, 1, handle_of(in), 0, 0), 0);
    CU_ASSERT_EQUAL(write(m, 2, handle_of(in), 0, 0), 0);
    CU_ASSERT_EQUAL((uintptr_t)fw_map_lookup(m, &(uint32_t){1}), handle_of(in));
    CU_ASSERT_PTR_NULL(fw_map_lookup(m, &(uint32_t){0}));
    CU_ASSERT_EQUAL(read(m, 2, value), 0);
    CU_ASSERT_EQUAL(value[0], handle_of(in));
    CU_ASSERT_EQUAL(read(m, 0, value), FW_ENOENT);
    CU_ASSERT_EQUAL(write(m, 0, handle_of(m), 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(write(m, 0, handle_of(progs), 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(write(m, 0, handle_of(in) + 4, 0, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(drop(m, 1), 0);
    CU_ASSERT_EQUAL(drop(m, 1), FW_ENOENT);
    CU_ASSERT_EQUAL(destroy(FW_ADMIN_MAP_DESTROY, handle_of(in)), FW_EBUSY);
    CU_ASSERT_EQUAL(destroy(FW_ADMIN_MAP_DESTROY, handle_of(m)), 0);
    CU_ASSERT_EQUAL(destroy(FW_ADMIN_MAP_DESTROY, handle_of(in)), 0);
    CU_ASSERT_EQUAL(dram_free(), dram);
    fake_stop();
}

static void test_of_maps(void)
{
    of_maps(FW_MAP_ARRAY_OF_MAPS);
    of_maps(FW_MAP_HASH_OF_MAPS);
}

/* A full hash of maps that holds many: all are let go with it. */
static void test_hash_of_maps_goes(void)
{
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_HASH_OF_MAPS, 4, 4, 100, 0);
    struct fw_map *in = fake_map(FW_MAP_ARRAY, 4, 8, 1, 0);
    for (uint32_t key = 0; key < 100; key++)
        CU_ASSERT_EQUAL(write(m, key * 7919, handle_of(in), 0, 0), 0);
    CU_ASSERT_EQUAL(write(m, 1, handle_of(in), 0, 0), FW_E2BIG);
    CU_ASSERT_EQUAL(fake.ctl.map_held[in - fake.map], 100);
    CU_ASSERT_EQUAL(destroy(FW_ADMIN_MAP_DESTROY, handle_of(m)), 0);
    CU_ASSERT_EQUAL(fake.ctl.map_held[in - fake.map], 0);
    fake_stop();
}

static void devmap(uint32_t type)
{
    uint32_t value[2];
    fake_start(DRAM);
    int hash = type == FW_MAP_DEVMAP_HASH;
    struct fw_map *m = fake_map(type, 4, 8, 3, 0);
    uint32_t p = program(64);
    CU_ASSERT_EQUAL(write(m, 0, FAKE_PORTS, p, 0), 0);
    CU_ASSERT_EQUAL(write(m, 0, FAKE_PORTS + 1, 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(write(m, 0, 1, p + 1, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(read(m, 0, value), 0);
    CU_ASSERT_TRUE(value[0] == FAKE_PORTS && value[1] == p);
    CU_ASSERT_EQUAL(write(m, 1, 1, 0, FW_NOEXIST), hash ? 0 : FW_EEXIST);
    CU_ASSERT_EQUAL(write(m, 2, 1, 0, FW_EXIST), 0);
    CU_ASSERT_EQUAL(write(m, 3, 1, 0, 4), FW_EINVAL);
    CU_ASSERT_EQUAL(write(m, 0, 0, p, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(write(m, 0, 0, 0, 0), hash ? FW_EINVAL : 0);
    CU_ASSERT_EQUAL(fake.ctl.prog[0].held, hash ? 1 : 0);
    CU_ASSERT_EQUAL(drop(m, 77), hash ? FW_ENOENT : FW_EINVAL);
    CU_ASSERT_EQUAL(drop(m, 0), 0);
    CU_ASSERT_EQUAL(fake.ctl.prog[0].held, 0);
    fake_stop();
}

static void test_devmaps(void)
{
    devmap(FW_MAP_DEVMAP);
    devmap(FW_MAP_DEVMAP_HASH);
}

static void test_xskmap(void)
{
    uint32_t value[2];
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_XSKMAP, 4, 4, 3, 0);
    CU_ASSERT_EQUAL(write(m, 0, FAKE_RXQS, 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(write(m, 0, 0, 0, FW_EXIST), FW_ENOENT);
    CU_ASSERT_EQUAL(write(m, 0, 0, 0, FW_NOEXIST), 0); /* queue 0 is one */
    CU_ASSERT_EQUAL(write(m, 0, 1, 0, FW_NOEXIST), FW_EEXIST);
    CU_ASSERT_EQUAL(read(m, 0, value), 0);
    CU_ASSERT_EQUAL(value[0], 0);
    CU_ASSERT_EQUAL(drop(m, 0), 0);
    CU_ASSERT_EQUAL(read(m, 0, value), FW_ENOENT);
    CU_ASSERT_EQUAL(drop(m, 3), FW_EINVAL);
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"what is a map", test_specs},
    {"program array", test_prog_array},
    {"maps of maps", test_of_maps},
    {"hash of maps goes", test_hash_of_maps_goes},
    {"devmaps", test_devmaps},
    {"xskmap", test_xskmap},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("maps that refer", cases);
}
