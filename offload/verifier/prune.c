/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kept states. Where paths meet, a state whose every continuation was found safe
 * covers any state that it contains, and that path need not be walked again.
 * A state still being walked covers nothing; to meet an equal one is to loop.
 */
#include <stdlib.h>

#include "verifier/vf.h"

enum {
    ID_MAP = 160, /* pairs of ids compared at once; more, and the states are called different */
    KEEP_JUMPS = 2,
    KEEP_INSNS = 8, /* a state is kept when so much was walked since the last */
    LOOP_JUMPS = 20,
    LOOP_INSNS = 100, /* and inside a loop, so much */
};

struct id_pair {
    uint32_t old, cur;
};

struct match {
    struct vf *v;
    bool exact;
    unsigned pairs;
    uint32_t fresh; /* ids for scalars that have none */
    struct id_pair pair[ID_MAP];
};

/* Equal ids of the kept state must be equal in the current one. */
static bool same_id(struct match *m, uint32_t old, uint32_t cur)
{
    for (unsigned n = 0; n < m->pairs; n++)
        if (m->pair[n].old == old)
            return m->pair[n].cur == cur;
    if (m->pairs == ID_MAP)
        return false;
    m->pair[m->pairs++] = (struct id_pair){old, cur};
    return true;
}

static bool same_base(struct match *m, uint32_t old, uint32_t cur)
{
    if (old == 0 || cur == 0)
        return old == cur;
    return same_id(m, old, cur);
}

static bool same_scalar_id(struct match *m, uint32_t old, uint32_t cur)
{
    if (old == 0)
        return true;
    return same_id(m, old, cur ? cur : --m->fresh);
}

static bool scalar_covers(struct match *m, const struct vf_reg *old, const struct vf_reg *cur)
{
    if (cur->kind != KIND_SCALAR)
        return false;
    if (m->exact)
        return range_equal(&old->r, &cur->r) && same_scalar_id(m, old->id, cur->id);
    if (!old->precise)
        return true;
    return range_holds(&old->r, &cur->r) && same_scalar_id(m, old->id, cur->id);
}

static bool packet_covers(struct match *m, const struct vf_reg *old, const struct vf_reg *cur)
{
    if (old->pkt_range < 0 || cur->pkt_range < 0) {
        if (old->pkt_range != cur->pkt_range)
            return false;
    } else if (old->pkt_range > cur->pkt_range) {
        return false;
    }
    if (m->exact && old->pkt_range != cur->pkt_range)
        return false;
    return same_base(m, old->id, cur->id);
}

static bool pointer_covers(struct match *m, const struct vf_reg *old, const struct vf_reg *cur)
{
    if (old->kind != cur->kind || old->nullable != cur->nullable || old->off != cur->off)
        return false;
    if (m->exact ? !range_equal(&old->r, &cur->r) : !range_holds(&old->r, &cur->r))
        return false;
    switch (old->kind) {
    case KIND_PKT:
    case KIND_META:
        return packet_covers(m, old, cur);
    case KIND_VALUE:
    case KIND_MAP:
        return old->map == cur->map && old->inner == cur->inner &&
               (!old->nullable || same_base(m, old->id, cur->id));
    case KIND_XSK:
        return !old->nullable || same_base(m, old->id, cur->id);
    case KIND_STACK:
        return old->frame == cur->frame;
    default:
        return true;
    }
}

static bool reg_covers(struct match *m, const struct vf_reg *old, const struct vf_reg *cur)
{
    if (old->kind == KIND_NONE)
        return !m->exact || cur->kind == KIND_NONE;
    if (old->kind == KIND_SCALAR)
        return scalar_covers(m, old, cur);
    return pointer_covers(m, old, cur);
}

static bool byte_covers(struct match *m, const struct vf_slot *old, const struct vf_slot *cur,
                        unsigned b)
{
    uint8_t was = old->byte[b], is = cur->byte[b];
    if (m->exact)
        return was == is;
    switch (was) {
    case BYTE_INVALID:
        return true;
    case BYTE_ZERO:
        return is == BYTE_ZERO;
    case BYTE_MISC:
        if (is == BYTE_SPILL)
            return cur->reg.kind == KIND_SCALAR;
        return is != BYTE_INVALID || vf_uninit_ok(m->v);
    default:
        return is == BYTE_SPILL;
    }
}

/* A spilled scalar on whose value nothing rested is as good as any written bytes. */
static bool loose_spill(const struct match *m, const struct vf_slot *old)
{
    return !m->exact && vf_slot_is_spill(old) && old->reg.kind == KIND_SCALAR && !old->reg.precise;
}

static bool slot_covers(struct match *m, const struct vf_slot *old, const struct vf_slot *cur)
{
    bool loose = loose_spill(m, old);
    for (unsigned b = 0; b < 8; b++) {
        if (loose && old->byte[b] == BYTE_SPILL) {
            struct vf_slot misc = {.byte[0] = BYTE_MISC};
            struct vf_slot now = {.byte[0] = cur->byte[b], .reg = cur->reg};
            if (!byte_covers(m, &misc, &now, 0))
                return false;
        } else if (!byte_covers(m, old, cur, b)) {
            return false;
        }
    }
    return loose || !vf_slot_is_spill(old) || reg_covers(m, &old->reg, &cur->reg);
}

/* `live`: the slots that count. */
static bool stack_covers(struct match *m, const struct vf_frame *old, const struct vf_frame *cur,
                         uint64_t live)
{
    static const struct vf_slot nothing;
    uint32_t slots = old->slots;
    if (m->exact && cur->slots > slots)
        slots = cur->slots;
    for (uint32_t s = 0; s < slots; s++) {
        const struct vf_slot *a = s < old->slots ? &old->slot[s] : &nothing;
        const struct vf_slot *b = s < cur->slots ? &cur->slot[s] : &nothing;
        if ((live >> s & 1) && !slot_covers(m, a, b))
            return false;
    }
    return true;
}

/* Registers of frame f that are read later: the callers' after their calls. */
static uint32_t live_regs(const struct vf *v, const struct vf_state *st, uint32_t f)
{
    if (f + 1 == st->depth)
        return v->at[v->pc].live;
    return v->at[st->frame[f + 1]->call_insn + 1].live;
}

static bool covers(struct vf *v, const struct vf_point *p, const struct vf_state *cur, bool exact)
{
    const struct vf_state *old = &p->st;
    struct match m = {.v = v, .exact = exact, .pairs = 0, .fresh = UINT32_MAX};
    for (uint32_t f = 0; f < old->depth; f++) {
        uint32_t live = live_regs(v, cur, f);
        for (unsigned r = 0; r < VF_FP; r++)
            if ((live >> r & 1) && !reg_covers(&m, &old->frame[f]->reg[r], &cur->frame[f]->reg[r]))
                return false;
        if (!stack_covers(&m, old->frame[f], cur->frame[f], exact ? UINT64_MAX : p->read[f]))
            return false;
    }
    return true;
}

static bool same_calls(const struct vf_state *a, const struct vf_state *b)
{
    if (a->depth != b->depth)
        return false;
    for (uint32_t f = 1; f < a->depth; f++)
        if (a->frame[f]->call_insn != b->frame[f]->call_insn)
            return false;
    return true;
}

/* What rested on the kept state's scalars now rests on the current one's. */
static void inherit_demands(struct vf *v, const struct vf_point *p)
{
    const struct vf_state *old = &p->st;
    struct vf_deps deps = {0};
    for (uint32_t f = 0; f < old->depth; f++) {
        const struct vf_frame *a = old->frame[f], *b = v->cur.frame[f];
        for (unsigned r = 0; r < VF_FP; r++)
            if (a->reg[r].kind == KIND_SCALAR && a->reg[r].precise)
                vf_deps_join(&deps, &b->reg[r].deps);
        for (uint32_t s = 0; s < a->slots && s < b->slots; s++)
            if (vf_slot_is_spill(&a->slot[s]) && a->slot[s].reg.precise)
                vf_deps_join(&deps, &b->slot[s].reg.deps);
    }
    vf_demand(v, &v->cur, deps);
    for (uint32_t f = 0; f < old->depth; f++)
        vf_slots_read(v, f, p->read[f]);
}

static void point_free(struct vf *v, struct vf_point *p)
{
    v->kept_bytes -= p->bytes;
    v->kept--;
    vf_state_free(&p->st);
    free(p);
}

/* All paths from it are walked: one that is in no list has served. */
void vf_point_release(struct vf *v, struct vf_point *p)
{
    if (!p->link)
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
    if (p->branches == 0) {
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
    p->branches = 1;
    p->bytes = sizeof(*p) + vf_state_bytes(&p->st);
    p->next = at->points;
    at->points = p;
    vf_state_number(&v->cur);
    for (uint32_t f = 0; f < v->cur.depth; f++)
        v->cur.frame[f]->written = 0;
    v->cur.parent = p;
    v->kept_bytes += p->bytes;
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

int vf_prune(struct vf *v)
{
    bool every = v->opts->keep == OFFLOAD_KEEP_EVERY;
    bool want = every || walked(v, KEEP_JUMPS, KEEP_INSNS);
    uint32_t states = 0;
    if (v->opts->keep == OFFLOAD_KEEP_NONE)
        return VF_GO;
    for (struct vf_point **link = &v->at[v->pc].points; *link; states++) {
        struct vf_point *p = *link;
        bool comparable = same_calls(&p->st, &v->cur);
        if (comparable && p->branches) {
            if (covers(v, p, &v->cur, true)) {
                int err = vf_refuse(v, -EINVAL, "infinite loop detected at insn %u", v->pc);
                vf_log_loop(v, &p->st);
                return err;
            }
            if (!every && !walked(v, LOOP_JUMPS, 0) && !walked(v, 0, LOOP_INSNS))
                want = false;
        } else if (comparable && covers(v, p, &v->cur, false)) {
            p->hits++;
            inherit_demands(v, p);
            vf_log_pruned(v);
            return VF_PATH_END;
        }
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
