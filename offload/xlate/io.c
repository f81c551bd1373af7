/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operation reads and writes, halves of registers apart. */
#include "xlate/opt.h"

#define BIT(r)    (1u << (r))
#define ARGUMENTS (BIT(RV64_A0) | BIT(RV64_A1) | BIT(RV64_A2) | BIT(RV64_A3) | BIT(RV64_A4))
/* what a subprogram leaves to its caller: all but the registers a call may lose, and r0 */
#define RETURNED (~OPT_CALLER_SAVED | BIT(RV64_A5) | BIT(RV64_RA))

bool opt_has_rs2(const struct xlate_op *op)
{
    if (op->kind != XLATE_OP_RV && op->kind != XLATE_OP_SITE)
        return false;
    switch (rv64_op_format(op->op)) {
    case RV64_FMT_R:
    case RV64_FMT_R0:
    case RV64_FMT_S:
    case RV64_FMT_B:
    case RV64_FMT_AMO:
        return true;
    default:
        return false;
    }
}

static bool has_rs1(const struct xlate_op *op)
{
    if (op->kind != XLATE_OP_RV && op->kind != XLATE_OP_SITE)
        return false;
    switch (rv64_op_format(op->op)) {
    case RV64_FMT_U:
    case RV64_FMT_J:
    case RV64_FMT_NONE:
        return false;
    default:
        return true;
    }
}

unsigned opt_width(const struct xlate_op *op)
{
    switch (op->op) {
    case RV64_OP_LB:
    case RV64_OP_LBU:
    case RV64_OP_SB:
        return 1;
    case RV64_OP_LH:
    case RV64_OP_LHU:
    case RV64_OP_SH:
        return 2;
    case RV64_OP_LW:
    case RV64_OP_LWU:
    case RV64_OP_SW:
        return 4;
    default:
        return 8;
    }
}

bool opt_is_load(const struct xlate_op *op)
{
    return op->kind == XLATE_OP_RV && op->op >= RV64_OP_LB && op->op <= RV64_OP_LWU;
}

bool opt_is_store(const struct xlate_op *op)
{
    return op->kind == XLATE_OP_RV && op->op >= RV64_OP_SB && op->op <= RV64_OP_SD;
}

bool opt_is_mv(const struct xlate_op *op)
{
    return op->kind == XLATE_OP_RV && op->op == RV64_OP_ADDI && op->imm == 0 && !op->fixed;
}

bool opt_ends(const struct xlate_op *op)
{
    if (op->kind == XLATE_OP_GATE || op->kind == XLATE_OP_SITE)
        return op->rd == RV64_ZERO && (op->kind == XLATE_OP_GATE || op->op == RV64_OP_JAL);
    return op->kind == XLATE_OP_RV && op->op == RV64_OP_JALR;
}

static uint32_t bit(unsigned reg)
{
    return reg ? BIT(reg) : 0;
}

/* Of the registers an operation reads, those whose upper half matters. */
static uint32_t upper_halves(const struct xlate_op *op, bool hi)
{
    uint32_t a = bit(op->rs1), b = opt_has_rs2(op) ? bit(op->rs2) : 0;

    switch (op->op) {
    case RV64_OP_ADDIW:
    case RV64_OP_SLLIW:
    case RV64_OP_SRLIW:
    case RV64_OP_SRAIW:
    case RV64_OP_ADDW:
    case RV64_OP_SUBW:
    case RV64_OP_SLLW:
    case RV64_OP_SRLW:
    case RV64_OP_SRAW:
    case RV64_OP_MULW:
    case RV64_OP_DIVW:
    case RV64_OP_DIVUW:
    case RV64_OP_REMW:
    case RV64_OP_REMUW:
    case RV64_OP_SEXT_B:
    case RV64_OP_SEXT_H:
    case RV64_OP_ZEXT_H:
    case RV64_OP_SLLI_UW:
    case RV64_OP_RORIW:
        return 0;
    case RV64_OP_ANDI:
        return hi && op->imm < 0 ? a : 0;
    case RV64_OP_BEXTI:
        return op->imm >= 32 ? a : 0;
    case RV64_OP_ADD_UW:
    case RV64_OP_SH1ADD_UW:
    case RV64_OP_SH2ADD_UW:
    case RV64_OP_SH3ADD_UW:
        return hi ? b : 0;
    case RV64_OP_SB:
    case RV64_OP_SH:
    case RV64_OP_SW:
        return a;
    case RV64_OP_ADD:
    case RV64_OP_SUB:
    case RV64_OP_MUL:
    case RV64_OP_AND:
    case RV64_OP_OR:
    case RV64_OP_XOR:
    case RV64_OP_ANDN:
    case RV64_OP_ORN:
    case RV64_OP_XNOR:
    case RV64_OP_ADDI:
    case RV64_OP_ORI:
    case RV64_OP_XORI:
    case RV64_OP_SLLI:
    case RV64_OP_SH1ADD:
    case RV64_OP_SH2ADD:
    case RV64_OP_SH3ADD:
        return hi ? a | b : 0;
    case RV64_OP_SLL:
        return hi ? a : 0;
    default:
        return a | b;
    }
}

static struct opt_io rv_io(const struct xlate_op *op, bool hi)
{
    enum rv64_format f = rv64_op_format(op->op);
    struct opt_io io = {.effect = op->fixed || f == RV64_FMT_S || f == RV64_FMT_B ||
                                  f == RV64_FMT_AMO || f == RV64_FMT_LR || f == RV64_FMT_J};

    io.use = (has_rs1(op) ? bit(op->rs1) : 0) | (opt_has_rs2(op) ? bit(op->rs2) : 0);
    io.use_hi = has_rs1(op) ? upper_halves(op, hi) : 0;
    if (f != RV64_FMT_S && f != RV64_FMT_B)
        io.def = bit(op->rd);
    if (op->rd == RV64_SP && io.def)
        io.effect = true;
    if (op->op == RV64_OP_JALR) {
        io.use = io.use_hi = RETURNED | (op->ref ? BIT(RV64_A0) : 0);
        io.effect = true;
    }
    return io;
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

struct opt_io opt_io(const struct opt *o, const struct xlate_op *op, bool hi)
{
    switch ((enum xlate_op_kind)op->kind) {
    case XLATE_OP_RV:
        return rv_io(op, hi);
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
