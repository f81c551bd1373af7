/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "moves": a value that is moved is made at its new place at once, where its old place
 * is not needed after this block: what reads it there reads the new one.
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
        if (opt_def(op) & 1u << x)
            return makes(op, x) ? k : n;
        if (!crosses(o, op, x, y))
            return n;
    }
    return n;
}

/* Reads of x by the ops [from, to) become reads of y. */
static void rename(struct opt *o, uint32_t from, uint32_t to, unsigned x, unsigned y)
{
    for (uint32_t k = from; k < to; k++) {
        struct xlate_op *op = &o->x->ops[k];
        bool branch = op->kind == XLATE_OP_SITE && op->rd == RV64_ZERO && op->op != RV64_OP_JAL;
        if ((op->kind != XLATE_OP_RV && !branch) || op->fixed)
            continue;
        if (op->rs1 == x)
            op->rs1 = (uint8_t)y;
        if (opt_has_rs2(op) && op->rs2 == x)
            op->rs2 = (uint8_t)y;
    }
}

/* Whether op reads x in a way that rename cannot change. */
static bool reads_for_good(const struct xlate_op *op, const struct opt_io *io, unsigned x)
{
    bool branch = op->kind == XLATE_OP_SITE && op->rd == RV64_ZERO;

    return io->use & 1u << x &&
           ((op->kind != XLATE_OP_RV && !branch) || op->fixed || op->op == RV64_OP_JALR);
}

/*
 * Behind the move of x to y at op n: the op up to which reads of x may read y instead, after
 * which x holds something else or nobody reads it; 0 when there is none.
 */
static uint32_t last_reader(const struct opt *o, const struct opt_block *b, uint32_t n)
{
    unsigned x = o->x->ops[n].rs1, y = o->x->ops[n].rd;

    for (uint32_t k = n + 1; k < b->end; k++) {
        const struct xlate_op *op = &o->x->ops[k];
        struct opt_io io = opt_io(o, op, true);
        if (op->kind == XLATE_OP_GONE)
            continue;
        if (k - n > REACH || reads_for_good(op, &io, x) || (op->fixed && io.def & 1u << x))
            return 0;
        if (io.def & 1u << x)
            return k + 1;
        if (io.def & 1u << y)
            return 0;
    }
    return opt_live_out(o, b).live & 1u << x ? 0 : b->end;
}

static void coalesce(struct opt *o, const struct opt_block *b)
{
    struct opt_walk w = opt_live_out(o, b);

    for (uint32_t n = b->end; n-- > b->start;) {
        struct xlate_op *op = &o->x->ops[n];
        bool moves =
            opt_is_mv(op) && op->rd != op->rs1 && !((1u << op->rs1 | 1u << op->rd) & OPT_RESERVED);
        bool dies = moves && !(w.live & 1u << op->rs1);
        uint32_t to = dies ? n + 1 : moves ? last_reader(o, b, n) : 0;
        uint32_t from = to ? maker(o, b, n) : n;
        if (from != n) {
            rename(o, from + 1, to, op->rs1, op->rd);
            o->x->ops[from].rd = op->rd;
            w.live = (w.live & ~(1u << op->rs1)) | 1u << op->rd;
            w.live_hi = (w.live_hi & ~(1u << op->rs1)) | 1u << op->rd;
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
