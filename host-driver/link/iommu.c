/* SPDX-License-Identifier: BSD-3-Clause */
#include "link/iommu.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void iommu_init(struct iommu *mmu)
{
    *mmu = (struct iommu){.next = IOMMU_FIRST};
}

void iommu_fini(struct iommu *mmu)
{
    free(mmu->ranges);
    *mmu = (struct iommu){0};
}

static int make_room(struct iommu *mmu)
{
    if (mmu->count < mmu->room)
        return 0;
    size_t room = mmu->room ? mmu->room * 2 : 16;
    struct iommu_range *ranges = realloc(mmu->ranges, room * sizeof(*ranges));
    if (!ranges)
        return -ENOMEM;
    mmu->ranges = ranges;
    mmu->room = room;
    return 0;
}

int iommu_map(struct iommu *mmu, void *mem, size_t len, uint64_t *iova)
{
    if (!mem || !len)
        return -EINVAL;
    /* One page stays unmapped behind each range: an overrun faults. */
    if (len > IOMMU_END - mmu->next - 2 * IOMMU_PAGE)
        return -ENOSPC;
    int err = make_room(mmu);
    if (err)
        return err;
    uint64_t pages = ((uint64_t)len + IOMMU_PAGE - 1) / IOMMU_PAGE;
    mmu->ranges[mmu->count++] = (struct iommu_range){mmu->next, len, mem};
    *iova = mmu->next;
    mmu->next += (pages + 1) * IOMMU_PAGE;
    return 0;
}

/* Index of the last range that starts at or below iova; count when there is none. */
static size_t range_at(const struct iommu *mmu, uint64_t iova)
{
    size_t lo = 0, hi = mmu->count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (mmu->ranges[mid].iova <= iova)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? lo - 1 : mmu->count;
}

void iommu_unmap(struct iommu *mmu, uint64_t iova)
{
    size_t i = range_at(mmu, iova);

    if (i == mmu->count || mmu->ranges[i].iova != iova)
        return;
    memset(mmu->recent, 0, sizeof(mmu->recent));
    mmu->count--;
    memmove(&mmu->ranges[i], &mmu->ranges[i + 1], (mmu->count - i) * sizeof(mmu->ranges[0]));
}

static bool holds(const struct iommu_range *r, uint64_t iova, size_t len)
{
    uint64_t at = iova - r->iova; /* beyond any length when iova lies below */

    return at <= r->len && len <= r->len - at;
}

uint8_t *iommu_find(struct iommu *mmu, uint64_t iova, size_t len)
{
    for (unsigned i = 0; i < IOMMU_RECENT; i++)
        if (holds(&mmu->recent[i], iova, len))
            return mmu->recent[i].mem + (iova - mmu->recent[i].iova);
    size_t i = range_at(mmu, iova);
    if (i == mmu->count || !holds(&mmu->ranges[i], iova, len))
        return NULL;
    mmu->recent[mmu->oldest] = mmu->ranges[i];
    mmu->oldest = (mmu->oldest + 1) % IOMMU_RECENT;
    return mmu->ranges[i].mem + (iova - mmu->ranges[i].iova);
}
