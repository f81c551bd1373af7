/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * r1..r5 are the argument registers, so helper calls need no moves before them.
 * r0 cannot be a0, which is r1: it takes a5, one move after a helper. r6..r9
 * are callee-saved on both sides; a function that calls nobody has temporaries for
 * r6 to r8 instead. r10 is constant in a function: sp plus
 * an offset known at translation, which folds into loads and stores; the naive
 * mode keeps it in s5, as the Linux JIT does.
 */
#include "xlate/xlate.h"

unsigned xlate_reg_of(const struct xlate_func *f, unsigned bpf)
{
    static const uint8_t leaf[3] = {RV64_A6, RV64_A7, RV64_T5};
    static const uint8_t map[EBPF_REGS] = {RV64_A5, RV64_A0, RV64_A1, RV64_A2, RV64_A3, RV64_A4,
                                           RV64_S1, RV64_S2, RV64_S3, RV64_S4, RV64_S5};
    if (f->leaf && bpf >= 6 && bpf <= 8)
        return leaf[bpf - 6];
    return map[bpf];
}

unsigned xlate_reg(const struct xlate *x, unsigned bpf)
{
    return xlate_reg_of(x->func, bpf);
}

unsigned xlate_value(struct xlate *x, unsigned bpf, unsigned tmp)
{
    if (bpf != EBPF_FP || x->opts.naive)
        return xlate_reg(x, bpf);
    if (x->func->fp_off == 0)
        return RV64_SP;
    xlate_i(x, RV64_OP_ADDI, tmp, RV64_SP, x->func->fp_off);
    return tmp;
}
