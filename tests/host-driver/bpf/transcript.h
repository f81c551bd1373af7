/* SPDX-License-Identifier: BSD-3-Clause */
/* The same bpf(2) calls to two sides, and their answers compared. */
#ifndef TEST_TRANSCRIPT_H
#define TEST_TRANSCRIPT_H

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cunit_main.h"

#define ANSWERS 400

typedef long (*bpf_fn)(int cmd, void *attr, unsigned size);

/* What one side answered, in order; descriptors count as 0. */
struct transcript {
    bpf_fn bpf;
    struct {
        char what[64];
        long rc;
        uint64_t value;
    } answers[ANSWERS];
    unsigned count;
};

static inline long ask_kernel(int cmd, void *attr, unsigned size)
{
    long rc = syscall(SYS_bpf, cmd, attr, size);

    return rc < 0 ? -errno : rc;
}

static inline long note(struct transcript *t, const char *what, long rc, uint64_t value)
{
    if (t->count < ANSWERS) {
        snprintf(t->answers[t->count].what, sizeof(t->answers[0].what), "%s", what);
        t->answers[t->count].rc = rc > 0 ? 0 : rc;
        t->answers[t->count].value = value;
    }
    t->count++;
    return rc;
}

/* FNV-1a: bytes as one value of a transcript. */
static inline uint64_t digest(const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

/* Every difference is printed and fails the test. */
static inline void compare_transcripts(const char *name, const struct transcript *ours,
                                       const struct transcript *kernels)
{
    CU_ASSERT_EQUAL(ours->count, kernels->count);
    CU_ASSERT(ours->count <= ANSWERS);
    for (unsigned i = 0; i < ours->count && i < ANSWERS; i++) {
        bool same = ours->answers[i].rc == kernels->answers[i].rc &&
                    ours->answers[i].value == kernels->answers[i].value;
        if (!same)
            fprintf(stderr, "%s: %s (%u): here %ld, value %llu; the kernel %ld, value %llu\n", name,
                    ours->answers[i].what, i, ours->answers[i].rc,
                    (unsigned long long)ours->answers[i].value, kernels->answers[i].rc,
                    (unsigned long long)kernels->answers[i].value);
        CU_ASSERT(same);
    }
}

/* False, with a line that says so, where this machine's bpf(2) is not for us. */
static inline bool kernel_has_bpf(void)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.map_type = BPF_MAP_TYPE_ARRAY;
    a.key_size = 4;
    a.value_size = 8;
    a.max_entries = 1;
    long fd = ask_kernel(BPF_MAP_CREATE, &a, sizeof(a));
    if (fd < 0)
        printf("SKIP: bpf(2) of this machine: %s\n", strerror((int)-fd));
    else
        close((int)fd);
    return fd >= 0;
}

#endif
