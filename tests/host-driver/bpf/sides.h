/* SPDX-License-Identifier: BSD-3-Clause */
/* The layer over the fake NIC as one side of a transcript, and calls that both sides get. */
#ifndef TEST_SIDES_H
#define TEST_SIDES_H

#include "layer.h"
#include "transcript.h"

static inline long ask_layer(int cmd, void *attr, unsigned size)
{
    return nicbpf_call(layer, cmd, attr, size);
}

static inline int map(struct transcript *t, const char *what, union bpf_attr a)
{
    return (int)note(t, what, t->bpf(BPF_MAP_CREATE, &a, sizeof(a)), 0);
}

static inline int map_of(struct transcript *t, const char *what, uint32_t type, uint32_t key,
                         uint32_t value, uint32_t entries, uint32_t flags)
{
    union bpf_attr a = map_attr(type, key, value, entries);

    a.map_flags = flags;
    return map(t, what, a);
}

/* One element command on 4-byte keys and 8-byte values. */
static inline void on(struct transcript *t, const char *what, int cmd, int fd, uint32_t key,
                      uint64_t value, uint64_t flags)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.map_fd = (uint32_t)fd;
    a.key = ptr(&key);
    a.value = cmd == BPF_MAP_DELETE_ELEM ? 0 : ptr(&value);
    a.flags = flags;
    long rc = t->bpf(cmd, &a, sizeof(a));
    note(t, what, rc, value);
}

static inline void load(struct transcript *t, const char *what, union bpf_attr a)
{
    long fd = note(t, what, t->bpf(BPF_PROG_LOAD, &a, sizeof(a)), 0);

    if (fd >= 0)
        close((int)fd);
}

static inline void compare(const char *name, void (*script)(struct transcript *))
{
    static struct transcript ours, kernels;

    setup();
    fake_fw_all_types(fw);
    CU_ASSERT_EQUAL(nicdrv_caps_refresh(drv), 0);
    ours = (struct transcript){.bpf = ask_layer};
    kernels = (struct transcript){.bpf = ask_kernel};
    script(&ours);
    script(&kernels);
    compare_transcripts(name, &ours, &kernels);
    teardown();
}

#define AGAINST_KERNEL(name)                                                                       \
    static void test_##name(void)                                                                  \
    {                                                                                              \
        compare(#name, name);                                                                      \
    }

#endif
