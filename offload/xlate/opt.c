/* SPDX-License-Identifier: BSD-3-Clause */
/* Order of the passes; basic blocks and loops. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "offload/verifier.h"
#include "xlate/opt.h"

#define OPS_MAX    400000u /* longer programs stay as they were emitted */
#define HASH_START 1024u
enum { LOOP_BUDGET = 64 };

static bool is_call(const struct xlate_op *op)
{
    return op->rd == RV64_RA;
}

static bool leaves(const struct xlate_op *op)
{
    return opt_ends(op) || (op->kind == XLATE_OP_SITE && !is_call(op));
}

/* leader[n]: a block starts at op n. */
static void mark_leaders(const struct xlate *x, uint8_t *leader)
{
    for (uint32_t k = 0; k < x->func_count; k++)
        leader[x->funcs[k].raw] = 1;
    for (uint32_t n = 0; n < x->words; n++) {
        const struct xlate_op *op = &x->ops[n];
        if (op->kind == XLATE_OP_SITE && !is_call(op))
            leader[x->slot_raw[op->ref]] = 1;
        if (leaves(op) && n + 1 < x->words)
            leader[n + 1] = 1;
    }
}

static void cut_blocks(struct opt *o, const uint8_t *leader)
{
    uint32_t func = 0;

    o->count = 0;
    o->live_known = false;
    for (uint32_t n = 0; n < o->x->words; n++) {
        if (leader[n]) {
            while (func + 1 < o->x->func_count && o->x->funcs[func + 1].raw <= n)
                func++;
            o->blocks[o->count++] =
                (struct opt_block){.start = n, .func = func, .entry = o->x->funcs[func].raw == n};
        }
        struct opt_block *b = &o->blocks[o->count - 1];
        const struct xlate_op *op = &o->x->ops[n];
        b->end = n + 1;
        b->defs |= opt_def(op);
        b->calls |= op->kind == XLATE_OP_SITE && is_call(op);
        o->block_of[n] = o->count - 1;
    }
}

static const struct xlate_op *last_op(const struct opt *o, const struct opt_block *b)
{
    for (uint32_t n = b->end; n-- > b->start;)
        if (o->x->ops[n].kind != XLATE_OP_GONE)
            return &o->x->ops[n];
    return NULL;
}

static void join_blocks(struct opt *o)
{
    for (uint32_t k = 0; k < o->count; k++) {
        struct opt_block *b = &o->blocks[k];
        const struct xlate_op *op = last_op(o, b);
        b->jump = b->fall = OPT_NONE;
        if (op && op->kind == XLATE_OP_SITE && !is_call(op))
            b->jump = o->block_of[o->x->slot_raw[op->ref]];
        if ((!op || !opt_ends(op)) && k + 1 < o->count)
            b->fall = k + 1;
    }
}

static void reach(struct opt *o, uint32_t *todo)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < o->count; k++) {
        o->blocks[k].min_pred = OPT_NONE;
        if (o->blocks[k].entry) {
            o->blocks[k].reached = true;
            todo[n++] = k;
        }
    }
    while (n) {
        uint32_t from = todo[--n];
        const uint32_t next[2] = {o->blocks[from].fall, o->blocks[from].jump};
        for (unsigned k = 0; k < 2; k++) {
            struct opt_block *to = next[k] == OPT_NONE ? NULL : &o->blocks[next[k]];
            if (!to)
                continue;
            to->jumped |= k == 1;
            if (from < to->min_pred)
                to->min_pred = from;
            if (!to->reached)
                todo[n++] = next[k];
            to->reached = true;
        }
    }
}

/* Loop headers, and how far down their loops go. */
static void find_loops(struct opt *o)
{
    for (uint32_t k = 0; k < o->count; k++) {
        const uint32_t to = o->blocks[k].jump;
        if (o->blocks[k].reached && to != OPT_NONE && to <= k && o->blocks[to].extent < k)
            o->blocks[to].extent = k;
        if (to == k) /* a loop of one block at the very start */
            o->blocks[k].extent = k ? k : o->count - 1;
    }
    for (uint32_t k = o->count; k-- > 0;) {
        struct opt_block *b = &o->blocks[k];
        for (uint32_t m = k + 1, hops = 0; m <= b->extent && m < o->count; m++) {
            if (o->blocks[m].extent <= b->extent)
                continue;
            b->extent = ++hops < LOOP_BUDGET ? o->blocks[m].extent : o->count - 1;
        }
    }
}

static void sweep_unreached(struct opt *o)
{
    for (uint32_t k = 0; k < o->count; k++)
        for (uint32_t n = o->blocks[k].start; n < o->blocks[k].end && !o->blocks[k].reached; n++)
            o->x->ops[n].kind = XLATE_OP_GONE;
}

static int build(struct opt *o)
{
    uint8_t *leader = calloc(o->x->words + 1u, 1);
    uint32_t *todo;

    if (!leader)
        return o->x->err = -ENOMEM;
    mark_leaders(o->x, leader);
    cut_blocks(o, leader);
    free(leader);
    todo = malloc((2 * (size_t)o->count + 1) * sizeof(*todo));
    if (!todo)
        return o->x->err = -ENOMEM;
    join_blocks(o);
    reach(o, todo);
    free(todo);
    find_loops(o);
    sweep_unreached(o);
    return 0;
}

/* Forwards, then backwards; leaves blocks and liveness when nothing has changed since. */
static int one_round(struct opt *o, bool first)
{
    o->fields = !first && opt_on(o, OFFLOAD_PASS_FIELDS);
    o->ranges = first && o->x->facts && o->x->facts->ranges && opt_on(o, OFFLOAD_PASS_FACTS);
    o->changed = false;
    if (build(o) || opt_number(o))
        return o->x->err;
    if (o->ins_count && (opt_splice(o) || build(o)))
        return o->x->err;
    opt_live(o);
    opt_dead(o);
    if (first && opt_on(o, OFFLOAD_PASS_REGS))
        opt_regs(o);
    if (opt_on(o, OFFLOAD_PASS_STACK))
        opt_stack(o);
    return first || o->changed ? opt_splice(o) : o->x->err;
}

static int passes(struct opt *o)
{
    if (one_round(o, true) || one_round(o, false) || (o->changed && build(o)))
        return o->x->err;
    if (o->changed) {
        opt_live(o);
        opt_dead(o);
    }
    if (opt_on(o, OFFLOAD_PASS_SAVES) && o->x->facts && o->x->func_count > 1)
        opt_saves(o);
    if (opt_on(o, OFFLOAD_PASS_MOVES))
        opt_moves(o);
    if (opt_on(o, OFFLOAD_PASS_SELECT))
        opt_minmax(o);
    if (opt_on(o, OFFLOAD_PASS_SCHED))
        opt_sched(o);
    if (opt_on(o, OFFLOAD_PASS_BRANCH))
        opt_branch(o);
    if (opt_on(o, OFFLOAD_PASS_ORDER) && !build(o))
        opt_order(o);
    return o->x->err;
}

int opt_tables(struct opt *o)
{
    size_t n = (size_t)o->x->words + 1;

    free(o->blocks);
    free(o->block_of);
    o->blocks = malloc(n * sizeof(*o->blocks));
    o->block_of = malloc(n * sizeof(*o->block_of));
    return o->blocks && o->block_of ? 0 : (o->x->err = -ENOMEM);
}

int xlate_optimise(struct xlate *x)
{
    const uint32_t emitters = 1u << OFFLOAD_PASS_FACTS | 1u << OFFLOAD_PASS_LOOKUP |
                              1u << OFFLOAD_PASS_HASH | 1u << OFFLOAD_PASS_LOOP |
                              1u << OFFLOAD_PASS_INLINE | 1u << OFFLOAD_PASS_LEAF;
    struct opt o = {.x = x, .hash_size = HASH_START, .stamp = 1};

    if (x->err || x->words > OPS_MAX ||
        (x->opts.off | emitters | ~0u << OFFLOAD_PASSES) == UINT32_MAX)
        return x->err;
    o.hash = malloc(HASH_START * sizeof(*o.hash));
    if (!o.hash)
        x->err = -ENOMEM;
    else if (opt_tables(&o) == 0)
        passes(&o);
    free(o.ins);
    free(o.blocks);
    free(o.block_of);
    free(o.hash);
    free(o.vals);
    return x->err;
}
