/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks every path: one instruction after the other, the other sides of branches later. */
#include <stdlib.h>

#include "verifier/vf.h"

static int grow_pending(struct vf *v)
{
    if (v->pendings < v->pending_room)
        return 0;
    uint32_t room = v->pending_room ? v->pending_room * 2 : 64;
    struct vf_pending *p = realloc(v->pending, room * sizeof(*p));
    if (!p)
        return -ENOMEM;
    v->pending = p;
    v->pending_room = room;
    return 0;
}

int vf_push(struct vf *v, uint32_t insn, struct vf_state **other)
{
    if (v->pendings >= VF_PENDING_MAX)
        return vf_refuse(v, WHY(TOO_MANY_JUMPS), VF_PENDING_MAX + 1);
    int err = grow_pending(v);
    if (err)
        return err;
    struct vf_pending *p = &v->pending[v->pendings];
    *p = (struct vf_pending){.insn = insn, .from = v->pc, .log_len = v->log ? v->log->len : 0};
    err = vf_state_copy(&p->st, &v->cur);
    if (err)
        return err;
    v->pendings++;
    if (p->st.parent)
        p->st.parent->branches++;
    *other = &p->st;
    return 0;
}

static uint64_t capped_sum(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

uint64_t vf_repeated(const struct vf_point *p, uint64_t number)
{
    uint64_t product;
    return __builtin_mul_overflow(number, p->rounds + 1, &product) ? UINT64_MAX : product;
}

/* The path is finished: kept states that have no other path left are complete. */
static void path_end(struct vf *v)
{
    struct vf_point *p = v->cur.parent;
    uint64_t steps = capped_sum(v->cur.steps, v->tail);
    uint64_t calls = capped_sum(v->cur.calls, v->tail_calls);
    bool unbounded = v->tail_unbounded;
    v->cur.parent = NULL;
    while (p) {
        if (steps > p->longest)
            p->longest = steps;
        if (calls > p->calls)
            p->calls = calls;
        p->unbounded |= unbounded;
        if (--p->branches)
            break;
        struct vf_point *parent = p->st.parent;
        steps = capped_sum(p->st.steps, vf_repeated(p, p->longest));
        calls = capped_sum(p->st.calls, vf_repeated(p, p->calls));
        unbounded = p->unbounded;
        vf_point_release(v, p);
        p = parent;
    }
    if (!p) { /* the walk's start */
        if (steps > v->root[v->walking].worst)
            v->root[v->walking].worst = steps;
        if (calls > v->root[v->walking].calls)
            v->root[v->walking].calls = calls;
        v->root[v->walking].unbounded |= unbounded;
    }
    vf_state_free(&v->cur);
}

/* Takes up the path left last; false when none is left. */
static bool resume(struct vf *v)
{
    if (v->pendings == 0)
        return false;
    struct vf_pending *p = &v->pending[--v->pendings];
    v->cur = p->st;
    v->pc = p->insn;
    vf_log_resume(v, p->from, p->log_len);
    return true;
}

static int load_callback(struct vf *v, const struct ebpf_insn *i)
{
    uint32_t sub = v->at[(int64_t)v->pc + 1 + i->imm].subprog;
    if (!v->prog->subprogs)
        return vf_refuse(v, WHY(CALLBACK_BTF));
    if (vf_subprog_is_global(v, sub))
        return vf_refuse(v, WHY(CALLBACK_GLOBAL));
    struct vf_reg *dst = vf_write(v, i->dst);
    *dst = vf_reg_pointer(KIND_FUNC);
    dst->map = sub;
    return 0;
}

static int load_imm64(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    uint64_t value = (uint32_t)i[0].imm | (uint64_t)(uint32_t)i[1].imm << 32;
    if (row->id == EBPF_LD_CODE_ADDR)
        return load_callback(v, i);
    struct vf_reg *dst = vf_write(v, i->dst);
    if (row->id == EBPF_LD_IMM64) {
        *dst = vf_reg_const(value);
        return 0;
    }
    *dst = vf_reg_pointer(row->id == EBPF_LD_MAP_FD ? KIND_MAP : KIND_VALUE);
    dst->map = (uint32_t)i->imm;
    if (dst->kind == KIND_VALUE)
        dst->off = i[1].imm;
    return 0;
}

static int jump_always(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    int32_t by = row->bits == 32 ? i->imm : i->off;
    v->next = (uint32_t)((int64_t)v->pc + 1 + by);
    return VF_GO;
}

static int step(struct vf *v)
{
    const struct ebpf_insn *i = vf_ins(v, v->pc);
    const struct ebpf_row *row = vf_row(v, v->pc);
    v->next = v->pc + ebpf_slots(row);
    switch (row->kind) {
    case EBPF_KIND_LD64:
        return load_imm64(v, row, i);
    case EBPF_KIND_LDX:
    case EBPF_KIND_LDSX:
        return vf_load(v, row, i);
    case EBPF_KIND_ST:
    case EBPF_KIND_STX:
        return vf_store(v, row, i);
    case EBPF_KIND_ATOMIC:
    case EBPF_KIND_ATOMIC_FETCH:
    case EBPF_KIND_CMPXCHG:
        return vf_atomic(v, row, i);
    case EBPF_KIND_JA:
        v->jumps++;
        return jump_always(v, row, i);
    case EBPF_KIND_JCC_K:
    case EBPF_KIND_JCC_X:
        v->jumps++;
        return vf_branch(v, row, i);
    case EBPF_KIND_LOAD_ACQ:
        return vf_load_acquire(v, row, i);
    case EBPF_KIND_STORE_REL:
        return vf_store_release(v, row, i);
    case EBPF_KIND_MAY_GOTO:
        v->jumps++;
        return vf_may_goto(v, i);
    case EBPF_KIND_CALL:
        v->jumps++;
        return vf_call(v, i);
    case EBPF_KIND_CALL_BTF:
        v->jumps++;
        return vf_call_kfunc(v, i);
    case EBPF_KIND_CALL_LOCAL:
        v->jumps++;
        return vf_call_local(v, i);
    case EBPF_KIND_EXIT:
        v->jumps++;
        return vf_exit(v);
    case EBPF_KIND_ALU_K:
    case EBPF_KIND_ALU_X:
    case EBPF_KIND_MOVSX:
    case EBPF_KIND_NEG:
    case EBPF_KIND_END:
        return vf_alu(v, row, i);
    default:
        return vf_bad_insn(v, i);
    }
}

/* One instruction of the current path. */
static int advance(struct vf *v)
{
    if (++v->processed > v->limit)
        return vf_refuse(v, WHY(TOO_COMPLEX), (unsigned long long)v->processed);
    if (!(v->at[v->pc].facts & OFFLOAD_FACT_REACHED)) {
        int err = vf_check_reached_insn(v);
        if (err)
            return err;
    }
    v->at[v->pc].facts |= OFFLOAD_FACT_REACHED;
    v->tail = v->tail_calls = 0;
    v->tail_unbounded = false;
    int r = v->at[v->pc].flags & VF_JOIN ? vf_prune(v) : VF_GO;
    if (r != VF_GO)
        return r;
    vf_log_insn(v);
    v->cur.steps++;
    r = step(v);
    if (r == VF_GO)
        v->pc = v->next;
    return r;
}

static int walk(struct vf *v)
{
    for (;;) {
        int r = advance(v);
        if (r < 0)
            return r;
        if (r == VF_GO)
            continue;
        path_end(v);
        if (!resume(v)) {
            vf_log_forget(v, 0);
            return 0;
        }
    }
}

/* ---- the walks: the program, and what the system calls by itself ---- */

int vf_add_root(struct vf *v, enum vf_root_kind kind, uint32_t sub, const struct vf_reg *timer)
{
    struct vf_root r = {.kind = (uint8_t)kind, .sub = sub, .from = v->pc};
    if (timer) {
        r.map = timer->map;
        r.inner = timer->inner;
    }
    for (uint32_t n = 0; n < v->roots; n++)
        if (v->root[n].kind == kind && v->root[n].sub == sub && v->root[n].map == r.map &&
            v->root[n].inner == r.inner)
            return 0;
    if (v->roots == VF_ROOTS_MAX)
        return vf_refuse(v, WHY(TOO_MANY_CALLBACKS));
    v->root[v->roots++] = r;
    return 0;
}

static void root_arguments(struct vf *v, const struct vf_root *r)
{
    struct vf_frame *f = vf_top(&v->cur);
    f->subprog = r->sub;
    if (r->kind == ROOT_MAIN) {
        f->reg[1] = vf_reg_pointer(KIND_CTX);
        return;
    }
    if (r->kind == ROOT_GLOBAL) {
        vf_global_arguments(v, r->sub);
        return;
    }
    f->callback = CALLBACK_ASYNC; /* map, key, value */
    static const enum vf_kind kind[] = {KIND_MAP, KIND_KEY, KIND_VALUE};
    for (unsigned n = 0; n < 3; n++) {
        f->reg[n + 1] = vf_reg_pointer(kind[n]);
        f->reg[n + 1].map = r->map;
        f->reg[n + 1].inner = r->inner;
    }
    if (vf_map(v, &f->reg[3])->spin_lock)
        f->reg[3].id = vf_new_id(v);
}

static int walk_root(struct vf *v, uint32_t n)
{
    int err = vf_state_init(&v->cur);
    if (err)
        return err;
    v->walking = n;
    v->pc = v->sub[v->root[n].sub].start;
    v->touched = VF_ALL_REGS;
    vf_log_root(v, &v->root[n], false);
    root_arguments(v, &v->root[n]);
    err = walk(v);
    if (!err)
        vf_log_root(v, &v->root[n], true);
    return err;
}

int vf_explore(struct vf *v)
{
    int err = vf_add_root(v, ROOT_MAIN, 0, NULL);
    vf_log_start(v);
    for (uint32_t n = 0; !err && n < v->roots; n++)
        err = walk_root(v, n);
    while (v->pendings)
        vf_state_free(&v->pending[--v->pendings].st);
    free(v->pending);
    v->pending = NULL;
    vf_state_free(&v->cur);
    vf_points_free(v);
    return err;
}
