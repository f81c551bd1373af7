/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LOOKUP_AND_DELETE and the batches of hash tables, on the NIC and in this machine's kernel. The
 * order of a walk is each one's own: sums are compared. Argument: the firmware.
 */
#include "nicdrv/bpf.h"
#include "realnic.h"
#include "transcript.h"

#define ENTRIES 50u

static const char *firmware;
static struct nicbpf *layer;

static long ask_layer(int cmd, void *attr, unsigned size)
{
    return nicbpf_call(layer, cmd, attr, size);
}

static uint64_t ptr(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

static int new_map(struct transcript *t, uint32_t type, uint32_t key, uint32_t flags)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.map_type = type;
    a.key_size = key;
    a.value_size = 8;
    a.max_entries = ENTRIES;
    a.map_flags = flags;
    return (int)note(t, "create", t->bpf(BPF_MAP_CREATE, &a, sizeof(a)), 0);
}

static void elem(struct transcript *t, const char *what, int cmd, int fd, uint32_t key,
                 uint64_t value, uint64_t flags)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.map_fd = (uint32_t)fd;
    a.key = ptr(&key);
    a.value = ptr(&value);
    a.flags = flags;
    long rc = t->bpf(cmd, &a, sizeof(a));
    note(t, what, rc, rc ? 0 : value);
}

static void fill(struct transcript *t, int fd)
{
    for (uint32_t i = 0; i < ENTRIES; i++)
        elem(t, "fill", BPF_MAP_UPDATE_ELEM, fd, i * 77, 1000 + i, 0);
}

static void take(struct transcript *t)
{
    static const uint32_t types[] = {BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_ARRAY};

    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        int fd = new_map(t, types[i], 4, 0);
        elem(t, "update", BPF_MAP_UPDATE_ELEM, fd, 7, 5, 0);
        elem(t, "take", BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, 7, 0, 0);
        elem(t, "take again", BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, 7, 0, 0);
        elem(t, "take, flags", BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, 7, 0, 1);
        elem(t, "take, lock", BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, 7, 0, BPF_F_LOCK);
        close(fd);
    }
    int fd = new_map(t, BPF_MAP_TYPE_HASH, 4, BPF_F_RDONLY);
    elem(t, "take, read-only", BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, 7, 0, 0);
    close(fd);
}

/* Everything by batches of `room`; the sums of what came. */
static void walk(struct transcript *t, int cmd, int fd, uint32_t room)
{
    static uint32_t keys[2 * ENTRIES];
    static uint64_t values[2 * ENTRIES];
    uint64_t key_sum = 0, value_sum = 0, count = 0;
    uint32_t cursor = 0;
    long rc = 0;

    for (unsigned turn = 0; !rc && turn < 100; turn++) {
        union bpf_attr a;
        memset(&a, 0, sizeof(a));
        a.batch.map_fd = (uint32_t)fd;
        a.batch.in_batch = turn ? ptr(&cursor) : 0;
        a.batch.out_batch = ptr(&cursor);
        a.batch.keys = ptr(keys);
        a.batch.values = ptr(values);
        a.batch.count = room;
        rc = t->bpf(cmd, &a, sizeof(a));
        for (uint32_t i = 0; i < a.batch.count && (!rc || rc == -ENOENT); i++) {
            key_sum += keys[i];
            value_sum += values[i];
            count++;
        }
    }
    note(t, "how it ended", rc, count);
    note(t, "keys", 0, key_sum);
    note(t, "values", 0, value_sum);
}

static void walks(struct transcript *t)
{
    int fd = new_map(t, BPF_MAP_TYPE_HASH, 4, 0);

    walk(t, BPF_MAP_LOOKUP_BATCH, fd, 30);
    fill(t, fd);
    walk(t, BPF_MAP_LOOKUP_BATCH, fd, 30);
    walk(t, BPF_MAP_LOOKUP_BATCH, fd, 100);
    walk(t, BPF_MAP_LOOKUP_BATCH, fd, 0);
    walk(t, BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, 30);
    walk(t, BPF_MAP_LOOKUP_BATCH, fd, 100);
    close(fd);
    fd = new_map(t, BPF_MAP_TYPE_ARRAY, 4, 0);
    walk(t, BPF_MAP_LOOKUP_BATCH, fd, 30);
    walk(t, BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, 30);
    close(fd);
}

static void compare(const char *name, void (*script)(struct transcript *))
{
    static struct transcript ours, kernels;
    struct realnic nic;

    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
    ours = (struct transcript){.bpf = ask_layer};
    kernels = (struct transcript){.bpf = ask_kernel};
    script(&ours);
    script(&kernels);
    compare_transcripts(name, &ours, &kernels);
    nicbpf_destroy(layer);
    realnic_close(&nic);
}

static void test_take(void)
{
    compare("take", take);
}

static void test_walks(void)
{
    compare("walks", walks);
}

static const struct cunit_case cases[] = {
    {"take", test_take},
    {"batches of hash tables", test_walks},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    firmware = argc > 1 ? argv[1] : NULL;
    return kernel_has_bpf() ? cunit_run("taking and walking against the kernel", cases) : 77;
}
