/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads, stores and 64-bit immediates (RFC 9669, sections 5.1, 5.2, 5.4). */
#include "xlate/xlate.h"

struct xlate_addr xlate_addr(struct xlate *x, unsigned bpf, int32_t off, unsigned tmp)
{
    bool sp = bpf == EBPF_FP && !x->opts.naive;
    unsigned base = sp ? (unsigned)RV64_SP : xlate_reg(x, bpf);

    if (sp)
        off += x->func->fp_off;
    if (xlate_fits12(off))
        return (struct xlate_addr){base, off};
    int32_t lo = ((off & 0xfff) ^ 0x800) - 0x800;
    xlate_i(x, RV64_OP_LUI, tmp, 0, off - lo);
    xlate_r(x, RV64_OP_ADD, tmp, tmp, base);
    return (struct xlate_addr){tmp, lo};
}

static enum rv64_op load_op(unsigned bits, bool sign)
{
    switch (bits) {
    case 8:
        return sign ? RV64_OP_LB : RV64_OP_LBU;
    case 16:
        return sign ? RV64_OP_LH : RV64_OP_LHU;
    case 32:
        return sign ? RV64_OP_LW : RV64_OP_LWU;
    default:
        return RV64_OP_LD;
    }
}

static enum rv64_op store_op(unsigned bits)
{
    switch (bits) {
    case 8:
        return RV64_OP_SB;
    case 16:
        return RV64_OP_SH;
    case 32:
        return RV64_OP_SW;
    default:
        return RV64_OP_SD;
    }
}

static void store(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i,
                  unsigned value)
{
    struct xlate_addr a = xlate_addr(x, i->dst, i->off, XLATE_T0);

    xlate_store(x, store_op(row->bits), value, a.base, a.off);
}

/* Load-acquire and store-release: a fence beside the access (RISC-V ISA, appendix A.5). */
static void ordered(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    enum { FENCE_R_RW = 2 << 4 | 3, FENCE_RW_W = 3 << 4 | 1 };

    if (row->kind == EBPF_KIND_LOAD_ACQ) {
        struct xlate_addr a = xlate_addr(x, i->src, i->off, XLATE_T0);
        xlate_i(x, load_op(row->bits, false), xlate_reg(x, i->dst), a.base, a.off);
        xlate_fence(x, FENCE_R_RW);
        return;
    }
    xlate_fence(x, FENCE_RW_W);
    store(x, row, i, xlate_value(x, i->src, XLATE_T1));
}

void xlate_mem(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    unsigned value = RV64_ZERO;

    if (row->kind == EBPF_KIND_LOAD_ACQ || row->kind == EBPF_KIND_STORE_REL) {
        ordered(x, row, i);
        return;
    }
    if (row->kind == EBPF_KIND_LDX || row->kind == EBPF_KIND_LDSX) {
        struct xlate_addr a = xlate_addr(x, i->src, i->off, XLATE_T0);
        xlate_i(x, load_op(row->bits, row->kind == EBPF_KIND_LDSX), xlate_reg(x, i->dst), a.base,
                a.off);
        return;
    }
    if (row->kind == EBPF_KIND_STX) {
        value = xlate_value(x, i->src, XLATE_T1);
    } else if (i->imm || x->opts.naive) {
        value = xlate_const(x, i->imm, XLATE_T1);
    }
    store(x, row, i, value);
}

void xlate_ld64(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    unsigned rd = xlate_reg(x, i->dst);
    uint32_t low = (uint32_t)i[0].imm, high = (uint32_t)i[1].imm;

    if (row->id == EBPF_LD_MAP_FD)
        xlate_addr_of(x, rd, OFFLOAD_RELOC_MAP, low, 0);
    else if (row->id == EBPF_LD_MAP_VALUE)
        xlate_addr_of(x, rd, OFFLOAD_RELOC_VALUE, low, high);
    else if (row->id == EBPF_LD_CODE_ADDR)
        xlate_code_of(x, rd, xlate_func_at(x, (uint32_t)xlate_target(x, x->cur)));
    else
        xlate_li(x, rd, (int64_t)((uint64_t)high << 32 | low));
}
