/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does a kept state stand for the current one: is all that the current state may be
 * possible in the kept one, as far as it matters from here on?
 */
#include "verifier/vf.h"

enum {
    ID_MAP = 160 /* pairs of ids compared at once; more, and the states are called different */
};

struct id_pair {
    uint32_t old, cur;
};

struct match {
    struct vf *v;
    enum vf_cover how;
    unsigned pairs;
    bool more_rounds; /* an iterator of the current state may go on for longer */
    uint32_t fresh;   /* ids for scalars that have none */
    uint32_t slot;    /* where the stack differs */
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
    if (m->how == COVER_EXACT)
        return range_equal(&old->r, &cur->r) && old->off == cur->off &&
               same_scalar_id(m, old->id, cur->id);
    if (!old->precise && m->how == COVER_LOOSE)
        return true;
    if (old->id && (old->off != cur->off || ((old->flags ^ cur->flags) & REG_MOVED)))
        return false;
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
    if (m->how == COVER_EXACT && old->pkt_range != cur->pkt_range)
        return false;
    return same_base(m, old->id, cur->id);
}

static bool pointer_covers(struct match *m, const struct vf_reg *old, const struct vf_reg *cur)
{
    if (old->kind != cur->kind || old->nullable != cur->nullable || old->off != cur->off)
        return false;
    /* a byte of a spilled address may be read at some offset, but not at a known one */
    bool exact = m->how == COVER_EXACT || old->kind == KIND_STACK;
    if (exact ? !range_equal(&old->r, &cur->r) : !range_holds(&old->r, &cur->r))
        return false;
    switch (old->kind) {
    case KIND_PKT:
    case KIND_META:
        return packet_covers(m, old, cur);
    case KIND_VALUE:
    case KIND_MAP:
    case KIND_KEY:
        return old->map == cur->map && old->inner == cur->inner && same_base(m, old->id, cur->id);
    case KIND_MEM:
        return old->size == cur->size && old->flags == cur->flags &&
               same_base(m, old->id, cur->id) && same_base(m, old->ref, cur->ref) &&
               same_base(m, old->owner, cur->owner);
    case KIND_FUNC:
        return old->map == cur->map;
    case KIND_DYNPTR:
        return old->sub == cur->sub && old->flags == cur->flags && same_base(m, old->id, cur->id) &&
               same_base(m, old->ref, cur->ref);
    case KIND_XSK:
    case KIND_SOCK:
    case KIND_SOCK_COMMON:
        return same_base(m, old->id, cur->id) && same_base(m, old->ref, cur->ref);
    case KIND_STRUCT:
        return old->map == cur->map && old->flags == cur->flags && same_base(m, old->id, cur->id) &&
               same_base(m, old->ref, cur->ref);
    case KIND_STACK:
        return old->frame == cur->frame;
    default:
        return true;
    }
}

static bool reg_covers(struct match *m, const struct vf_reg *old, const struct vf_reg *cur)
{
    if (old->kind == KIND_NONE)
        return m->how != COVER_EXACT || cur->kind == KIND_NONE;
    if (old->kind == KIND_SCALAR)
        return scalar_covers(m, old, cur);
    return pointer_covers(m, old, cur);
}

static bool byte_covers(struct match *m, const struct vf_slot *old, const struct vf_slot *cur,
                        unsigned b)
{
    uint8_t was = old->byte[b], is = cur->byte[b];
    if (m->how != COVER_LOOSE)
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
        return is == was;
    }
}

/* A spilled scalar on whose value nothing rested is as good as any written bytes. */
static bool loose_spill(const struct match *m, const struct vf_slot *old)
{
    return m->how == COVER_LOOSE && vf_slot_is_spill(old) && old->reg.kind == KIND_SCALAR &&
           !old->reg.precise;
}

/* How often it was advanced does not count: it would never come to rest. */
static bool iter_covers(struct match *m, const struct vf_reg *old, const struct vf_reg *cur)
{
    if (old->flags != cur->flags || old->sub != cur->sub || !same_base(m, old->ref, cur->ref))
        return false;
    m->more_rounds |= cur->r.umax > old->r.umax;
    return true;
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
    if (old->byte[0] == BYTE_ITER)
        return iter_covers(m, &old->reg, &cur->reg);
    if (old->byte[0] == BYTE_DYNPTR)
        return pointer_covers(m, &old->reg, &cur->reg);
    return loose || !vf_slot_is_spill(old) || reg_covers(m, &old->reg, &cur->reg);
}

/* `live`: the slots that count. */
static bool stack_covers(struct match *m, const struct vf_frame *old, const struct vf_frame *cur,
                         uint64_t live)
{
    static const struct vf_slot nothing;
    uint32_t slots = old->slots;
    if (m->how != COVER_LOOSE && cur->slots > slots)
        slots = cur->slots;
    for (uint32_t s = 0; s < slots; s++) {
        const struct vf_slot *a = s < old->slots ? &old->slot[s] : &nothing;
        const struct vf_slot *b = s < cur->slots ? &cur->slot[s] : &nothing;
        if ((live >> s & 1) && !slot_covers(m, a, b)) {
            m->slot = s;
            return false;
        }
    }
    return true;
}

/* Slots of frame f that count. */
static uint64_t live_slots(const struct vf_point *p, uint32_t f, enum vf_cover how)
{
    return how == COVER_LOOSE ? p->read[f] : UINT64_MAX;
}

/* Registers of frame f that are read later: the callers' after their calls; a callback comes back
 * to the call itself. */
static uint32_t live_regs(const struct vf *v, const struct vf_state *st, uint32_t f)
{
    if (f + 1 == st->depth)
        return v->at[v->pc].live;
    const struct vf_frame *callee = st->frame[f + 1];
    return v->at[callee->call_insn + (callee->callback == CALLBACK_NONE)].live;
}

/* What is held must be held in both. */
static bool held_covers(struct match *m, const struct vf_state *old, const struct vf_state *cur)
{
    if (old->refs != cur->refs || old->lock.held != cur->lock.held)
        return false;
    for (uint32_t n = 0; n < old->refs; n++)
        if (!same_id(m, old->ref[n].id, cur->ref[n].id))
            return false;
    return !old->lock.held ||
           (old->lock.map == cur->lock.map && old->lock.inner == cur->lock.inner &&
            same_base(m, old->lock.id, cur->lock.id));
}

/* Register `place`, or slot `place - VF_REGS`, of frame f is covered, as far as it counts. */
static bool place_covers(struct match *m, const struct vf_point *p, uint32_t f, uint32_t place)
{
    const struct vf_frame *old = p->st.frame[f], *cur = m->v->cur.frame[f];
    if (place < VF_REGS)
        return !(live_regs(m->v, &m->v->cur, f) >> place & 1) ||
               reg_covers(m, &old->reg[place], &cur->reg[place]);
    return stack_covers(m, old, cur, live_slots(p, f, m->how) & 1ull << (place - VF_REGS));
}

static void note_odd(struct vf_point *p, uint32_t f, uint32_t place)
{
    const struct vf_frame *old = p->st.frame[f];
    const struct vf_reg *r = NULL;
    if (place < VF_REGS)
        r = &old->reg[place];
    else if (place - VF_REGS < old->slots && vf_slot_is_spill(&old->slot[place - VF_REGS]))
        r = &old->slot[place - VF_REGS].reg;
    p->odd = (struct vf_odd){.there = true, .frame = f, .place = place};
    p->odd.known = r && r->kind == KIND_SCALAR && range_is_const(&r->r);
    p->odd.value = p->odd.known ? r->r.var.value : 0;
}

bool vf_differs_at_once(const struct vf *v, const struct vf_point *p)
{
    const struct vf_odd *o = &p->odd;
    const struct vf_frame *cur =
        o->known && o->frame < v->cur.depth ? v->cur.frame[o->frame] : NULL;
    const struct vf_reg *r;
    if (!cur)
        return false;
    if (o->place < VF_REGS) {
        if (!(live_regs(v, &v->cur, o->frame) >> o->place & 1))
            return false;
        r = &cur->reg[o->place];
    } else if (o->place - VF_REGS < cur->slots &&
               vf_slot_is_spill(&cur->slot[o->place - VF_REGS])) {
        r = &cur->slot[o->place - VF_REGS].reg;
    } else {
        return false;
    }
    return r->kind == KIND_SCALAR && range_is_const(&r->r) && r->r.var.value != o->value;
}

static bool frame_covers(struct match *m, struct vf_point *p, uint32_t f)
{
    const struct vf_frame *old = p->st.frame[f], *cur = m->v->cur.frame[f];
    uint32_t live = live_regs(m->v, &m->v->cur, f);
    for (unsigned r = 0; r < VF_FP; r++)
        if ((live >> r & 1) && !reg_covers(m, &old->reg[r], &cur->reg[r])) {
            note_odd(p, f, r);
            return false;
        }
    if (stack_covers(m, old, cur, live_slots(p, f, m->how)))
        return true;
    note_odd(p, f, VF_REGS + m->slot);
    return false;
}

bool vf_covers(struct vf *v, struct vf_point *p, enum vf_cover how, bool *more_rounds)
{
    const struct vf_state *old = &p->st, *cur = &v->cur;
    struct match first = {.v = v, .how = how, .fresh = UINT32_MAX}, m = first;
    if (p->odd.there && !place_covers(&first, p, p->odd.frame, p->odd.place))
        return false;
    for (uint32_t f = 0; f < old->depth; f++)
        if (old->frame[f]->rounds > cur->frame[f]->rounds || !frame_covers(&m, p, f))
            return false;
    if (!held_covers(&m, old, cur))
        return false;
    *more_rounds = m.more_rounds;
    return true;
}

uint64_t vf_calls_key(const struct vf_state *st)
{
    uint64_t key = st->depth;
    for (uint32_t f = 0; f < st->depth; f++) {
        const struct vf_frame *fr = st->frame[f];
        uint64_t here = (uint64_t)(f ? fr->call_insn : fr->subprog) << 8 | fr->callback;
        key = (key ^ here) * 0x9e3779b97f4a7c15ull;
    }
    return key;
}

bool vf_same_calls(const struct vf_state *a, const struct vf_state *b)
{
    if (a->depth != b->depth)
        return false;
    if (a->frame[0]->subprog != b->frame[0]->subprog ||
        a->frame[0]->callback != b->frame[0]->callback)
        return false;
    for (uint32_t f = 1; f < a->depth; f++)
        if (a->frame[f]->call_insn != b->frame[f]->call_insn ||
            a->frame[f]->callback != b->frame[f]->callback)
            return false;
    return true;
}
