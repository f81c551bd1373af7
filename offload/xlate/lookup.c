/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "lookup": a lookup in an ARRAY map that is known here is a bounds check and
 * an address computation, and so is one in a PERCPU_ARRAY: the processor's number is in
 * tp (offload/abi.h), which is bpf_get_smp_processor_id as well. Values lie `value_size` rounded up
 * to 8 bytes apart (OFFLOAD_RELOC_VALUE). The passes over the operations do the rest: a key that is
 * known leaves an address, and its null check goes.
 */
#include "xlate/xlate.h"

enum {
    HELPER_LOOKUP = 1,
    HELPER_CPU = 8,
    MAP_TYPE_ARRAY = 2,
    MAP_TYPE_PERCPU_ARRAY = 6,
    REACH = 16,
    HASHES_MAX = 32 /* lookups in hash maps done in place; those behind them are calls */
};

uint32_t xlate_setter(const struct xlate *x, unsigned reg)
{
    for (uint32_t s = x->cur, n = 0; n < REACH && s > x->func->start; n++) {
        const struct ebpf_row *row;
        if (x->slot[s] & XLATE_TARGET)
            return 0;
        s -= x->slot[s - 1] & XLATE_MIDDLE ? 2 : 1;
        row = ebpf_row(x->id[s]);
        if (!(x->slot[s] & XLATE_LIVE) || row->kind == EBPF_KIND_MAY_GOTO ||
            (row->kind >= EBPF_KIND_JA && row->kind <= EBPF_KIND_EXIT))
            return 0;
        if (row->kind == EBPF_KIND_ATOMIC_FETCH || row->kind == EBPF_KIND_CMPXCHG)
            return 0;
        if (x->prog->insns[s].dst == reg && row->kind != EBPF_KIND_ST &&
            row->kind != EBPF_KIND_STX && row->kind != EBPF_KIND_ATOMIC &&
            row->kind != EBPF_KIND_STORE_REL)
            return s;
    }
    return 0;
}

/* The map in r1 at the call; NULL when not known. */
static const struct offload_map *map_of(const struct xlate *x, uint32_t *index)
{
    uint32_t s = xlate_setter(x, 1);

    if (!s || x->id[s] != EBPF_LD_MAP_FD)
        return NULL;
    *index = (uint32_t)x->prog->insns[s].imm;
    return &x->prog->maps[*index];
}

static uint32_t stride_of(const struct offload_map *m)
{
    return (m->value_size + 7) & ~7u;
}

/* Bytes of one CPU's values: planes start on lines of 64 bytes. */
static uint64_t plane_of(const struct offload_map *m)
{
    return ((uint64_t)stride_of(m) * m->max_entries + 63) & ~(uint64_t)63;
}

static bool is_array(const struct offload_map *m)
{
    return (m->type == MAP_TYPE_ARRAY || m->type == MAP_TYPE_PERCPU_ARRAY) && m->key_size == 4 &&
           m->value_size && m->max_entries &&
           plane_of(m) < (m->type == MAP_TYPE_ARRAY ? 1u << 30 : 1u << 20);
}

/*
 * Where null goes by the test of r0 that is next and that only the call leads to: the lookup then
 * does its work. 0: there is no such test.
 */
static uint32_t null_check_follows(struct xlate *x, uint32_t next)
{
    const struct ebpf_insn *i = &x->prog->insns[next];
    bool equal = x->id[next] == EBPF_JEQ64_K;

    if ((!equal && x->id[next] != EBPF_JNE64_K) || i->dst != 0 || i->imm != 0 ||
        (x->slot[next] & XLATE_TARGET) ||
        (x->slot[next] & (XLATE_TAKEN | XLATE_FALLS)) != (XLATE_TAKEN | XLATE_FALLS))
        return 0;
    x->inlined = next;
    if (equal)
        return (uint32_t)xlate_target(x, next);
    x->slot[next + 1] |= XLATE_TARGET;
    return next + 1;
}

static bool never_null(const struct xlate *x, uint32_t next)
{
    return (x->id[next] == EBPF_JEQ64_K || x->id[next] == EBPF_JNE64_K) &&
           x->prog->insns[next].dst == 0 && x->prog->insns[next].imm == 0 &&
           !(x->slot[next] & XLATE_TARGET) &&
           !(x->slot[next] & (x->id[next] == EBPF_JEQ64_K ? XLATE_TAKEN : XLATE_FALLS));
}

/* r0 += the processor's number * plane */
static void find_plane(struct xlate *x, uint64_t plane)
{
    unsigned r0 = xlate_reg(x, 0);

    if ((plane & (plane - 1)) == 0) {
        xlate_i(x, RV64_OP_SLLI, XLATE_T1, RV64_TP, __builtin_ctzll(plane));
    } else {
        xlate_li(x, XLATE_T1, (int64_t)plane);
        xlate_r(x, RV64_OP_MUL, XLATE_T1, RV64_TP, XLATE_T1);
    }
    xlate_r(x, RV64_OP_ADD, r0, r0, XLATE_T1);
}

/* r0 = value 0 + T0 * stride */
static void index_values(struct xlate *x, uint32_t map)
{
    unsigned r0 = xlate_reg(x, 0);
    uint32_t stride = stride_of(&x->prog->maps[map]);

    xlate_addr_of(x, r0, OFFLOAD_RELOC_VALUE, map, 0);
    if (x->prog->maps[map].type == MAP_TYPE_PERCPU_ARRAY)
        find_plane(x, plane_of(&x->prog->maps[map]));
    if (stride == 8) {
        xlate_r(x, RV64_OP_SH3ADD, r0, XLATE_T0, r0);
        return;
    }
    if ((stride & (stride - 1)) == 0) {
        xlate_i(x, RV64_OP_SLLI, XLATE_T0, XLATE_T0, __builtin_ctz(stride));
    } else {
        xlate_li(x, XLATE_T1, stride);
        xlate_r(x, RV64_OP_MUL, XLATE_T0, XLATE_T0, XLATE_T1);
    }
    xlate_r(x, RV64_OP_ADD, r0, r0, XLATE_T0);
}

/* r0 &= key < entries ? ~0 : 0 */
static void mask_result(struct xlate *x, uint32_t entries)
{
    unsigned r0 = xlate_reg(x, 0);

    xlate_li(x, XLATE_T1, entries);
    xlate_r(x, RV64_OP_SLTU, XLATE_T1, XLATE_T2, XLATE_T1);
    xlate_r(x, RV64_OP_SUB, XLATE_T1, RV64_ZERO, XLATE_T1);
    xlate_r(x, RV64_OP_AND, r0, r0, XLATE_T1);
}

static void array_lookup(struct xlate *x, uint32_t index, uint32_t null)
{
    const struct offload_map *m = &x->prog->maps[index];

    xlate_i(x, RV64_OP_LWU, XLATE_T0, xlate_reg(x, 2), 0);
    if (null) {
        xlate_li(x, XLATE_T1, m->max_entries);
        xlate_li(x, xlate_reg(x, 0), 0);
        xlate_site(x, RV64_OP_BGEU, RV64_ZERO, XLATE_T0, XLATE_T1, null);
        index_values(x, index);
        return;
    }
    xlate_mv(x, XLATE_T2, XLATE_T0);
    index_values(x, index);
    if (!never_null(x, x->cur + 1))
        mask_result(x, m->max_entries);
}

static bool asks_cpu(const struct xlate *x, const struct ebpf_insn *i)
{
    return i->imm == HELPER_CPU && !x->opts.naive && xlate_pass(x, OFFLOAD_PASS_LOOKUP);
}

/* The map of the lookup at x->cur when that is done in place; NULL: it is a call. */
static const struct offload_map *looked_into(const struct xlate *x, const struct ebpf_insn *i,
                                             uint32_t *index)
{
    const struct offload_map *m = NULL;

    if (i->imm == HELPER_LOOKUP && x->facts)
        m = map_of(x, index);
    if (m && is_array(m))
        return xlate_pass(x, OFFLOAD_PASS_LOOKUP) ? m : NULL;
    return m && xlate_hash_known(x, m) && x->cur < x->hash_end ? m : NULL;
}

const struct offload_map *xlate_in_place(const struct xlate *x, const struct xlate_func *f,
                                         uint32_t slot, bool *in_place)
{
    const struct ebpf_insn *i = &x->prog->insns[slot];
    const struct offload_map *m;
    struct xlate at;
    uint32_t index;

    *in_place = false;
    if (x->id[slot] != EBPF_CALL || !(x->slot[slot] & XLATE_LIVE))
        return NULL;
    at = *x;
    at.func = f;
    at.cur = slot;
    m = looked_into(&at, i, &index);
    *in_place = m || asks_cpu(x, i);
    return m;
}

/* A lookup in a hash map is some fifty instructions. */
void xlate_bound_hashes(struct xlate *x)
{
    uint32_t found = 0;
    bool in_place;

    x->hash_end = UINT32_MAX;
    for (uint32_t k = 0; k < x->func_count; k++) {
        const struct xlate_func *f = &x->funcs[k];
        for (uint32_t s = f->start; s < f->end; s++) {
            const struct offload_map *m = xlate_in_place(x, f, s, &in_place);
            if (!m || is_array(m) || found++ < HASHES_MAX)
                continue;
            x->hash_end = s;
            return;
        }
    }
}

bool xlate_lookup(struct xlate *x, const struct ebpf_insn *i)
{
    uint32_t index = 0;
    const struct offload_map *m = looked_into(x, i, &index);

    if (m && is_array(m))
        array_lookup(x, index, null_check_follows(x, x->cur + 1));
    else if (m)
        xlate_hash_lookup(x, index, null_check_follows(x, x->cur + 1));
    else if (asks_cpu(x, i))
        xlate_mv(x, xlate_reg(x, 0), RV64_TP);
    else
        return false;
    return true;
}
