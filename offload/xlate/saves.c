/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "saves": a subprogram keeps r6 to r9 for its callers only where one of them reads the
 * register after the call, or keeps it for a caller of its own that does. The firmware,
 * which calls callbacks, wants all of them. Only with a proof: a function reads none of them
 * that it has not written.
 */
#include <errno.h>
#include <stdlib.h>

#include "xlate/opt.h"

enum { ROUNDS = 8 }; /* as deep as calls go */

struct keeps {
    uint32_t wanted;  /* by some caller */
    uint32_t written; /* by the function's own operations */
};

static bool is_call(const struct xlate_op *op)
{
    return op->kind == XLATE_OP_SITE && op->rd == RV64_RA;
}

/* A save in the prologue, or its counterpart in an epilogue. */
static bool is_save(const struct xlate_op *op)
{
    unsigned reg = op->op == RV64_OP_SD ? op->rs2 : op->rd;

    return op->kind == XLATE_OP_RV && op->slot == OFFLOAD_ROW_GLUE && op->rs1 == RV64_SP &&
           (op->op == RV64_OP_SD || op->op == RV64_OP_LD) && (OPT_CALLEE_SAVED & 1u << reg);
}

static void find_written(const struct opt *o, struct keeps *f)
{
    for (uint32_t k = 0; k < o->count; k++)
        for (uint32_t n = o->blocks[k].start; n < o->blocks[k].end; n++) {
            const struct xlate_op *op = &o->x->ops[n];
            if (!is_save(op))
                f[o->blocks[k].func].written |= opt_def(op);
        }
}

/* What block b's calls want to be kept; true when that is more than before. */
static bool ask(const struct opt *o, const struct opt_block *b, struct keeps *f)
{
    struct opt_walk w = opt_live_out(o, b);
    uint32_t own = b->func == 0 ? UINT32_MAX : f[b->func].written | f[b->func].wanted;
    bool changed = false;

    for (uint32_t n = b->end; n-- > b->start;) {
        const struct xlate_op *op = &o->x->ops[n];
        uint32_t wants = w.live & OPT_CALLEE_SAVED & own;
        if (is_call(op) && (wants & ~f[op->ref].wanted)) {
            f[op->ref].wanted |= wants;
            changed = true;
        }
        opt_live_step(o, op, &w);
    }
    return changed;
}

static bool ask_all(const struct opt *o, struct keeps *f)
{
    bool changed = false;

    for (uint32_t k = 0; k < o->count; k++)
        if (o->blocks[k].reached)
            changed |= ask(o, &o->blocks[k], f);
    return changed;
}

static void drop(const struct opt *o, const struct keeps *f)
{
    for (uint32_t n = 0; n < o->x->words; n++) {
        struct xlate_op *op = &o->x->ops[n];
        unsigned reg = op->op == RV64_OP_SD ? op->rs2 : op->rd;
        if (is_save(op) && !(f[o->blocks[o->block_of[n]].func].wanted & 1u << reg))
            op->kind = XLATE_OP_GONE;
    }
}

int opt_saves(struct opt *o)
{
    struct keeps *f = calloc(o->x->func_count, sizeof(*f));
    bool changed = true;

    if (!f)
        return o->x->err = -ENOMEM;
    for (uint32_t k = 1; k < o->x->func_count; k++)
        if (o->x->funcs[k].callback)
            f[k].wanted = OPT_CALLEE_SAVED;
    find_written(o, f);
    for (unsigned round = 0; round < ROUNDS && changed; round++)
        changed = ask_all(o, f);
    if (!changed)
        drop(o, f);
    free(f);
    return 0;
}
