/* SPDX-License-Identifier: BSD-3-Clause */
/* Moves and arithmetic. */
#include "verifier/vf.h"

static void set_unknown(struct vf_reg *dst, unsigned bits)
{
    *dst = vf_reg_scalar();
    if (bits < 64)
        range_zext(&dst->r, bits / 8);
}

static int mov_const(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    uint64_t value = (uint64_t)(int64_t)i->imm;
    *vf_write(v, i->dst) = vf_reg_const(row->bits == 64 ? value : (uint32_t)value);
    return 0;
}

static int mov_reg(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct vf_reg *src;
    int err = vf_read(v, i->src, &src);
    if (err)
        return err;
    struct vf_reg *dst = vf_write(v, i->dst);
    if (row->bits == 64) {
        vf_link(v, src);
        *dst = *src;
        return 0;
    }
    if (src->kind != KIND_SCALAR) {
        set_unknown(dst, 32);
        return 0;
    }
    bool whole = src->r.umax <= UINT32_MAX;
    if (whole)
        vf_link(v, src);
    *dst = *src;
    if (!whole)
        vf_unlink(dst);
    range_zext(&dst->r, 4);
    return 0;
}

static int mov_sext(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct vf_reg *src;
    int err = vf_read(v, i->src, &src);
    if (err)
        return err;
    struct vf_reg *dst = vf_write(v, i->dst);
    if (src->kind != KIND_SCALAR) {
        set_unknown(dst, row->bits);
        return 0;
    }
    bool same = src->r.umax < 1ull << (row->dval - 1);
    if (same)
        vf_link(v, src);
    *dst = *src;
    if (!same)
        vf_unlink(dst);
    if (row->bits == 64)
        range_sext(&dst->r, row->dval / 8u);
    else
        range_sext32(&dst->r, row->dval / 8u);
    return 0;
}

static int negate(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct vf_reg *dst;
    int err = vf_read(v, i->dst, &dst);
    if (err)
        return err;
    if (dst->kind != KIND_SCALAR) {
        set_unknown(dst, row->bits);
        return 0;
    }
    struct range r = range_const(0);
    if (row->bits == 64)
        range_alu64(&r, EBPF_OP_SUB, &dst->r);
    else
        range_alu32(&r, EBPF_OP_SUB, &dst->r);
    dst->r = r;
    vf_unlink(dst);
    return 0;
}

/* The host is little-endian as the engine is: le only truncates. */
static int swap_bytes(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct vf_reg *dst;
    int err = vf_read(v, i->dst, &dst);
    if (err)
        return err;
    if (dst->kind != KIND_SCALAR) {
        set_unknown(dst, 64);
        return 0;
    }
    unsigned bytes = row->bits / 8u;
    if (row->op == EBPF_OP_LE) {
        if (bytes < 8)
            range_zext(&dst->r, bytes);
    } else {
        struct tnum swapped = tnum_bswap(dst->r.var, bytes);
        dst->r = range_unknown();
        dst->r.var = swapped;
        range_sync(&dst->r);
    }
    vf_unlink(dst);
    return 0;
}

/* A copy to which a constant is added can still be followed; false: not this one. */
static bool keep_above(struct vf_reg *dst, const struct ebpf_row *row, const struct range *by,
                       bool whole)
{
    int64_t off = row->bits == 32 ? by->smin32 : by->smin;
    bool sum = row->op == EBPF_OP_ADD || row->op == EBPF_OP_SUB;
    if (!sum || !dst->id || (dst->flags & REG_MOVED) || !range_is_const(by) || !whole)
        return false;
    if (row->op == EBPF_OP_SUB)
        off = off == INT64_MIN ? off : -off;
    if (off != (int32_t)off)
        return false;
    dst->flags |= row->bits == 32 ? REG_ABOVE32 : REG_ABOVE;
    dst->off = (int32_t)off;
    return true;
}

/* dst and src may be the same register. */
static int scalar_alu(struct vf_reg *dst, const struct ebpf_row *row, const struct vf_reg *src)
{
    const struct range operand = src->r;
    bool whole = dst != src && (row->bits == 64 || dst->r.umax <= UINT32_MAX);
    if (row->bits == 64)
        range_alu64(&dst->r, row->op, &operand);
    else
        range_alu32(&dst->r, row->op, &operand);
    vf_deps_join(&dst->deps, &src->deps);
    if (!keep_above(dst, row, &operand, whole))
        vf_unlink(dst);
    return 0;
}

static int both_pointers(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    if (row->op == EBPF_OP_SUB) { /* a length, or nonsense: a number in any case */
        set_unknown(vf_write(v, i->dst), 64);
        return 0;
    }
    static const char *const sign[] = {
        [EBPF_OP_ADD] = "+=",   [EBPF_OP_MUL] = "*=",    [EBPF_OP_DIV] = "/=",
        [EBPF_OP_OR] = "|=",    [EBPF_OP_AND] = "&=",    [EBPF_OP_LSH] = "<<=",
        [EBPF_OP_RSH] = ">>=",  [EBPF_OP_MOD] = "%=",    [EBPF_OP_XOR] = "^=",
        [EBPF_OP_MOV] = "=",    [EBPF_OP_ARSH] = "s>>=", [EBPF_OP_SDIV] = "s/=",
        [EBPF_OP_SMOD] = "s%=",
    };
    return vf_refuse(v, WHY(POINTER_PAIR), i->dst, sign[row->op]);
}

static int operate(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i,
                   struct vf_reg *dst, const struct vf_reg *src)
{
    if (dst->kind == KIND_SCALAR && src->kind == KIND_SCALAR)
        return scalar_alu(dst, row, src);
    if (dst->kind != KIND_SCALAR && src->kind != KIND_SCALAR)
        return both_pointers(v, row, i);
    struct vf_reg d = *dst, s = *src;
    if (d.kind == KIND_SCALAR)
        return vf_pointer_alu(v, row, i->dst, &s, &d, false);
    return vf_pointer_alu(v, row, i->dst, &d, &s, true);
}

static int binary(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct vf_reg imm = vf_reg_const((uint64_t)(int64_t)i->imm), *src = &imm, *dst;
    int err = 0;
    if (row->kind == EBPF_KIND_ALU_X)
        err = vf_read(v, i->src, &src);
    if (!err)
        err = vf_read(v, i->dst, &dst);
    return err ? err : operate(v, row, i, dst, src);
}

int vf_alu(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    switch (row->kind) {
    case EBPF_KIND_MOVSX:
        return mov_sext(v, row, i);
    case EBPF_KIND_NEG:
        return negate(v, row, i);
    case EBPF_KIND_END:
        return swap_bytes(v, row, i);
    default:
        if (row->op == EBPF_OP_MOV)
            return row->kind == EBPF_KIND_ALU_K ? mov_const(v, row, i) : mov_reg(v, row, i);
        return binary(v, row, i);
    }
}
