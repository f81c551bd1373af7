/* SPDX-License-Identifier: BSD-3-Clause */
/* Jumps (RFC 9669, section 4.3), compare and branch in one. */
#include "xlate/xlate.h"

static void jump_to(struct xlate *x, uint32_t slot)
{
    if (slot != xlate_next(x, x->cur))
        xlate_site(x, RV64_OP_JAL, RV64_ZERO, 0, 0, slot);
}

static void branch_to(struct xlate *x, enum rv64_op op, unsigned rs1, unsigned rs2, uint32_t slot)
{
    xlate_site(x, op, RV64_ZERO, rs1, rs2, slot);
}

struct cond {
    enum rv64_op op;
    bool swap; /* operands */
};

static struct cond cond_of(unsigned op)
{
    switch (op) {
    case EBPF_OP_JEQ:
        return (struct cond){RV64_OP_BEQ, false};
    case EBPF_OP_JNE:
        return (struct cond){RV64_OP_BNE, false};
    case EBPF_OP_JGT:
        return (struct cond){RV64_OP_BLTU, true};
    case EBPF_OP_JGE:
        return (struct cond){RV64_OP_BGEU, false};
    case EBPF_OP_JLT:
        return (struct cond){RV64_OP_BLTU, false};
    case EBPF_OP_JLE:
        return (struct cond){RV64_OP_BGEU, true};
    case EBPF_OP_JSGT:
        return (struct cond){RV64_OP_BLT, true};
    case EBPF_OP_JSGE:
        return (struct cond){RV64_OP_BGE, false};
    case EBPF_OP_JSLT:
        return (struct cond){RV64_OP_BLT, false};
    default: /* JSLE */
        return (struct cond){RV64_OP_BGE, true};
    }
}

/* 32-bit comparisons are made on sign-extended copies: that keeps unsigned order too. */
static unsigned operand(struct xlate *x, unsigned bpf, unsigned tmp, bool wide)
{
    unsigned r = xlate_value(x, bpf, tmp);

    if (wide)
        return r;
    xlate_sext_w(x, tmp, r);
    return tmp;
}

static unsigned constant(struct xlate *x, int32_t imm, unsigned tmp)
{
    if (imm == 0)
        return RV64_ZERO;
    return xlate_const(x, imm, tmp);
}

/* Into T0: dst & src, not zero in the bits that count. */
static void set_bits(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    unsigned dst = xlate_value(x, i->dst, XLATE_T0);
    uint32_t u = (uint32_t)i->imm;
    bool clean = row->bits == 64;

    if (row->kind == EBPF_KIND_JCC_X) {
        xlate_r(x, RV64_OP_AND, XLATE_T0, dst, xlate_value(x, i->src, XLATE_T1));
    } else if (xlate_fits12(i->imm)) {
        xlate_i(x, RV64_OP_ANDI, XLATE_T0, dst, i->imm);
        clean = clean || i->imm >= 0;
    } else if (!x->opts.naive && __builtin_popcount(u) == 1 && (!clean || i->imm >= 0)) {
        xlate_i(x, RV64_OP_BEXTI, XLATE_T0, dst, __builtin_ctz(u));
        clean = true;
    } else {
        xlate_r(x, RV64_OP_AND, XLATE_T0, dst, xlate_const(x, i->imm, XLATE_T1));
        clean = clean || i->imm >= 0;
    }
    if (!clean)
        xlate_sext_w(x, XLATE_T0, XLATE_T0);
}

static void conditional(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i,
                        uint32_t target)
{
    bool wide = row->bits == 64;

    if (row->op == EBPF_OP_JSET) {
        set_bits(x, row, i);
        branch_to(x, RV64_OP_BNE, XLATE_T0, RV64_ZERO, target);
        return;
    }
    struct cond c = cond_of(row->op);
    unsigned a = operand(x, i->dst, XLATE_T0, wide);
    unsigned b = row->kind == EBPF_KIND_JCC_X ? operand(x, i->src, XLATE_T1, wide)
                                              : constant(x, i->imm, XLATE_T1);
    branch_to(x, c.op, c.swap ? b : a, c.swap ? a : b, target);
}

/* A jump to the main program's exit is that exit: two instructions, one of which a pass drops. */
static bool exits(const struct xlate *x, uint32_t target)
{
    return x->func == x->funcs && xlate_pass(x, OFFLOAD_PASS_BRANCH) &&
           x->id[target] == EBPF_EXIT && target != xlate_next(x, x->cur);
}

void xlate_jump(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    uint32_t target = (uint32_t)xlate_target(x, x->cur);
    uint8_t edges = x->slot[x->cur] & (XLATE_TAKEN | XLATE_FALLS);

    if (x->inlined == x->cur && x->cur) { /* the lookup before it has jumped already */
        if (x->id[x->cur] == EBPF_JNE64_K)
            jump_to(x, target);
        return;
    }
    if (row->kind == EBPF_KIND_JA && exits(x, target))
        xlate_exit(x);
    else if (row->kind == EBPF_KIND_JA || edges == XLATE_TAKEN)
        jump_to(x, target);
    else if (edges != XLATE_FALLS && target != xlate_next(x, x->cur))
        conditional(x, row, i, target);
}
