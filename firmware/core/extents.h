/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An allocator over a range of device addresses that keeps its books outside
 * of it: a sorted table of free extents. One user at a time (the control core).
 * The caller remembers sizes. A table of n rows serves n - 1 live blocks at least.
 */
#ifndef FW_EXTENTS_H
#define FW_EXTENTS_H

#include <stdint.h>

struct fw_extent {
    uint64_t addr, size; /* bytes; device addresses may end at 4 GiB */
};

struct fw_extents {
    struct fw_extent *row; /* by address; no two touch */
    uint32_t rows, room;
    uint64_t granule; /* a power of two: addresses and sizes are multiples */
};

/* Lends `row` (room rows) to *x until it is no more used; all of [addr, addr+size) is free. */
void fw_extents_init(struct fw_extents *x, struct fw_extent *row, uint32_t room, uint64_t granule,
                     uint64_t addr, uint64_t size);

/* The smallest extent that fits. 0 and *addr; FW_ENOMEM; FW_EINVAL for 0 bytes. */
int fw_extents_alloc(struct fw_extents *x, uint64_t bytes, uint64_t *addr);
/* The same at a multiple of `align`, a power of two. */
int fw_extents_alloc_at(struct fw_extents *x, uint64_t bytes, uint64_t align, uint64_t *addr);

/* Takes back what alloc gave for the same `bytes`. */
void fw_extents_free(struct fw_extents *x, uint64_t addr, uint64_t bytes);

uint64_t fw_extents_free_bytes(const struct fw_extents *x);

#endif
