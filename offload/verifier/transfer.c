/* SPDX-License-Identifier: BSD-3-Clause */
/* What one instruction makes of the ranges of registers. */
#include <linux/bpf.h>
#include <string.h>

#include "verifier/values.h"

static const struct range *held(const struct values *a, const struct values_state *st, unsigned reg)
{
    return vf_pool_get(&a->pool, reg < VALUES_REGS ? st->reg[reg] : POOL_UNKNOWN);
}

/* ---- arithmetic ---- */

/* x / 0 is 0. */
static void divide(struct range *d, const struct range *by)
{
    uint64_t lo = by->umin ? d->umin / by->umax : 0, hi = d->umax / (by->umin ? by->umin : 1);
    *d = range_unknown();
    d->umin = lo;
    d->umax = hi;
    range_sync(d);
}

/* x % 0 is x. */
static void remainder_of(struct range *d, const struct range *by)
{
    uint64_t hi = d->umax;
    if (by->umin && by->umax - 1 < hi)
        hi = by->umax - 1;
    *d = range_unknown();
    d->umax = hi;
    range_sync(d);
}

static bool divides(unsigned op)
{
    return op == EBPF_OP_DIV || op == EBPF_OP_MOD || op == EBPF_OP_SDIV || op == EBPF_OP_SMOD;
}

static void division(struct range *d, const struct ebpf_row *row, struct range by)
{
    if (row->bits == 32) {
        range_zext(d, 4);
        range_zext(&by, 4);
    }
    if (row->op == EBPF_OP_DIV)
        divide(d, &by);
    else if (row->op == EBPF_OP_MOD)
        remainder_of(d, &by);
    else
        *d = range_unknown();
}

static struct range binary(const struct values *a, const struct values_state *st,
                           const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct range by = row->kind == EBPF_KIND_ALU_X ? *held(a, st, i->src)
                                                   : range_const((uint64_t)(int64_t)i->imm);
    struct range d = *held(a, st, i->dst);
    if (row->op == EBPF_OP_MOV)
        d = by;
    else if (divides(row->op))
        division(&d, row, by);
    else if (row->bits == 64)
        range_alu64(&d, row->op, &by);
    else
        range_alu32(&d, row->op, &by);
    if (row->bits == 32)
        range_zext(&d, 4);
    return d;
}

static struct range negated(const struct range *r, unsigned bits)
{
    struct range zero = range_const(0);
    if (bits == 64)
        range_alu64(&zero, EBPF_OP_SUB, r);
    else
        range_alu32(&zero, EBPF_OP_SUB, r);
    return zero;
}

static struct range swapped(struct range r, const struct ebpf_row *row)
{
    unsigned bytes = row->bits / 8u;
    if (row->op != EBPF_OP_LE) {
        struct tnum var = tnum_bswap(r.var, bytes);
        r = range_unknown();
        r.var = var;
        range_sync(&r);
    } else if (bytes < 8) {
        range_zext(&r, bytes);
    }
    return r;
}

static struct range extended(struct range r, const struct ebpf_row *row)
{
    if (row->bits == 64)
        range_sext(&r, row->dval / 8u);
    else
        range_sext32(&r, row->dval / 8u);
    return r;
}

/* ---- memory ---- */

/* The number at this place of a read-only map, which never changes. */
static bool constant_loaded(const struct values *a, uint32_t n, unsigned bytes, uint64_t *out)
{
    const struct offload_insn_fact *f = &a->v->at[n].fact;
    if (f->base != OFFLOAD_BASE_VALUE || f->map >= a->v->prog->map_count || f->lo != f->hi)
        return false;
    const struct offload_map *m = &a->v->prog->maps[f->map];
    if (!m->frozen_data || !vf_map_is_rdonly(m) || f->lo < 0 ||
        (uint64_t)f->lo + bytes > m->value_size)
        return false;
    *out = 0;
    memcpy(out, m->frozen_data + f->lo, bytes);
    return true;
}

/* In the kernel xdp_md.data and its like are addresses of 64 bits. */
static bool may_be_address(const struct offload_insn_fact *f)
{
    return (f->base == OFFLOAD_BASE_CTX && f->lo <= (int64_t)offsetof(struct xdp_md, data_meta)) ||
           f->base == OFFLOAD_BASE_MIXED;
}

static struct range loaded(const struct values *a, uint32_t n, const struct ebpf_row *row)
{
    unsigned bytes = row->bits / 8u;
    uint64_t value;
    struct range r = range_unknown();
    if (constant_loaded(a, n, bytes, &value))
        r = range_const(value);
    if (bytes == 8 || may_be_address(&a->v->at[n].fact))
        return r;
    if (row->kind == EBPF_KIND_LDSX)
        range_sext(&r, bytes);
    else
        range_zext(&r, bytes);
    return r;
}

static struct range loaded_imm64(const struct ebpf_row *row, const struct ebpf_insn *i)
{
    if (row->id != EBPF_LD_IMM64)
        return range_unknown();
    return range_const((uint32_t)i[0].imm | (uint64_t)(uint32_t)i[1].imm << 32);
}

static struct range helper_result(const struct values *a, uint32_t id)
{
    struct range r = range_unknown();
    if (id == BPF_FUNC_get_smp_processor_id && a->v->opts->cpus) {
        r.umax = a->v->opts->cpus - 1;
        range_sync(&r);
    }
    return r;
}

unsigned values_written(struct values *a, uint32_t n, const struct values_state *st,
                        struct range *out)
{
    const struct ebpf_row *row = vf_row(a->v, n);
    const struct ebpf_insn *i = vf_ins(a->v, n);
    switch (row->kind) {
    case EBPF_KIND_ALU_K:
    case EBPF_KIND_ALU_X:
        *out = binary(a, st, row, i);
        return i->dst;
    case EBPF_KIND_MOVSX:
        *out = extended(*held(a, st, i->src), row);
        return i->dst;
    case EBPF_KIND_NEG:
        *out = negated(held(a, st, i->dst), row->bits);
        return i->dst;
    case EBPF_KIND_END:
        *out = swapped(*held(a, st, i->dst), row);
        return i->dst;
    case EBPF_KIND_LDX:
    case EBPF_KIND_LDSX:
    case EBPF_KIND_LOAD_ACQ:
        *out = loaded(a, n, row);
        return i->dst;
    case EBPF_KIND_ATOMIC_FETCH:
        *out = range_of_size(row->bits / 8u);
        return i->src;
    case EBPF_KIND_CMPXCHG:
        *out = range_of_size(row->bits / 8u);
        return 0;
    case EBPF_KIND_LD64:
        *out = loaded_imm64(row, i);
        return i->dst;
    case EBPF_KIND_CALL:
        *out = helper_result(a, (uint32_t)i->imm);
        return 0;
    case EBPF_KIND_CALL_BTF:
        *out = range_unknown();
        return 0;
    default:
        return VALUES_NONE;
    }
}

/* ---- jumps ---- */

bool values_branch(struct values *a, uint32_t n, struct values_state *st, bool taken)
{
    const struct ebpf_row *row = vf_row(a->v, n);
    const struct ebpf_insn *i = vf_ins(a->v, n);
    bool imm = row->kind == EBPF_KIND_JCC_K, is32 = row->bits == 32;
    enum cond c = vf_cond(row->op);
    struct range x = *held(a, st, i->dst);
    struct range y = imm ? range_const((uint64_t)(int64_t)i->imm) : *held(a, st, i->src);
    if (!(a->v->at[n].facts & (taken ? OFFLOAD_FACT_TAKEN : OFFLOAD_FACT_FALLS)))
        return false;
    int known = range_decide(&x, &y, c, is32);
    if (known >= 0 && (known == 1) != taken)
        return false;
    if (known >= 0 || (!imm && i->dst == i->src))
        return true;
    range_refine(&x, &y, taken ? c : cond_not(c), is32);
    if (i->dst < VALUES_REGS)
        st->reg[i->dst] = vf_pool_number(&a->pool, &x);
    if (!imm && i->src < VALUES_REGS)
        st->reg[i->src] = vf_pool_number(&a->pool, &y);
    return true;
}
