/* SPDX-License-Identifier: BSD-3-Clause */
/* The IOMMU table: what is mapped is reached, and nothing else is. */
#include "link/iommu.h"

#include <errno.h>
#include <stdlib.h>

#include "cunit_main.h"

static uint8_t mem[3 * 4096];

static void test_whole_range(void)
{
    struct iommu mmu;
    uint64_t a, b;

    iommu_init(&mmu);
    CU_ASSERT_EQUAL(iommu_map(&mmu, mem, 100, &a), 0);
    CU_ASSERT_EQUAL(iommu_map(&mmu, mem + 100, 5000, &b), 0);
    CU_ASSERT_PTR_EQUAL(iommu_find(&mmu, a, 100), mem);
    CU_ASSERT_PTR_EQUAL(iommu_find(&mmu, a + 99, 1), mem + 99);
    CU_ASSERT_PTR_EQUAL(iommu_find(&mmu, b, 5000), mem + 100);
    CU_ASSERT_PTR_EQUAL(iommu_find(&mmu, b + 4999, 1), mem + 5099);
    iommu_fini(&mmu);
}

static void test_outside(void)
{
    struct iommu mmu;
    uint64_t a, b;

    iommu_init(&mmu);
    CU_ASSERT_PTR_NULL(iommu_find(&mmu, 0, 1));
    iommu_map(&mmu, mem, 100, &a);
    iommu_map(&mmu, mem + 4096, 100, &b);
    CU_ASSERT_PTR_NULL(iommu_find(&mmu, a, 101));
    CU_ASSERT_PTR_NULL(iommu_find(&mmu, a + 100, 1));
    CU_ASSERT_PTR_NULL(iommu_find(&mmu, a - 1, 2));
    CU_ASSERT_PTR_NULL(iommu_find(&mmu, a - 1, 1));
    CU_ASSERT_PTR_NULL(iommu_find(&mmu, a + 50, b + 1 - a)); /* across two ranges */
    CU_ASSERT_PTR_NULL(iommu_find(&mmu, a + 1, SIZE_MAX));
    CU_ASSERT_PTR_NULL(iommu_find(&mmu, UINT64_MAX, 1));
    CU_ASSERT_PTR_NULL(iommu_find(&mmu, UINT64_MAX - 3, 8));
    iommu_fini(&mmu);
}

static void test_unmap_is_final(void)
{
    struct iommu mmu;
    uint64_t a, b;

    iommu_init(&mmu);
    iommu_map(&mmu, mem, 4096, &a);
    iommu_unmap(&mmu, a + 1); /* not a start: ignored */
    CU_ASSERT_PTR_NOT_NULL(iommu_find(&mmu, a, 4096));
    iommu_unmap(&mmu, a);
    CU_ASSERT_PTR_NULL(iommu_find(&mmu, a, 1));
    iommu_unmap(&mmu, a);
    iommu_map(&mmu, mem, 4096, &b);
    CU_ASSERT_NOT_EQUAL(a, b); /* a stale address never reaches new memory */
    CU_ASSERT_PTR_NULL(iommu_find(&mmu, a, 1));
    iommu_fini(&mmu);
}

static void test_bad_arguments(void)
{
    struct iommu mmu;
    uint64_t a = 7;

    iommu_init(&mmu);
    CU_ASSERT_EQUAL(iommu_map(&mmu, NULL, 1, &a), -EINVAL);
    CU_ASSERT_EQUAL(iommu_map(&mmu, mem, 0, &a), -EINVAL);
    CU_ASSERT_EQUAL(iommu_map(&mmu, mem, SIZE_MAX, &a), -ENOSPC);
    CU_ASSERT_EQUAL(iommu_map(&mmu, mem, (size_t)IOMMU_END, &a), -ENOSPC);
    CU_ASSERT_EQUAL(a, 7);
    iommu_fini(&mmu);
}

/* Ranges of random length come and go; a plain array of what is mapped is the oracle. */
static void test_many(void)
{
    enum { N = 512 };
    struct iommu mmu;
    uint64_t iova[N] = {0};
    size_t len[N] = {0};
    unsigned seed = 1, bad = 0;

    iommu_init(&mmu);
    for (unsigned step = 0; step < 20000; step++) {
        seed = seed * 1103515245u + 12345u;
        unsigned i = (seed >> 8) % N;
        unsigned other = (seed >> 20) % N;
        bad +=
            iommu_find(&mmu, iova[other], len[other] ? len[other] : 1) != (len[other] ? mem : NULL);
        if (len[i]) {
            bad += iommu_find(&mmu, iova[i], len[i]) != mem;
            bad += iommu_find(&mmu, iova[i], len[i] + 1) != NULL;
            iommu_unmap(&mmu, iova[i]);
            bad += iommu_find(&mmu, iova[i], 1) != NULL;
            len[i] = 0;
        } else {
            len[i] = 1 + (seed >> 17) % sizeof(mem);
            bad += iommu_map(&mmu, mem, len[i], &iova[i]) != 0;
        }
    }
    CU_ASSERT_EQUAL(bad, 0);
    iommu_fini(&mmu);
}

static const struct cunit_case cases[] = {
    {"all of a mapped range is reached", test_whole_range},
    {"nothing outside is", test_outside},
    {"an address that was unmapped stays dead", test_unmap_is_final},
    {"what cannot be mapped", test_bad_arguments},
    {"many ranges", test_many},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("iommu", cases);
}
