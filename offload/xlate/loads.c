/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loads and stores in the forward walk. Passes "address" (additions folded into
 * offsets) and "loads" (what stack, context and packet hold is not read again).
 * Memory that other engines share, map values, is read every time.
 */
#include "xlate/opt.h"

void opt_forget(struct opt *o)
{
    o->cur.avail_count = 0;
    opt_pending_clear(o);
    opt_fields_clear(o);
}

static bool cached(unsigned prov)
{
    return prov == OPT_STACK || prov == OPT_CTX || prov == OPT_PACKET;
}

static bool may_alias(unsigned a, unsigned b)
{
    return a == b || a == OPT_ANY || b == OPT_ANY;
}

/* A store of `width` bytes at root + off. */
static void overwrite(struct opt *o, uint32_t root, int64_t off, unsigned width)
{
    struct opt_state *s = &o->cur;
    unsigned prov = o->vals[root].prov, kept = 0;

    for (unsigned k = 0; k < s->avail_count; k++) {
        const struct opt_avail *a = &s->avail[k];
        bool hit = a->root == root ? a->off < off + width && off < a->off + a->width
                                   : may_alias(a->prov, prov);
        if (!hit)
            s->avail[kept++] = *a;
    }
    s->avail_count = kept;
}

void opt_remember(struct opt *o, uint32_t root, int64_t off, unsigned width, uint32_t val)
{
    struct opt_state *s = &o->cur;

    if (s->avail_count == OPT_AVAIL) {
        for (unsigned k = 1; k < OPT_AVAIL; k++)
            s->avail[k - 1] = s->avail[k];
        s->avail_count--;
    }
    s->avail[s->avail_count++] =
        (struct opt_avail){root, val, off, (uint8_t)width, o->vals[root].prov};
}

static uint32_t recall(const struct opt *o, uint32_t root, int64_t off, unsigned width)
{
    if (!cached(o->vals[root].prov))
        return OPT_NONE; /* only known for what "bytes" does */
    for (unsigned k = o->cur.avail_count; k-- > 0;) {
        const struct opt_avail *a = &o->cur.avail[k];
        if (a->root == root && a->off == off && a->width == width)
            return a->val;
    }
    return OPT_NONE;
}

/* Reads the base from further up a chain of additions, or from another register. */
static void fold_address(struct opt *o, struct xlate_op *op)
{
    uint32_t val = o->cur.reg[op->rs1];
    int64_t off = op->imm;

    if (opt_on(o, OFFLOAD_PASS_COPIES))
        op->rs1 = (uint8_t)opt_holder(o, val, op->rs1);
    while (opt_on(o, OFFLOAD_PASS_ADDRESS) && opt_is(o, val, RV64_OP_ADDI)) {
        off += o->vals[val].imm;
        val = o->vals[val].a;
        if (!xlate_fits12(off) || !opt_held(o, val))
            continue;
        op->rs1 = (uint8_t)opt_holder(o, val, op->rs1);
        op->imm = off;
    }
}

/* Expression that cuts val to `width` bytes. */
static struct opt_expr cut(struct opt *o, uint32_t val, unsigned width)
{
    if (width == 8 || opt_zbits(o, val) <= 8 * width)
        return (struct opt_expr){.kind = OPT_OPAQUE, .a = val};
    if (width == 4)
        return (struct opt_expr){OPT_EXPR, RV64_OP_ADD_UW, val, opt_const(o, 0), 0};
    if (width == 2)
        return (struct opt_expr){OPT_EXPR, RV64_OP_ZEXT_H, val, 0, 0};
    return (struct opt_expr){OPT_EXPR, RV64_OP_ANDI, val, 0, 255};
}

/* The known contents take the place of the load, when a register has them or what they are cut of.
 */
static bool use_known(struct opt *o, struct xlate_op *op, uint32_t val)
{
    const struct opt_val *v = &o->vals[val];
    int64_t c;

    if (opt_held(o, val) || (opt_is_const(o, val, &c) && opt_on(o, OFFLOAD_PASS_CONSTS))) {
        opt_set_value(o, op, val);
        return true;
    }
    if (v->kind != OPT_EXPR || !opt_held(o, v->a) ||
        (v->op != RV64_OP_ZEXT_H && v->op != RV64_OP_ANDI && !opt_is(o, val, RV64_OP_ADD_UW)))
        return false;
    if (v->op == RV64_OP_ADD_UW && (!opt_is_const(o, v->b, &c) || c != 0))
        return false;
    unsigned rd = op->rd, rs = opt_holder(o, v->a, 32);
    op->op = v->op;
    op->rs1 = (uint8_t)rs;
    op->rs2 = RV64_ZERO;
    op->imm = v->imm;
    opt_set_reg(o, rd, val);
    return true;
}

static uint32_t loaded(struct opt *o, const struct xlate_op *op, uint32_t root, int64_t off)
{
    unsigned bits = 8 * opt_width(op);
    bool sign = op->op == RV64_OP_LB || op->op == RV64_OP_LH || op->op == RV64_OP_LW;
    unsigned z = sign ? 64 : bits, s = sign ? bits : 64;
    enum opt_prov prov = OPT_ANY;
    struct opt_val bound;

    if (opt_load_result(o, op, &bound)) {
        z = bound.zbits < z ? bound.zbits : z;
        s = bound.sbits < s ? bound.sbits : s;
    }
    /* struct xdp_md: data, data_end, data_meta */
    if (o->vals[root].prov == OPT_CTX && (off == 0 || off == 4 || off == 8) && bits == 32)
        prov = off == 4 ? OPT_END : OPT_PACKET;
    return opt_opaque(o, z, s, prov);
}

void opt_load(struct opt *o, struct xlate_op *op)
{
    bool sign = op->op == RV64_OP_LB || op->op == RV64_OP_LH || op->op == RV64_OP_LW;
    unsigned rd = op->rd, width = opt_width(op);
    int64_t off = op->imm;
    uint32_t root = opt_root(o, o->cur.reg[op->rs1], &off), val;

    fold_address(o, op);
    val = sign ? OPT_NONE : recall(o, root, off, width);
    if (val != OPT_NONE && opt_on(o, OFFLOAD_PASS_LOADS) && use_known(o, op, val))
        return;
    val = loaded(o, op, root, off);
    if (!sign)
        opt_remember(o, root, off, width, val);
    opt_pending_access(o, root, off, width);
    if (o->fields)
        opt_field_load(o, op, root, off);
    opt_set_reg(o, rd, val);
}

void opt_store(struct opt *o, struct xlate_op *op)
{
    unsigned width = opt_width(op);
    int64_t off = op->imm;
    uint32_t root = opt_root(o, o->cur.reg[op->rs1], &off), val = o->cur.reg[op->rs2];
    struct opt_expr e;

    fold_address(o, op);
    if (opt_on(o, OFFLOAD_PASS_EXTEND) && width <= 4)
        val = opt_low_half(o, val);
    if (val != o->cur.reg[op->rs2] || opt_on(o, OFFLOAD_PASS_COPIES))
        op->rs2 = (uint8_t)opt_holder(o, val, op->rs2);
    opt_fields_write(o, root, off, width);
    if (opt_on(o, OFFLOAD_PASS_MERGE))
        opt_merge_store(o, op, root, off, val);
    overwrite(o, root, off, width);
    e = cut(o, val, width);
    opt_remember(o, root, off, width, opt_value(o, &e));
}
