/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Part of pass "select": a branch over one move, or over one constant, is a minimum or
 * a maximum when the move brings the other side of the comparison.
 */
#include "xlate/opt.h"

static uint32_t next(const struct opt *o, uint32_t n)
{
    do
        n++;
    while (n < o->x->words && o->x->ops[n].kind == XLATE_OP_GONE);
    return n;
}

/* The op of this kind when the branch skips `keeps = other`. */
static enum rv64_op choice(unsigned op, bool keeps_left)
{
    switch (op) {
    case RV64_OP_BLTU:
        return keeps_left ? RV64_OP_MINU : RV64_OP_MAXU;
    case RV64_OP_BGEU:
        return keeps_left ? RV64_OP_MAXU : RV64_OP_MINU;
    case RV64_OP_BLT:
        return keeps_left ? RV64_OP_MIN : RV64_OP_MAX;
    case RV64_OP_BGE:
        return keeps_left ? RV64_OP_MAX : RV64_OP_MIN;
    default:
        return RV64_OP_INVALID;
    }
}

/* Whether op n gives its register what `reg` holds at the branch before it. */
static bool brings(const struct opt *o, uint32_t branch, uint32_t n, unsigned reg)
{
    const struct xlate_op *op = &o->x->ops[n], *made;
    uint32_t k = branch;

    if (opt_is_mv(op))
        return op->rs1 == reg;
    if (op->kind != XLATE_OP_LI)
        return false;
    if (reg == RV64_ZERO)
        return op->imm == 0;
    while (k > o->blocks[o->block_of[branch]].start) {
        made = &o->x->ops[--k];
        if (made->kind == XLATE_OP_LI && made->rd == reg)
            return made->imm == op->imm;
        if (opt_def(made) & 1u << reg)
            return false;
    }
    return false;
}

static void fuse(struct opt *o, uint32_t n)
{
    struct xlate_op *op = &o->x->ops[n], *move;
    uint32_t m = next(o, n);
    bool left, right;

    if (m >= o->x->words || op->rs1 == op->rs2 || choice(op->op, true) == RV64_OP_INVALID)
        return;
    move = &o->x->ops[m];
    if (o->blocks[o->block_of[m]].jumped || o->x->slot_raw[op->ref] <= m ||
        next(o, o->x->slot_raw[op->ref] - 1) != next(o, m))
        return;
    left = move->rd == op->rs1 && brings(o, n, m, op->rs2);
    right = move->rd == op->rs2 && brings(o, n, m, op->rs1);
    if (!left && !right)
        return;
    *move = (struct xlate_op){.kind = XLATE_OP_RV,
                              .op = (uint8_t)choice(op->op, left),
                              .rd = move->rd,
                              .rs1 = op->rs1,
                              .rs2 = op->rs2,
                              .slot = op->slot};
    op->kind = XLATE_OP_GONE;
}

void opt_minmax(struct opt *o)
{
    for (uint32_t n = 0; n < o->x->words; n++) {
        const struct xlate_op *op = &o->x->ops[n];
        if (op->kind == XLATE_OP_SITE && op->op != RV64_OP_JAL && o->blocks[o->block_of[n]].reached)
            fuse(o, n);
    }
}
