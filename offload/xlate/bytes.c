/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "bytes": x[0] | x[1] << 8 and the like, as compilers write fields that may
 * be unaligned, become one load. The engine loads from any address; the bytes
 * have been read already, so the wider load touches nothing new.
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

static bool join(const struct piece *low, const struct piece *high, struct piece *p)
{
    if (low->root != high->root || low->sign || low->off + low->n != high->off ||
        low->shift + 8 * low->n != high->shift)
        return false;
    *p = (struct piece){low->root, low->off, low->n + high->n, low->shift, high->sign};
    return true;
}

static bool piece_of(const struct opt *o, uint32_t val, struct piece *p, unsigned depth)
{
    const struct opt_val *v = &o->vals[val];
    struct piece a, b;

    if (piece_loaded(o, val, p))
        return true;
    if (depth == 0 || v->kind != OPT_EXPR)
        return false;
    if (v->op == RV64_OP_SLLI || v->op == RV64_OP_SLLIW) {
        if (!piece_of(o, v->a, p, depth - 1) || p->sign || v->imm % 8)
            return false;
        p->shift += (unsigned)v->imm;
        p->sign = v->op == RV64_OP_SLLIW && p->shift + 8 * p->n == 32;
        return p->shift + 8 * p->n <= (v->op == RV64_OP_SLLIW ? 32 : 64);
    }
    if (v->op != RV64_OP_OR && v->op != RV64_OP_ADD)
        return false;
    return piece_of(o, v->a, &a, depth - 1) && piece_of(o, v->b, &b, depth - 1) &&
           (join(&a, &b, p) || join(&b, &a, p));
}

/* A register from which the piece can be loaded, with the offset. */
static bool base_of(const struct opt *o, const struct piece *p, struct xlate_op *op)
{
    for (unsigned r = 1; r < 32; r++) {
        int64_t off = 0;
        if (opt_root(o, o->cur.reg[r], &off) != p->root || !xlate_fits12(p->off - off))
            continue;
        op->rs1 = (uint8_t)r;
        op->imm = p->off - off;
        return true;
    }
    return false;
}

bool opt_bytes(struct opt *o, struct xlate_op *op)
{
    struct piece a, b, p;
    struct xlate_op load = *op;

    if (!piece_of(o, o->cur.reg[op->rs1], &a, DEPTH) ||
        !piece_of(o, o->cur.reg[op->rs2], &b, DEPTH) || (!join(&a, &b, &p) && !join(&b, &a, &p)))
        return false;
    if (p.shift || (p.n != 2 && p.n != 4 && p.n != 8) || (p.sign && p.n != 4) ||
        !base_of(o, &p, &load))
        return false;
    load.op = p.n == 2   ? (uint8_t)RV64_OP_LHU
              : p.n == 8 ? (uint8_t)RV64_OP_LD
              : p.sign   ? (uint8_t)RV64_OP_LW
                         : (uint8_t)RV64_OP_LWU;
    load.rs2 = 0;
    *op = load;
    opt_load(o, op);
    return true;
}
