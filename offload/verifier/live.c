/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which registers are read later, whole or their lower half: by the text of the
 * program alone, backwards to a fixed point. Two states that differ only in dead
 * registers are the same; a 32-bit result whose upper half is dead needs no
 * zero-extension.
 */
#include "verifier/vf.h"

enum {
    LIVE_PASSES = 64, /* real programs need one per nesting of loops; then all is called live */
    ALL_REGS = (1 << VF_REGS) - 1,
    CALL_ARGS = 0x3e,    /* r1..r5 */
    CALL_CLOBBERS = 0x3f /* r0..r5 */
};

/* Register masks: read in full, read in the lower half only, written. */
struct uses {
    uint32_t full, low, def;
};

static uint32_t bit(unsigned reg)
{
    return reg < VF_REGS ? 1u << reg : 0;
}

static void use_sized(struct uses *u, uint32_t regs, unsigned bits)
{
    if (bits == 64)
        u->full |= regs;
    else
        u->low |= regs;
}

/* Low result bits of these depend on low operand bits only. */
static bool carries_upwards(const struct ebpf_row *row)
{
    switch (row->op) {
    case EBPF_OP_ADD:
    case EBPF_OP_SUB:
    case EBPF_OP_MUL:
    case EBPF_OP_AND:
    case EBPF_OP_OR:
    case EBPF_OP_XOR:
    case EBPF_OP_MOV:
    case EBPF_OP_NEG:
        return true;
    case EBPF_OP_LSH:
        return row->kind == EBPF_KIND_ALU_K;
    default:
        return false;
    }
}

static void alu_uses(struct uses *u, const struct ebpf_row *row, const struct ebpf_insn *i,
                     uint32_t out_hi)
{
    uint32_t regs = 0;
    unsigned bits = row->bits;
    if (row->op != EBPF_OP_MOV)
        regs |= bit(i->dst);
    if (row->kind == EBPF_KIND_ALU_X || row->kind == EBPF_KIND_MOVSX)
        regs |= bit(i->src);
    if (row->kind == EBPF_KIND_MOVSX)
        bits = 32;
    else if (bits == 64 && carries_upwards(row) && !(out_hi & bit(i->dst)))
        bits = 32;
    use_sized(u, regs, bits);
    u->def = bit(i->dst);
}

static void memory_uses(struct uses *u, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    switch (row->kind) {
    case EBPF_KIND_LDX:
    case EBPF_KIND_LDSX:
    case EBPF_KIND_LOAD_ACQ:
        u->full = bit(i->src);
        u->def = bit(i->dst);
        break;
    case EBPF_KIND_CMPXCHG:
        use_sized(u, bit(0), row->bits);
        u->def = bit(0);
        /* fallthrough */
    case EBPF_KIND_STX:
    case EBPF_KIND_STORE_REL:
    case EBPF_KIND_ATOMIC:
    case EBPF_KIND_ATOMIC_FETCH:
        use_sized(u, bit(i->src), row->bits);
        u->full |= bit(i->dst);
        if (row->kind == EBPF_KIND_ATOMIC_FETCH)
            u->def = bit(i->src);
        break;
    default: /* ST */
        u->full = bit(i->dst);
        break;
    }
}

static uint32_t proto_args(const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct offload_proto proto;
    if (row->kind == EBPF_KIND_CALL_BTF)
        offload_kfunc_proto((uint32_t)i->imm, &proto);
    else
        offload_helper_proto((uint32_t)i->imm, &proto);
    return ((2u << proto.args) - 1) & CALL_ARGS;
}

static void uses_of(const struct vf *v, uint32_t insn, uint32_t out_hi, struct uses *u)
{
    const struct ebpf_row *row = vf_row(v, insn);
    const struct ebpf_insn *i = vf_ins(v, insn);
    *u = (struct uses){0};
    switch (row->kind) {
    case EBPF_KIND_ALU_K:
    case EBPF_KIND_ALU_X:
    case EBPF_KIND_MOVSX:
    case EBPF_KIND_NEG:
    case EBPF_KIND_END:
        alu_uses(u, row, i, out_hi);
        break;
    case EBPF_KIND_JCC_X:
        use_sized(u, bit(i->src), row->bits);
        /* fallthrough */
    case EBPF_KIND_JCC_K:
        use_sized(u, bit(i->dst), row->bits);
        break;
    case EBPF_KIND_CALL:
    case EBPF_KIND_CALL_BTF:
        u->full = proto_args(row, i);
        u->def = CALL_CLOBBERS;
        break;
    case EBPF_KIND_CALL_LOCAL: /* what the callee reads of its arguments */
        u->full = v->at[(int64_t)insn + 1 + i->imm].live & CALL_ARGS;
        u->def = CALL_CLOBBERS;
        break;
    case EBPF_KIND_EXIT: /* the verdict is 32 bits wide */
        use_sized(u, bit(0), v->at[insn].subprog == 0 ? 32 : 64);
        break;
    case EBPF_KIND_LD64:
        u->def = bit(i->dst);
        break;
    case EBPF_KIND_JA:
    case EBPF_KIND_MAY_GOTO:
        break;
    default:
        memory_uses(u, row, i);
        break;
    }
}

static void live_after(const struct vf *v, uint32_t insn, uint32_t *all, uint32_t *hi)
{
    uint32_t next[2];
    unsigned n = vf_successors(v, insn, next);
    *all = *hi = 0;
    for (unsigned k = 0; k < n; k++) {
        *all |= v->at[next[k]].live;
        *hi |= v->at[next[k]].live_hi;
    }
}

static bool update(struct vf *v, uint32_t insn)
{
    uint32_t all, hi;
    struct uses u;
    live_after(v, insn, &all, &hi);
    uses_of(v, insn, hi, &u);
    uint16_t live = (uint16_t)((all & ~u.def) | u.full | u.low | bit(VF_FP));
    uint16_t live_hi = (uint16_t)((hi & ~u.def) | u.full | bit(VF_FP));
    struct vf_insn *at = &v->at[insn];
    bool changed = live != at->live || live_hi != at->live_hi;
    at->live = live;
    at->live_hi = live_hi;
    return changed;
}

static void give_up(struct vf *v)
{
    for (uint32_t n = 0; n < v->prog->insn_count; n++)
        v->at[n].live = v->at[n].live_hi = ALL_REGS;
}

/* 32-bit results whose upper half nobody reads. */
static void mark_dead_extensions(struct vf *v)
{
    for (uint32_t n = 0; n < v->prog->insn_count; n++) {
        const struct ebpf_row *row = vf_row(v, n);
        uint32_t all, hi;
        struct uses u;
        if ((v->at[n].flags & VF_SECOND) || row->bits > 32)
            continue;
        live_after(v, n, &all, &hi);
        uses_of(v, n, hi, &u);
        if (u.def && (u.def & (u.def - 1)) == 0 && !(hi & u.def))
            v->at[n].facts |= OFFLOAD_FACT_ZEXT_DEAD;
    }
}

void vf_find_live(struct vf *v)
{
    bool changed = true;
    unsigned pass = 0;
    for (; changed && pass < LIVE_PASSES; pass++) {
        changed = false;
        for (uint32_t n = v->prog->insn_count; n-- > 0;)
            if (!(v->at[n].flags & VF_SECOND))
                changed |= update(v, n);
    }
    if (changed)
        give_up(v);
    mark_dead_extensions(v);
}
