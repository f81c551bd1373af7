/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>

#include "isa/isa.h"

uint32_t rv64_encode(enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm)
{
    const struct rv64_row *row = rv64_row(op);
    unsigned regs = rv64_format_regs(row->format);
    uint32_t word = rv64_imm_put(row->format, imm);

    assert(op > RV64_OP_INVALID && op < RV64_OP_COUNT);
    assert(rv64_imm_put(row->format, -1) == 0 || rv64_imm_fits(op, imm));
    if (regs & RV64_HAS_RD) {
        word |= (rd & 31) << 7;
    }
    if (regs & RV64_HAS_RS1) {
        word |= (rs1 & 31) << 15;
    }
    if (regs & RV64_HAS_RS2) {
        word |= (rs2 & 31) << 20;
    }
    return row->match | (word & ~row->mask);
}
