/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Atomic operations (RFC 9669, section 5.3). Those that fetch order all memory
 * accesses around them, as Linux has it: aq and rl set.
 */
#include "xlate/xlate.h"

enum { RELAXED = 0, AQRL = 3 };

/* An AMO takes no offset. */
static unsigned pointer(struct xlate *x, const struct ebpf_insn *i)
{
    struct xlate_addr a = xlate_addr(x, i->dst, i->off, XLATE_T0);

    if (a.off == 0)
        return a.base;
    xlate_i(x, RV64_OP_ADDI, XLATE_T0, a.base, a.off);
    return XLATE_T0;
}

static enum rv64_op amo(unsigned op, bool wide)
{
    switch (op) {
    case EBPF_OP_ADD:
        return wide ? RV64_OP_AMOADD_D : RV64_OP_AMOADD_W;
    case EBPF_OP_OR:
        return wide ? RV64_OP_AMOOR_D : RV64_OP_AMOOR_W;
    case EBPF_OP_AND:
        return wide ? RV64_OP_AMOAND_D : RV64_OP_AMOAND_W;
    case EBPF_OP_XOR:
        return wide ? RV64_OP_AMOXOR_D : RV64_OP_AMOXOR_W;
    default:
        return wide ? RV64_OP_AMOSWAP_D : RV64_OP_AMOSWAP_W;
    }
}

/* lr, compare, sc until it holds; r0 gets what was read. */
static void cmpxchg(struct xlate *x, const struct ebpf_insn *i, bool wide, bool zext)
{
    unsigned addr = pointer(x, i), r0 = xlate_reg(x, 0), expect = r0;
    unsigned src = xlate_value(x, i->src, XLATE_T2);

    if (!wide) {
        expect = RV64_T3;
        xlate_sext_w(x, expect, r0);
    }
    x->fixed = true;
    xlate_amo(x, wide ? RV64_OP_LR_D : RV64_OP_LR_W, XLATE_T1, addr, 0, AQRL);
    xlate_skip(x, RV64_OP_BNE, XLATE_T1, expect, 12);
    xlate_amo(x, wide ? RV64_OP_SC_D : RV64_OP_SC_W, RV64_T4, addr, src, AQRL);
    xlate_skip(x, RV64_OP_BNE, RV64_T4, RV64_ZERO, -12);
    x->fixed = false;
    if (zext)
        xlate_zext_w(x, r0, XLATE_T1);
    else
        xlate_mv(x, r0, XLATE_T1);
}

void xlate_atomic(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    bool wide = row->bits == 64, zext = !wide && !xlate_zext_dead(x);

    if (row->kind == EBPF_KIND_CMPXCHG) {
        cmpxchg(x, i, wide, zext);
        return;
    }
    unsigned addr = pointer(x, i);
    unsigned src = xlate_value(x, i->src, XLATE_T1);
    if (row->kind == EBPF_KIND_ATOMIC) {
        xlate_amo(x, amo(row->op, wide), RV64_ZERO, addr, src, RELAXED);
        return;
    }
    xlate_amo(x, amo(row->op, wide), src, addr, src, AQRL);
    if (zext)
        xlate_zext_w(x, src, src);
}
