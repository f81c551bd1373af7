/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "merge": stores side by side become one wider store. What they store are
 * parts of one value, constants, or parts of memory that lie side by side as well: a
 * copy in bytes becomes a copy in words. A store waits here for its neighbour as long
 * as nobody may read or write the bytes; the wide one is made at the neighbour's place.
 * Memory that other engines see is left alone.
 */
#include "xlate/opt.h"

void opt_pending_clear(struct opt *o)
{
    o->pending_count = 0;
}

static void drop(struct opt *o, unsigned k)
{
    for (unsigned m = k + 1; m < o->pending_count; m++)
        o->pending[m - 1] = o->pending[m];
    o->pending_count--;
}

/* Whether the waiting store and an access to `width` bytes at root + off may meet. */
static bool meets(const struct opt *o, const struct opt_pending *p, uint32_t root, int64_t off,
                  unsigned width)
{
    unsigned prov = o->vals[root].prov;

    if (p->root == root)
        return p->off < off + width && off < p->off + p->width;
    return prov == OPT_ANY || prov == o->vals[p->root].prov;
}

void opt_pending_access(struct opt *o, uint32_t root, int64_t off, unsigned width)
{
    for (unsigned k = o->pending_count; k-- > 0;)
        if (meets(o, &o->pending[k], root, off, width))
            drop(o, k);
}

/* Bytes of val are bytes `at` and up of another value. */
struct part {
    uint32_t val;
    unsigned at;
};

static struct part part_of(const struct opt *o, uint32_t val, unsigned width)
{
    const struct opt_val *v = &o->vals[val];
    int64_t c;
    bool cut =
        (opt_is(o, val, RV64_OP_ZEXT_H) && width <= 2) ||
        (opt_is(o, val, RV64_OP_ANDI) && v->imm == 255 && width == 1) ||
        (opt_is(o, val, RV64_OP_ADD_UW) && opt_is_const(o, v->b, &c) && c == 0 && width <= 4);

    if (cut)
        return part_of(o, v->a, width);
    if (opt_is(o, val, RV64_OP_SRLI) && v->imm % 8 == 0)
        return (struct part){v->a, (unsigned)v->imm / 8};
    if (opt_is(o, val, RV64_OP_SRLIW) && v->imm % 8 == 0 && v->imm / 8 + width <= 4)
        return (struct part){v->a, (unsigned)v->imm / 8};
    return (struct part){val, 0};
}

/* A value whose low bytes are those of `low` and then those of `high`; *shift makes it anew. */
static uint32_t whole(const struct opt *o, uint32_t low, uint32_t high, unsigned width,
                      struct xlate_op *shift)
{
    struct part a = part_of(o, low, width), b = part_of(o, high, width);

    if (a.val != b.val || b.at != a.at + width)
        return OPT_NONE;
    if (a.at == 0)
        return opt_held(o, a.val) ? a.val : OPT_NONE;
    if (opt_is(o, low, RV64_OP_SRLIW) && a.at + 2 * width > 4)
        return OPT_NONE;
    if (part_of(o, low, 2 * width).val != a.val || (!opt_held(o, low) && !opt_held(o, a.val)))
        return OPT_NONE;
    *shift = (struct xlate_op){.kind = XLATE_OP_RV,
                               .op = o->vals[low].op,
                               .rs1 = (uint8_t)opt_holder(o, a.val, 32),
                               .imm = o->vals[low].imm};
    return o->vals[low].a == a.val ? low : OPT_NONE;
}

static uint32_t constant(struct opt *o, uint32_t low, uint32_t high, unsigned width,
                         struct xlate_op *li)
{
    uint32_t words[XLATE_LI_MAX];
    int64_t a, b, v;

    if (!opt_is_const(o, low, &a) || !opt_is_const(o, high, &b))
        return OPT_NONE;
    a &= (int64_t)(((uint64_t)1 << 8 * width) - 1);
    v = (int64_t)((uint64_t)a | (uint64_t)b << 8 * width);
    if (width < 4) /* the upper bytes are not stored: the cheapest constant of those */
        v = (int64_t)((uint64_t)v << (64 - 16 * width)) >> (64 - 16 * width);
    else if (width > 4)
        return OPT_NONE;
    if (xlate_li_words(RV64_T0, v, words) > 1)
        return OPT_NONE;
    *li = (struct xlate_op){.kind = XLATE_OP_LI, .imm = v};
    return opt_const(o, v);
}

/* Memory that holds `low` and, above it, `high`; NULL when there is none. */
static const struct opt_avail *side_by_side(const struct opt *o, uint32_t low, uint32_t high,
                                            unsigned width)
{
    const struct opt_avail *e = o->cur.avail;

    for (unsigned k = 0; k < o->cur.avail_count; k++) {
        if (e[k].val != low || e[k].width != width || e[k].prov == OPT_ANY ||
            e[k].prov == OPT_VALUE)
            continue;
        for (unsigned m = 0; m < o->cur.avail_count; m++)
            if (e[m].val == high && e[m].width == width && e[m].root == e[k].root &&
                e[k].off + width == e[m].off)
                return &e[k];
    }
    return NULL;
}

static uint32_t loaded(struct opt *o, uint32_t low, uint32_t high, unsigned width,
                       struct xlate_op *load)
{
    static const uint8_t ops[] = {[1] = RV64_OP_LHU, [2] = RV64_OP_LWU, [4] = RV64_OP_LD};
    const struct opt_avail *a = width <= 4 ? side_by_side(o, low, high, width) : NULL;

    if (!a)
        return OPT_NONE;
    for (unsigned k = 0; k < o->pending_count; k++)
        if (meets(o, &o->pending[k], a->root, a->off, 2 * width))
            return OPT_NONE; /* it may be moved below this load */
    *load = (struct xlate_op){.kind = XLATE_OP_RV, .op = ops[width]};
    if (!opt_base(o, a->root, a->off, load))
        return OPT_NONE;
    uint32_t root = a->root, val = opt_opaque(o, 16 * width, 64, OPT_ANY);
    opt_remember(o, root, a->off, 2 * width, val);
    return val;
}

/* The value to store in place of both, into a register of *op; OPT_NONE when there is none. */
static uint32_t both(struct opt *o, struct xlate_op *op, uint32_t low, uint32_t high,
                     unsigned width)
{
    struct xlate_op make = {.kind = XLATE_OP_GONE};
    uint32_t val = whole(o, low, high, width, &make);
    unsigned scratch = opt_scratch(o, 0), reg;

    if (val == OPT_NONE)
        val = constant(o, low, high, width, &make);
    if (val == OPT_NONE && scratch)
        val = loaded(o, low, high, width, &make);
    if (val == OPT_NONE)
        return OPT_NONE;
    reg = opt_holder(o, val, 32);
    if (reg == 32 && !scratch)
        return OPT_NONE;
    if (reg == 32) {
        make.rd = (uint8_t)(reg = scratch);
        opt_insert(o, (uint32_t)(op - o->x->ops), make);
        opt_set_reg(o, scratch, val);
    }
    op->rs2 = (uint8_t)reg;
    return val;
}

/* Joins the store with one that waits next to it; false when there is none. */
static bool join(struct opt *o, struct xlate_op *op, struct opt_pending *s)
{
    static const uint8_t ops[] = {[1] = RV64_OP_SH, [2] = RV64_OP_SW, [4] = RV64_OP_SD};

    for (unsigned k = o->pending_count; k-- > 0 && s->width < 8;) {
        struct opt_pending p = o->pending[k];
        bool below = p.off + p.width == s->off, above = s->off + s->width == p.off;
        int64_t imm = below ? op->imm - p.width : op->imm;
        uint32_t val;
        if (p.root != s->root || p.width != s->width || (!below && !above) || !xlate_fits12(imm))
            continue;
        val = both(o, op, below ? p.val : s->val, below ? s->val : p.val, s->width);
        if (val == OPT_NONE)
            continue;
        o->x->ops[p.op].kind = XLATE_OP_GONE;
        op->op = ops[s->width];
        op->imm = imm;
        s->off = below ? p.off : s->off;
        s->width = (uint8_t)(2 * s->width);
        s->val = val;
        drop(o, k);
        return true;
    }
    return false;
}

void opt_merge_store(struct opt *o, struct xlate_op *op, uint32_t root, int64_t off, uint32_t val)
{
    unsigned prov = o->vals[root].prov;
    struct opt_pending s = {.op = (uint32_t)(op - o->x->ops),
                            .root = root,
                            .val = val,
                            .off = off,
                            .width = (uint8_t)opt_width(op)};

    opt_pending_access(o, root, off, s.width);
    if ((prov != OPT_STACK && prov != OPT_PACKET) || op->slot == OFFLOAD_ROW_GLUE)
        return;
    while (join(o, op, &s))
        opt_fields_write(o, root, s.off, s.width);
    if (o->pending_count == OPT_PENDING)
        drop(o, 0);
    o->pending[o->pending_count++] = s;
}
