/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IOMMU of a link: which host memory the device may reach, and where. An
 * IOVA is never given out twice in a link's life, so a device that still uses an
 * address after its range was unmapped is refused instead of hitting new memory.
 */
#ifndef NICDRV_LINK_IOMMU_H
#define NICDRV_LINK_IOMMU_H

#include <stddef.h>
#include <stdint.h>

#define IOMMU_PAGE 4096u
/* Below: never an IOVA, so that 32-bit mistakes fault. */
#define IOMMU_FIRST UINT64_C(0x100000000)
#define IOMMU_END   (UINT64_C(1) << 48)

struct iommu_range {
    uint64_t iova;
    size_t len;
    uint8_t *mem; /* borrowed */
};

enum { IOMMU_RECENT = 4 };
struct iommu {
    struct iommu_range *ranges; /* ascending by iova; they never touch */
    size_t count, room;
    uint64_t next;
    /* Found last: a receive queue is its descriptors, its completions and its buffers. */
    struct iommu_range recent[IOMMU_RECENT]; /* len 0: none, and NULL is no memory */
    unsigned oldest;                         /* of those: the next one's place */
};

void iommu_init(struct iommu *mmu);
void iommu_fini(struct iommu *mmu);

/* Gives [mem, mem+len) an IOVA, page aligned. -EINVAL (nothing to map), -ENOMEM, -ENOSPC. */
int iommu_map(struct iommu *mmu, void *mem, size_t len, uint64_t *iova);
/* Ends the range that starts at iova; anything else is ignored. */
void iommu_unmap(struct iommu *mmu, uint64_t iova);

/* The memory behind [iova, iova+len), or NULL unless one range holds all of it. */
uint8_t *iommu_find(struct iommu *mmu, uint64_t iova, size_t len);

#endif
