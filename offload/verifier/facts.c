/* SPDX-License-Identifier: BSD-3-Clause */
/* What the proof found out, for the translator. */
#include <stdlib.h>

#include "verifier/values.h"

/* ---- noted during the walk ---- */

static uint8_t base_of(const struct vf *v, const struct vf_reg *ptr)
{
    switch (ptr->kind) {
    case KIND_CTX:
        return OFFLOAD_BASE_CTX;
    case KIND_STACK:
        return ptr->frame + 1u == v->cur.depth ? OFFLOAD_BASE_STACK : OFFLOAD_BASE_FRAME;
    case KIND_PKT:
        return OFFLOAD_BASE_PACKET;
    case KIND_META:
        return OFFLOAD_BASE_META;
    case KIND_VALUE:
        return OFFLOAD_BASE_VALUE;
    case KIND_KEY:
        return OFFLOAD_BASE_KEY;
    case KIND_MEM:
        return OFFLOAD_BASE_MEM;
    default:
        return OFFLOAD_BASE_MIXED;
    }
}

static uint32_t map_of(const struct vf_reg *r)
{
    bool has = r->kind == KIND_VALUE || r->kind == KIND_KEY || r->kind == KIND_MAP;
    return has && !r->inner ? r->map : OFFLOAD_MAP_NONE;
}

void vf_note_access(struct vf *v, const struct vf_reg *ptr, int64_t off)
{
    struct offload_insn_fact *f = &v->at[v->pc].fact;
    int64_t lo, hi;
    /* noted before it is found to be in bounds */
    if (__builtin_add_overflow(off, ptr->r.smin, &lo))
        lo = INT64_MIN;
    if (__builtin_add_overflow(off, ptr->r.smax, &hi))
        hi = INT64_MAX;
    uint8_t base = base_of(v, ptr);
    if (f->base == OFFLOAD_BASE_NONE) {
        f->base = base;
        f->map = map_of(ptr);
        f->lo = lo;
        f->hi = hi;
        return;
    }
    if (f->base != base)
        f->base = OFFLOAD_BASE_MIXED;
    if (f->map != map_of(ptr))
        f->map = OFFLOAD_MAP_MIXED;
    f->lo = lo < f->lo ? lo : f->lo;
    f->hi = hi > f->hi ? hi : f->hi;
}

/* Calls: `hi` counts how often a fact was noted, until the facts are handed out. */
void vf_note_map(struct vf *v, const struct vf_reg *map)
{
    struct offload_insn_fact *f = &v->at[v->pc].fact;
    uint32_t m = map_of(map);
    if (f->hi++ == 0)
        f->map = m;
    else if (f->map != m)
        f->map = OFFLOAD_MAP_MIXED;
}

void vf_note_key(struct vf *v, bool known, uint32_t key, bool found)
{
    struct offload_insn_fact *f = &v->at[v->pc].fact;
    if (f->hi == 1) {
        f->key_known = known;
        f->key = key;
        f->found = found;
        return;
    }
    f->key_known &= known && f->key == key;
    f->found &= found;
}

void vf_note_rounds(struct vf *v, bool known, uint64_t rounds)
{
    struct offload_insn_fact *f = &v->at[v->pc].fact;
    if (!known)
        rounds = UINT64_MAX;
    if (rounds > f->rounds)
        f->rounds = rounds;
}

/* ---- handed out ---- */

static int allocate(const struct vf *v, struct offload_facts *f)
{
    f->flags = calloc(v->prog->insn_count, sizeof(*f->flags));
    f->insn = calloc(v->prog->insn_count, sizeof(*f->insn));
    f->subprog_start = calloc(v->subs, sizeof(*f->subprog_start));
    f->subprog_stack = calloc(v->subs, sizeof(*f->subprog_stack));
    return f->flags && f->insn && f->subprog_start && f->subprog_stack ? 0 : -ENOMEM;
}

static struct offload_insn_fact insn_fact(const struct vf *v, uint32_t n)
{
    struct offload_insn_fact f = v->at[n].fact;
    bool call = vf_row(v, n)->kind == EBPF_KIND_CALL || vf_row(v, n)->kind == EBPF_KIND_CALL_BTF;
    if (call ? f.hi == 0 : f.base == OFFLOAD_BASE_NONE)
        f.map = OFFLOAD_MAP_NONE;
    if (call)
        f.hi = 0;
    return f;
}

/* Each call of a global function as long as the longest of them: 0 when there is no bound. */
static uint64_t longest_path(const struct vf *v)
{
    uint64_t deepest = 0, total = 0;
    for (unsigned depth = 0; depth < VF_FRAMES; depth++, deepest = total) {
        total = 0;
        for (uint32_t n = 1; n < v->roots; n++) {
            const struct vf_root *r = &v->root[n];
            uint64_t inner, sum;
            if (r->kind != ROOT_GLOBAL)
                continue;
            if (r->unbounded || __builtin_mul_overflow(r->calls, deepest, &inner) ||
                __builtin_add_overflow(inner, r->worst, &sum))
                return 0;
            total = sum > total ? sum : total;
        }
    }
    uint64_t inner, sum;
    const struct vf_root *r = &v->root[0];
    bool over = __builtin_mul_overflow(r->calls, deepest, &inner) ||
                __builtin_add_overflow(inner, r->worst, &sum);
    return over || r->unbounded ? 0 : sum;
}

int vf_facts(const struct vf *v, struct offload_facts **out)
{
    struct offload_facts *f = calloc(1, sizeof(*f));
    if (!f || allocate(v, f)) {
        offload_facts_free(f);
        return -ENOMEM;
    }
    f->insn_count = v->prog->insn_count;
    for (uint32_t n = 0; n < f->insn_count; n++) {
        f->flags[n] = v->at[n].facts;
        f->insn[n] = insn_fact(v, n);
    }
    f->longest = longest_path(v);
    f->peak_bytes = v->peak_bytes;
    f->subprog_count = v->subs;
    for (uint32_t s = 0; s < v->subs; s++) {
        f->subprog_start[s] = v->sub[s].start;
        f->subprog_stack[s] = (v->sub[s].stack + 7) / 8 * 8;
    }
    f->max_stack = v->max_stack;
    f->processed = v->processed;
    f->peak_states = v->peak_kept;
    f->total_states = v->total_kept;
    if (vf_values(v, f)) {
        offload_facts_free(f);
        return -ENOMEM;
    }
    *out = f;
    return 0;
}

void offload_facts_free(struct offload_facts *facts)
{
    if (!facts)
        return;
    free(facts->flags);
    free(facts->insn);
    free(facts->ranges);
    free(facts->range);
    free(facts->subprog_start);
    free(facts->subprog_stack);
    free(facts);
}

/* ---- asked for ---- */

static bool numbered(const struct offload_facts *f, uint16_t number, struct offload_range *out)
{
    if (number == POOL_UNKNOWN)
        return false;
    *out = f->range[number];
    return true;
}

bool offload_fact_range(const struct offload_facts *facts, uint32_t insn, unsigned reg,
                        struct offload_range *out)
{
    return facts->ranges && insn < facts->insn_count && reg < OFFLOAD_RANGE_REGS &&
           numbered(facts, facts->ranges[insn].before[reg], out);
}

bool offload_fact_result(const struct offload_facts *facts, uint32_t insn,
                         struct offload_range *out)
{
    return facts->ranges && insn < facts->insn_count &&
           numbered(facts, facts->ranges[insn].after, out);
}
