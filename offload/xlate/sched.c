/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "sched": a load whose result is read by the next operations goes up in its block, past
 * operations that have nothing to do with it, so that an engine with a load-use delay has
 * something to do meanwhile. Nothing is added and nothing repeated.
 *
 * A load passes no store, AMO, fence or call. Among loads only those of the stack, which nobody
 * else sees, pass others: what the program reads of shared memory it reads in its own order.
 */
#include "xlate/opt.h"

enum { DELAY = 2 }; /* operations between a load and the use of its result */

static bool is_local(const struct xlate_op *op)
{
    return op->rs1 == RV64_SP;
}

/* Whether the load may go in front of `before`. */
static bool may_pass(const struct opt *o, const struct xlate_op *load,
                     const struct xlate_op *before)
{
    struct opt_io io = opt_io(o, before, true);
    uint32_t rd = 1u << load->rd;

    if (before->fixed || io.effect || before->kind == XLATE_OP_GATE ||
        before->kind == XLATE_OP_SITE || (opt_is_load(before) && !is_local(load)))
        return false;
    return !(io.def & (1u << load->rs1 | rd)) && !(io.use & rd);
}

/* How many operations stand between the load at n and the first one that reads its result. */
static unsigned gap(const struct opt *o, const struct opt_block *b, uint32_t n)
{
    unsigned found = 0;

    for (uint32_t k = n + 1; k < b->end && found < DELAY; k++) {
        const struct xlate_op *op = &o->x->ops[k];
        if (op->kind == XLATE_OP_GONE)
            continue;
        if (opt_io(o, op, true).use & 1u << o->x->ops[n].rd)
            return found;
        found++;
    }
    return DELAY;
}

/* The load at n up by as many operations as its gap lacks. */
static void raise(struct opt *o, const struct opt_block *b, uint32_t n)
{
    struct xlate_op *ops = o->x->ops;

    for (unsigned have = gap(o, b, n); have < DELAY && n > b->start; n--) {
        const struct xlate_op load = ops[n];
        bool gone = ops[n - 1].kind == XLATE_OP_GONE;
        if (!gone && !may_pass(o, &load, &ops[n - 1]))
            return;
        ops[n] = ops[n - 1];
        ops[n - 1] = load;
        have += !gone;
    }
}

void opt_sched(struct opt *o)
{
    for (uint32_t k = 0; k < o->count; k++) {
        const struct opt_block *b = &o->blocks[k];
        for (uint32_t n = b->start; n < b->end && b->reached; n++)
            if (opt_is_load(&o->x->ops[n]) && !o->x->ops[n].fixed && o->x->ops[n].rd != RV64_ZERO)
                raise(o, b, n);
    }
}
