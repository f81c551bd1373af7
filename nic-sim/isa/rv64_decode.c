/* SPDX-License-Identifier: BSD-3-Clause */
#include "isa/isa.h"

/* A row per comparison: the engine keeps what it decodes, so this runs once for a word of code. */
static enum rv64_op find_op(uint32_t word)
{
    if ((word & 3) != 3) {
        return RV64_OP_INVALID; /* compressed: not in this machine */
    }
#define RV64_INSN(id, mnemonic, ext, format, match, mask, flow, timing)                            \
    if ((word & (mask)) == (match)) {                                                              \
        return RV64_OP_##id;                                                                       \
    }
#include "nic/rv64_insn.def"
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
