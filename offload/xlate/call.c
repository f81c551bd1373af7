/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls, function entry and exit. The main program keeps nothing for the
 * firmware; subprograms keep r6..r9 and ra where they change them. Stack of a
 * function, from its sp up: BPF stack, then saved registers. A function that
 * calls nobody uses the stack below sp and leaves sp alone.
 */
#include "xlate/xlate.h"

enum { MAX_LOOPS = 8 << 20 }; /* BPF_MAX_LOOPS */

/*
 * offload/abi.h: from the main program a taken tail call does not come back; in
 * a subprogram a1 says that it was taken, and a0 is then the result.
 */
static void tail_call(struct xlate *x)
{
    if (x->func == x->funcs) {
        xlate_gate(x, RV64_RA, OFFLOAD_GATE_TAIL);
        return;
    }
    xlate_gate(x, RV64_RA, OFFLOAD_GATE_TAIL_NESTED);
    xlate_mv(x, xlate_reg(x, 0), RV64_A0);
    xlate_site(x, RV64_OP_BEQ, RV64_ZERO, RV64_A1, RV64_ZERO, x->cur + 1);
    xlate_exit(x);
}

/* A function without jumps, up to its exit; r1 to r5 are lost as after any call. */
static void in_place(struct xlate *x, const struct xlate_func *f)
{
    uint32_t call = x->cur;

    for (uint32_t s = f->start; x->id[s] != EBPF_EXIT;) {
        const struct ebpf_row *row = ebpf_row(x->id[s]);
        x->cur = s;
        xlate_row(x, s);
        xlate_insn(x, row, &x->prog->insns[s]);
        s += ebpf_slots(row);
    }
    x->cur = call;
    xlate_row(x, call);
}

void xlate_call_to(struct xlate *x, const struct xlate_func *f)
{
    if (f->in_line)
        in_place(x, f);
    else
        xlate_site(x, RV64_OP_JAL, RV64_RA, 0, 0, (uint32_t)(f - x->funcs));
}

void xlate_call(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    if (row->kind == EBPF_KIND_CALL_LOCAL) {
        xlate_call_to(x, &x->funcs[xlate_func_at(x, (uint32_t)xlate_target(x, x->cur))]);
        return;
    }
    if (row->kind == EBPF_KIND_CALL_BTF) {
        xlate_gate(x, RV64_RA, OFFLOAD_GATE_KFUNC + (uint32_t)i->imm);
        xlate_mv(x, xlate_reg(x, 0), RV64_A0);
        return;
    }
    if (i->imm == XLATE_HELPER_TAIL_CALL) {
        tail_call(x);
        return;
    }
    if (xlate_lookup(x, i) || xlate_loop(x, i))
        return;
    xlate_gate(x, RV64_RA, (uint32_t)i->imm);
    xlate_mv(x, xlate_reg(x, 0), RV64_A0);
}

static unsigned saved_reg(const struct xlate *x, unsigned bit)
{
    if (bit == XLATE_SAVE_S0)
        return RV64_S0;
    return bit == XLATE_SAVE_RA ? (unsigned)RV64_RA : xlate_reg(x, bit);
}

static void saved(struct xlate *x, bool restore)
{
    const struct xlate_func *f = x->func;
    int32_t off = f->fp_off;

    for (unsigned bit = 0; bit <= XLATE_SAVE_S0; bit++) {
        if (!(f->saved & (1u << bit)))
            continue;
        if (restore)
            xlate_i(x, RV64_OP_LD, saved_reg(x, bit), RV64_SP, off);
        else
            xlate_store(x, RV64_OP_SD, saved_reg(x, bit), RV64_SP, off);
        off += 8;
    }
}

void xlate_prologue(struct xlate *x)
{
    xlate_row(x, OFFLOAD_ROW_GLUE);
    if (x->func->adjust)
        xlate_i(x, RV64_OP_ADDI, RV64_SP, RV64_SP, -(int32_t)x->func->bytes);
    saved(x, false);
    if (x->opts.naive) {
        xlate_i(x, RV64_OP_ADDI, RV64_S0, RV64_SP, (int32_t)x->func->bytes);
        if (x->func->uses_fp)
            xlate_i(x, RV64_OP_ADDI, xlate_reg(x, EBPF_FP), RV64_SP, x->func->fp_off);
    }
    if (x->func->may_goto) {
        xlate_li(x, XLATE_T0, MAX_LOOPS);
        xlate_store(x, RV64_OP_SD, XLATE_T0, RV64_SP, x->func->count_off);
    }
}

/* As Linux without a clock does it: every function counts down from a large number. */
void xlate_may_goto(struct xlate *x)
{
    xlate_i(x, RV64_OP_LD, XLATE_T0, RV64_SP, x->func->count_off);
    xlate_site(x, RV64_OP_BEQ, RV64_ZERO, XLATE_T0, RV64_ZERO, (uint32_t)xlate_target(x, x->cur));
    xlate_i(x, RV64_OP_ADDI, XLATE_T0, XLATE_T0, -1);
    xlate_store(x, RV64_OP_SD, XLATE_T0, RV64_SP, x->func->count_off);
}

static bool is_main(const struct xlate *x)
{
    return x->func == x->funcs;
}

/* The naive mode has one epilogue a function, at its last exit. */
static bool jump_to_last_exit(struct xlate *x)
{
    for (uint32_t s = x->func->end; s-- > x->cur + 1;) {
        if (!(x->slot[s] & XLATE_LIVE) || x->id[s] != EBPF_EXIT)
            continue;
        x->slot[s] |= XLATE_TARGET;
        xlate_site(x, RV64_OP_JAL, RV64_ZERO, 0, 0, s);
        return true;
    }
    return false;
}

void xlate_exit(struct xlate *x)
{
    if (x->opts.naive && jump_to_last_exit(x))
        return;
    if (is_main(x) && x->opts.naive) {
        saved(x, true);
        xlate_i(x, RV64_OP_ADDI, RV64_SP, RV64_SP, (int32_t)x->func->bytes);
    }
    if (is_main(x)) {
        xlate_mv(x, RV64_A0, xlate_reg(x, 0));
        xlate_gate(x, RV64_ZERO, OFFLOAD_GATE_EXIT);
        return;
    }
    xlate_row(x, OFFLOAD_ROW_GLUE);
    saved(x, true);
    if (x->func->adjust)
        xlate_i(x, RV64_OP_ADDI, RV64_SP, RV64_SP, (int32_t)x->func->bytes);
    xlate_row(x, x->cur);
    if (x->func->callback)
        xlate_mv(x, RV64_A0, xlate_reg(x, 0));
    xlate_return(x, x->func->callback);
}

bool xlate_result(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    uint32_t exit = x->cur + 1;

    if (x->opts.naive || !is_main(x) || row->op != EBPF_OP_MOV || i->dst != 0 ||
        exit >= x->func->end || x->id[exit] != EBPF_EXIT ||
        (row->kind == EBPF_KIND_ALU_X && i->src == 0))
        return false;
    if (row->kind == EBPF_KIND_ALU_K)
        xlate_li(x, RV64_A0, row->bits == 64 ? (int64_t)i->imm : (int64_t)(uint32_t)i->imm);
    else if (row->kind == EBPF_KIND_ALU_X && row->bits == 64)
        xlate_mv(x, RV64_A0, xlate_value(x, i->src, RV64_A0));
    else if (row->kind == EBPF_KIND_ALU_X)
        xlate_zext_w(x, RV64_A0, xlate_value(x, i->src, RV64_A0));
    else
        return false;
    xlate_row(x, exit);
    xlate_gate(x, RV64_ZERO, OFFLOAD_GATE_EXIT);
    return true;
}
