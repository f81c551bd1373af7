/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "bytes": x[0] | x[1] << 8 and the like, as compilers write fields that may
 * be unaligned, become one load, with rev8 where the first byte is the highest. The engine loads
 * from any address; the bytes have been read already, so the wider load touches nothing new.
 */
#include "xlate/opt.h"

struct piece {
    uint32_t root;
    int64_t off;
    unsigned n, shift; /* bytes; bits it is shifted left by */
    bool sign;         /* its top bit is copied upwards from bit 31 */
};

enum { DEPTH = 8 };

static bool piece_loaded(const struct opt *o, uint32_t val, struct piece *p)
{
    for (unsigned k = 0; k < o->cur.avail_count; k++) {
        const struct opt_avail *a = &o->cur.avail[k];
        if (a->val != val)
            continue;
        *p = (struct piece){a->root, a->off, a->width, 0, false};
        return true;
    }
    return false;
}

/* `big`: the lower bits come from the higher addresses. */
static bool join(const struct piece *low, const struct piece *high, bool big, struct piece *p)
{
    const struct piece *first = big ? high : low, *second = big ? low : high;

    if (low->root != high->root || low->sign || first->off + first->n != second->off ||
        low->shift + 8 * low->n != high->shift)
        return false;
    *p = (struct piece){low->root, first->off, low->n + high->n, low->shift, high->sign};
    return true;
}

/* rev8 of loaded bytes, and a shift where they are less than eight. */
static bool piece_reversed(const struct opt *o, uint32_t val, struct piece *p)
{
    const struct opt_val *v = &o->vals[val];
    unsigned n = 8;
    bool sign = opt_is(o, val, RV64_OP_SRAI);

    if (sign || opt_is(o, val, RV64_OP_SRLI)) {
        n = (64 - (unsigned)v->imm) / 8;
        val = v->a;
    }
    if (!opt_is(o, val, RV64_OP_REV8) || (sign && n != 4) || !piece_loaded(o, o->vals[val].a, p) ||
        p->n != n)
        return false;
    p->sign = sign;
    return true;
}

static bool piece_of(const struct opt *o, uint32_t val, bool big, struct piece *p, unsigned depth)
{
    const struct opt_val *v = &o->vals[val];
    struct piece a, b;

    if (big && piece_reversed(o, val, p))
        return true;
    if (piece_loaded(o, val, p))
        return !big || p->n == 1;
    if (depth == 0 || v->kind != OPT_EXPR)
        return false;
    if (v->op == RV64_OP_SLLI || v->op == RV64_OP_SLLIW) {
        if (!piece_of(o, v->a, big, p, depth - 1) || p->sign || v->imm % 8)
            return false;
        p->shift += (unsigned)v->imm;
        p->sign = v->op == RV64_OP_SLLIW && p->shift + 8 * p->n == 32;
        return p->shift + 8 * p->n <= (v->op == RV64_OP_SLLIW ? 32 : 64);
    }
    if (v->op != RV64_OP_OR && v->op != RV64_OP_ADD)
        return false;
    return piece_of(o, v->a, big, &a, depth - 1) && piece_of(o, v->b, big, &b, depth - 1) &&
           (join(&a, &b, big, p) || join(&b, &a, big, p));
}

bool opt_base(const struct opt *o, uint32_t root, int64_t at, struct xlate_op *op)
{
    for (unsigned r = 1; r < 32; r++) {
        int64_t off = 0;
        if (opt_root(o, o->cur.reg[r], &off) != root || !xlate_fits12(at - off))
            continue;
        op->rs1 = (uint8_t)r;
        op->imm = at - off;
        return true;
    }
    return false;
}

static bool pieces(const struct opt *o, const struct xlate_op *op, bool big, struct piece *p)
{
    struct piece a, b;

    return piece_of(o, o->cur.reg[op->rs1], big, &a, DEPTH) &&
           piece_of(o, o->cur.reg[op->rs2], big, &b, DEPTH) &&
           (join(&a, &b, big, p) || join(&b, &a, big, p)) && p->shift == 0 &&
           (p->n == 2 || p->n == 4 || p->n == 8) && (!p->sign || p->n == 4);
}

static enum rv64_op load_of(const struct piece *p, bool big)
{
    if (p->n == 2)
        return RV64_OP_LHU;
    if (p->n == 8)
        return RV64_OP_LD;
    return p->sign && !big ? RV64_OP_LW : RV64_OP_LWU;
}

/* The load in front of op, rev8, and a shift to the right place. */
static void reversed(struct opt *o, struct xlate_op *op, const struct piece *p,
                     struct xlate_op load)
{
    struct xlate_op rev = {.kind = XLATE_OP_RV, .op = RV64_OP_REV8, .rd = op->rd, .rs1 = op->rd};
    uint32_t n = (uint32_t)(op - o->x->ops), val = opt_opaque(o, 8 * p->n, 64, OPT_ANY);
    struct opt_expr e = {OPT_EXPR, RV64_OP_REV8, val, 0, 0};

    opt_pending_access(o, p->root, p->off, p->n);
    opt_remember(o, p->root, p->off, p->n, val);
    opt_insert(o, n, load);
    val = opt_value(o, &e);
    if (p->n < 8) {
        opt_insert(o, n, rev);
        rev.op = p->sign ? RV64_OP_SRAI : RV64_OP_SRLI;
        rev.imm = 64 - 8 * (int)p->n;
        e = (struct opt_expr){OPT_EXPR, rev.op, val, 0, rev.imm};
        val = opt_value(o, &e);
    }
    rev.slot = op->slot;
    *op = rev;
    opt_set_reg(o, op->rd, val);
}

bool opt_bytes(struct opt *o, struct xlate_op *op)
{
    struct piece p;
    struct xlate_op load = *op;
    bool little = pieces(o, op, false, &p);

    if ((!little && !pieces(o, op, true, &p)) || !opt_base(o, p.root, p.off, &load))
        return false;
    load.op = (uint8_t)load_of(&p, !little);
    load.rs2 = 0;
    if (!little) {
        reversed(o, op, &p, load);
        return true;
    }
    *op = load;
    opt_load(o, op);
    return true;
}
