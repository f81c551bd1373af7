/* SPDX-License-Identifier: BSD-3-Clause */
/* A bpf(2) layer over the fake NIC, and calls that are easy to write in a test. */
#ifndef TEST_LAYER_H
#define TEST_LAYER_H

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cunit_main.h"
#include "fake_nic.h"
#include "nicdrv/bpf.h"

static struct fake_nic nic;
static struct fake_fw *fw;
static struct nicdrv *drv;
static struct nicbpf *layer;

static inline void setup(void)
{
    uint8_t elf[FAKE_ELF_MAX];

    fake_init(&nic);
    fw = fake_fw_create();
    nic.serve = fake_fw_serve;
    nic.fw = fw;
    CU_ASSERT_EQUAL_FATAL(nicdrv_open(&nic.link, elf, fake_elf(elf), "fake.elf", &drv, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(drv, &layer), 0);
}

/* Whatever a test left behind, nothing of it may be on the NIC afterwards. */
static inline void teardown(void)
{
    nicbpf_destroy(layer);
    CU_ASSERT_EQUAL(fake_fw_maps(fw), 0);
    CU_ASSERT_EQUAL(fake_fw_progs(fw), 0);
    nicdrv_close(drv);
    CU_ASSERT_EQUAL(nic.range_count, 0);
    fake_fini(&nic);
    fake_fw_destroy(fw);
}

static inline long call(int cmd, union bpf_attr *attr)
{
    return nicbpf_call(layer, cmd, attr, sizeof(*attr));
}

static inline uint64_t ptr(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

static inline union bpf_attr map_attr(uint32_t type, uint32_t key, uint32_t value, uint32_t entries)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.map_type = type;
    a.key_size = key;
    a.value_size = value;
    a.max_entries = entries;
    memcpy(a.map_name, "table", 6);
    return a;
}

static inline int make_map(uint32_t type, uint32_t value, uint32_t entries, uint32_t flags)
{
    union bpf_attr a = map_attr(type, 4, value, entries);

    a.map_flags = flags;
    long fd = call(BPF_MAP_CREATE, &a);
    CU_ASSERT_FATAL(fd >= 0);
    return (int)fd;
}

static inline long elem(int cmd, int fd, const void *key, const void *value, uint64_t flags)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.map_fd = (uint32_t)fd;
    a.key = ptr(key);
    a.value = ptr(value);
    a.flags = flags;
    return call(cmd, &a);
}

/* r0 = XDP_PASS; exit */
static const struct bpf_insn pass_insns[] = {
    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 2},
    {.code = BPF_JMP | BPF_EXIT},
};

static inline union bpf_attr prog_attr(uint32_t type, const struct bpf_insn *insns, size_t bytes)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.prog_type = type;
    a.insns = ptr(insns);
    a.insn_cnt = (uint32_t)(bytes / sizeof(*insns));
    a.license = ptr("GPL");
    memcpy(a.prog_name, "prog", 5);
    return a;
}

static inline long load_insns(uint32_t type, const struct bpf_insn *insns, size_t bytes)
{
    union bpf_attr a = prog_attr(type, insns, bytes);

    return call(BPF_PROG_LOAD, &a);
}

static inline bool refusal_says(const char *word)
{
    bool says = strstr(nicbpf_last_refusal(layer), word) != NULL;

    if (!says)
        fprintf(stderr, "expected '%s' in: %s\n", word, nicbpf_last_refusal(layer));
    return says;
}

#endif
