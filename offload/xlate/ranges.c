/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verifier's ranges in the forward walk (pass "facts"). What a register of BPF holds before an
 * instruction narrows the value that its engine register holds, from there on to where paths meet;
 * what an instruction leaves narrows values that only it makes.
 *
 * An upper half that nobody reads may hold anything (OFFLOAD_FACT_ZEXT_DEAD), so that a range says
 * something of the engine's register only where that is known to be an extension of its
 * lower half. And only until the first pass over the operations has removed some: after that, a
 * register of BPF need not be anywhere.
 */
#include "offload/verifier.h"
#include "xlate/opt.h"

enum { WORD = 32, WORD_POSITIVE = 31 };

static unsigned bits(uint64_t v)
{
    return v ? 64u - (unsigned)__builtin_clzll(v) : 0;
}

static unsigned signed_bits(const struct offload_range *r)
{
    unsigned low = bits((uint64_t)(r->smin < 0 ? ~r->smin : r->smin));
    unsigned high = bits((uint64_t)(r->smax < 0 ? ~r->smax : r->smax));

    return (low > high ? low : high) + 1;
}

static void narrow(struct opt *o, uint32_t val, unsigned zbits)
{
    struct opt_val *v = &o->vals[val];

    if (zbits >= v->zbits || (v->zbits > WORD && (v->sbits > WORD || zbits > WORD_POSITIVE)))
        return;
    v->near_zbits = (uint8_t)zbits;
    v->near_stamp = o->stamp;
}

static void before(struct opt *o, uint32_t slot, unsigned reg)
{
    const struct xlate_func *f = &o->x->funcs[o->blocks[o->block].func];
    struct offload_range r;

    if (reg < OFFLOAD_RANGE_REGS && offload_fact_range(o->x->facts, slot, reg, &r))
        narrow(o, o->cur.reg[xlate_reg_of(f, reg)], bits(r.umax));
}

void opt_before(struct opt *o, uint32_t n)
{
    uint32_t slot = o->x->ops[n].slot;

    if (slot == OFFLOAD_ROW_GLUE || o->x->slot_raw[slot] != n)
        return;
    const struct ebpf_insn *i = &o->x->prog->insns[slot];
    const struct ebpf_row *row = ebpf_row(o->x->id[slot]);
    if (row->fields & EBPF_HAS_DST)
        before(o, slot, i->dst);
    if ((row->fields & EBPF_HAS_SRC) && row->disc != EBPF_BY_SRC)
        before(o, slot, i->src);
}

/* Bits of what op leaves in the register that its instruction of BPF, of these kinds, writes. */
static bool result(const struct opt *o, const struct xlate_op *op, enum ebpf_kind first,
                   enum ebpf_kind last, struct opt_val *bound)
{
    const struct xlate_func *f = &o->x->funcs[o->blocks[o->block].func];
    struct offload_range r;
    unsigned dst, kind;

    if (!o->ranges || op->slot == OFFLOAD_ROW_GLUE)
        return false;
    dst = o->x->prog->insns[op->slot].dst;
    kind = ebpf_row(o->x->id[op->slot])->kind;
    if (kind < first || kind > last || dst >= OFFLOAD_RANGE_REGS ||
        op->rd != xlate_reg_of(f, dst) || !offload_fact_result(o->x->facts, op->slot, &r))
        return false;
    bound->zbits = (uint8_t)bits(r.umax);
    bound->sbits = (uint8_t)signed_bits(&r);
    return true;
}

bool opt_load_result(const struct opt *o, const struct xlate_op *op, struct opt_val *bound)
{
    return opt_is_load(op) && result(o, op, EBPF_KIND_LDX, EBPF_KIND_LDSX, bound);
}

bool opt_small_result(const struct opt *o, const struct xlate_op *op)
{
    struct opt_val bound;

    if (op->op != RV64_OP_ADD_UW || op->rs2 != RV64_ZERO || op + 1 == o->x->ops + o->x->words ||
        op[1].slot == op->slot)
        return false;
    return result(o, op, EBPF_KIND_ALU_K, EBPF_KIND_ALU_X, &bound) && bound.zbits <= WORD_POSITIVE;
}
