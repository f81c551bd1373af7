/* SPDX-License-Identifier: BSD-3-Clause */
/* Units of XDP programs for a world: jumps, loops of every kind, subprograms, callbacks. */
#include <linux/bpf.h>

#include "gen_xdp.h"

enum { FUNCS = 4, ITER = -88, COUNT = -96 };

/* ---- jumps and loops ---- */

void gen_far_jump(struct gen *g)
{
    const struct ebpf_row *row = gen_row_of(g, EBPF_KIND_JCC_K, EBPF_KIND_JCC_K);

    if (g->jumps >= UNITS - 1)
        return;
    gen_op(g, row->id, gen_reg(g), 0, 1, gen_number(g));
    g->jump[g->jumps].slot = g->n;
    g->jump[g->jumps++].unit = g->units + 1 + rng_below(g->r, 5);
    gen_op(g, EBPF_JA32, 0, 0, 0, 0);
}

void gen_may_goto(struct gen *g)
{
    if (g->jumps >= UNITS - 1)
        return;
    g->jump[g->jumps].slot = g->n;
    g->jump[g->jumps++].unit = g->units + 1 + rng_below(g->r, 5);
    gen_op(g, EBPF_MAY_GOTO, 0, 0, 0, 0);
}

/* A loop whose count is in the stack. */
void gen_counted(struct gen *g)
{
    uint32_t top;

    gen_op(g, EBPF_ST64, 10, 0, COUNT, (int32_t)(1 + rng_below(g->r, 4)));
    top = g->n;
    for (uint32_t n = 1 + rng_below(g->r, 4); n; n--) {
        if (rng_below(g->r, 2))
            gen_arithmetic(g);
        else
            gen_access(g, 7, PROVED);
    }
    gen_op(g, EBPF_LDX64, 1, 10, COUNT, 0);
    gen_op(g, EBPF_ADD64_K, 1, 0, 0, -1);
    gen_op(g, EBPF_STX64, 10, 1, COUNT, 0);
    gen_op(g, EBPF_JNE64_K, 1, 0, (int)top - (int)g->n - 1, 0);
}

void gen_iterator(struct gen *g)
{
    uint32_t top, done, beyond;

    gen_op(g, EBPF_MOV64_X, 3, gen_reg(g), 0, 0);
    gen_op(g, EBPF_AND64_K, 3, 0, 0, 7);
    gen_frame(g, 1, ITER);
    gen_op(g, EBPF_MOV64_K, 2, 0, 0, (int32_t)rng_below(g->r, 4));
    gen_op(g, EBPF_CALL_BTF, 0, 0, 0, 0);
    top = g->n;
    gen_frame(g, 1, ITER);
    gen_op(g, EBPF_CALL_BTF, 0, 0, 0, 1);
    done = gen_skip(g, EBPF_JEQ64_K, 0, 0, 0);
    gen_op(g, EBPF_LDX32, 1, 0, 0, 0);
    gen_op(g, EBPF_AND64_K, 1, 0, 0, 31);
    gen_op(g, EBPF_MOV64_X, 2, 7, 0, 0);
    gen_op(g, EBPF_ADD64_X, 2, 1, 0, 0);
    gen_op(g, EBPF_MOV64_X, 3, 2, 0, 0);
    gen_op(g, EBPF_ADD64_K, 3, 0, 0, 24);
    beyond = gen_skip(g, EBPF_JGT64_X, 3, 8, 0);
    gen_op(g, gen_load_of(gen_size(g)), 3, 2, 0, 0);
    gen_op(g, EBPF_ADD64_X, 3, 1, 0, 0);
    gen_op(g, gen_store_of(gen_size(g)), 2, 3, (int)rng_below(g->r, 16), 0);
    gen_here(g, beyond);
    gen_op(g, EBPF_JA, 0, 0, (int)top - (int)g->n - 1, 0);
    gen_here(g, done);
    gen_frame(g, 1, ITER);
    gen_op(g, EBPF_CALL_BTF, 0, 0, 0, 2);
    gen_fill(g, 0);
}

/* ---- functions ---- */

/* (packet, 64 bytes of the caller's stack, two numbers) */
void gen_local_call(struct gen *g)
{
    if (g->calls == CALLS)
        return;
    gen_op(g, EBPF_MOV64_X, 3, gen_reg(g), 0, 0);
    gen_op(g, EBPF_MOV64_X, 1, 7, 0, 0);
    gen_frame(g, 2, -64);
    g->call[g->calls].slot = g->n;
    g->call[g->calls++].func = rng_below(g->r, FUNCS);
    gen_op(g, EBPF_CALL_LOCAL, 0, 0, 0, 0);
    gen_fill(g, 1);
}

void gen_loop_call(struct gen *g)
{
    if (g->calls == CALLS)
        return;
    gen_op(g, EBPF_MOV64_K, 1, 0, 0, (int32_t)rng_below(g->r, 5));
    if (rng_below(g->r, 2))
        gen_op(g, EBPF_AND64_K, 1, 0, 0, 3);
    g->call[g->calls].slot = g->n;
    g->call[g->calls++].func = FUNCS;
    gen_op(g, EBPF_LD_CODE_ADDR, 2, 0, 0, 0);
    gen_second(g, 0);
    gen_frame(g, 3, -64);
    gen_op(g, EBPF_MOV64_K, 4, 0, 0, 0);
    gen_call(g, BPF_FUNC_loop);
    gen_fill(g, 1);
}

/* A few instructions without calls and stack: may be done in place. */
static void short_function(struct gen *g)
{
    gen_op(g, gen_load_of(gen_size(g)), 0, 1, (int)rng_below(g->r, PROVED - 8), 0);
    gen_op(g, EBPF_LDX64, 4, 2, 8 * (int)rng_below(g->r, 8), 0);
    gen_op(g, rng_below(g->r, 2) ? EBPF_ADD64_X : EBPF_SUB32_X, 0, 3, 0, 0);
    gen_op(g, rng_below(g->r, 2) ? EBPF_XOR64_X : EBPF_ADD32_X, 0, 4, 0, 0);
    if (rng_below(g->r, 2))
        gen_op(g, EBPF_STX64, 2, 0, 8 * (int)rng_below(g->r, 8), 0);
}

/* Its own stack, saved registers, perhaps a call of the function behind it. */
static void long_function(struct gen *g, uint32_t func)
{
    gen_op(g, EBPF_MOV64_X, 6, 2, 0, 0);
    gen_op(g, EBPF_MOV64_X, 7, 1, 0, 0);
    gen_op(g, EBPF_MOV64_X, 8, 3, 0, 0);
    gen_op(g, EBPF_STX64, 10, 3, -8, 0);
    gen_op(g, EBPF_STX64, 10, 3, -16, 0);
    gen_fill(g, 0);
    for (uint32_t n = 2 + rng_below(g->r, 6); n; n--) {
        uint32_t over = gen_skip(g, EBPF_JSGT32_K, gen_reg(g), 0, gen_number(g));
        if (rng_below(g->r, 3) == 0)
            gen_accesses(g, 10, -16, 16);
        else if (rng_below(g->r, 3) == 0)
            gen_access(g, 7, PROVED);
        else
            gen_arithmetic(g);
        gen_here(g, over);
    }
    if (func + 1 < FUNCS && g->calls < CALLS && rng_below(g->r, 2)) {
        gen_op(g, EBPF_MOV64_X, 1, 7, 0, 0);
        gen_op(g, EBPF_MOV64_X, 2, 6, 0, 0);
        gen_op(g, EBPF_MOV64_X, 3, 8, 0, 0);
        g->call[g->calls].slot = g->n;
        g->call[g->calls++].func = func + 1;
        gen_op(g, EBPF_CALL_LOCAL, 0, 0, 0, 0);
    }
    gen_op(g, EBPF_LDX64, 1, 10, -8, 0);
    gen_op(g, EBPF_XOR64_X, 0, 1, 0, 0);
    gen_op(g, EBPF_LDX64, 2, 6, 8 * (int)rng_below(g->r, 8), 0);
    gen_op(g, EBPF_ADD64_X, 0, 2, 0, 0);
    gen_op(g, EBPF_ADD64_X, 0, 8, 0, 0);
}

/* (index, 64 bytes of stack): what bpf_loop calls */
static void callback(struct gen *g)
{
    int at = 8 * (int)rng_below(g->r, 8);

    gen_op(g, EBPF_LDX64, 3, 2, at, 0);
    gen_op(g, rng_below(g->r, 2) ? EBPF_ADD64_X : EBPF_XOR64_X, 3, 1, 0, 0);
    gen_op(g, EBPF_ADD64_K, 3, 0, 0, gen_number(g));
    gen_op(g, gen_store_of(gen_size(g)), 2, 3, at, 0);
    gen_op(g, EBPF_MOV64_X, 0, 3, 0, 0);
    gen_op(g, EBPF_RSH64_K, 0, 0, 0, (int32_t)rng_below(g->r, 64));
    gen_op(g, EBPF_AND64_K, 0, 0, 0, 1);
}

/* Calls of `func` lead here; the callback's are in pairs of slots, src 4. */
static bool take_calls(struct gen *g, uint32_t func)
{
    bool any = false;

    for (uint32_t k = 0; k < g->calls; k++) {
        if (g->call[k].func != func)
            continue;
        g->out[g->call[k].slot].imm = (int32_t)(g->n - g->call[k].slot - 1);
        any = true;
    }
    return any;
}

void gen_rich_functions(struct gen *g)
{
    for (uint32_t f = 0; f <= FUNCS; f++) {
        if (!take_calls(g, f))
            continue;
        if (f == FUNCS)
            callback(g);
        else if (rng_below(g->r, 3) == 0)
            short_function(g);
        else
            long_function(g, f);
        gen_op(g, EBPF_EXIT, 0, 0, 0, 0);
    }
}
