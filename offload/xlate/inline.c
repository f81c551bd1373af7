/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Passes "inline" and "leaf". A short subprogram without jumps, calls and stack is done
 * where it is called. A subprogram that then calls nobody needs no frame for r6 to r8.
 */
#include "xlate/xlate.h"

#define SHORT 24u    /* slots */
#define KEPT  0x3c0u /* r6..r9 belong to the caller */

static bool plain(const struct xlate *x, uint32_t s)
{
    switch (ebpf_row(x->id[s])->kind) {
    case EBPF_KIND_JA:
    case EBPF_KIND_JCC_K:
    case EBPF_KIND_JCC_X:
    case EBPF_KIND_MAY_GOTO:
    case EBPF_KIND_EXIT:
        return false;
    default:
        return x->slot[s] & XLATE_LIVE;
    }
}

/* One exit, at the end of a straight line. */
static bool straight(const struct xlate *x, const struct xlate_func *f)
{
    uint32_t s = f->start;

    while (s < f->end && plain(x, s))
        s += ebpf_slots(ebpf_row(x->id[s]));
    return s < f->end && x->id[s] == EBPF_EXIT && (x->slot[s] & XLATE_LIVE) &&
           s - f->start <= SHORT;
}

const struct xlate_func *xlate_inlined(const struct xlate *x, uint32_t slot)
{
    const struct xlate_func *f;

    if (x->id[slot] != EBPF_CALL_LOCAL)
        return NULL;
    f = &x->funcs[xlate_func_at(x, (uint32_t)xlate_target(x, slot))];
    return f->in_line ? f : NULL;
}

/* Whether the function still calls somebody. */
static bool calls(const struct xlate *x, const struct xlate_func *f)
{
    for (uint32_t s = f->start; s < f->end; s++) {
        unsigned kind = ebpf_row(x->id[s])->kind;
        bool call =
            kind == EBPF_KIND_CALL || kind == EBPF_KIND_CALL_BTF || kind == EBPF_KIND_CALL_LOCAL;
        bool in_place = false;
        if (!(x->slot[s] & XLATE_LIVE) || !call || xlate_inlined(x, s))
            continue;
        xlate_in_place(x, f, s, &in_place);
        if (!in_place)
            return true;
    }
    return false;
}

int xlate_inline(struct xlate *x)
{
    for (uint32_t k = 1; k < x->func_count && xlate_pass(x, OFFLOAD_PASS_INLINE); k++) {
        struct xlate_func *f = &x->funcs[k];
        f->in_line = !f->calls && !f->uses_fp && !(f->written & KEPT) && straight(x, f);
    }
    for (uint32_t k = 0; k < x->func_count; k++) {
        struct xlate_func *f = &x->funcs[k];
        f->calls = f->calls && calls(x, f);
        f->leaf = k > 0 && !f->calls && xlate_pass(x, OFFLOAD_PASS_LEAF);
    }
    return 0;
}
