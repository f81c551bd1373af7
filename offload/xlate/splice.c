/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations that a pass wants in front of others, put in all at once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlate/opt.h"

void opt_insert(struct opt *o, uint32_t at, struct xlate_op op)
{
    void *p = o->ins;

    if (!xlate_room(o->x, &p, &o->ins_cap, o->ins_count, sizeof(*o->ins)))
        return;
    o->ins = p;
    op.slot = o->x->ops[at].slot;
    o->ins[o->ins_count++] = (struct opt_insert){at, op};
}

/* By place; those of one place stay in order. Passes go forwards, so that little moves. */
static void sort(struct opt *o)
{
    for (uint32_t k = 1; k < o->ins_count; k++) {
        struct opt_insert in = o->ins[k];
        uint32_t m = k;
        for (; m && o->ins[m - 1].at > in.at; m--)
            o->ins[m] = o->ins[m - 1];
        o->ins[m] = in;
    }
}

/* New place of the op that was at `old`: the first that was put in front of it. */
static uint32_t moved(const struct opt *o, uint32_t old)
{
    uint32_t lo = 0, hi = o->ins_count;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (o->ins[mid].at < old)
            lo = mid + 1;
        else
            hi = mid;
    }
    return old + lo;
}

static void fill(const struct opt *o, struct xlate_op *to)
{
    uint32_t k = 0;

    for (uint32_t n = 0; n < o->x->words; n++) {
        while (k < o->ins_count && o->ins[k].at == n)
            *to++ = o->ins[k++].op;
        *to++ = o->x->ops[n];
    }
}

int opt_splice(struct opt *o)
{
    struct xlate *x = o->x;
    uint32_t words = x->words + o->ins_count;
    struct xlate_op *to;

    if (o->ins_count == 0 || x->err)
        return x->err;
    to = malloc((size_t)words * sizeof(*to));
    if (!to)
        return x->err = -ENOMEM;
    sort(o);
    fill(o, to);
    for (uint32_t s = 0; s < xlate_places(x); s++)
        x->slot_raw[s] = moved(o, x->slot_raw[s]);
    for (uint32_t k = 0; k < x->func_count; k++)
        x->funcs[k].raw = moved(o, x->funcs[k].raw);
    free(x->ops);
    x->ops = to;
    x->words = x->op_cap = words;
    o->ins_count = 0;
    return opt_tables(o);
}
