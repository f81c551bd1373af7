/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A function is a list of units; a unit is one instruction, or several that must
 * stay together. Jumps go from unit to unit. r6 holds the memory's address and
 * r9 the loop counter; neither is ever a destination, and r10 is only a base, so
 * that frame addresses, which differ between machines, never become data.
 */
#include "gen.h"

#include <string.h>

#include "exec.h"
#include "offload/abi.h"

#define UNITS      48
#define STACK_USED 64 /* bytes that every function initialises */

enum { CPU = 8 }; /* bpf_get_smp_processor_id may be no call */

struct gen {
    struct rng *r;
    struct ebpf_insn *out;
    uint32_t n;
    uint32_t unit[UNITS + 1]; /* first slot of each unit of this function */
    uint32_t units;
    struct {
        uint32_t slot, unit; /* jump, and the unit it goes to */
    } jump[UNITS];
    uint32_t jumps;
    uint32_t calls[8], call_count; /* slots of calls to the next function */
    uint32_t loops[2], loop_count; /* slots that name the callback in front of it */
};

struct offload_xlate_opts gen_opts(struct rng *r)
{
    switch (rng_below(r, 4)) {
    case 0:
        return (struct offload_xlate_opts){.off = 0};
    case 1:
        return (struct offload_xlate_opts){.off = UINT32_MAX, .naive = rng_below(r, 2)};
    case 2: /* all but one or two */
        return (struct offload_xlate_opts){.off = 1u << rng_below(r, OFFLOAD_PASSES) |
                                                  1u << rng_below(r, OFFLOAD_PASSES)};
    default:
        return (struct offload_xlate_opts){.off = (uint32_t)rng_next(r)};
    }
}

static void put(struct gen *g, struct ebpf_insn i)
{
    g->out[g->n++] = i;
}

static void op(struct gen *g, enum ebpf_id id, unsigned dst, unsigned src, int off, int32_t imm)
{
    const struct ebpf_row *row = ebpf_row(id);
    struct ebpf_insn i = {.opcode = row->opcode,
                          .dst = (uint8_t)(dst & 15u),
                          .src = (uint8_t)(src & 15u),
                          .off = (int16_t)off,
                          .imm = imm};

    if (row->disc == EBPF_BY_SRC)
        i.src = row->dval & 15u;
    if (row->disc == EBPF_BY_OFF)
        i.off = (int16_t)row->dval;
    if (row->disc == EBPF_BY_IMM)
        i.imm = row->dval;
    put(g, i);
}

/* Numbers near the places where things change. */
static uint64_t value(struct rng *r)
{
    uint64_t v = rng_next(r);

    switch (rng_below(r, 9)) {
    case 0:
        return rng_below(r, 16);
    case 1:
        return (uint64_t)0 - rng_below(r, 16);
    case 2:
        return ((uint64_t)1 << rng_below(r, 64)) + rng_below(r, 3) - 1;
    case 3:
        return v & UINT32_MAX;
    case 4:
        return (uint64_t)(int64_t)(int32_t)v;
    case 5:
        return 2048 + rng_below(r, 3) - 1;
    case 6:
        return v << 32;
    default:
        return v;
    }
}

static unsigned data_reg(struct rng *r)
{
    static const uint8_t regs[] = {0, 1, 2, 3, 4, 5, 7, 8};
    return regs[rng_below(r, sizeof(regs))];
}

static unsigned any_reg(struct rng *r)
{
    return rng_below(r, 10);
}

static void load64(struct gen *g, unsigned reg, uint64_t v)
{
    op(g, EBPF_LD_IMM64, reg, 0, 0, (int32_t)(uint32_t)v);
    put(g, (struct ebpf_insn){.imm = (int32_t)(uint32_t)(v >> 32)});
}

static void refill_args(struct gen *g)
{
    for (unsigned reg = 1; reg <= 5; reg++)
        op(g, EBPF_MOV64_K, reg, 0, 0, (int32_t)value(g->r));
}

/* Base and offset of `bytes` inside the memory or the initialised stack. */
static unsigned place(struct gen *g, unsigned bytes, bool aligned, int *off)
{
    bool stack = rng_below(g->r, 3) == 0;
    uint32_t room = stack ? STACK_USED : 256, at = rng_below(g->r, room - bytes + 1);

    if (aligned)
        at &= ~(bytes - 1);
    *off = stack ? (int)at - STACK_USED : (int)at;
    return stack ? 10 : 6;
}

static void memory_op(struct gen *g, const struct ebpf_row *row)
{
    bool atomic = row->kind == EBPF_KIND_ATOMIC || row->kind == EBPF_KIND_ATOMIC_FETCH ||
                  row->kind == EBPF_KIND_CMPXCHG || row->kind == EBPF_KIND_LOAD_ACQ ||
                  row->kind == EBPF_KIND_STORE_REL;
    int off;
    unsigned base = place(g, row->bits / 8, atomic, &off);

    if (row->kind == EBPF_KIND_LDX || row->kind == EBPF_KIND_LDSX ||
        row->kind == EBPF_KIND_LOAD_ACQ)
        op(g, row->id, data_reg(g->r), base, off, 0);
    else if (row->kind == EBPF_KIND_ST)
        op(g, row->id, base, 0, off, (int32_t)value(g->r));
    else if (row->kind == EBPF_KIND_ATOMIC_FETCH)
        op(g, row->id, base, data_reg(g->r), off, 0);
    else
        op(g, row->id, base, any_reg(g->r), off, 0);
}

static void forward_jump(struct gen *g, const struct ebpf_row *row)
{
    uint32_t ahead = g->units + 1 + rng_below(g->r, 6);

    g->jump[g->jumps].slot = g->n;
    g->jump[g->jumps++].unit = ahead;
    op(g, row->id, any_reg(g->r), row->kind == EBPF_KIND_JCC_X ? any_reg(g->r) : 0, 0,
       row->kind == EBPF_KIND_JCC_K ? (int32_t)value(g->r) : 0);
    if (row->kind == EBPF_KIND_JA || row->kind == EBPF_KIND_MAY_GOTO)
        g->out[g->n - 1].dst = 0;
}

static void helper_call(struct gen *g)
{
    int32_t id = (int32_t)(1 + rng_below(g->r, OFFLOAD_HELPERS - 1));
    struct offload_proto proto;

    offload_helper_proto((uint32_t)id, &proto);
    if (id == OFFLOAD_GATE_TAIL || id == CPU || proto.callback)
        op(g, EBPF_CALL_BTF, 0, 0, 0, (int32_t)rng_below(g->r, OFFLOAD_KFUNCS));
    else
        op(g, EBPF_CALL, 0, 0, 0, id);
    refill_args(g);
}

static void local_call(struct gen *g)
{
    op(g, EBPF_MOV64_X, 1, 6, 0, 0);
    g->calls[g->call_count++] = g->n;
    op(g, EBPF_CALL_LOCAL, 0, 0, 0, 0);
    refill_args(g);
}

/* bpf_loop over a function that calls the next one, with the memory as its context. */
static void loop_call(struct gen *g)
{
    op(g, EBPF_MOV64_K, 1, 0, 0, (int32_t)rng_below(g->r, 4));
    g->loops[g->loop_count++] = g->n;
    load64(g, 2, 0);
    g->out[g->n - 2].src = 4;
    op(g, EBPF_MOV64_X, 3, 6, 0, 0);
    op(g, EBPF_MOV64_K, 4, 0, 0, 0);
    op(g, EBPF_CALL, 0, 0, 0, EXEC_LOOP);
    refill_args(g);
}

/* In front of the next function: what bpf_loop calls. */
static void callback(struct gen *g)
{
    op(g, EBPF_MOV64_X, 7, 1, 0, 0);
    op(g, EBPF_MOV64_X, 1, 2, 0, 0);
    g->calls[g->call_count++] = g->n;
    op(g, EBPF_CALL_LOCAL, 0, 0, 0, 0);
    op(g, EBPF_ADD64_X, 0, 7, 0, 0);
    op(g, EBPF_AND64_K, 0, 0, 0, 1);
    op(g, EBPF_EXIT, 0, 0, 0, 0);
}

/* Index 1 is taken; the target adds to what r1 points to. */
static void tail_call(struct gen *g)
{
    op(g, EBPF_MOV64_X, 1, 6, 0, 0);
    op(g, EBPF_MOV64_K, 3, 0, 0, (int32_t)rng_below(g->r, 4));
    op(g, EBPF_CALL, 0, 0, 0, OFFLOAD_GATE_TAIL);
    op(g, EBPF_MOV64_K, 0, 0, 0, (int32_t)value(g->r));
    refill_args(g);
}

static void random_unit(struct gen *g, bool may_call)
{
    uint32_t dice = rng_below(g->r, 64);

    if (dice == 0 && may_call && g->call_count < 3) {
        local_call(g);
        return;
    }
    if (dice == 5 && may_call && g->loop_count < 2) {
        loop_call(g);
        return;
    }
    if (dice == 6 && rng_below(g->r, 4) == 0) {
        tail_call(g);
        return;
    }
    if (dice == 1) {
        helper_call(g);
        return;
    }
    if (dice < 5) {
        load64(g, data_reg(g->r), value(g->r));
        return;
    }
    const struct ebpf_row *row = ebpf_row(1 + rng_below(g->r, EBPF_ID_COUNT - 1));
    switch (row->kind) {
    case EBPF_KIND_ALU_K:
        op(g, row->id, data_reg(g->r), 0, 0, (int32_t)value(g->r));
        break;
    case EBPF_KIND_ALU_X:
    case EBPF_KIND_MOVSX:
        op(g, row->id, data_reg(g->r), any_reg(g->r), 0, 0);
        break;
    case EBPF_KIND_NEG:
    case EBPF_KIND_END:
        op(g, row->id, data_reg(g->r), 0, 0, 0);
        break;
    case EBPF_KIND_JA:
    case EBPF_KIND_JCC_K:
    case EBPF_KIND_JCC_X:
    case EBPF_KIND_MAY_GOTO: /* never runs often enough to jump */
        forward_jump(g, row);
        break;
    case EBPF_KIND_LD64:
    case EBPF_KIND_LEGACY:
    case EBPF_KIND_CALL:
    case EBPF_KIND_CALL_LOCAL:
    case EBPF_KIND_CALL_BTF:
    case EBPF_KIND_EXIT:
        op(g, EBPF_ADD64_X, data_reg(g->r), any_reg(g->r), 0, 0);
        break;
    default:
        memory_op(g, row);
        break;
    }
}

static void prologue(struct gen *g)
{
    op(g, EBPF_MOV64_X, 6, 1, 0, 0);
    for (unsigned reg = 0; reg < 9; reg++)
        if (reg != 6)
            load64(g, reg, value(g->r));
    op(g, EBPF_MOV64_K, 9, 0, 0, (int32_t)(1 + rng_below(g->r, 3)));
    for (int at = 8; at <= STACK_USED; at += 8)
        op(g, EBPF_STX64, 10, (unsigned)(at / 8 - 1), -at, 0);
}

/* Folds all registers into r0 and memory, so that no difference stays hidden. */
static void epilogue(struct gen *g)
{
    for (unsigned reg = 0; reg < 9; reg++)
        if (reg != 6)
            op(g, EBPF_ATOMIC_XOR64, 6, reg, 256 + 8 * (int)reg, 0);
    for (int at = 8; at <= STACK_USED; at += 8) {
        op(g, EBPF_LDX64, 1, 10, -at, 0);
        op(g, EBPF_ATOMIC_ADD64, 6, 1, 384 + at, 0);
    }
    op(g, EBPF_ADD64_X, 0, 7, 0, 0);
    op(g, EBPF_XOR64_X, 0, 8, 0, 0);
    op(g, EBPF_EXIT, 0, 0, 0, 0);
}

static void patch_jumps(struct gen *g)
{
    for (uint32_t k = 0; k < g->jumps; k++) {
        struct ebpf_insn *i = &g->out[g->jump[k].slot];
        uint32_t unit = g->jump[k].unit < g->units ? g->jump[k].unit : g->units;
        int32_t rel = (int32_t)g->unit[unit] - (int32_t)g->jump[k].slot - 1;
        if (ebpf_decode(i)->id == EBPF_JA32)
            i->imm = rel;
        else
            i->off = (int16_t)rel;
    }
    g->jumps = 0;
}

/* prologue, units in a loop that r9 counts down, epilogue */
static void function(struct gen *g, bool may_call)
{
    uint32_t units = 8 + rng_below(g->r, UNITS - 8), top;

    prologue(g);
    top = g->n;
    for (g->units = 0; g->units < units; g->units++) {
        g->unit[g->units] = g->n;
        random_unit(g, may_call);
    }
    g->unit[g->units] = g->n;
    patch_jumps(g);
    op(g, EBPF_ADD64_K, 9, 0, 0, -1);
    op(g, EBPF_JNE64_K, 9, 0, (int)top - (int)g->n - 1, 0);
    epilogue(g);
}

uint32_t gen_program(struct rng *r, struct ebpf_insn *out, uint32_t max)
{
    struct gen g = {.r = r, .out = out};

    for (unsigned depth = 0; depth < 4; depth++) {
        /* a function of 48 units takes at most 6 slots each, and 60 more */
        bool last = depth == 3 || g.n + 2 * (UNITS * 7 + 64) > max;
        uint32_t start = g.n;
        for (uint32_t k = 0; k < g.loop_count; k++)
            out[g.loops[k]].imm = (int32_t)start - (int32_t)g.loops[k] - 1;
        if (g.loop_count) {
            callback(&g);
            start = g.n;
        }
        for (uint32_t k = 0; k < g.call_count; k++)
            out[g.calls[k]].imm = (int32_t)start - (int32_t)g.calls[k] - 1;
        g.call_count = g.loop_count = 0;
        function(&g, !last);
        if (g.call_count + g.loop_count == 0)
            break;
    }
    return g.n;
}
