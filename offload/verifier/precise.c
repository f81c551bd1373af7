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

/* Paths that ended in p rest on what it rests on: once more, now that there is more. */
static void note_moved(struct vf *v, struct vf_point *p)
{
    if (!p->back || p->moved)
        return;
    p->moved = true;
    p->next_moved = v->moved;
    v->moved = p;
}

static void follow_moved(struct vf *v)
{
    if (v->following)
        return;
    v->following = true;
    while (v->moved) {
        struct vf_point *p = v->moved;
        v->moved = p->next_moved;
        p->moved = false;
        for (struct vf_back *b = p->back; b; b = b->next)
            vf_inherit(v, p, &b->st);
    }
    v->following = false;
}

void vf_demand(struct vf *v, const struct vf_state *st, struct vf_deps deps)
{
    for (struct vf_point *p = st->parent; p && fresh(p, &deps); p = p->st.parent) {
        struct demand d = {.want = deps};
        vf_state_each(&p->st, demand_one, &d);
        deps = d.next;
        note_moved(v, p);
    }
    follow_moved(v);
}

void vf_slots_read(struct vf *v, const struct vf_state *st, uint32_t frame, uint64_t slots)
{
    slots &= ~st->frame[frame]->written;
    for (struct vf_point *p = st->parent; p && frame < p->st.depth; p = p->st.parent) {
        slots &= ~p->read[frame]; /* marked before, then also further back */
        if (!slots)
            break;
        p->read[frame] |= slots;
        note_moved(v, p);
        slots &= ~p->st.frame[frame]->written;
    }
    follow_moved(v);
}

/* What rested on p's scalars and slots now rests on those of `st`, which it stands for. */
void vf_inherit(struct vf *v, const struct vf_point *p, const struct vf_state *st)
{
    const struct vf_state *old = &p->st;
    struct vf_deps deps = {0};
    for (uint32_t f = 0; f < old->depth; f++) {
        const struct vf_frame *a = old->frame[f], *b = st->frame[f];
        for (unsigned r = 0; r < VF_FP; r++)
            if (a->reg[r].kind == KIND_SCALAR && a->reg[r].precise)
                vf_deps_join(&deps, &b->reg[r].deps);
        for (uint32_t s = 0; s < a->slots && s < b->slots; s++)
            if (vf_slot_is_spill(&a->slot[s]) && a->slot[s].reg.precise)
                vf_deps_join(&deps, &b->slot[s].reg.deps);
    }
    vf_demand(v, st, deps);
    for (uint32_t f = 0; f < old->depth; f++)
        vf_slots_read(v, st, f, p->read[f]);
}
