/* SPDX-License-Identifier: BSD-3-Clause */
/* Pass "select": one instruction for what two did, and cheaper equals. */
#include "xlate/opt.h"

static bool is_zero(const struct opt *o, uint32_t val)
{
    int64_t c;
    return opt_is_const(o, val, &c) && c == 0;
}

/* val is op(x, imm) and x can be read. */
static bool inner(const struct opt *o, uint32_t val, enum rv64_op op)
{
    return opt_is(o, val, op) && opt_held(o, o->vals[val].a);
}

static bool is_zext(const struct opt *o, uint32_t val)
{
    return inner(o, val, RV64_OP_ADD_UW) && is_zero(o, o->vals[val].b);
}

static void become(struct opt_expr *e, enum rv64_op op, uint32_t a, uint32_t b, int64_t imm)
{
    *e = (struct opt_expr){OPT_EXPR, (uint8_t)op, a, b, imm};
}

/* (x << n) >> n keeps the low 64 - n bits. */
static bool shift_pair(struct opt *o, struct opt_expr *e)
{
    const struct opt_val *v = &o->vals[e->a];

    if (!inner(o, e->a, RV64_OP_SLLI) || v->imm != e->imm)
        return false;
    if (e->op == RV64_OP_SRLI && e->imm == 32)
        become(e, RV64_OP_ADD_UW, v->a, opt_const(o, 0), 0);
    else if (e->op == RV64_OP_SRLI && e->imm == 48)
        become(e, RV64_OP_ZEXT_H, v->a, 0, 0);
    else if (e->op == RV64_OP_SRLI && e->imm == 56)
        become(e, RV64_OP_ANDI, v->a, 0, 255);
    else if (e->op == RV64_OP_SRAI && e->imm == 32)
        become(e, RV64_OP_ADDIW, v->a, 0, 0);
    else
        return false;
    return true;
}

/* x + (y << n), the shift or the extension of y taken along. */
static bool shift_add(struct opt *o, struct opt_expr *e, uint32_t y, uint32_t x)
{
    const struct opt_val *v = &o->vals[y];

    if (inner(o, y, RV64_OP_SLLI) && v->imm >= 1 && v->imm <= 3) {
        become(e,
               v->imm == 1   ? RV64_OP_SH1ADD
               : v->imm == 2 ? RV64_OP_SH2ADD
                             : RV64_OP_SH3ADD,
               v->a, x, 0);
        return true;
    }
    if (is_zext(o, y)) {
        become(e, RV64_OP_ADD_UW, v->a, x, 0);
        return true;
    }
    return false;
}

static bool shift_left(struct opt *o, struct opt_expr *e)
{
    const struct opt_val *v = &o->vals[e->a];

    if (is_zext(o, e->a)) {
        become(e, RV64_OP_SLLI_UW, v->a, 0, e->imm);
        return true;
    }
    return false;
}

/* A 32-bit operation whose result does not reach bit 31 is the 64-bit one. */
static bool widen(struct opt *o, struct opt_expr *e)
{
    unsigned z = opt_zbits(o, e->a);

    if (e->op != RV64_OP_SLLIW || z + (unsigned)e->imm > 31)
        return false;
    e->op = RV64_OP_SLLI;
    return true;
}

/* zext(x << n) where all of x stays within 32 bits. */
static bool extended_shift(struct opt *o, struct opt_expr *e)
{
    const struct opt_val *v = &o->vals[e->a];

    if (!is_zero(o, e->b) || !inner(o, e->a, RV64_OP_SLLIW) ||
        opt_zbits(o, v->a) + (unsigned)v->imm > 32)
        return false;
    become(e, RV64_OP_SLLI, v->a, 0, v->imm);
    return true;
}

static bool add_chain(struct opt *o, struct opt_expr *e)
{
    const struct opt_val *v = &o->vals[e->a];

    if (!inner(o, e->a, RV64_OP_ADDI) || !xlate_fits12(v->imm + e->imm))
        return false;
    become(e, RV64_OP_ADDI, v->a, 0, v->imm + e->imm);
    return true;
}

/* (x >> n) & 1 */
static bool bit_test(struct opt *o, struct opt_expr *e)
{
    const struct opt_val *v = &o->vals[e->a];

    if (e->imm != 1 || !inner(o, e->a, RV64_OP_SRLI))
        return false;
    become(e, RV64_OP_BEXTI, v->a, 0, v->imm);
    return true;
}

/* What val is the lower half of, below its extensions. */
static uint32_t stripped(const struct opt *o, uint32_t val)
{
    for (;;) {
        const struct opt_val *v = &o->vals[val];
        bool zext = opt_is(o, val, RV64_OP_ADD_UW) && is_zero(o, v->b);
        if (!zext && !(opt_is(o, val, RV64_OP_ADDIW) && v->imm == 0))
            return val;
        val = v->a;
    }
}

/* Whether left | right is x << n | x >> (width - n). */
static bool is_rotation(const struct opt *o, uint32_t left, uint32_t right)
{
    const struct opt_val *l = &o->vals[left], *r = &o->vals[right];
    bool narrow = opt_is(o, left, RV64_OP_SLLIW) && opt_is(o, right, RV64_OP_SRLIW);
    bool wide = opt_is(o, left, RV64_OP_SLLI) && opt_is(o, right, RV64_OP_SRLI);

    if ((!narrow && !wide) || l->imm == 0 || l->imm + r->imm != (narrow ? 32 : 64))
        return false;
    return narrow ? stripped(o, l->a) == stripped(o, r->a) : l->a == r->a;
}

static bool rotate(struct opt *o, struct opt_expr *e, uint32_t left, uint32_t right)
{
    const struct opt_val *l = &o->vals[left], *r = &o->vals[right];

    if (!is_rotation(o, left, right) || (!opt_held(o, l->a) && !opt_held(o, r->a)))
        return false;
    become(e, l->op == RV64_OP_SLLIW ? RV64_OP_RORIW : RV64_OP_RORI,
           opt_held(o, l->a) ? l->a : r->a, 0, r->imm);
    return true;
}

/* The op that made what op n reads in its own destination, if nobody has read it since; or n. */
static uint32_t maker(const struct opt *o, uint32_t n)
{
    const struct opt_block *b = &o->blocks[o->block_of[n]];
    unsigned reg = o->x->ops[n].rd;

    for (uint32_t k = n; k-- > b->start;) {
        struct opt_io io = opt_io(o, &o->x->ops[k], true);
        if (io.def & 1u << reg)
            return k;
        if (io.use & 1u << reg)
            break;
    }
    return n;
}

bool opt_rotate(struct opt *o, struct xlate_op *op)
{
    uint32_t a = o->cur.reg[op->rs1], b = o->cur.reg[op->rs2];
    uint32_t left = is_rotation(o, a, b) ? a : b, right = left == a ? b : a;
    uint32_t n = (uint32_t)(op - o->x->ops), k = maker(o, n);
    struct xlate_op *shift = &o->x->ops[k];
    struct opt_expr e;

    if (!is_rotation(o, left, right) || (op->rd != op->rs1 && op->rd != op->rs2) ||
        op->rs1 == op->rs2 || k == n || shift->kind != XLATE_OP_RV || shift->fixed)
        return false;
    if (shift->op != o->vals[left].op && shift->op != o->vals[right].op)
        return false;
    become(&e, o->vals[left].op == RV64_OP_SLLIW ? RV64_OP_RORIW : RV64_OP_RORI, o->vals[left].a, 0,
           o->vals[right].imm);
    shift->op = e.op;
    shift->imm = e.imm;
    op->kind = XLATE_OP_GONE;
    opt_set_reg(o, op->rd, opt_value(o, &e));
    return true;
}

bool opt_rule_select(struct opt *o, struct opt_expr *e)
{
    switch (e->op) {
    case RV64_OP_SRLI:
    case RV64_OP_SRAI:
        return shift_pair(o, e);
    case RV64_OP_OR:
    case RV64_OP_XOR:
        return rotate(o, e, e->a, e->b) || rotate(o, e, e->b, e->a);
    case RV64_OP_ADD:
        return shift_add(o, e, e->a, e->b) || shift_add(o, e, e->b, e->a);
    case RV64_OP_SLLI:
        return shift_left(o, e);
    case RV64_OP_SLLIW:
        return widen(o, e);
    case RV64_OP_ADD_UW:
        return extended_shift(o, e);
    case RV64_OP_ADDI:
        return add_chain(o, e);
    case RV64_OP_ANDI:
        return bit_test(o, e);
    default:
        return false;
    }
}
