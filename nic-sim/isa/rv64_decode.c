/* SPDX-License-Identifier: BSD-3-Clause */
#include "isa/isa.h"

/*
 * A row per comparison, in the order of the table: the engine keeps what it
 * decodes, so this runs once for a word of code.
 */
static enum rv64_op find_op(uint32_t word)
{
    if ((word & 3) != 3) {
        return RV64_OP_INVALID; /* compressed: not in this machine */
    }
    for (unsigned op = RV64_OP_INVALID + 1; op < RV64_OP_COUNT; op++) {
        const struct rv64_row *row = rv64_row((enum rv64_op)op);
        if ((word & row->mask) == row->match) {
            return (enum rv64_op)op;
        }
    }
    return RV64_OP_INVALID;
}

struct rv64_insn rv64_decode(uint32_t word)
{
    struct rv64_insn insn = {.op = find_op(word)};
    enum rv64_format format = rv64_op_format(insn.op);
    unsigned regs = rv64_format_regs(format);

    if (regs & RV64_HAS_RD) {
        insn.rd = (word >> 7) & 31;
    }
    if (regs & RV64_HAS_RS1) {
        insn.rs1 = (word >> 15) & 31;
    }
    if (regs & RV64_HAS_RS2) {
        insn.rs2 = (word >> 20) & 31;
    }
    insn.imm = rv64_imm_get(format, word);
    return insn;
}
