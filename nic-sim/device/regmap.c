/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of regs.def, and for each word of BAR0 and MMIO the row it belongs to. */
#include "device/dev.h"

#include <string.h>

#define SPACE_BAR0 0
#define SPACE_MMIO 1

struct space_row {
    struct reg_row row;
    uint8_t space;
};

static const struct space_row rows[] = {
#define NIC_REG(space, name, offset, bytes, access, what)                                          \
    {{(offset), 1, 0, (bytes), REG_##access}, SPACE_##space},
#define NIC_REG_ARRAY(space, name, offset, bytes, access, stride, count, what)                     \
    {{(offset), (count), __builtin_ctz(stride), (bytes), REG_##access}, SPACE_##space},
#include "nic/regs.def"
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROWS < REG_NO_ROW, "a row number fits a byte");

#define NIC_REG_ARRAY(space, name, offset, bytes, access, stride, count, what)                     \
    _Static_assert(((stride) & ((stride) - 1)) == 0, #name ": the stride is a power of two");
#include "nic/regs.def"

static void place(uint8_t *words, unsigned number, const struct reg_row *row)
{
    for (uint32_t i = 0; i < row->count; i++)
        for (uint32_t byte = 0; byte < row->bytes; byte += 4)
            words[(row->offset + (i << row->shift) + byte) / 4] = (uint8_t)number;
}

void regmap_build(struct regmap *map)
{
    memset(map, REG_NO_ROW, sizeof(*map));
    for (unsigned i = 0; i < ROWS; i++)
        place(rows[i].space == SPACE_BAR0 ? map->bar0 : map->mmio, i, &rows[i].row);
}

static const struct reg_row *find(uint8_t number, uint64_t offset, uint32_t *index)
{
    const struct reg_row *row;

    if (number == REG_NO_ROW)
        return NULL;
    row = &rows[number].row;
    *index = row->count == 1 ? 0 : (uint32_t)(offset - row->offset) >> row->shift;
    return row;
}

const struct reg_row *regmap_bar0(const struct regmap *map, uint64_t offset, uint32_t *index)
{
    return offset < NIC_BAR0_SIZE ? find(map->bar0[offset / 4], offset, index) : NULL;
}

const struct reg_row *regmap_mmio(const struct regmap *map, uint64_t offset, uint32_t *index)
{
    return offset < REG_MMIO_SPAN ? find(map->mmio[offset / 4], offset, index) : NULL;
}
