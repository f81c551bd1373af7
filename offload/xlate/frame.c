/* SPDX-License-Identifier: BSD-3-Clause */
/* Stack frames, and how deep the call chains go. */
#include <errno.h>
#include <stdlib.h>

#include "xlate/xlate.h"

#define CALLEE_SAVED 0x3c0u /* r6..r9 */
#define LEAF_SAVED   0x200u /* r9: xlate_reg has temporaries for the others */

static uint32_t align16(uint32_t v)
{
    return (v + 15) & ~15u;
}

/* BPF stack of the function at `start`; 512 where the proof does not say. */
static uint32_t proved_stack(const struct xlate *x, uint32_t start)
{
    const struct offload_facts *f = x->facts;
    uint32_t lo = 0, hi = f ? f->subprog_count : 0;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (f->subprog_start[mid] == start)
            return f->subprog_stack[mid];
        if (f->subprog_start[mid] < start)
            lo = mid + 1;
        else
            hi = mid;
    }
    return OFFLOAD_FRAME_STACK;
}

/* From its lowest address: count of may_goto, BPF stack, saved registers. */
static int frame(struct xlate *x, struct xlate_func *f)
{
    uint32_t save, count;

    f->bpf_stack = f->uses_fp ? proved_stack(x, f->start) : 0;
    if (f->bpf_stack > OFFLOAD_FRAME_STACK)
        return xlate_refuse(x, f->start, "stack of %u bytes is more than %u", f->bpf_stack,
                            OFFLOAD_FRAME_STACK);
    if (f != x->funcs || x->opts.naive)
        f->saved = (uint16_t)((f->written & (f->leaf ? LEAF_SAVED : CALLEE_SAVED)) |
                              (f->calls ? 1u << XLATE_SAVE_RA : 0));
    if (x->opts.naive)
        f->saved |= (uint16_t)(1u << XLATE_SAVE_S0 | (f->uses_fp ? 1u << EBPF_FP : 0));
    save = align16(8u * (uint32_t)__builtin_popcount(f->saved));
    count = f->may_goto ? 16 : 0;
    f->bytes = align16(f->bpf_stack) + save + count;
    f->adjust = (f->calls || x->opts.naive) && f->bytes;
    f->fp_off = f->adjust ? (int32_t)(align16(f->bpf_stack) + count) : -(int32_t)save;
    f->count_off = f->fp_off - (int32_t)(align16(f->bpf_stack) + count);
    return 0;
}

struct chain {
    uint32_t frames, bytes; /* of the deepest chain that starts here */
};

/*
 * Relaxes over the calls as often as there may be frames: a chain that still
 * grows then is too deep, or recursive.
 */
static int chains(struct xlate *x, struct chain *c)
{
    for (uint32_t k = 0; k < x->func_count; k++)
        c[k] = (struct chain){1, x->funcs[k].bytes};
    for (unsigned round = 0; round < OFFLOAD_CALL_FRAMES; round++)
        for (uint32_t k = x->edge_count; k-- > 0;) {
            const struct xlate_edge *e = &x->edges[k];
            struct chain via = {c[e->to].frames + 1, c[e->to].bytes + x->funcs[e->from].bytes};
            if (via.frames > OFFLOAD_CALL_FRAMES)
                return xlate_refuse(x, e->insn, "the call stack of %u frames is too deep !",
                                    OFFLOAD_CALL_FRAMES + 1);
            c[e->from].frames = via.frames > c[e->from].frames ? via.frames : c[e->from].frames;
            c[e->from].bytes = via.bytes > c[e->from].bytes ? via.bytes : c[e->from].bytes;
        }
    x->stack_bytes = c[0].bytes;
    return 0;
}

int xlate_frames(struct xlate *x)
{
    struct chain *c;
    int err = 0;

    for (uint32_t k = 0; k < x->func_count; k++)
        if ((err = frame(x, &x->funcs[k])) != 0)
            return err;
    c = calloc(x->func_count, sizeof(*c));
    if (!c)
        return x->err = -ENOMEM;
    err = chains(x, c);
    free(c);
    return err;
}
