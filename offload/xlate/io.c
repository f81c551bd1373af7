/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operation reads and writes, halves of registers apart. */
#include "xlate/opt.h"

#define BIT(r)    (1u << (r))
#define ARGUMENTS (BIT(RV64_A0) | BIT(RV64_A1) | BIT(RV64_A2) | BIT(RV64_A3) | BIT(RV64_A4))
/* what a subprogram leaves to its caller: all but the registers a call may lose, and r0 */
#define RETURNED (~OPT_CALLER_SAVED | BIT(RV64_A5) | BIT(RV64_RA))

static uint32_t bit(unsigned reg)
{
    return BIT(reg) & ~1u; /* zero is none */
}

/* Formats: what there is of operands, and what an instruction does besides writing rd. */
#define OPERANDS_R     (OPT_RS1 | OPT_RS2 | OPT_RD)
#define OPERANDS_R1    (OPT_RS1 | OPT_RD)
#define OPERANDS_R0    (OPT_RS1 | OPT_RS2 | OPT_RD)
#define OPERANDS_I     (OPT_RS1 | OPT_RD)
#define OPERANDS_SH6   (OPT_RS1 | OPT_RD)
#define OPERANDS_SH5   (OPT_RS1 | OPT_RD)
#define OPERANDS_S     (OPT_RS1 | OPT_RS2 | OPT_EFFECT)
#define OPERANDS_B     (OPT_RS1 | OPT_RS2 | OPT_EFFECT)
#define OPERANDS_U     OPT_RD
#define OPERANDS_J     (OPT_RD | OPT_EFFECT)
#define OPERANDS_CSR   (OPT_RS1 | OPT_RD)
#define OPERANDS_CSRI  (OPT_RS1 | OPT_RD)
#define OPERANDS_AMO   (OPT_RS1 | OPT_RS2 | OPT_RD | OPT_EFFECT | OPT_BARRIER)
#define OPERANDS_LR    (OPT_RS1 | OPT_RD | OPT_EFFECT | OPT_BARRIER)
#define OPERANDS_FENCE (OPT_RS1 | OPT_RD | OPT_BARRIER)
#define OPERANDS_NONE  OPT_RD

const uint8_t opt_operands[RV64_OP_COUNT] = {
    [RV64_OP_INVALID] = OPERANDS_NONE,
#define RV64_INSN(id, mnemonic, ext, format, match, mask, flow, timing)                            \
    [RV64_OP_##id] = OPERANDS_##format,
#include "nic/rv64_insn.def"
};

enum {
    NEITHER = 0xf, /* works on words */
    LIKE_RD = 0xc, /* bit n of the result comes from the bits up to n */
    RS2_LIKE_RD = 0xd,
    RS1_LIKE_RD = 0xe,
    RS1 = 0xa,
};
const uint8_t opt_ignored[RV64_OP_COUNT] = {
    [RV64_OP_ANDI] = OPT_SPECIAL,
    [RV64_OP_BEXTI] = OPT_SPECIAL,
    [RV64_OP_JALR] = OPT_SPECIAL,
    [RV64_OP_ADDIW] = NEITHER,
    [RV64_OP_SLLIW] = NEITHER,
    [RV64_OP_SRLIW] = NEITHER,
    [RV64_OP_SRAIW] = NEITHER,
    [RV64_OP_ADDW] = NEITHER,
    [RV64_OP_SUBW] = NEITHER,
    [RV64_OP_SLLW] = NEITHER,
    [RV64_OP_SRLW] = NEITHER,
    [RV64_OP_SRAW] = NEITHER,
    [RV64_OP_MULW] = NEITHER,
    [RV64_OP_DIVW] = NEITHER,
    [RV64_OP_DIVUW] = NEITHER,
    [RV64_OP_REMW] = NEITHER,
    [RV64_OP_REMUW] = NEITHER,
    [RV64_OP_SEXT_B] = NEITHER,
    [RV64_OP_SEXT_H] = NEITHER,
    [RV64_OP_ZEXT_H] = NEITHER,
    [RV64_OP_SLLI_UW] = NEITHER,
    [RV64_OP_RORIW] = NEITHER,
    [RV64_OP_ADD_UW] = RS2_LIKE_RD,
    [RV64_OP_SH1ADD_UW] = RS2_LIKE_RD,
    [RV64_OP_SH2ADD_UW] = RS2_LIKE_RD,
    [RV64_OP_SH3ADD_UW] = RS2_LIKE_RD,
    [RV64_OP_SB] = RS1,
    [RV64_OP_SH] = RS1,
    [RV64_OP_SW] = RS1,
    [RV64_OP_ADD] = LIKE_RD,
    [RV64_OP_SUB] = LIKE_RD,
    [RV64_OP_MUL] = LIKE_RD,
    [RV64_OP_AND] = LIKE_RD,
    [RV64_OP_OR] = LIKE_RD,
    [RV64_OP_XOR] = LIKE_RD,
    [RV64_OP_ANDN] = LIKE_RD,
    [RV64_OP_ORN] = LIKE_RD,
    [RV64_OP_XNOR] = LIKE_RD,
    [RV64_OP_ADDI] = LIKE_RD,
    [RV64_OP_ORI] = LIKE_RD,
    [RV64_OP_XORI] = LIKE_RD,
    [RV64_OP_SLLI] = LIKE_RD,
    [RV64_OP_SH1ADD] = LIKE_RD,
    [RV64_OP_SH2ADD] = LIKE_RD,
    [RV64_OP_SH3ADD] = LIKE_RD,
    [RV64_OP_SLL] = RS1_LIKE_RD,
};

static struct opt_io special_io(const struct xlate_op *op, bool hi)
{
    uint32_t a = bit(op->rs1), all = RETURNED | (op->ref ? BIT(RV64_A0) : 0);
    bool high = op->op == RV64_OP_ANDI ? hi && op->imm < 0 : op->imm >= 32;

    if (op->op == RV64_OP_JALR)
        return (struct opt_io){all, all, bit(op->rd), true};
    return (struct opt_io){a, high ? a : 0, bit(op->rd), op->fixed || op->rd == RV64_SP};
}

/* The verdict is 32 bits wide, but only a proof says that it is an XDP program's. */
static bool wide_result(const struct opt *o)
{
    return !o->x->facts || !opt_on(o, OFFLOAD_PASS_FACTS);
}

static uint32_t helper_reads(const struct opt *o, const struct xlate_op *op)
{
    if (!o->x->facts || !opt_on(o, OFFLOAD_PASS_FACTS))
        return ARGUMENTS;
    return ARGUMENTS & ((1u << (RV64_A0 + xlate_gate_args((uint32_t)op->imm))) - 1);
}

/* What is live where the subprogram starts; all that may be when that is not known yet. */
static uint32_t callee_reads(const struct opt *o, const struct xlate_op *op)
{
    const uint32_t all = ARGUMENTS | BIT(RV64_A5); /* r0: without a proof it may be read */

    return o->live_known ? all & o->blocks[o->block_of[o->x->funcs[op->ref].raw]].live : all;
}

static struct opt_io call_io(uint32_t reads)
{
    return (struct opt_io){reads, reads, OPT_CALLER_SAVED, true};
}

struct opt_io opt_io_other(const struct opt *o, const struct xlate_op *op, bool hi)
{
    switch ((enum xlate_op_kind)op->kind) {
    case XLATE_OP_RV:
        return special_io(op, hi);
    case XLATE_OP_LI:
    case XLATE_OP_ADDR:
    case XLATE_OP_CODE:
        return (struct opt_io){.def = bit(op->rd)};
    case XLATE_OP_GATE:
        if (op->rd == RV64_ZERO)
            return (struct opt_io){
                .use = BIT(RV64_A0), .use_hi = wide_result(o) ? BIT(RV64_A0) : 0, .effect = true};
        return call_io(helper_reads(o, op));
    case XLATE_OP_SITE:
        if (op->rd == RV64_RA)
            return call_io(callee_reads(o, op));
        if (op->op == RV64_OP_JAL)
            return (struct opt_io){.effect = true};
        return (struct opt_io){.use = bit(op->rs1) | bit(op->rs2),
                               .use_hi = bit(op->rs1) | bit(op->rs2),
                               .effect = true};
    default:
        return (struct opt_io){0};
    }
}
