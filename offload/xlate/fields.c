/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "fields": two loads of neighbouring packet bytes, in one straight line of code,
 * become one wide load and two instructions that take it apart. That is an instruction
 * more and an access to packet memory, some thirty cycles away, less.
 */
#include "xlate/opt.h"

void opt_fields_clear(struct opt *o)
{
    o->field_count = 0;
}

static void drop(struct opt *o, unsigned k)
{
    for (unsigned m = k + 1; m < o->field_count; m++)
        o->field[m - 1] = o->field[m];
    o->field_count--;
}

void opt_fields_write(struct opt *o, uint32_t root, int64_t off, unsigned width)
{
    unsigned prov = o->vals[root].prov;

    for (unsigned k = o->field_count; k-- > 0;) {
        const struct opt_field *f = &o->field[k];
        bool near = f->off - f->width < off + width && off < f->off + 2 * f->width;
        if (f->root == root ? near : prov == OPT_ANY || prov == OPT_PACKET)
            drop(o, k);
    }
}

/* The op that takes the lower or upper half of `wide` into rd. */
static struct xlate_op half(unsigned rd, unsigned wide, unsigned width, bool upper, uint32_t slot)
{
    struct xlate_op op = {.kind = XLATE_OP_RV,
                          .rd = (uint8_t)rd,
                          .rs1 = (uint8_t)wide,
                          .imm = upper ? 8 * width : 0,
                          .slot = slot};

    if (upper)
        op.op = width == 4 ? RV64_OP_SRLI : RV64_OP_SRLIW;
    else
        op.op = width == 4 ? RV64_OP_ADD_UW : width == 2 ? RV64_OP_ZEXT_H : RV64_OP_ANDI;
    if (op.op == RV64_OP_ANDI)
        op.imm = 255;
    return op;
}

static bool plain(const struct xlate_op *op)
{
    return op->op == RV64_OP_LBU || op->op == RV64_OP_LHU || op->op == RV64_OP_LWU;
}

static bool pair(struct opt *o, struct xlate_op *op, unsigned k, int64_t off)
{
    static const uint8_t ops[] = {[1] = RV64_OP_LHU, [2] = RV64_OP_LWU, [4] = RV64_OP_LD};
    struct opt_field f = o->field[k];
    struct xlate_op *first = &o->x->ops[f.op], load = *first;
    bool below = off < f.off;
    unsigned wide = opt_scratch(o, 1);

    load.imm = below ? load.imm - f.width : load.imm;
    if (!wide || !xlate_fits12(load.imm))
        return false;
    load.op = ops[f.width];
    load.rd = (uint8_t)wide;
    opt_insert(o, f.op, load);
    *first = half(first->rd, wide, f.width, below, first->slot);
    *op = half(op->rd, wide, f.width, !below, op->slot);
    o->scratch_used |= 1u << wide; /* it lives from one op to the other */
    drop(o, k);
    return true;
}

void opt_field_load(struct opt *o, struct xlate_op *op, uint32_t root, int64_t off)
{
    unsigned width = opt_width(op);

    if (o->vals[root].prov != OPT_PACKET || !plain(op))
        return;
    for (unsigned k = o->field_count; k-- > 0;) {
        const struct opt_field *f = &o->field[k];
        if (f->root == root && f->width == width &&
            (f->off + (int)width == off || off + (int)width == f->off) && pair(o, op, k, off))
            return;
    }
    if (o->field_count == OPT_FIELDS)
        drop(o, 0);
    o->field[o->field_count++] =
        (struct opt_field){(uint32_t)(op - o->x->ops), root, off, (uint8_t)width};
}
