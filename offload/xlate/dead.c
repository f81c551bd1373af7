/* SPDX-License-Identifier: BSD-3-Clause */
/* Liveness of registers, halves apart; pass "dead". */
#include "xlate/opt.h"

enum { LIVE_ROUNDS = 64 };

struct opt_walk opt_live_out(const struct opt *o, const struct opt_block *b)
{
    struct opt_walk w = {0, 0};
    const uint32_t next[2] = {b->fall, b->jump};

    for (unsigned k = 0; k < 2; k++) {
        if (next[k] == OPT_NONE)
            continue;
        w.live |= o->blocks[next[k]].live;
        w.live_hi |= o->blocks[next[k]].live_hi;
    }
    return w;
}

static bool is_dead(const struct opt_io *io, const struct opt_walk *w)
{
    return !io->effect && !(io->def & w->live);
}

void opt_live_step(const struct opt *o, const struct xlate_op *op, struct opt_walk *w)
{
    struct opt_io io;

    if (op->kind == XLATE_OP_GONE)
        return;
    io = opt_io(o, op, true);
    if (is_dead(&io, w) && opt_on(o, OFFLOAD_PASS_DEAD)) /* else it stays, and reads */
        return;
    if (op->kind == XLATE_OP_RV && !(io.def & w->live_hi))
        io = opt_io(o, op, false);
    w->live = (w->live & ~io.def) | io.use;
    w->live_hi = (w->live_hi & ~io.def) | io.use_hi;
}

/* What block b depends on is as it was when it was last walked. */
static bool settled(const struct opt_block *b, const struct opt_walk *out)
{
    return !b->calls && b->out == out->live && b->out_hi == out->live_hi;
}

static bool update(struct opt *o, struct opt_block *b, bool again)
{
    struct opt_walk w = opt_live_out(o, b);

    if (again && settled(b, &w))
        return false;
    b->out = w.live;
    b->out_hi = w.live_hi;
    for (uint32_t n = b->end; n-- > b->start;)
        opt_live_step(o, &o->x->ops[n], &w);
    if (w.live == b->live && w.live_hi == b->live_hi)
        return false;
    b->live = w.live;
    b->live_hi = w.live_hi;
    return true;
}

int opt_live(struct opt *o)
{
    bool changed = true;

    o->live_known = true;
    for (uint32_t k = 0; k < o->count; k++)
        o->blocks[k].live = o->blocks[k].live_hi = 0;
    for (unsigned round = 0; changed && round < LIVE_ROUNDS; round++) {
        changed = false;
        for (uint32_t k = o->count; k-- > 0;)
            changed |= update(o, &o->blocks[k], round > 0);
    }
    for (uint32_t k = 0; changed && k < o->count; k++)
        o->blocks[k].live = o->blocks[k].live_hi = UINT32_MAX;
    return 0;
}

/* An extension whose upper half nobody reads is a move. */
static void trim(const struct opt *o, struct xlate_op *op, const struct opt_walk *w)
{
    bool zext = op->op == RV64_OP_ADD_UW && op->rs2 == RV64_ZERO;
    bool sext = op->op == RV64_OP_ADDIW && op->imm == 0;

    if (!opt_on(o, OFFLOAD_PASS_EXTEND) || op->kind != XLATE_OP_RV || op->fixed ||
        (!zext && !sext) || (w->live_hi & 1u << op->rd))
        return;
    op->op = RV64_OP_ADDI;
    op->rs2 = 0;
    op->imm = 0;
}

static void sweep(struct opt *o, const struct opt_block *b)
{
    struct opt_walk w = opt_live_out(o, b);

    for (uint32_t n = b->end; n-- > b->start;) {
        struct xlate_op *op = &o->x->ops[n];
        struct opt_io io = opt_io(o, op, true);
        if (op->kind != XLATE_OP_GONE && is_dead(&io, &w) && opt_on(o, OFFLOAD_PASS_DEAD)) {
            op->kind = XLATE_OP_GONE;
            continue;
        }
        trim(o, op, &w);
        if (opt_is_mv(op) && op->rd == op->rs1)
            op->kind = XLATE_OP_GONE;
        opt_live_step(o, op, &w);
    }
}

void opt_dead(struct opt *o)
{
    for (uint32_t k = 0; k < o->count; k++)
        if (o->blocks[k].reached)
            sweep(o, &o->blocks[k]);
}
