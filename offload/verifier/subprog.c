/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls between subprograms, walked inline, and the stack that a chain of them needs. */
#include "verifier/vf.h"

static const struct offload_subprog *described(const struct vf *v, uint32_t sub)
{
    const struct offload_prog *p = v->prog;
    for (uint32_t n = 0; p->subprogs && n < p->subprog_count; n++)
        if (p->subprogs[n].insn == v->sub[sub].start)
            return &p->subprogs[n];
    return NULL;
}

void vf_describe_subprogs(struct vf *v)
{
    for (uint32_t s = 0; s < v->subs; s++)
        v->sub[s].info = described(v, s);
}

bool vf_subprog_is_global(const struct vf *v, uint32_t sub)
{
    return v->sub[sub].info && v->sub[sub].info->global;
}

int vf_call_local(struct vf *v, const struct ebpf_insn *i)
{
    uint32_t target = (uint32_t)((int64_t)v->pc + 1 + i->imm);
    if (vf_subprog_is_global(v, v->at[target].subprog))
        return vf_call_global(v, v->at[target].subprog);
    if (v->cur.depth == VF_FRAMES)
        return vf_refuse(v, WHY(CALL_DEPTH), VF_FRAMES + 1);
    int err = vf_state_push_frame(&v->cur, v->pc, v->at[target].subprog);
    if (err)
        return err;
    struct vf_frame *callee = vf_top(&v->cur), *caller = v->cur.frame[v->cur.depth - 2];
    for (unsigned n = 1; n <= 5; n++)
        callee->reg[n] = caller->reg[n];
    for (unsigned n = 0; n <= 5; n++)
        caller->reg[n] = (struct vf_reg){0};
    v->touched = VF_ALL_REGS;
    v->touched_slots = UINT64_MAX;
    v->next = target;
    vf_log_call(v);
    return VF_GO;
}

/* A callback comes back to the call, which may walk it once more. */
static int return_to_caller(struct vf *v, const struct vf_reg *r0)
{
    bool callback = vf_top(&v->cur)->callback == CALLBACK_SYNC;
    if (r0->kind == KIND_STACK)
        return vf_refuse(v, WHY(RETURN_STACK));
    int err = callback ? vf_check_callback_result(v, r0) : 0;
    if (err)
        return err;
    uint32_t to = vf_top(&v->cur)->call_insn + !callback;
    if (!callback)
        v->cur.frame[v->cur.depth - 2]->reg[0] = *r0;
    vf_log_return(v, to);
    vf_state_pop_frame(&v->cur);
    if (callback)
        vf_widen(v, vf_previous(v, to, NULL), &v->cur);
    v->next = to;
    v->touched = 0;
    v->touched_slots = 0;
    return VF_GO;
}

/* Of a subprogram: the target's result is this one's, and the packet may have moved. */
int vf_tail_taken(struct vf *v)
{
    struct vf_state *other;
    if (v->cur.depth == 1)
        return 0;
    struct vf_reg any = vf_reg_scalar();
    if (vf_top(&v->cur)->callback == CALLBACK_SYNC)
        return vf_check_callback_result(v, &any);
    uint32_t call = vf_top(&v->cur)->call_insn;
    int err = vf_push(v, call + 1, &other);
    if (err)
        return err;
    vf_state_pop_frame(other);
    vf_top(other)->reg[0] = vf_reg_scalar();
    vf_forget_packet(other);
    return 0;
}

int vf_exit(struct vf *v)
{
    struct vf_reg *r0;
    if (v->cur.depth > 1) /* a subprogram without result leaves R0 unset */
        return return_to_caller(v, &vf_top(&v->cur)->reg[0]);
    int err = vf_check_leaks(v, "BPF_EXIT instruction in main prog");
    if (!err)
        err = vf_read(v, 0, &r0);
    if (err)
        return err;
    if (vf_top(&v->cur)->callback == CALLBACK_ASYNC) {
        err = vf_check_callback_result(v, r0);
        return err ? err : VF_PATH_END;
    }
    if (v->root[v->walking].kind == ROOT_GLOBAL && r0->kind != KIND_SCALAR)
        return vf_refuse(v, WHY(RETURN_KIND), vf_kind_name(r0));
    if (r0->kind != KIND_SCALAR && !vf_uninit_ok(v)) /* a privileged loader may leak addresses */
        return vf_refuse(v, WHY(RETURN_ADDRESS));
    return VF_PATH_END;
}

/* ---- stack of the deepest chain ---- */

enum {
    STACK_ROUND = 16 /* what the kernel's JITs round a frame to */
};

static uint32_t rounded(uint32_t bytes)
{
    return (bytes + STACK_ROUND - 1) / STACK_ROUND * STACK_ROUND;
}

static int too_much_stack(struct vf *v, uint32_t frames, uint32_t bytes)
{
    return vf_refuse(v, WHY(STACK_SUM), frames, bytes);
}

int vf_check_chain_stack(struct vf *v)
{
    uint32_t bytes = 0;
    for (uint32_t f = 0; f < v->cur.depth; f++)
        bytes += rounded(v->sub[v->cur.frame[f]->subprog].stack);
    return bytes > VF_STACK_BYTES ? too_much_stack(v, v->cur.depth, bytes) : 0;
}

/* Per subprogram, over chains of at most k frames: the most stack, and the frames it takes. */
struct chain {
    uint32_t bytes[VF_SUBPROGS_MAX], frames[VF_SUBPROGS_MAX];
};

static void lengthen(const struct vf *v, const struct chain *shorter, struct chain *out)
{
    for (uint32_t s = 0; s < v->subs; s++) {
        out->bytes[s] = rounded(v->sub[s].stack);
        out->frames[s] = 1;
    }
    for (uint32_t n = 0; n < v->prog->insn_count; n++) {
        if (!vf_names_subprog(v, n))
            continue;
        uint32_t from = v->at[n].subprog;
        uint32_t to = v->at[(int64_t)n + 1 + vf_ins(v, n)->imm].subprog;
        uint32_t own = rounded(v->sub[from].stack);
        if (own + shorter->bytes[to] > out->bytes[from])
            out->bytes[from] = own + shorter->bytes[to];
        if (1 + shorter->frames[to] > out->frames[from])
            out->frames[from] = 1 + shorter->frames[to];
    }
}

/* Stack of the callers above each subprogram, at most. */
static void caller_stack(const struct vf *v, uint32_t *bytes)
{
    for (uint32_t n = 0; n < v->prog->insn_count; n++) {
        if (!vf_names_subprog(v, n))
            continue;
        uint32_t from = v->at[n].subprog;
        uint32_t to = v->at[(int64_t)n + 1 + vf_ins(v, n)->imm].subprog;
        uint32_t above = bytes[from] + rounded(v->sub[from].stack);
        if (above > bytes[to])
            bytes[to] = above;
    }
}

/* A tail call from a subprogram keeps its callers' frames: at most half of the stack. */
static int check_tail_calls(struct vf *v)
{
    uint32_t above[VF_SUBPROGS_MAX] = {0};
    for (unsigned k = 0; k < VF_FRAMES; k++)
        caller_stack(v, above);
    for (uint32_t s = 1; s < v->subs; s++)
        if (v->sub[s].tail_call && above[s] >= VF_STACK_BYTES / 2)
            return vf_refuse(v, WHY(STACK_TAIL_CALL), above[s]);
    return 0;
}

int vf_check_stack_depth(struct vf *v)
{
    struct chain chain[2] = {0};
    unsigned k = 0;
    v->pc = 0;
    /* One more round than frames are allowed, so that a longer chain shows. */
    for (; k <= VF_FRAMES; k++)
        lengthen(v, &chain[k & 1], &chain[(k + 1) & 1]);
    const struct chain *last = &chain[k & 1];
    for (uint32_t s = 0; s < v->subs; s++) {
        if (last->frames[s] > VF_FRAMES)
            return vf_refuse(v, WHY(CALL_CHAIN), VF_FRAMES);
        if (last->bytes[s] > VF_STACK_BYTES)
            return too_much_stack(v, last->frames[s], last->bytes[s]);
    }
    v->max_stack = last->bytes[0];
    return check_tail_calls(v);
}
