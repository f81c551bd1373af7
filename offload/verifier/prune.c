/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kept states. Where paths meet, a state whose every continuation was found safe
 * covers any state that it contains, and that path need not be walked again.
 * A state still being walked covers nothing; to meet an equal one is to loop,
 * except where an iterator or a callback bounds the loop.
 */
#include <stdlib.h>

#include "verifier/vf.h"

enum {
    KEEP_JUMPS = 2,
    KEEP_INSNS = 8, /* a state is kept when so much was walked since the last */
    LOOP_JUMPS = 20,
    LOOP_INSNS = 100, /* and inside a loop, so much */
};

static void add_bytes(struct vf *v, size_t bytes)
{
    v->kept_bytes += bytes;
    if (v->kept_bytes > v->peak_bytes)
        v->peak_bytes = v->kept_bytes;
}

static void point_free(struct vf *v, struct vf_point *p)
{
    v->kept_bytes -= p->bytes;
    v->kept--;
    while (p->back) {
        struct vf_back *b = p->back;
        p->back = b->next;
        vf_state_free(&b->st);
        free(b);
    }
    vf_state_free(&p->st);
    free(p);
}

/* All paths from it are walked: one that is in no list has served. */
void vf_point_release(struct vf *v, struct vf_point *p)
{
    if (!p->link || p->pinned)
        return;
    *p->link = p->next;
    if (p->next)
        p->next->link = p->link;
    point_free(v, p);
}

static void points_free(struct vf *v, struct vf_point **first)
{
    while (*first) {
        struct vf_point *p = *first;
        *first = p->next;
        point_free(v, p);
    }
}

void vf_points_free(struct vf *v)
{
    for (uint32_t n = 0; v->at && n < v->prog->insn_count; n++)
        points_free(v, &v->at[n].points);
    points_free(v, &v->dropped); /* a refusal leaves paths unwalked */
}

/* A state that seldom helps only costs comparisons. */
static bool useless(const struct vf_point *p)
{
    unsigned patience = p->branches ? 64 : 3;
    return p->misses > p->hits * patience + patience;
}

static void drop(struct vf *v, struct vf_point **link)
{
    struct vf_point *p = *link;
    *link = p->next;
    if (p->branches == 0 && !p->pinned) {
        point_free(v, p);
        return;
    }
    p->next = v->dropped;
    p->link = &v->dropped;
    if (p->next)
        p->next->link = &p->next;
    v->dropped = p;
}

static int keep(struct vf *v)
{
    struct vf_insn *at = &v->at[v->pc];
    struct vf_point *p = calloc(1, sizeof(*p));
    if (!p)
        return -ENOMEM;
    int err = vf_state_copy(&p->st, &v->cur);
    if (err) {
        free(p);
        return err;
    }
    p->insn = v->pc;
    p->calls_key = vf_calls_key(&v->cur);
    p->branches = 1;
    p->level = v->cur.parent ? v->cur.parent->level + 1 : 0;
    p->bytes = sizeof(*p) + vf_state_bytes(&p->st);
    p->next = at->points;
    at->points = p;
    vf_state_number(&v->cur);
    for (uint32_t f = 0; f < v->cur.depth; f++)
        v->cur.frame[f]->written = 0;
    v->cur.parent = p;
    v->cur.steps = v->cur.calls = 0;
    add_bytes(v, p->bytes);
    v->total_kept++;
    if (++v->kept > v->peak_kept)
        v->peak_kept = v->kept;
    v->last_jumps = v->jumps;
    v->last_processed = v->processed;
    return 0;
}

static bool walked(const struct vf *v, uint64_t jumps, uint64_t insns)
{
    return v->jumps - v->last_jumps >= jumps && v->processed - v->last_processed >= insns;
}

/* ---- loops that end for another reason than what was proved of numbers ---- */

struct vf_point *vf_previous(const struct vf *v, uint32_t insn, const struct vf_point *except)
{
    for (struct vf_point *p = v->at[insn].points; p; p = p->next)
        if (p != except && p->branches && vf_same_calls(&p->st, &v->cur))
            return p;
    return NULL;
}

static void widen_reg(const struct vf_reg *old, struct vf_reg *cur)
{
    if (old->kind == KIND_SCALAR && cur->kind == KIND_SCALAR && !old->precise &&
        !range_equal(&old->r, &cur->r))
        *cur = vf_reg_scalar();
}

void vf_widen(struct vf *v, const struct vf_point *p, struct vf_state *st)
{
    (void)v;
    for (uint32_t f = 0; p && f < p->st.depth; f++) {
        const struct vf_frame *old = p->st.frame[f];
        struct vf_frame *cur = st->frame[f];
        for (unsigned r = 0; r < VF_FP; r++)
            widen_reg(&old->reg[r], &cur->reg[r]);
        for (uint32_t s = 0; s < old->slots && s < cur->slots; s++)
            if (vf_slot_is_spill(&old->slot[s]) && vf_slot_is_spill(&cur->slot[s]))
                widen_reg(&old->slot[s].reg, &cur->slot[s].reg);
    }
}

/* The iterator that the instruction advances; NULL when there is none. */
static const struct vf_reg *iterator(const struct vf *v, const struct vf_state *st)
{
    const struct vf_reg *at = &vf_top(st)->reg[1];
    if (!vf_is_iter_next(v, v->pc) || at->kind != KIND_STACK || !range_is_const(&at->r))
        return NULL;
    int64_t off = (int64_t)at->off + (int64_t)at->r.var.value;
    const struct vf_frame *f = st->frame[at->frame];
    if (off >= 0 || off % 8 != 0 || -off / 8 > f->slots)
        return NULL;
    const struct vf_slot *s = &f->slot[-off / 8 - 1];
    return s->byte[0] == BYTE_ITER ? &s->reg : NULL;
}

/* The loop through this instruction ends by itself: the state may be met again. */
static bool may_come_back(const struct vf *v, const struct vf_point *p)
{
    if (vf_calls_back(v, v->pc))
        return true;
    if (v->at[v->pc].flags & VF_MAY_GOTO)
        return p->st.unroll != v->cur.unroll;
    const struct vf_reg *it = iterator(v, &v->cur);
    return it && !(it->flags & REG_DRAINED);
}

/* Bound of the rounds that come back to p. */
static void bound_rounds(struct vf *v, struct vf_point *p)
{
    const struct vf_reg *it = iterator(v, &p->st);
    uint64_t rounds = 0;
    bool known = it || (vf_calls_back(v, v->pc) && vf_callback_rounds(v, &p->st, &rounds));
    if (it)
        rounds = it->r.umax;
    if (v->at[v->pc].flags & VF_MAY_GOTO) {
        rounds = VF_LOOPS_MAX;
        known = true;
    }
    if (rounds > p->rounds)
        p->rounds = rounds;
    p->unbounded |= !known;
}

static struct vf_point *higher(struct vf_point *a, struct vf_point *b)
{
    return a && a->level < b->level ? a : b;
}

/* While a state that it leads to is not walked to its end, not all is known of what it rests on. */
static struct vf_point *unfinished(const struct vf_point *p)
{
    struct vf_point *e = p->entry;
    while (e && e->branches == 0)
        e = e->entry;
    return e;
}

/* The current path ends in p, which `entry` (p, or above it) still has to finish. */
static int come_back(struct vf *v, struct vf_point *p, struct vf_point *entry)
{
    struct vf_back *b = calloc(1, sizeof(*b));
    if (!b)
        return -ENOMEM;
    int err = vf_state_copy(&b->st, &v->cur);
    if (err) {
        free(b);
        return err;
    }
    b->next = p->back;
    p->back = b;
    p->bytes += sizeof(*b) + vf_state_bytes(&b->st);
    add_bytes(v, sizeof(*b) + vf_state_bytes(&b->st));
    for (struct vf_point *q = v->cur.parent; q; q = q->st.parent) {
        if (q != entry && q->level > entry->level)
            q->entry = higher(q->entry, entry);
        q->pinned = true;
    }
    return 0;
}

/* ---- the test at each place where paths meet ---- */

/* Does p end the path? VF_PATH_END, VF_GO, or a refusal. */
static int try_finished(struct vf *v, struct vf_point *p)
{
    struct vf_point *entry = unfinished(p);
    bool more;
    if (!vf_covers(v, p, entry ? COVER_WITHIN : COVER_LOOSE, &more))
        return VF_GO;
    p->hits++;
    v->tail = vf_repeated(p, p->longest);
    v->tail_calls = vf_repeated(p, p->calls);
    v->tail_unbounded = p->unbounded || more;
    vf_inherit(v, p, &v->cur);
    int err = entry ? come_back(v, p, entry) : 0;
    if (err)
        return err;
    vf_log_pruned(v);
    return VF_PATH_END;
}

static bool same_depth_of_loops(const struct vf *v, const struct vf_point *p)
{
    if (p->st.unroll != v->cur.unroll)
        return false;
    for (uint32_t f = 0; f < p->st.depth; f++) {
        const struct vf_frame *a = p->st.frame[f], *b = v->cur.frame[f];
        for (uint32_t s = 0; s < a->slots && s < b->slots; s++)
            if (a->slot[s].byte[0] == BYTE_ITER && b->slot[s].byte[0] == BYTE_ITER &&
                a->slot[s].reg.size != b->slot[s].reg.size)
                return false;
    }
    return true;
}

static int try_unfinished(struct vf *v, struct vf_point *p)
{
    bool more;
    if (vf_may_loop(v, v->pc)) {
        if (!may_come_back(v, p) || !vf_covers(v, p, COVER_WITHIN, &more))
            return VF_GO;
        p->hits++;
        bound_rounds(v, p);
        v->tail = 0;
        v->tail_unbounded = more;
        vf_inherit(v, p, &v->cur);
        int err = come_back(v, p, p);
        if (!err)
            vf_log_pruned(v);
        return err ? err : VF_PATH_END;
    }
    if (!same_depth_of_loops(v, p) || !vf_covers(v, p, COVER_EXACT, &more))
        return VF_GO;
    int err = vf_refuse(v, WHY(INFINITE_LOOP), v->pc);
    vf_log_loop(v, &p->st);
    return err;
}

static int try_point(struct vf *v, struct vf_point *p, bool *want)
{
    bool other = p->branches && !vf_may_loop(v, v->pc) && vf_differs_at_once(v, p);
    if (!other && !vf_same_calls(&p->st, &v->cur))
        return VF_GO;
    if (!p->branches)
        return try_finished(v, p);
    int r = other ? VF_GO : try_unfinished(v, p);
    if (r == VF_GO && v->opts->keep != OFFLOAD_KEEP_EVERY && !vf_may_loop(v, v->pc) &&
        !walked(v, LOOP_JUMPS, 0) && !walked(v, 0, LOOP_INSNS))
        *want = false;
    return r;
}

int vf_prune(struct vf *v)
{
    bool forced = vf_may_loop(v, v->pc);
    bool want = forced || v->opts->keep == OFFLOAD_KEEP_EVERY || walked(v, KEEP_JUMPS, KEEP_INSNS);
    uint32_t states = 0;
    if (v->opts->keep == OFFLOAD_KEEP_NONE && !forced)
        return VF_GO;
    uint64_t key = vf_calls_key(&v->cur);
    for (struct vf_point **link = &v->at[v->pc].points; *link; states++) {
        struct vf_point *p = *link;
        int r = p->calls_key == key ? try_point(v, p, &want) : VF_GO;
        if (r != VF_GO)
            return r;
        if (want)
            p->misses++;
        if (useless(p))
            drop(v, link);
        else
            link = &p->next;
    }
    if (states > v->max_per_insn)
        v->max_per_insn = states;
    if (!want || v->kept_bytes > VF_KEPT_BYTES_MAX)
        return VF_GO;
    return keep(v);
}
