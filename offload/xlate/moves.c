/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "moves": where a value is moved and then dead at its old place, it is made
 * at the new place at once.
 */
#include "xlate/opt.h"

enum { REACH = 48 };

/* Whether op gets along with registers x and y, one of which is renamed across it. */
static bool crosses(const struct opt *o, const struct xlate_op *op, unsigned x, unsigned y)
{
    struct opt_io io = opt_io(o, op, true);
    uint32_t touched = io.use | io.def;
    bool implicit = op->kind == XLATE_OP_GATE || op->kind == XLATE_OP_SITE || op->fixed ||
                    (op->kind == XLATE_OP_RV && op->op == RV64_OP_JALR);

    if (implicit && (touched & 1u << x))
        return false;
    return !(touched & 1u << y);
}

static bool makes(const struct xlate_op *op, unsigned reg)
{
    return (op->kind == XLATE_OP_RV || op->kind == XLATE_OP_LI || op->kind == XLATE_OP_ADDR ||
            op->kind == XLATE_OP_CODE) &&
           op->rd == reg && !op->fixed && !opt_is_store(op);
}

/* The op of this block that makes the value which op n moves, or n. */
static uint32_t maker(const struct opt *o, const struct opt_block *b, uint32_t n)
{
    unsigned x = o->x->ops[n].rs1, y = o->x->ops[n].rd;

    for (uint32_t k = n; k-- > b->start && n - k < REACH;) {
        const struct xlate_op *op = &o->x->ops[k];
        if (op->kind == XLATE_OP_GONE)
            continue;
        if (opt_io(o, op, true).def & 1u << x)
            return makes(op, x) ? k : n;
        if (!crosses(o, op, x, y))
            return n;
    }
    return n;
}

static void rename(struct opt *o, uint32_t from, uint32_t to, unsigned x, unsigned y)
{
    o->x->ops[from].rd = (uint8_t)y;
    for (uint32_t k = from + 1; k < to; k++) {
        struct xlate_op *op = &o->x->ops[k];
        if (op->kind != XLATE_OP_RV || op->fixed)
            continue;
        if (op->rs1 == x)
            op->rs1 = (uint8_t)y;
        if (opt_has_rs2(op) && op->rs2 == x)
            op->rs2 = (uint8_t)y;
    }
}

static void coalesce(struct opt *o, const struct opt_block *b)
{
    struct opt_walk w = opt_live_out(o, b);

    for (uint32_t n = b->end; n-- > b->start;) {
        struct xlate_op *op = &o->x->ops[n];
        bool frees = opt_is_mv(op) && op->rs1 != RV64_ZERO && op->rs1 != RV64_SP &&
                     op->rd != RV64_SP && op->rd != op->rs1 && !(w.live & 1u << op->rs1);
        uint32_t from = frees ? maker(o, b, n) : n;
        if (from != n) {
            rename(o, from, n, op->rs1, op->rd);
            op->kind = XLATE_OP_GONE;
        }
        opt_live_step(o, op, &w);
    }
}

void opt_moves(struct opt *o)
{
    for (uint32_t k = 0; k < o->count; k++)
        if (o->blocks[k].reached)
            coalesce(o, &o->blocks[k]);
}
