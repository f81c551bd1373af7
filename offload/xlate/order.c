/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "order": blocks stand in the order in which the likely path falls through, and what
 * seldom runs comes last in its function. A branch that is taken costs the engine more than
 * one that is not.
 *
 * Seldom: what the hints of branches say (packets too short, null, errors of helpers; see
 * compare.c and hash.c), the way out of a loop, XDP_ABORTED, and what only follows from, or only
 * leads to, one of these. Where nothing is known, the program's own order stays: compilers know
 * more about it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlate/opt.h"

enum { ROUNDS = 4 };

struct order {
    struct opt *o;
    uint8_t *seldom;      /* per block */
    uint8_t *placed;      /* per block */
    uint32_t *list, n;    /* blocks as they will stand */
    uint32_t *moved;      /* new place of each op that starts a block, and of the end */
    struct xlate_op *ops; /* as they will stand */
    uint32_t words;
};

static bool is_call(const struct xlate_op *op)
{
    return op->rd == RV64_RA;
}

static struct xlate_op *last_op(const struct opt *o, uint32_t k)
{
    for (uint32_t n = o->blocks[k].end; n-- > o->blocks[k].start;)
        if (o->x->ops[n].kind != XLATE_OP_GONE)
            return &o->x->ops[n];
    return NULL;
}

static struct xlate_op *branch_of(const struct opt *o, uint32_t k)
{
    struct xlate_op *op = last_op(o, k);

    return op && op->kind == XLATE_OP_SITE && !is_call(op) && op->op != RV64_OP_JAL ? op : NULL;
}

/* A block without operations is its successor. */
static bool is_empty(const struct opt *o, uint32_t k)
{
    return !last_op(o, k) && o->blocks[k].fall != OPT_NONE;
}

static uint32_t behind_empty(const struct opt *o, uint32_t k)
{
    while (k != OPT_NONE && is_empty(o, k))
        k = o->blocks[k].fall;
    return k;
}

static void skip_empty(struct opt *o)
{
    for (uint32_t k = 0; k < o->count; k++) {
        struct opt_block *b = &o->blocks[k];
        b->fall = behind_empty(o, b->fall);
        b->jump = behind_empty(o, b->jump);
    }
}

/* ---- what seldom runs ---- */

/* Ends as XDP_ABORTED. */
static bool aborts(const struct opt *o, uint32_t k)
{
    const struct opt_block *b = &o->blocks[k];
    const struct xlate_op *op = last_op(o, k);

    if (b->func != 0 || !op || op->kind != XLATE_OP_GATE || op->rd != RV64_ZERO)
        return false;
    for (uint32_t n = b->end; n-- > b->start;) {
        const struct xlate_op *li = &o->x->ops[n];
        if (li->kind != XLATE_OP_GONE && opt_def(li) & 1u << RV64_A0)
            return li->kind == XLATE_OP_LI && li->imm == 0;
    }
    return false;
}

/* A branch without a hint stays in the innermost loop around it. */
static void hint_loop(const struct opt *o, uint32_t head)
{
    uint32_t last = o->blocks[head].extent;

    for (uint32_t k = head; k <= last && k < o->count; k++) {
        const struct opt_block *b = &o->blocks[k];
        struct xlate_op *op = branch_of(o, k);
        if (!op || !b->reached || b->jump == OPT_NONE || b->fall == OPT_NONE)
            continue;
        bool jumps_out = b->jump < head || b->jump > last;
        bool falls_out = b->fall < head || b->fall > last;
        if (op->hint == XLATE_EITHER && jumps_out != falls_out)
            op->hint = jumps_out ? XLATE_SELDOM_TAKEN : XLATE_SELDOM_FALLS;
    }
}

/* Whether control seldom goes from block k to block `to`, its successor. */
static bool seldom_edge(const struct order *r, uint32_t k, uint32_t to)
{
    const struct opt_block *b = &r->o->blocks[k];
    const struct xlate_op *op = branch_of(r->o, k);

    if (r->seldom[k])
        return true;
    if (!op || b->jump == b->fall)
        return false;
    return (op->hint == XLATE_SELDOM_TAKEN && to == b->jump) ||
           (op->hint == XLATE_SELDOM_FALLS && to == b->fall);
}

/* Blocks [first, last) that only follow from what is seldom. */
static bool spread_down(struct order *r, uint32_t first, uint32_t last, uint8_t *often)
{
    bool changed = false;

    memset(often + first, 0, last - first);
    for (uint32_t k = first; k < last; k++) {
        const uint32_t next[2] = {r->o->blocks[k].fall, r->o->blocks[k].jump};
        for (unsigned m = 0; m < 2 && r->o->blocks[k].reached; m++)
            if (next[m] != OPT_NONE && !seldom_edge(r, k, next[m]))
                often[next[m]] = 1;
    }
    for (uint32_t k = first; k < last; k++) {
        bool now = !r->o->blocks[k].entry && !often[k] && !r->seldom[k];
        r->seldom[k] |= now;
        changed |= now;
    }
    return changed;
}

/* Blocks that only lead to what is seldom. */
static bool spread_up(struct order *r, uint32_t first, uint32_t last)
{
    bool changed = false;

    for (uint32_t k = last; k-- > first;) {
        const struct opt_block *b = &r->o->blocks[k];
        bool some = b->fall != OPT_NONE || b->jump != OPT_NONE;
        bool now = some && !b->entry && !r->seldom[k] &&
                   (b->fall == OPT_NONE || r->seldom[b->fall]) &&
                   (b->jump == OPT_NONE || r->seldom[b->jump]);
        r->seldom[k] |= now;
        changed |= now;
    }
    return changed;
}

static void find_seldom(struct order *r, uint32_t first, uint32_t last)
{
    for (uint32_t k = last; k-- > first;)
        if (r->o->blocks[k].extent)
            hint_loop(r->o, k);
    for (uint32_t k = first; k < last; k++)
        r->seldom[k] = aborts(r->o, k);
    for (unsigned n = 0; n < ROUNDS; n++) {
        bool up = spread_up(r, first, last), down = spread_down(r, first, last, r->placed);
        if (!up && !down)
            break;
    }
    memset(r->placed + first, 0, last - first);
}

/* ---- the order ---- */

/* The block that block k should fall into, OPT_NONE: any. */
static uint32_t wanted(const struct order *r, uint32_t k)
{
    const struct opt_block *b = &r->o->blocks[k];
    const struct xlate_op *op = branch_of(r->o, k);

    if (!op)
        return b->fall != OPT_NONE ? b->fall : b->jump;
    if (op->hint == XLATE_SELDOM_FALLS ||
        (op->hint == XLATE_EITHER && r->seldom[b->fall] && !r->seldom[b->jump]))
        return b->jump;
    return b->fall;
}

static bool free_in(const struct order *r, uint32_t k, uint32_t first, uint32_t last, bool seldom)
{
    return k != OPT_NONE && k >= first && k < last && !r->placed[k] && r->seldom[k] == seldom &&
           !is_empty(r->o, k);
}

/* Whether another block that comes later wants to fall into block k by the program's order. */
static bool expected(const struct order *r, uint32_t from, uint32_t k, uint32_t first)
{
    return k > first && k - 1 != from && r->o->blocks[k - 1].fall == k && !r->placed[k - 1] &&
           r->o->blocks[k - 1].reached && r->seldom[k - 1] <= r->seldom[k] && wanted(r, k - 1) == k;
}

static void place(struct order *r, uint32_t k)
{
    r->placed[k] = 1;
    r->list[r->n++] = k;
}

static void place_chains(struct order *r, uint32_t first, uint32_t last, bool seldom)
{
    for (uint32_t start = first; start < last; start++) {
        uint32_t k = start;
        while (free_in(r, k, first, last, seldom) && r->o->blocks[k].reached) {
            place(r, k);
            uint32_t next = wanted(r, k);
            if (next != k + 1 && next != OPT_NONE && expected(r, k, next, first))
                break;
            k = next;
        }
    }
}

/* ---- the operations in it ---- */

static void put(struct order *r, struct xlate_op op)
{
    r->ops[r->words++] = op;
}

/* `jal` or branch to the start of block `to` */
static void retarget(struct order *r, struct xlate_op *op, uint32_t to)
{
    op->ref = xlate_label(r->o->x);
    if (!r->o->x->err)
        r->o->x->slot_raw[op->ref] = r->o->blocks[to].start;
}

static void put_jump(struct order *r, uint32_t to)
{
    struct xlate_op op = {.kind = XLATE_OP_SITE, .op = RV64_OP_JAL};

    op.slot = r->words ? r->ops[r->words - 1].slot : OFFLOAD_ROW_GLUE;
    retarget(r, &op, to);
    put(r, op);
}

/* The end of block k, which is followed by block `next`. */
static void join(struct order *r, uint32_t k, uint32_t next)
{
    const struct opt_block *b = &r->o->blocks[k];
    struct xlate_op *op = r->words ? &r->ops[r->words - 1] : NULL;

    if (branch_of(r->o, k) && b->jump == next && b->fall != next && b->fall != OPT_NONE) {
        op->op = (uint8_t)xlate_inverse(op->op);
        op->hint = (uint8_t)xlate_opposite(op->hint);
        retarget(r, op, b->fall);
    } else if (b->fall != OPT_NONE && b->fall != next) {
        put_jump(r, b->fall);
    } else if (b->fall == OPT_NONE && b->jump == next && b->jump != OPT_NONE) {
        r->words--; /* a jump to what comes next */
    }
}

static void write_ops(struct order *r)
{
    const struct opt *o = r->o;

    for (uint32_t m = 0; m < r->n && !o->x->err; m++) {
        const struct opt_block *b = &o->blocks[r->list[m]];
        r->moved[b->start] = r->words;
        for (uint32_t n = b->start; n < b->end; n++)
            if (o->x->ops[n].kind != XLATE_OP_GONE)
                put(r, o->x->ops[n]);
        join(r, r->list[m], m + 1 < r->n ? r->list[m + 1] : OPT_NONE);
    }
    for (uint32_t k = 0; k < o->count; k++)
        if (o->blocks[k].reached && is_empty(o, k))
            r->moved[o->blocks[k].start] = r->moved[o->blocks[behind_empty(o, k)].start];
    r->moved[o->x->words] = r->words;
}

static void take_over(struct order *r)
{
    struct xlate *x = r->o->x;

    for (uint32_t s = 0; s < xlate_places(x); s++)
        x->slot_raw[s] = r->moved[x->slot_raw[s]];
    for (uint32_t k = 0; k < x->func_count; k++)
        x->funcs[k].raw = r->moved[x->funcs[k].raw];
    free(x->ops);
    x->ops = r->ops;
    x->words = r->words;
    x->op_cap = r->words;
    r->ops = NULL;
}

static void order_functions(struct order *r)
{
    for (uint32_t first = 0, last; first < r->o->count; first = last) {
        for (last = first + 1; last < r->o->count && !r->o->blocks[last].entry;)
            last++;
        find_seldom(r, first, last);
        place_chains(r, first, last, false);
        place_chains(r, first, last, true);
    }
}

int opt_order(struct opt *o)
{
    struct xlate *x = o->x;
    struct order r = {.o = o,
                      .seldom = calloc(o->count + 1u, 1),
                      .placed = calloc(o->count + 1u, 1),
                      .list = calloc(o->count + 1u, sizeof(uint32_t)),
                      .moved = calloc(x->words + 1u, sizeof(uint32_t)),
                      .ops = malloc(((size_t)x->words + o->count + 1) * sizeof(*x->ops))};

    if (!r.seldom || !r.placed || !r.list || !r.moved || !r.ops)
        x->err = -ENOMEM;
    if (!x->err) {
        skip_empty(o);
        order_functions(&r);
    }
    if (!x->err)
        write_ops(&r);
    if (!x->err)
        take_over(&r);
    free(r.seldom);
    free(r.placed);
    free(r.list);
    free(r.moved);
    free(r.ops);
    return x->err;
}
