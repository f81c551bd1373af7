/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every element command on every map type, with every flag, with and without key, value, cursor:
 * the errno, and what a batch counted, on the NIC and in this machine's kernel. Argument: the
 * firmware.
 */
#include <stdlib.h>

#include "nicdrv/bpf.h"
#include "realnic.h"
#include "transcript.h"

#define ROOM 4096u /* of a value, with copies for every processor */

static const uint32_t types[] = {
    BPF_MAP_TYPE_HASH,         BPF_MAP_TYPE_ARRAY,           BPF_MAP_TYPE_PROG_ARRAY,
    BPF_MAP_TYPE_PERCPU_HASH,  BPF_MAP_TYPE_PERCPU_ARRAY,    BPF_MAP_TYPE_LRU_HASH,
    BPF_MAP_TYPE_LPM_TRIE,     BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_MAP_TYPE_PERF_EVENT_ARRAY,
    BPF_MAP_TYPE_DEVMAP,       BPF_MAP_TYPE_DEVMAP_HASH,     BPF_MAP_TYPE_CPUMAP,
    BPF_MAP_TYPE_XSKMAP,       BPF_MAP_TYPE_QUEUE,           BPF_MAP_TYPE_STACK,
    BPF_MAP_TYPE_BLOOM_FILTER, BPF_MAP_TYPE_RINGBUF,         BPF_MAP_TYPE_ARRAY_OF_MAPS,
    BPF_MAP_TYPE_HASH_OF_MAPS,
};
static const uint64_t flags[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 1ull << 32, 1ull << 63};
static const struct {
    int cmd;
    const char *name;
} elements[] =
    {
        {BPF_MAP_UPDATE_ELEM, "update"},          {BPF_MAP_LOOKUP_ELEM, "lookup"},
        {BPF_MAP_LOOKUP_AND_DELETE_ELEM, "take"}, {BPF_MAP_DELETE_ELEM, "delete"},
        {BPF_MAP_GET_NEXT_KEY, "next"},
},
  batches[] = {
      {BPF_MAP_UPDATE_BATCH, "update batch"},
      {BPF_MAP_LOOKUP_BATCH, "lookup batch"},
      {BPF_MAP_DELETE_BATCH, "delete batch"},
      {BPF_MAP_LOOKUP_AND_DELETE_BATCH, "take batch"},
};

/* One side. */
struct side {
    const char *name;
    bpf_fn bpf;
    int fd; /* the map */
    uint32_t type, key_size;
};

static const char *firmware;
static struct realnic nic;
static struct nicbpf *layer;
static struct side ours, kernels;
static unsigned long compared, fine;

static long ask_layer(int cmd, void *attr, unsigned size)
{
    return nicbpf_call(layer, cmd, attr, size);
}

static uint64_t at(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

/* ---- the map ---- */

static union bpf_attr spec_of(uint32_t type)
{
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.map_type = type;
    a.key_size = a.value_size = a.max_entries = 4;
    switch (type) {
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
    case BPF_MAP_TYPE_BLOOM_FILTER:
        a.key_size = 0;
        break;
    case BPF_MAP_TYPE_RINGBUF:
        a.key_size = a.value_size = 0;
        a.max_entries = 4096;
        break;
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
        a.max_entries = 1024; /* nothing leaves by itself, and few are in one bucket */
        a.map_flags = BPF_F_ZERO_SEED;
        break;
    case BPF_MAP_TYPE_LPM_TRIE:
        a.key_size = 8;
        a.map_flags = BPF_F_NO_PREALLOC;
        break;
    default:
        break;
    }
    return a;
}

static bool holds_maps(uint32_t type)
{
    return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static void make(struct side *s, uint32_t type, uint32_t more_flags)
{
    union bpf_attr a = spec_of(type), inner = spec_of(BPF_MAP_TYPE_HASH);
    long fd = -1;
    a.map_flags |= more_flags;
    if (holds_maps(type)) {
        fd = s->bpf(BPF_MAP_CREATE, &inner, sizeof(inner));
        a.inner_map_fd = (uint32_t)fd;
    }
    s->fd = (int)s->bpf(BPF_MAP_CREATE, &a, sizeof(a));
    s->type = type;
    s->key_size = a.key_size;
    if (fd >= 0)
        close((int)fd);
}

/* ---- one command, on both sides ---- */

struct call {
    int cmd;
    const char *name;
    uint64_t flags;
    uint32_t key, value; /* numbers; NONE: the pointer is NULL */
    uint32_t count;      /* of a batch */
    bool in, out;        /* of a batch: cursors */
};
#define NONE 0xeeeeeeeeu

/* Key `n` or n, n + 1.. side by side. */
static void make_keys(const struct side *s, uint32_t n, uint32_t *keys)
{
    for (uint32_t i = 0; i < 4; i++) {
        if (s->type == BPF_MAP_TYPE_LPM_TRIE) {
            keys[2 * i] = 32;
            keys[2 * i + 1] = n + i;
        } else {
            keys[i] = n + i;
        }
    }
}

static union bpf_attr batch_of(const struct side *s, const struct call *c, uint32_t *keys,
                               void *values, uint32_t *cursor)
{
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.batch.map_fd = (uint32_t)s->fd;
    a.batch.keys = c->key == NONE ? 0 : at(keys);
    a.batch.values = c->value == NONE ? 0 : at(values);
    a.batch.count = c->count;
    a.batch.elem_flags = c->flags;
    a.batch.in_batch = c->in ? at(cursor) : 0;
    a.batch.out_batch = c->out ? at(cursor) : 0;
    return a;
}

static union bpf_attr element_of(const struct side *s, const struct call *c, uint32_t *keys,
                                 void *values)
{
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.map_fd = (uint32_t)s->fd;
    a.key = c->key == NONE ? 0 : at(keys);
    a.value = c->value == NONE ? 0 : at(values);
    a.flags = c->cmd == BPF_MAP_DELETE_ELEM || c->cmd == BPF_MAP_GET_NEXT_KEY ? 0 : c->flags;
    return a;
}

static bool is_batch(int cmd)
{
    return cmd >= BPF_MAP_LOOKUP_BATCH && cmd <= BPF_MAP_DELETE_BATCH;
}

static long run(struct side *s, const struct call *c, uint32_t *count)
{
    static uint32_t values[ROOM]; /* of up to 4 elements */
    uint32_t keys[16] = {0}, cursor[4] = {0};
    memset(values, 0, sizeof(values));
    make_keys(s, c->key, keys);
    for (uint32_t i = 0; i < 4; i++)
        values[i] = c->value;
    union bpf_attr a =
        is_batch(c->cmd) ? batch_of(s, c, keys, values, cursor) : element_of(s, c, keys, values);
    long rc = s->bpf(c->cmd, &a, sizeof(a));
    *count = is_batch(c->cmd) ? a.batch.count : 0;
    return rc;
}

/* The kernel's processors are those of this machine, and it waits long after commands that may
 * change an outer map. */
static bool left_out(const struct call *c)
{
    bool once = c->flags == 0 && c->count < 2;
    return (ours.type == BPF_MAP_TYPE_CPUMAP && c->key == 3) || (holds_maps(ours.type) && !once);
}

static void compare(const struct call *c)
{
    if (left_out(c))
        return;
    uint32_t here_count, kernel_count;
    long here = run(&ours, c, &here_count), kernel = run(&kernels, c, &kernel_count);
    compared++;
    fine += here == 0;
    if (here == kernel && here_count == kernel_count)
        return;
    fprintf(stderr,
            "type %u: %s, flags 0x%llx, key %d, value %d, count %u, cursors %d %d: %ld (%u), the "
            "kernel %ld (%u)\n",
            ours.type, c->name, (unsigned long long)c->flags, c->key == NONE ? -1 : (int)c->key,
            c->value == NONE ? -1 : (int)c->value, c->count, c->in, c->out, here, here_count,
            kernel, kernel_count);
    CU_FAIL("another answer");
}

/* ---- all of them ---- */

/* A value that both sides can take: a port, a processor's queue; else any number. */
static uint32_t value_for(uint32_t type, uint32_t n)
{
    switch (type) {
    case BPF_MAP_TYPE_DEVMAP:
    case BPF_MAP_TYPE_DEVMAP_HASH:
        return 1;
    case BPF_MAP_TYPE_CPUMAP:
        return 192;
    case BPF_MAP_TYPE_PROG_ARRAY:
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
    case BPF_MAP_TYPE_XSKMAP:
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
    case BPF_MAP_TYPE_HASH_OF_MAPS:
        return 100000 + n; /* no descriptor */
    default:
        return n;
    }
}

static void all_elements(void)
{
    static const uint32_t keys[] = {0, 1, 3, 4, NONE};
    for (size_t e = 0; e < sizeof(elements) / sizeof(elements[0]); e++)
        for (size_t f = 0; f < sizeof(flags) / sizeof(flags[0]); f++)
            for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
                for (uint32_t v = 0; v < 2; v++) {
                    struct call c = {.cmd = elements[e].cmd,
                                     .name = elements[e].name,
                                     .flags = flags[f],
                                     .key = keys[k],
                                     .value = v ? NONE : value_for(ours.type, keys[k] & 7)};
                    compare(&c);
                }
}

static void all_batches(void)
{
    for (size_t e = 0; e < sizeof(batches) / sizeof(batches[0]); e++)
        for (size_t f = 0; f < sizeof(flags) / sizeof(flags[0]); f++)
            for (uint32_t how = 0; how < 48; how++) {
                struct call c = {.cmd = batches[e].cmd,
                                 .name = batches[e].name,
                                 .flags = flags[f],
                                 .key = how & 1 ? NONE : 0,
                                 .value = how & 2 ? NONE : value_for(ours.type, 1),
                                 .in = how & 4,
                                 .out = !(how & 8),
                                 .count = how >> 4};
                compare(&c);
            }
}

static void close_both(void)
{
    close(ours.fd);
    close(kernels.fd);
}

/* `again`: but for outer maps. */
static void on_all_types(uint32_t more_flags, bool again, void (*script)(void))
{
    size_t n = sizeof(types) / sizeof(types[0]);
    for (size_t i = 0; i < n && !(again && holds_maps(types[i])); i++) {
        make(&ours, types[i], more_flags);
        make(&kernels, types[i], more_flags);
        CU_ASSERT((ours.fd >= 0) == (kernels.fd >= 0));
        if (ours.fd < 0 || kernels.fd < 0)
            continue; /* not with these flags */
        script();
        close_both();
    }
}

static void test_elements(void)
{
    on_all_types(0, false, all_elements);
    on_all_types(0, false, all_batches);
}

/* The two again on what they left, and after BPF_MAP_FREEZE. */
static void frozen(void)
{
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    all_elements();
    for (unsigned twice = 0; twice < 2; twice++) {
        a.map_fd = (uint32_t)ours.fd;
        long here = ask_layer(BPF_MAP_FREEZE, &a, sizeof(a));
        a.map_fd = (uint32_t)kernels.fd;
        long kernel = ask_kernel(BPF_MAP_FREEZE, &a, sizeof(a));
        if (here != kernel)
            fprintf(stderr, "type %u: freeze: %ld, the kernel %ld\n", ours.type, here, kernel);
        CU_ASSERT_EQUAL(here, kernel);
    }
    all_elements();
    all_batches();
}

static void test_frozen(void)
{
    on_all_types(0, true, frozen);
}

/* Descriptors that may only read, or only write. */
static void both_ways(void)
{
    all_elements();
    all_batches();
}

static void test_access(void)
{
    on_all_types(BPF_F_RDONLY, true, both_ways);
    on_all_types(BPF_F_WRONLY, true, both_ways);
    on_all_types(BPF_F_RDONLY_PROG, true, both_ways);
}

static void begin(void)
{
    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
    ours = (struct side){.name = "NIC", .bpf = ask_layer};
    kernels = (struct side){.name = "kernel", .bpf = ask_kernel};
}

static void finish(void)
{
    printf("  %lu commands, %lu of them without an error\n", compared, fine);
    CU_ASSERT(fine > 1000);
    nicbpf_destroy(layer);
    realnic_close(&nic);
}

static const struct cunit_case cases[] = {
    {"two sides", begin},    {"elements and batches", test_elements},
    {"frozen", test_frozen}, {"access", test_access},
    {"figures", finish},     {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    firmware = argv[1];
    if (!kernel_has_bpf())
        return 77;
    return cunit_run("map commands, as the kernel", cases);
}
