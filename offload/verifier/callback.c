/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Callbacks. One that a helper calls before it returns is walked from the call, in a
 * frame of its own, and comes back to the call, until it finds there what it found
 * before. One that the system calls later is a walk of its own.
 */
#include <linux/bpf.h>
#include <stdio.h>

#include "verifier/vcall.h"

static struct vf_reg map_pointer(const struct vcall *c, enum vf_kind kind)
{
    struct vf_reg r = vf_reg_pointer(kind);
    r.map = c->map_reg.map;
    r.inner = c->map_reg.inner;
    return r;
}

/* Arguments, from those of the call. */
static void give_arguments(struct vf *v, const struct vcall *c, const struct vf_reg *from,
                           struct vf_reg *to)
{
    switch (c->h->id) {
    case BPF_FUNC_loop: /* index, ctx */
        to[1] = vf_reg_scalar();
        to[2] = from[3];
        break;
    case BPF_FUNC_for_each_map_elem: /* map, key, value, ctx */
        to[1] = map_pointer(c, KIND_MAP);
        to[2] = map_pointer(c, KIND_KEY);
        to[3] = map_pointer(c, KIND_VALUE);
        if (c->map->spin_lock)
            to[3].id = vf_new_id(v);
        to[4] = from[3];
        break;
    default: /* user_ringbuf_drain: dynptr, ctx */
        to[1] = vf_reg_pointer(KIND_DYNPTR);
        to[1].id = to[1].owner = vf_new_id(v);
        to[2] = from[3];
        break;
    }
}

static int walk_now(struct vf *v, const struct vcall *c)
{
    struct vf_state *st;
    if (v->cur.depth == VF_FRAMES)
        return vf_refuse(v, WHY(CALL_DEPTH), VF_FRAMES + 1);
    int err = vf_push(v, v->sub[c->func].start, &st);
    if (!err)
        err = vf_state_push_frame(st, v->pc, c->func);
    if (err)
        return err;
    struct vf_frame *callee = vf_top(st), *caller = st->frame[st->depth - 2];
    callee->callback = CALLBACK_SYNC;
    callee->most = 1;
    give_arguments(v, c, caller->reg, callee->reg);
    caller->rounds++;
    st->unroll++;
    vf_top(&v->cur)->rounds = 0;
    return 0;
}

static bool all_rounds_walked(struct vf *v)
{
    const struct vf_reg *rounds = &vf_top(&v->cur)->reg[1];
    vf_demand_reg(v, rounds);
    if (rounds->kind != KIND_SCALAR || vf_top(&v->cur)->rounds < rounds->r.umax)
        return false;
    vf_top(&v->cur)->rounds = 0;
    return true;
}

int vcall_callback(struct vf *v, const struct vcall *c)
{
    v->touched = VF_ALL_REGS;
    v->touched_slots = UINT64_MAX;
    if (c->h->id == BPF_FUNC_timer_set_callback)
        return vf_add_root(v, ROOT_TIMER, c->func, &c->timer);
    uint64_t rounds = 0;
    bool known = vf_callback_rounds(v, &v->cur, &rounds);
    vf_note_rounds(v, known, rounds);
    if (c->h->id == BPF_FUNC_loop && all_rounds_walked(v))
        return 0;
    return walk_now(v, c);
}

bool vf_callback_rounds(const struct vf *v, const struct vf_state *st, uint64_t *rounds)
{
    const struct vf_reg *reg = vf_top(st)->reg;
    switch (vf_ins(v, v->pc)->imm) {
    case BPF_FUNC_loop:
        *rounds = reg[1].r.umax32 < VF_LOOPS_MAX ? reg[1].r.umax32 : VF_LOOPS_MAX;
        return reg[1].kind == KIND_SCALAR;
    case BPF_FUNC_for_each_map_elem:
        if (reg[1].kind != KIND_MAP || reg[1].inner)
            return false;
        *rounds = vf_map(v, &reg[1])->max_entries;
        return true;
    default:
        return false;
    }
}

static int wrong_number(struct vf *v, const struct vf_reg *r, unsigned most, const char *when)
{
    char known[80] = " unknown scalar value";
    bool lo = r->r.smin > INT64_MIN, hi = r->r.smax < INT64_MAX;
    if (lo && hi)
        snprintf(known, sizeof(known), " smin=%lld smax=%lld", (long long)r->r.smin,
                 (long long)r->r.smax);
    else if (lo)
        snprintf(known, sizeof(known), " smin=%lld", (long long)r->r.smin);
    else if (hi)
        snprintf(known, sizeof(known), " smax=%lld", (long long)r->r.smax);
    return vf_refuse(v, WHY(CALLBACK_RESULT), when, known, most);
}

int vf_check_callback_result(struct vf *v, const struct vf_reg *r0)
{
    const struct vf_frame *f = vf_top(&v->cur);
    bool sync = f->callback == CALLBACK_SYNC;
    if (r0->kind != KIND_SCALAR)
        return sync ? vf_refuse(v, WHY(CALLBACK_R0)) : vf_refuse(v, WHY(RETURN_ADDRESS));
    vf_demand_reg(v, r0);
    if (r0->r.smin >= 0 && r0->r.smax <= f->most)
        return 0;
    return wrong_number(v, r0, f->most, sync ? "At callback return" : "At async callback return");
}
