/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/extents.h"

#include <stddef.h>

#include "core/mem.h"
#include "fw/bpf.h"

static uint64_t round_up(const struct fw_extents *x, uint64_t bytes)
{
    return (bytes + x->granule - 1) & ~(x->granule - 1);
}

static void row_remove(struct fw_extents *x, uint32_t i)
{
    x->rows--;
    memmove(&x->row[i], &x->row[i + 1], (x->rows - i) * sizeof(x->row[0]));
}

static void row_insert(struct fw_extents *x, uint32_t i, uint64_t addr, uint64_t size)
{
    memmove(&x->row[i + 1], &x->row[i], (x->rows - i) * sizeof(x->row[0]));
    x->row[i] = (struct fw_extent){addr, size};
    x->rows++;
}

void fw_extents_init(struct fw_extents *x, struct fw_extent *row, uint32_t room, uint64_t granule,
                     uint64_t addr, uint64_t size)
{
    *x = (struct fw_extents){.row = row, .room = room, .granule = granule};
    uint64_t start = round_up(x, addr);
    uint64_t end = (addr + size) & ~(granule - 1);
    if (end > start)
        row_insert(x, 0, start, end - start);
}

/* Bytes in front of the first place in the row that is aligned; more than the row has when none is.
 */
static uint64_t gap(const struct fw_extent *row, uint64_t align)
{
    return (row->addr + align - 1) / align * align - row->addr;
}

static int fits(const struct fw_extent *row, uint64_t need, uint64_t align)
{
    uint64_t skip = gap(row, align);
    return row->size >= skip && row->size - skip >= need;
}

/* Cuts [addr, addr + need) out of row i. */
static void row_cut(struct fw_extents *x, uint32_t i, uint64_t addr, uint64_t need)
{
    struct fw_extent row = x->row[i];
    uint64_t before = addr - row.addr;
    uint64_t after = row.size - before - need;
    row_remove(x, i);
    if (after)
        row_insert(x, i, addr + need, after);
    if (before)
        row_insert(x, i, row.addr, before);
}

int fw_extents_alloc_at(struct fw_extents *x, uint64_t bytes, uint64_t align, uint64_t *addr)
{
    uint64_t need = round_up(x, bytes);
    uint32_t best = x->rows;
    if (need < bytes || need == 0)
        return need == 0 && bytes == 0 ? FW_EINVAL : FW_ENOMEM;
    for (uint32_t i = 0; i < x->rows; i++)
        if (fits(&x->row[i], need, align) &&
            (best == x->rows || x->row[i].size < x->row[best].size))
            best = i;
    if (best == x->rows)
        return FW_ENOMEM;
    *addr = x->row[best].addr + gap(&x->row[best], align);
    row_cut(x, best, *addr, need);
    return 0;
}

int fw_extents_alloc(struct fw_extents *x, uint64_t bytes, uint64_t *addr)
{
    return fw_extents_alloc_at(x, bytes, x->granule, addr);
}

void fw_extents_free(struct fw_extents *x, uint64_t addr, uint64_t bytes)
{
    uint64_t size = round_up(x, bytes);
    uint32_t i = 0;
    while (i < x->rows && x->row[i].addr < addr)
        i++;
    int joins_prev = i > 0 && x->row[i - 1].addr + x->row[i - 1].size == addr;
    int joins_next = i < x->rows && addr + size == x->row[i].addr;
    if (joins_prev && joins_next) {
        x->row[i - 1].size += size + x->row[i].size;
        row_remove(x, i);
    } else if (joins_prev) {
        x->row[i - 1].size += size;
    } else if (joins_next) {
        x->row[i].addr = addr;
        x->row[i].size += size;
    } else {
        row_insert(x, i, addr, size);
    }
}

uint64_t fw_extents_free_bytes(const struct fw_extents *x)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < x->rows; i++)
        sum += x->row[i].size;
    return sum;
}
