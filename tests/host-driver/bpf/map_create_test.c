/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_CREATE in all combinations of type, flag, sizes and entries, good and bad, on the NIC and
 * in this machine's kernel: the same errno. Where they must differ, a row of `differs` says why.
 * Arguments: the firmware; how many random combinations, their seed.
 */
#include <stdlib.h>

#include "dice.h"
#include "nicdrv/bpf.h"
#include "realnic.h"
#include "transcript.h"

#define TYPES      36u /* the kernel's and some that do not exist */
#define BIG        0x80000000u
#define BYTES_MOST (2u << 20) /* of a map that is made */

static const uint32_t keys[] = {0, 1, 3, 4, 5, 8, 16, 128, 260, 261, 512};
static const uint32_t values[] = {0,    1,     4,     5,     8,          12,
                                  4096, 32768, 32769, 65536, 0x40000000, 0xffffffff};
static const uint32_t entries[] = {0, 1, 2, 3, 1000, 4095, 4096, 8192, 8193, BIG, 0xffffffff};
static const uint64_t extras[] = {0, 1, 5, 15, 16, 1ull << 32};
#define PICK(list) (list)[dice(sizeof(list) / sizeof((list)[0]))]

static const char *firmware;
static unsigned long combinations = 60000;
static uint32_t rng = 20261122;
static struct realnic nic;
static struct nicbpf *layer;
static uint32_t inner_here, inner_kernel; /* descriptors of a map to be held by others */
static unsigned long compared, both_made, excused;

static uint32_t dice(uint32_t n)
{
    return dice32(&rng) % n;
}

static long ask_layer(int cmd, void *attr, unsigned size)
{
    return nicbpf_call(layer, cmd, attr, size);
}

/* ---- where the NIC is allowed to differ, and why (docs/offload.md, "Maps") ---- */

static bool is_per_cpu(uint32_t type)
{
    return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
           type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool has_type(uint32_t type)
{
    const struct nicdrv_caps *caps = nicdrv_caps(nic.drv);
    for (uint32_t i = 0; i < caps->map_type_count; i++)
        if (caps->map_types[i].type == type)
            return true;
    return false;
}

static bool no_room(long rc)
{
    return rc == -E2BIG || rc == -ENOMEM || rc == -EINVAL;
}

static bool type_of_host(const union bpf_attr *a, long here, long kernel)
{
    (void)kernel;
    return !has_type(a->map_type) && here == -EINVAL;
}

/* A map that cannot be had for its size: the limits, and which is met first, are each side's own.
 */
static bool too_large(const union bpf_attr *a, long here, long kernel)
{
    uint64_t bytes = ((uint64_t)a->key_size + a->value_size) * a->max_entries;
    return bytes > 1ull << 40 && no_room(here) && (kernel >= 0 || no_room(kernel));
}

/* The kernel limits a value by what it allocates at once, the firmware by FW_*_VALUE_MAX. */
static bool large_value(const union bpf_attr *a, long here, long kernel)
{
    return a->value_size > 65536 && no_room(here) && (kernel >= 0 || no_room(kernel));
}

/* The NIC's processors are 8192 for all; the kernel's those of its configuration. */
static bool processors(const union bpf_attr *a, long here, long kernel)
{
    return a->map_type == BPF_MAP_TYPE_CPUMAP && a->max_entries > 64 &&
           (here >= 0 || here == -E2BIG) && kernel == -E2BIG;
}

static const struct {
    const char *why;
    bool (*may)(const union bpf_attr *a, long here, long kernel);
} differs[] = {
    {"the firmware does not have the type", type_of_host},
    {"larger than its memory", too_large},
    {"larger than a value may be", large_value},
    {"more processors than this machine can have", processors},
};
static unsigned long times[sizeof(differs) / sizeof(differs[0])];

static bool may_differ(const union bpf_attr *a, long here, long kernel)
{
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        if (differs[i].may(a, here, kernel)) {
            times[i]++;
            return true;
        }
    return false;
}

/* ---- one combination ---- */

/*
 * Not those that both would make and that take long, nor those for which the kernel would take
 * all the memory that it can get.
 */
static bool worth_it(const union bpf_attr *a)
{
    uint64_t copies = is_per_cpu(a->map_type) ? 16 : 1;
    uint64_t bytes = ((uint64_t)a->key_size + a->value_size) * a->max_entries;
    if (a->map_type == BPF_MAP_TYPE_RINGBUF || a->map_type == BPF_MAP_TYPE_BLOOM_FILTER ||
        a->map_type == BPF_MAP_TYPE_USER_RINGBUF)
        bytes = a->max_entries; /* these do not depend on the sizes */
    return bytes * copies < BYTES_MOST || (copies == 1 && bytes > 1ull << 40);
}

static void compare(union bpf_attr a)
{
    if (!worth_it(&a))
        return;
    a.inner_map_fd = a.inner_map_fd ? inner_here : 0;
    long here = ask_layer(BPF_MAP_CREATE, &a, sizeof(a));
    a.inner_map_fd = a.inner_map_fd ? inner_kernel : 0;
    long kernel = ask_kernel(BPF_MAP_CREATE, &a, sizeof(a));
    if (here >= 0)
        close((int)here);
    if (kernel >= 0)
        close((int)kernel);
    compared++;
    both_made += here >= 0 && kernel >= 0;
    if ((here < 0 ? here : 0) == (kernel < 0 ? kernel : 0))
        return;
    if (may_differ(&a, here, kernel)) {
        excused++;
        return;
    }
    fprintf(
        stderr,
        "type %u key %u value %u entries %u flags 0x%x extra %llu inner %u: %ld, the kernel %ld\n",
        a.map_type, a.key_size, a.value_size, a.max_entries, a.map_flags,
        (unsigned long long)a.map_extra, a.inner_map_fd, here, kernel);
    CU_FAIL("another errno");
}

static union bpf_attr attr(uint32_t type, uint32_t key, uint32_t value, uint32_t n, uint32_t flags)
{
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.map_type = type;
    a.key_size = key;
    a.value_size = value;
    a.max_entries = n;
    a.map_flags = flags;
    a.inner_map_fd = 1; /* of maps that have one */
    return a;
}

/* ---- the combinations ---- */

/* Sizes with which the type can be made. */
static union bpf_attr good(uint32_t type)
{
    switch (type) {
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
    case BPF_MAP_TYPE_BLOOM_FILTER:
        return attr(type, 0, 8, 4, 0);
    case BPF_MAP_TYPE_RINGBUF:
        return attr(type, 0, 0, 4096, 0);
    case BPF_MAP_TYPE_LPM_TRIE:
        return attr(type, 8, 8, 4, BPF_F_NO_PREALLOC);
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
        return attr(type, 4, 8, 4, 0);
    default:
        return attr(type, 4, 4, 4, 0);
    }
}

/* Each flag alone and each two, on what the type takes and on nothing. */
static void test_flags(void)
{
    for (uint32_t type = 0; type < TYPES; type++)
        for (uint32_t one = 0; one < 32; one++)
            for (uint32_t two = one; two < 32; two++) {
                union bpf_attr a = good(type);
                a.map_flags ^= 1u << one | (two != one ? 1u << two : 0);
                compare(a);
            }
}

/* One size wrong at a time, and each size there is. */
static void test_sizes(void)
{
    for (uint32_t type = 0; type < TYPES; type++)
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
            for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++)
                for (size_t n = 0; n < sizeof(entries) / sizeof(entries[0]); n++)
                    compare(attr(type, keys[k], values[v], entries[n], good(type).map_flags));
}

static void test_rest(void)
{
    for (uint32_t type = 0; type < TYPES; type++) {
        union bpf_attr a = good(type);
        for (size_t x = 0; x < sizeof(extras) / sizeof(extras[0]); x++) {
            a.map_extra = extras[x];
            compare(a);
        }
        a = good(type);
        a.inner_map_fd = 0;
        compare(a);
        a = good(type);
        a.btf_key_type_id = 1; /* without BTF */
        compare(a);
        a = good(type);
        a.btf_value_type_id = 1;
        compare(a);
        a = good(type);
        a.btf_vmlinux_value_type_id = 1;
        compare(a);
        a = good(type);
        a.map_flags |= BPF_F_NUMA_NODE;
        a.numa_node = 0;
        compare(a);
        a = good(type);
        memcpy(a.map_name, "a/b", 4);
        compare(a);
        memset(a.map_name, 'a', sizeof(a.map_name));
        compare(a);
    }
}

static void test_random(void)
{
    for (unsigned long i = 0; i < combinations; i++) {
        /* one after the other: compilers order arguments as they like */
        uint32_t type = dice(TYPES), key = PICK(keys), value = PICK(values), n_max = PICK(entries);
        union bpf_attr a = attr(type, key, value, n_max, 0);
        if (dice(3))
            a.map_flags = good(a.map_type).map_flags;
        for (uint32_t n = dice(4); n; n--)
            a.map_flags ^= 1u << dice(dice(4) ? 18 : 32);
        a.map_extra = dice(6) ? 0 : PICK(extras);
        a.numa_node = dice(8) ? 0 : 1 + dice(100);
        a.inner_map_fd = dice(8) != 0;
        compare(a);
    }
}

static void finish(void)
{
    printf("  %lu combinations, %lu of them made by both, %lu differ as they may\n", compared,
           both_made, excused);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        printf("    %lu: %s\n", times[i], differs[i].why);
    CU_ASSERT(both_made > 500);
    nicbpf_destroy(layer);
    realnic_close(&nic);
}

static void begin(void)
{
    union bpf_attr a = attr(BPF_MAP_TYPE_HASH, 4, 4, 4, 0);
    a.inner_map_fd = 0;
    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
    inner_here = (uint32_t)ask_layer(BPF_MAP_CREATE, &a, sizeof(a));
    inner_kernel = (uint32_t)ask_kernel(BPF_MAP_CREATE, &a, sizeof(a));
}

static const struct cunit_case cases[] = {
    {"two sides", begin},    {"flags", test_flags}, {"sizes", test_sizes}, {"the rest", test_rest},
    {"random", test_random}, {"figures", finish},   {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    firmware = argv[1];
    if (argc > 2)
        combinations = strtoul(argv[2], NULL, 0);
    if (argc > 3)
        rng = (uint32_t)strtoul(argv[3], NULL, 0) * 2654435761u | 1;
    if (!kernel_has_bpf())
        return 77;
    return cunit_run("map creation, as the kernel", cases);
}
