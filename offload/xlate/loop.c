/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "loop": bpf_loop over a function that is known here is a loop in the main
 * program, which has s5 to s7 for it. The function is called as any subprogram, or done
 * in place.
 */
#include "xlate/xlate.h"

enum {
    HELPER_LOOP = 181,
    MAX_LOOPS = 8 << 20, /* BPF_MAX_LOOPS */
    TOO_MANY = -7,       /* -E2BIG */
    COUNT = RV64_S5,
    CONTEXT = RV64_S6,
    INDEX = RV64_S7,
};

/* The function in r2, and no flags in r4; NULL when that is not known. */
static const struct xlate_func *body_of(const struct xlate *x)
{
    uint32_t func = xlate_setter(x, 2), flags = xlate_setter(x, 4);
    const struct ebpf_row *row = flags ? ebpf_row(x->id[flags]) : NULL;

    if (!func || x->id[func] != EBPF_LD_CODE_ADDR || !row || row->kind != EBPF_KIND_ALU_K ||
        row->op != EBPF_OP_MOV || x->prog->insns[flags].imm != 0)
        return NULL;
    return &x->funcs[xlate_func_at(x, (uint32_t)xlate_target(x, func))];
}

/* The count is 32 bits; r0 is the answer to too many. */
static void set_up(struct xlate *x, uint32_t next)
{
    xlate_zext_w(x, COUNT, xlate_reg(x, 1));
    xlate_mv(x, CONTEXT, xlate_reg(x, 3));
    xlate_li(x, INDEX, 0);
    xlate_li(x, xlate_reg(x, 0), TOO_MANY);
    xlate_li(x, XLATE_T1, MAX_LOOPS);
    xlate_site(x, RV64_OP_BLTU, RV64_ZERO, XLATE_T1, COUNT, next);
}

bool xlate_loop(struct xlate *x, const struct ebpf_insn *i)
{
    const struct xlate_func *body;
    uint32_t call = x->cur, next = call + 1;
    unsigned r0 = xlate_reg(x, 0);

    if (i->imm != HELPER_LOOP || x->func != x->funcs || x->opts.naive ||
        !xlate_pass(x, OFFLOAD_PASS_LOOP) || (x->slot[call] & XLATE_TARGET))
        return false;
    body = body_of(x);
    if (!body)
        return false;
    set_up(x, next);
    x->slot_raw[call] = x->words; /* the head: nobody else jumps to the call */
    x->slot[next] |= XLATE_TARGET;
    xlate_mv(x, r0, INDEX);
    xlate_site(x, RV64_OP_BGEU, RV64_ZERO, INDEX, COUNT, next);
    xlate_mv(x, xlate_reg(x, 1), INDEX);
    xlate_mv(x, xlate_reg(x, 2), CONTEXT);
    xlate_call_to(x, body);
    xlate_i(x, RV64_OP_ADDI, INDEX, INDEX, 1);
    xlate_site(x, RV64_OP_BEQ, RV64_ZERO, r0, RV64_ZERO, call);
    xlate_mv(x, r0, INDEX);
    return true;
}
