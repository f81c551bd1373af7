/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>

#include "isa/isa.h"

/* "iorw" subset of a fence's four bits; "0" for none. */
static const char *fence_set(unsigned set)
{
    static const char names[16][5] = {"0", "w",  "r",  "rw",  "o",  "ow",  "or",  "orw",
                                      "i", "iw", "ir", "irw", "io", "iow", "ior", "iorw"};
    return names[set & 15];
}

static const char *ordering(int32_t aqrl)
{
    static const char suffix[4][6] = {"", ".rl", ".aq", ".aqrl"};
    return suffix[aqrl & 3];
}

static int disasm_fence(int32_t imm, char *buf, size_t len)
{
    if (imm == 0x833) {
        return snprintf(buf, len, "fence.tso");
    }
    return snprintf(buf, len, "fence %s, %s", fence_set((unsigned)imm >> 4),
                    fence_set((unsigned)imm));
}

/* Loads and jalr name their address as offset(base). */
static int disasm_i(const struct rv64_insn *i, const char *name, uint32_t word, char *buf,
                    size_t len)
{
    const char *rd = rv64_reg_name(i->rd), *rs1 = rv64_reg_name(i->rs1);
    uint32_t opcode = word & 0x7f;

    if (opcode == 0x03 || opcode == 0x67) {
        return snprintf(buf, len, "%s %s, %d(%s)", name, rd, i->imm, rs1);
    }
    return snprintf(buf, len, "%s %s, %s, %d", name, rd, rs1, i->imm);
}

int rv64_disasm(uint32_t word, uint64_t pc, char *buf, size_t len)
{
    struct rv64_insn i = rv64_decode(word);
    const char *name = rv64_mnemonic(i.op);
    const char *rd = rv64_reg_name(i.rd), *rs1 = rv64_reg_name(i.rs1), *rs2 = rv64_reg_name(i.rs2);
    uint64_t target = pc + (uint64_t)(int64_t)i.imm;

    if (i.op == RV64_OP_INVALID) {
        return snprintf(buf, len, ".word 0x%08" PRIx32, word);
    }
    switch (rv64_op_format(i.op)) {
    case RV64_FMT_R:
        return snprintf(buf, len, "%s %s, %s, %s", name, rd, rs1, rs2);
    case RV64_FMT_R1:
        return snprintf(buf, len, "%s %s, %s", name, rd, rs1);
    case RV64_FMT_R0:
        return snprintf(buf, len, "%s %s, %s", name, rs1, rs2);
    case RV64_FMT_I:
        return disasm_i(&i, name, word, buf, len);
    case RV64_FMT_SH6:
    case RV64_FMT_SH5:
        return snprintf(buf, len, "%s %s, %s, %d", name, rd, rs1, i.imm);
    case RV64_FMT_S:
        return snprintf(buf, len, "%s %s, %d(%s)", name, rs2, i.imm, rs1);
    case RV64_FMT_B:
        return snprintf(buf, len, "%s %s, %s, 0x%" PRIx64, name, rs1, rs2, target);
    case RV64_FMT_U:
        return snprintf(buf, len, "%s %s, 0x%" PRIx32, name, rd, (uint32_t)i.imm >> 12);
    case RV64_FMT_J:
        return snprintf(buf, len, "%s %s, 0x%" PRIx64, name, rd, target);
    case RV64_FMT_CSR:
        return snprintf(buf, len, "%s %s, 0x%03x, %s", name, rd, (unsigned)i.imm, rs1);
    case RV64_FMT_CSRI:
        return snprintf(buf, len, "%s %s, 0x%03x, %u", name, rd, (unsigned)i.imm, i.rs1);
    case RV64_FMT_AMO:
        return snprintf(buf, len, "%s%s %s, %s, (%s)", name, ordering(i.imm), rd, rs2, rs1);
    case RV64_FMT_LR:
        return snprintf(buf, len, "%s%s %s, (%s)", name, ordering(i.imm), rd, rs1);
    case RV64_FMT_FENCE:
        return disasm_fence(i.imm, buf, len);
    case RV64_FMT_NONE:
        break;
    }
    return snprintf(buf, len, "%s", name);
}
