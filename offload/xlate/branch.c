/* SPDX-License-Identifier: BSD-3-Clause */
/* Pass "branch": jumps to jumps, branches over jumps, jumps to what comes next. */
#include "xlate/opt.h"

enum { HOPS = 8 };

static bool is_jump(const struct xlate_op *op)
{
    return op->kind == XLATE_OP_SITE && op->op == RV64_OP_JAL && op->rd == RV64_ZERO;
}

static bool is_branch(const struct xlate_op *op)
{
    return op->kind == XLATE_OP_SITE && op->op != RV64_OP_JAL;
}

/* First op from n on that is not gone. */
static uint32_t first(const struct opt *o, uint32_t n)
{
    while (n < o->x->words && o->x->ops[n].kind == XLATE_OP_GONE)
        n++;
    return n;
}

static uint32_t target(const struct opt *o, const struct xlate_op *op)
{
    return first(o, o->x->slot_raw[op->ref]);
}

static void thread(struct opt *o, struct xlate_op *op)
{
    for (unsigned k = 0; k < HOPS; k++) {
        const struct xlate_op *to = &o->x->ops[target(o, op)];
        if (!is_jump(to) || to == op)
            return;
        op->ref = to->ref;
    }
}

static bool starts_block(const struct opt *o, uint32_t n)
{
    const struct opt_block *b = &o->blocks[o->block_of[n]];
    return b->start == n && (b->min_pred != o->block_of[n] - 1 || b->entry || b->jumped);
}

/* A branch over the jump that follows it, which nobody else comes to. */
static void invert(struct opt *o, uint32_t n)
{
    struct xlate_op *op = &o->x->ops[n], *jump;
    uint32_t after = first(o, n + 1);

    if (!is_branch(op) || after >= o->x->words || !is_jump(&o->x->ops[after]))
        return;
    for (uint32_t k = n + 1; k <= after; k++)
        if (starts_block(o, k))
            return;
    jump = &o->x->ops[after];
    if (target(o, op) != first(o, after + 1))
        return;
    op->op = (uint8_t)xlate_inverse(op->op);
    op->hint = (uint8_t)xlate_opposite(op->hint);
    op->ref = jump->ref;
    jump->kind = XLATE_OP_GONE;
}

void opt_branch(struct opt *o)
{
    for (uint32_t n = 0; n < o->x->words; n++) {
        struct xlate_op *op = &o->x->ops[n];
        if (!is_jump(op) && !is_branch(op))
            continue;
        thread(o, op);
        invert(o, n);
        if (target(o, op) == first(o, n + 1))
            op->kind = XLATE_OP_GONE;
    }
}
