/* SPDX-License-Identifier: BSD-3-Clause */
/* The allocator of device memory: blocks never overlap, nothing leaks, free extents join. */
#include "core/extents.h"

#include <stdlib.h>

#include "cunit_main.h"
#include "fw/bpf.h"

#define BASE    0x80000000u
#define BYTES   0x100000u
#define GRANULE 64u
#define BLOCKS  40u
#define OPS     20000u

static struct fw_extent row[BLOCKS + 1];
static struct fw_extents x;

static void start(void)
{
    fw_extents_init(&x, row, BLOCKS + 1, GRANULE, BASE, BYTES);
}

static void test_all_and_back(void)
{
    uint64_t a, b;
    start();
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&x), BYTES);
    CU_ASSERT_EQUAL(fw_extents_alloc(&x, BYTES, &a), 0);
    CU_ASSERT_EQUAL(a, BASE);
    CU_ASSERT_EQUAL(fw_extents_alloc(&x, 1, &b), FW_ENOMEM);
    fw_extents_free(&x, a, BYTES);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&x), BYTES);
}

static void test_bad_sizes(void)
{
    uint64_t a;
    start();
    CU_ASSERT_EQUAL(fw_extents_alloc(&x, 0, &a), FW_EINVAL);
    CU_ASSERT_EQUAL(fw_extents_alloc(&x, BYTES + 1, &a), FW_ENOMEM);
    CU_ASSERT_EQUAL(fw_extents_alloc(&x, UINT64_MAX, &a), FW_ENOMEM);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&x), BYTES);
}

static void test_range_is_trimmed(void)
{
    uint64_t a;
    fw_extents_init(&x, row, BLOCKS + 1, GRANULE, BASE + 1, 3 * GRANULE);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&x), 2 * GRANULE);
    CU_ASSERT_EQUAL(fw_extents_alloc(&x, 1, &a), 0);
    CU_ASSERT_EQUAL(a, BASE + GRANULE);
    fw_extents_init(&x, row, BLOCKS + 1, GRANULE, BASE + 1, GRANULE);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&x), 0);
}

/* A hole that just fits is taken before the large rest is cut. */
static void test_best_fit(void)
{
    uint64_t a[4], b;
    start();
    for (unsigned i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(fw_extents_alloc(&x, (4 - i) * GRANULE, &a[i]), 0);
    fw_extents_free(&x, a[0], 4 * GRANULE);
    fw_extents_free(&x, a[2], 2 * GRANULE);
    CU_ASSERT_EQUAL(fw_extents_alloc(&x, 2 * GRANULE, &b), 0);
    CU_ASSERT_EQUAL(b, a[2]);
}

/* Aligned blocks, between others that are not; what is in front of them is not lost. */
static void test_alignment(void)
{
    uint64_t a, b, c;
    start();
    CU_ASSERT_EQUAL(fw_extents_alloc(&x, GRANULE, &a), 0);
    CU_ASSERT_EQUAL(fw_extents_alloc_at(&x, 5000, 4096, &b), 0);
    CU_ASSERT_EQUAL(b, BASE + 4096);
    CU_ASSERT_EQUAL(fw_extents_alloc(&x, 4096 - GRANULE, &c), 0); /* the gap, exactly */
    CU_ASSERT_EQUAL(c, BASE + GRANULE);
    CU_ASSERT_EQUAL(fw_extents_alloc_at(&x, BYTES - 4096, 4096, &c), FW_ENOMEM);
    CU_ASSERT_EQUAL(fw_extents_alloc_at(&x, BYTES - 0x3000, 0x1000, &c), 0); /* the whole rest */
    CU_ASSERT_EQUAL(c, BASE + 0x3000);
    fw_extents_free(&x, c, BYTES - 0x3000);
    fw_extents_free(&x, b, 5000);
    fw_extents_free(&x, a, GRANULE);
    fw_extents_free(&x, BASE + GRANULE, 4096 - GRANULE);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&x), BYTES);
    CU_ASSERT_EQUAL(fw_extents_alloc(&x, BYTES, &a), 0);
}

struct block {
    uint64_t addr, bytes;
};

static int overlaps(const struct block *live, unsigned n, unsigned skip)
{
    for (unsigned i = 0; i < n; i++)
        if (i != skip && live[i].bytes && live[i].addr < live[skip].addr + live[skip].bytes &&
            live[skip].addr < live[i].addr + live[i].bytes)
            return 1;
    return 0;
}

static void alloc_random(struct block *live, unsigned i)
{
    uint64_t bytes = 1 + (uint64_t)rand() % 60000;
    if (fw_extents_alloc(&x, bytes, &live[i].addr))
        return;
    live[i].bytes = bytes;
    CU_ASSERT_FALSE(overlaps(live, BLOCKS, i));
    CU_ASSERT_EQUAL(live[i].addr % GRANULE, 0);
    CU_ASSERT_TRUE(live[i].addr >= BASE && live[i].addr + bytes <= BASE + BYTES);
}

static void free_one(struct block *live, unsigned i)
{
    fw_extents_free(&x, live[i].addr, live[i].bytes);
    live[i].bytes = 0;
}

static void test_random(void)
{
    struct block live[BLOCKS] = {{0, 0}};
    uint64_t used = 0;
    start();
    srand(7);
    for (unsigned op = 0; op < OPS; op++) {
        unsigned i = (unsigned)rand() % BLOCKS;
        if (live[i].bytes)
            free_one(live, i);
        else
            alloc_random(live, i);
        CU_ASSERT_TRUE(x.rows <= BLOCKS + 1);
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        used += (live[i].bytes + GRANULE - 1) & ~(uint64_t)(GRANULE - 1);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&x), BYTES - used);
    for (unsigned i = 0; i < BLOCKS; i++)
        if (live[i].bytes)
            free_one(live, i);
    CU_ASSERT_EQUAL(x.rows, 1);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&x), BYTES);
}

static const struct cunit_case cases[] = {
    {"all of it, and back", test_all_and_back},
    {"sizes that cannot be", test_bad_sizes},
    {"an unaligned range is trimmed", test_range_is_trimmed},
    {"alignment", test_alignment},
    {"best fit", test_best_fit},
    {"random", test_random},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("firmware extents", cases);
}
