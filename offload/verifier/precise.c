/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the rest of the walk rested on, noted in the kept states it passed.
 *
 * Stack: a slot that is read, in each kept state back to where it was written.
 *
 * Precision: a kept state may stand for another with different scalars as long
 * as nothing decided later rested on them. Each scalar carries the set of scalars
 * of the last kept state it was computed from (struct vf_deps); a demand marks
 * those there, and follows what they in turn were computed from.
 */
#include "verifier/vf.h"

struct demand {
    struct vf_deps want, next;
    unsigned number;
};

static bool has(const struct vf_deps *d, unsigned n)
{
    return (d->bits[n / 64] >> (n % 64)) & 1;
}

/* Counts as vf_state_number() did. */
static bool demand_one(void *arg, struct vf_reg *r)
{
    struct demand *d = arg;
    if (r->kind != KIND_SCALAR)
        return true;
    if (has(&d->want, d->number) && !r->precise) {
        r->precise = true;
        vf_deps_join(&d->next, &r->deps);
    }
    if (d->number < DEP_BITS - 1)
        d->number++;
    return true;
}

/* What is wanted and was not marked before; false when there is nothing. */
static bool fresh(struct vf_point *p, struct vf_deps *want)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < DEP_WORDS; i++) {
        want->bits[i] &= ~p->done.bits[i];
        p->done.bits[i] |= want->bits[i];
        any |= want->bits[i];
    }
    return any != 0;
}

void vf_demand(struct vf *v, const struct vf_state *st, struct vf_deps deps)
{
    (void)v;
    for (struct vf_point *p = st->parent; p && fresh(p, &deps); p = p->st.parent) {
        struct demand d = {.want = deps};
        vf_state_each(&p->st, demand_one, &d);
        deps = d.next;
    }
}

void vf_slots_read(struct vf *v, uint32_t frame, uint64_t slots)
{
    slots &= ~v->cur.frame[frame]->written;
    for (struct vf_point *p = v->cur.parent; p && frame < p->st.depth; p = p->st.parent) {
        slots &= ~p->read[frame]; /* marked before, then also further back */
        if (!slots)
            return;
        p->read[frame] |= slots;
        slots &= ~p->st.frame[frame]->written;
    }
}
