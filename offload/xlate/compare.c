/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "compare": 32-bit comparisons are emitted over sign-extended copies. Where
 * both sides are known to be zero-extended, the values themselves order the same.
 */
#include "xlate/opt.h"

/* Reading of val for an unsigned comparison or one for equality, when it is a sign-extension. */
static bool unsigned_side(const struct opt *o, uint32_t val, uint32_t *out)
{
    const struct opt_val *v = &o->vals[val];

    *out = val;
    if (opt_zbits(o, val) <= 31)
        return true;
    if (!opt_is(o, val, RV64_OP_ADDIW) || v->imm != 0 || opt_zbits(o, v->a) > 32 ||
        !opt_held(o, v->a))
        return false;
    *out = v->a;
    return true;
}

static bool outcome(unsigned op, int64_t a, int64_t b)
{
    switch (op) {
    case RV64_OP_BEQ:
        return a == b;
    case RV64_OP_BNE:
        return a != b;
    case RV64_OP_BLT:
        return a < b;
    case RV64_OP_BGE:
        return a >= b;
    case RV64_OP_BLTU:
        return (uint64_t)a < (uint64_t)b;
    default:
        return (uint64_t)a >= (uint64_t)b;
    }
}

/* Addresses of map values are never zero. */
static bool never_equal(const struct opt *o, uint32_t a, uint32_t b)
{
    int64_t c;

    return o->vals[a].kind == OPT_ADDR && opt_is_const(o, b, &c) && c == 0;
}

static void decide(struct opt *o, struct xlate_op *op, bool taken)
{
    o->changed = true;
    if (!taken)
        op->kind = XLATE_OP_GONE;
    op->op = RV64_OP_JAL;
    op->rs1 = op->rs2 = 0;
}

/* A packet that ends before what is asked for. */
static enum xlate_hint packet_hint(const struct opt *o, const struct xlate_op *op, uint32_t a,
                                   uint32_t b)
{
    bool end_first = o->vals[a].prov == OPT_END && o->vals[b].prov == OPT_PACKET;
    bool end_second = o->vals[b].prov == OPT_END && o->vals[a].prov == OPT_PACKET;

    if ((op->op != RV64_OP_BLTU && op->op != RV64_OP_BGEU) || (!end_first && !end_second))
        return XLATE_EITHER;
    return end_first == (op->op == RV64_OP_BLTU) ? XLATE_SELDOM_TAKEN : XLATE_SELDOM_FALLS;
}

/* Null pointers and errors. */
static enum xlate_hint zero_hint(const struct opt *o, const struct xlate_op *op, uint32_t a)
{
    bool pointer = o->vals[a].prov == OPT_VALUE, status = o->vals[a].prov == OPT_STATUS;

    if (op->op != RV64_OP_BEQ && op->op != RV64_OP_BNE)
        return status && op->op == RV64_OP_BLT   ? XLATE_SELDOM_TAKEN
               : status && op->op == RV64_OP_BGE ? XLATE_SELDOM_FALLS
                                                 : XLATE_EITHER;
    if (!pointer && !status)
        return XLATE_EITHER;
    return pointer == (op->op == RV64_OP_BEQ) ? XLATE_SELDOM_TAKEN : XLATE_SELDOM_FALLS;
}

static void find_hint(const struct opt *o, struct xlate_op *op, uint32_t a, uint32_t b)
{
    int64_t c;
    enum xlate_hint hint = packet_hint(o, op, a, b);

    if (hint == XLATE_EITHER && opt_is_const(o, b, &c) && c == 0)
        hint = zero_hint(o, op, a);
    if (op->hint == XLATE_EITHER)
        op->hint = (uint8_t)hint;
}

void opt_compare(struct opt *o, struct xlate_op *op)
{
    uint32_t a = o->cur.reg[op->rs1], b = o->cur.reg[op->rs2], ua, ub;
    bool on = opt_on(o, OFFLOAD_PASS_COMPARE), eq = op->op == RV64_OP_BEQ || op->op == RV64_OP_BNE;
    int64_t ca, cb;

    find_hint(o, op, a, b);
    if (on && opt_is_const(o, a, &ca) && opt_is_const(o, b, &cb)) {
        decide(o, op, outcome(op->op, ca, cb));
        return;
    }
    if (on && eq && (never_equal(o, a, b) || never_equal(o, b, a))) {
        decide(o, op, op->op == RV64_OP_BNE);
        return;
    }
    if (on && op->op != RV64_OP_BLT && op->op != RV64_OP_BGE && unsigned_side(o, a, &ua) &&
        unsigned_side(o, b, &ub)) {
        a = ua;
        b = ub;
    }
    if (opt_on(o, OFFLOAD_PASS_COPIES) || a != o->cur.reg[op->rs1])
        op->rs1 = (uint8_t)opt_holder(o, a, op->rs1);
    if (opt_on(o, OFFLOAD_PASS_COPIES) || b != o->cur.reg[op->rs2])
        op->rs2 = (uint8_t)opt_holder(o, b, op->rs2);
}
