/* SPDX-License-Identifier: BSD-3-Clause */
/* The instruction table as an array, and the facts it answers. */
#include "isa/isa.h"

static const struct rv64_row rows[RV64_OP_COUNT] = {
    [RV64_OP_INVALID] = {".word", 1, 0, RV64_FMT_NONE},
#define RV64_INSN(id, mnemonic, ext, format, match, mask, flow, timing)                            \
    [RV64_OP_##id] = {mnemonic, match, mask, RV64_FMT_##format},
#include "nic/rv64_insn.def"
};

const struct rv64_row *rv64_row(enum rv64_op op)
{
    return &rows[(unsigned)op < RV64_OP_COUNT ? op : RV64_OP_INVALID];
}

const char *rv64_mnemonic(enum rv64_op op)
{
    return rv64_row(op)->mnemonic;
}

enum rv64_format rv64_op_format(enum rv64_op op)
{
    return rv64_row(op)->format;
}

uint32_t rv64_op_match(enum rv64_op op)
{
    return rv64_row(op)->match;
}

uint32_t rv64_op_mask(enum rv64_op op)
{
    return rv64_row(op)->mask;
}

const char *rv64_reg_name(unsigned reg)
{
    static const char names[32][5] = {"zero", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                      "s0",   "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                      "a6",   "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                      "s8",   "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    return names[reg & 31];
}

unsigned rv64_format_regs(enum rv64_format format)
{
    switch (format) {
    case RV64_FMT_R:
    case RV64_FMT_AMO:
        return RV64_HAS_RD | RV64_HAS_RS1 | RV64_HAS_RS2;
    case RV64_FMT_R0:
    case RV64_FMT_S:
    case RV64_FMT_B:
        return RV64_HAS_RS1 | RV64_HAS_RS2;
    case RV64_FMT_R1:
    case RV64_FMT_I:
    case RV64_FMT_SH6:
    case RV64_FMT_SH5:
    case RV64_FMT_CSR:
    case RV64_FMT_CSRI:
    case RV64_FMT_LR:
        return RV64_HAS_RD | RV64_HAS_RS1;
    case RV64_FMT_U:
    case RV64_FMT_J:
        return RV64_HAS_RD;
    case RV64_FMT_FENCE:
    case RV64_FMT_NONE:
        break;
    }
    return 0;
}
