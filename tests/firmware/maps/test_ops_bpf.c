/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The map cases in this machine's kernel, through the driver's calls on the NIC, and through the
 * bpf(2) layer above them. Arguments: the firmware, "kernel", "driver" or "layer", the files.
 */
#include <string.h>

#include <bpf/btf.h>

#include "nicdrv/bpf.h"
#include "ops.h"
#include "realnic.h"
#include "transcript.h"

#define KERNEL_MOST                                                                                \
    (64ull << 20) /* bytes of a map: the kernel's come from memory that this machine needs */

static const char *firmware;
static char **files;
static struct realnic nic;
static struct nicbpf *layer;

static void run_files(const struct ops_side *side)
{
    for (char **f = files; *f; f++) {
        unsigned lines = 0;
        CU_ASSERT_EQUAL(ops_run(side, *f, &lines), 0);
        CU_ASSERT(lines > 10);
    }
}

static void close_fd(int fd)
{
    close(fd);
}

static long kernel_answer(int cmd, union bpf_attr *a)
{
    return ask_kernel(cmd, a, sizeof(*a));
}

/* Processors of a per-CPU value, from a file like "0-3". */
static unsigned kernel_cpus(void)
{
    unsigned first = 0, last = 0;
    FILE *f = fopen("/sys/devices/system/cpu/possible", "r");
    CU_ASSERT_FATAL(f != NULL);
    int n = fscanf(f, "%u-%u", &first, &last);
    fclose(f);
    return n == 2 ? last + 1 : 1;
}

/* BTF of a value of this size that starts with a lock; the value's type id in *type. */
static struct btf *lock_btf(uint32_t value_size, uint32_t *type)
{
    struct btf *t = btf__new_empty();
    int word = btf__add_int(t, "unsigned int", 4, 0);
    int byte = btf__add_int(t, "unsigned char", 1, 0);
    int lock = btf__add_struct(t, "bpf_spin_lock", 4);
    CU_ASSERT_EQUAL(btf__add_field(t, "val", word, 0, 0), 0);
    int rest = btf__add_array(t, word, byte, value_size - 4);
    *type = (uint32_t)btf__add_struct(t, "value", value_size);
    CU_ASSERT_EQUAL(btf__add_field(t, "lock", lock, 0, 0), 0);
    CU_ASSERT_EQUAL(btf__add_field(t, "rest", rest, 32, 0), 0);
    return t;
}

/* The descriptor of the BTF stays open until the program ends. */
static void ask_for_lock(bpf_fn bpf, union bpf_attr *a)
{
    union bpf_attr load;
    struct btf *t = lock_btf(a->value_size, &a->btf_value_type_id);
    uint32_t bytes;
    memset(&load, 0, sizeof(load));
    load.btf = (uint64_t)(uintptr_t)btf__raw_data(t, &bytes);
    load.btf_size = bytes;
    a->btf_fd = (uint32_t)bpf(BPF_BTF_LOAD, &load, sizeof(load));
    a->btf_key_type_id = 1; /* four bytes */
    btf__free(t);
}

static void kernel_lock(union bpf_attr *a)
{
    ask_for_lock(ask_kernel, a);
}

static void test_kernel(void)
{
    const struct ops_side side = {.name = "kernel",
                                  .bpf = kernel_answer,
                                  .close_map = close_fd,
                                  .cpus = kernel_cpus(),
                                  .want_lock = kernel_lock,
                                  .most = KERNEL_MOST};
    run_files(&side);
}

/* ---- the driver's calls ---- */

static struct nicdrv_map maps[8];
static bool used[8];

static void *user(uint64_t p)
{
    return (void *)(uintptr_t)p;
}

static long driver_create(const union bpf_attr *a)
{
    struct fw_map_spec spec = {
        .type = a->map_type,
        .key_size = a->key_size,
        .value_size = a->value_size,
        .max_entries = a->max_entries,
        .flags = a->map_flags,
        .extra = a->map_extra,
        .lock_at = a->btf_value_type_id,
    };
    int fd = 0;
    while (used[fd])
        fd++;
    int rc = nicdrv_map_create(nic.drv, &spec, &maps[fd]);
    used[fd] = rc == 0;
    return rc ? rc : fd;
}

static void driver_lock(union bpf_attr *a)
{
    a->btf_value_type_id = 1; /* goes to the spec: 1 + the lock's offset */
}

static void driver_close(int fd)
{
    CU_ASSERT_EQUAL(nicdrv_map_destroy(nic.drv, &maps[fd]), 0);
    used[fd] = false;
}

static long driver_batch(enum nicdrv_batch_op op, union bpf_attr *a)
{
    struct nicdrv_batch b = {
        .in = user(a->batch.in_batch),
        .out = user(a->batch.out_batch),
        .keys = user(a->batch.keys),
        .values = user(a->batch.values),
        .count = a->batch.count,
        .flags = a->batch.elem_flags,
    };
    int rc = nicdrv_map_batch(nic.drv, &maps[a->batch.map_fd], op, &b);
    if (rc != -524) /* the kernel asks this before it touches the attributes */
        a->batch.count = b.count;
    return rc;
}

static long driver_answer(int cmd, union bpf_attr *a)
{
    /* elsewhere in the union for creation and batches */
    bool names_map = a->map_fd < sizeof(maps) / sizeof(maps[0]);
    const struct nicdrv_map *map = names_map ? &maps[a->map_fd] : NULL;
    switch (cmd) {
    case BPF_MAP_CREATE:
        return driver_create(a);
    case BPF_MAP_LOOKUP_ELEM:
        return nicdrv_map_lookup_flags(nic.drv, map, user(a->key), user(a->value), a->flags);
    case BPF_MAP_UPDATE_ELEM:
        return nicdrv_map_update(nic.drv, map, user(a->key), user(a->value), a->flags);
    case BPF_MAP_DELETE_ELEM:
        return nicdrv_map_delete(nic.drv, map, user(a->key));
    case BPF_MAP_GET_NEXT_KEY:
        return nicdrv_map_next(nic.drv, map, user(a->key), user(a->next_key));
    case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
        return nicdrv_map_lookup_delete(nic.drv, map, user(a->key), user(a->value), a->flags);
    case BPF_MAP_LOOKUP_BATCH:
        return driver_batch(NICDRV_BATCH_LOOKUP, a);
    case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
        return driver_batch(NICDRV_BATCH_LOOKUP_DELETE, a);
    case BPF_MAP_UPDATE_BATCH:
        return driver_batch(NICDRV_BATCH_UPDATE, a);
    case BPF_MAP_DELETE_BATCH:
        return driver_batch(NICDRV_BATCH_DELETE, a);
    default:
        return -EINVAL;
    }
}

static void test_driver(void)
{
    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    uint64_t room = nicdrv_caps(nic.drv)->limits.map_bytes_free;
    const struct ops_side side = {.name = "firmware",
                                  .bpf = driver_answer,
                                  .close_map = driver_close,
                                  .cpus = nicdrv_caps(nic.drv)->limits.cpus,
                                  .want_lock = driver_lock};
    run_files(&side);
    CU_ASSERT_EQUAL(nicdrv_caps_refresh(nic.drv), 0);
    CU_ASSERT_EQUAL(nicdrv_caps(nic.drv)->limits.map_bytes_free, room);
    realnic_close(&nic);
}

/* At least 100,000 updates a second of the device's time, by batches of 1000. */
static void test_rate(void)
{
    struct fw_map_spec spec = {
        .type = BPF_MAP_TYPE_HASH, .key_size = 8, .value_size = 16, .max_entries = 20000};
    static uint64_t keys[1000], values[2000];
    struct nicdrv_map map;
    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL_FATAL(nicdrv_map_create(nic.drv, &spec, &map), 0);
    uint64_t begin = nicdrv_time_ns(nic.drv);
    for (uint64_t n = 0; n < 20; n++) {
        struct nicdrv_batch b = {.keys = keys, .values = values, .count = 1000};
        for (uint64_t i = 0; i < 1000; i++)
            keys[i] = n * 1000 + i;
        CU_ASSERT_EQUAL(nicdrv_map_batch(nic.drv, &map, NICDRV_BATCH_UPDATE, &b), 0);
    }
    uint64_t ns = (nicdrv_time_ns(nic.drv) - begin) / 20000;
    printf("  modelled: %llu ns an update in batches\n", (unsigned long long)ns);
    CU_ASSERT(ns <= 10000);
    realnic_close(&nic);
}

/* ---- bpf(2) on the NIC ---- */

static long layer_answer(int cmd, union bpf_attr *a)
{
    return nicbpf_call(layer, cmd, a, sizeof(*a));
}

static long ask_layer(int cmd, void *attr, unsigned size)
{
    return nicbpf_call(layer, cmd, attr, size);
}

static void layer_lock(union bpf_attr *a)
{
    ask_for_lock(ask_layer, a);
}

static void test_layer(void)
{
    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
    const struct ops_side side = {.name = "layer",
                                  .bpf = layer_answer,
                                  .close_map = close_fd,
                                  .cpus = nicdrv_caps(nic.drv)->limits.cpus,
                                  .want_lock = layer_lock};
    run_files(&side);
    nicbpf_destroy(layer);
    realnic_close(&nic);
}

static const struct cunit_case on_kernel[] = {{"cases", test_kernel}, {NULL, NULL}};
static const struct cunit_case on_driver[] = {
    {"cases", test_driver}, {"rate of batches", test_rate}, {NULL, NULL}};
static const struct cunit_case on_layer[] = {{"cases", test_layer}, {NULL, NULL}};

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    firmware = argv[1];
    files = argv + 3;
    if (strcmp(argv[2], "driver") == 0)
        return cunit_run("map operations, driver", on_driver);
    if (strcmp(argv[2], "layer") == 0)
        return cunit_run("map operations, bpf(2) layer", on_layer);
    if (!kernel_has_bpf())
        return 77;
    return cunit_run("map operations, kernel", on_kernel);
}
