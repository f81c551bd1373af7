/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations that a pass wants in front of others, put in all at once; those that are gone leave.
 */
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

/* Ops into `to`, which may be where they are when nothing comes in between; their number. */
static uint32_t fill(const struct opt *o, struct xlate_op *to, uint32_t *place)
{
    uint32_t k = 0, m = 0;

    for (uint32_t n = 0; n < o->x->words; n++) {
        place[n] = m;
        while (k < o->ins_count && o->ins[k].at == n)
            to[m++] = o->ins[k++].op;
        if (o->x->ops[n].kind != XLATE_OP_GONE)
            to[m++] = o->x->ops[n];
    }
    place[o->x->words] = m;
    return m;
}

static void replace_ops(struct opt *o, struct xlate_op *to, uint32_t *place)
{
    struct xlate *x = o->x;
    uint32_t words = fill(o, to, place);

    for (uint32_t s = 0; s < xlate_places(x); s++)
        x->slot_raw[s] = place[x->slot_raw[s]];
    for (uint32_t k = 0; k < x->func_count; k++)
        x->funcs[k].raw = place[x->funcs[k].raw];
    x->words = words;
}

int opt_splice(struct opt *o)
{
    struct xlate *x = o->x;
    uint32_t room = x->words + o->ins_count, *place;
    struct xlate_op *to = x->ops;

    if (x->err)
        return x->err;
    place = malloc((x->words + 1u) * sizeof(*place));
    if (o->ins_count)
        to = malloc((size_t)room * sizeof(*to));
    if (place && to) {
        sort(o);
        replace_ops(o, to, place);
    } else {
        x->err = -ENOMEM;
    }
    free(place);
    if (o->ins_count == 0)
        return x->err;
    if (x->err) {
        free(to);
        return x->err;
    }
    free(x->ops);
    x->ops = to;
    x->op_cap = room;
    o->ins_count = 0;
    return opt_tables(o);
}
