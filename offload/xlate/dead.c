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

static struct opt_io io_in(const struct opt *o, const struct xlate_op *op, const struct opt_walk *w)
{
    return opt_io(o, op, opt_def(op) & w->live_hi);
}

static void apply(const struct opt_io *io, struct opt_walk *w)
{
    w->live = (w->live & ~io->def) | io->use;
    w->live_hi = (w->live_hi & ~io->def) | io->use_hi;
}

void opt_live_step(const struct opt *o, const struct xlate_op *op, struct opt_walk *w)
{
    struct opt_io io;

    if (op->kind == XLATE_OP_GONE)
        return;
    io = io_in(o, op, w);
    if (!is_dead(&io, w) || !opt_on(o, OFFLOAD_PASS_DEAD)) /* else it stays, and reads */
        apply(&io, w);
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
static bool trim(struct opt *o, struct xlate_op *op, const struct opt_walk *w)
{
    bool zext = op->op == RV64_OP_ADD_UW && op->rs2 == RV64_ZERO;
    bool sext = op->op == RV64_OP_ADDIW && op->imm == 0;

    if (!opt_on(o, OFFLOAD_PASS_EXTEND) || op->kind != XLATE_OP_RV || op->fixed ||
        (!zext && !sext) || (w->live_hi & 1u << op->rd))
        return false;
    op->op = RV64_OP_ADDI;
    op->rs2 = 0;
    op->imm = 0;
    o->changed = true;
    return true;
}

static void sweep(struct opt *o, const struct opt_block *b)
{
    struct opt_walk w = opt_live_out(o, b);

    for (uint32_t n = b->end; n-- > b->start;) {
        struct xlate_op *op = &o->x->ops[n];
        if (op->kind == XLATE_OP_GONE)
            continue;
        struct opt_io io = io_in(o, op, &w);
        bool dead = is_dead(&io, &w) && opt_on(o, OFFLOAD_PASS_DEAD);
        if (!dead && trim(o, op, &w))
            io = io_in(o, op, &w);
        if (dead || (opt_is_mv(op) && op->rd == op->rs1))
            op->kind = XLATE_OP_GONE;
        else
            apply(&io, &w);
    }
}

void opt_dead(struct opt *o)
{
    for (uint32_t k = 0; k < o->count; k++)
        if (o->blocks[k].reached)
            sweep(o, &o->blocks[k]);
}
