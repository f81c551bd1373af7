/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * XDP programs that the verifier accepts, made of what the passes look for:
 * packet fields put together from bytes, spills, lookups with and without a
 * known key, pointers that alias. r6 is the context, r7 the packet, r8 its end,
 * r9 counts the loop; r0..r5 hold numbers between units.
 */
#include "gen_xdp.h"

void gen_op(struct gen *g, enum ebpf_id id, unsigned dst, unsigned src, int off, int32_t imm)
{
    const struct ebpf_row *row = ebpf_row(id);

    g->out[g->n++] =
        (struct ebpf_insn){.opcode = row->opcode,
                           .dst = (uint8_t)(dst & 15u),
                           .src = (uint8_t)((row->disc == EBPF_BY_SRC ? row->dval : src) & 15u),
                           .off = (int16_t)(row->disc == EBPF_BY_OFF ? row->dval : off),
                           .imm = row->disc == EBPF_BY_IMM ? row->dval : imm};
}

unsigned gen_reg(struct gen *g)
{
    return rng_below(g->r, 6);
}

int32_t gen_number(struct gen *g)
{
    uint64_t v = rng_next(g->r);

    switch (rng_below(g->r, 5)) {
    case 0:
        return (int32_t)(v % 16);
    case 1:
        return -(int32_t)(v % 16);
    case 2:
        return (int32_t)((uint32_t)1 << v % 32);
    case 3:
        return (int32_t)(v % 70000);
    default:
        return (int32_t)v;
    }
}

void gen_fill(struct gen *g, unsigned from)
{
    for (unsigned k = from; k < 6; k++)
        gen_op(g, rng_below(g->r, 2) ? EBPF_MOV64_K : EBPF_MOV32_K, k, 0, 0, gen_number(g));
}

enum ebpf_id gen_load_of(unsigned bytes)
{
    return bytes == 1 ? EBPF_LDX8 : bytes == 2 ? EBPF_LDX16 : bytes == 4 ? EBPF_LDX32 : EBPF_LDX64;
}

enum ebpf_id gen_store_of(unsigned bytes)
{
    return bytes == 1 ? EBPF_STX8 : bytes == 2 ? EBPF_STX16 : bytes == 4 ? EBPF_STX32 : EBPF_STX64;
}

unsigned gen_size(struct gen *g)
{
    return 1u << rng_below(g->r, 4);
}

/* A load or store of the packet through base, which may move within `room` bytes. */
void gen_access(struct gen *g, unsigned base, unsigned room)
{
    unsigned bytes = gen_size(g);
    int off = (int)rng_below(g->r, room - bytes + 1);

    if (rng_below(g->r, 3) == 0)
        gen_op(g, gen_store_of(bytes), base, gen_reg(g), off, 0);
    else
        gen_op(g, gen_load_of(bytes), gen_reg(g), base, off, 0);
}

static void stack(struct gen *g)
{
    unsigned bytes = gen_size(g);
    int off = -64 + (int)(rng_below(g->r, 64 / bytes) * bytes);

    if (rng_below(g->r, 2))
        gen_op(g, gen_store_of(bytes), 10, gen_reg(g), off, 0);
    else
        gen_op(g, gen_load_of(bytes), gen_reg(g), 10, off, 0);
}

/* x[0] | x[1] << 8 | ..., in r1 by way of r2; sometimes in 32 bits, sometimes out of order. */
static void bytes(struct gen *g)
{
    unsigned n = 2u << rng_below(g->r, 2);
    bool narrow = rng_below(g->r, 2), mixed = rng_below(g->r, 4) == 0;
    int off = (int)rng_below(g->r, PROVED - n);

    gen_op(g, EBPF_LDX8, 1, 7, off, 0);
    for (unsigned k = 1; k < n; k++) {
        gen_op(g, EBPF_LDX8, 2, 7, off + (int)k, 0);
        gen_op(g, narrow ? EBPF_LSH32_K : EBPF_LSH64_K, 2, 0, 0, (int32_t)(8 * k));
        if (mixed && k == 1)
            gen_access(g, 7, PROVED);
        gen_op(g, rng_below(g->r, 4) ? EBPF_OR64_X : EBPF_OR32_X, 1, 2, 0, 0);
    }
    if (rng_below(g->r, 2))
        gen_op(g, rng_below(g->r, 2) ? EBPF_BE16 : EBPF_BE32, 1, 0, 0, 0);
}

/* Through r5 = r7 + known or unknown. */
static void alias(struct gen *g)
{
    gen_op(g, EBPF_MOV64_X, 5, 7, 0, 0);
    if (rng_below(g->r, 2)) {
        gen_op(g, EBPF_ADD64_K, 5, 0, 0, (int32_t)rng_below(g->r, 32));
        gen_access(g, 5, 32);
        gen_access(g, 7, PROVED);
        gen_access(g, 5, 32);
    } else {
        gen_op(g, EBPF_AND64_K, 3, 0, 0, 31);
        gen_op(g, EBPF_ADD64_X, 5, 3, 0, 0);
        gen_op(g, EBPF_MOV64_X, 4, 5, 0, 0);
        gen_op(g, EBPF_ADD64_K, 4, 0, 0, VAR_SPAN);
        gen_op(g, EBPF_JGT64_X, 4, 8, 3, 0);
        gen_op(g, gen_load_of(gen_size(g)), 2, 7, 8, 0);
        gen_op(g, EBPF_STX8, 5, 2, (int)rng_below(g->r, VAR_SPAN), 0);
        gen_op(g, gen_load_of(gen_size(g)), 2, 7, 8, 0);
    }
    gen_fill(g, 3);
    gen_op(g, EBPF_MOV64_K, 2, 0, 0, gen_number(g));
}

static void lookup(struct gen *g)
{
    bool known = rng_below(g->r, 2);

    gen_op(g, EBPF_MOV64_K, 1, 0, 0, (int32_t)rng_below(g->r, 6));
    if (!known)
        gen_op(g, EBPF_LDX8, 1, 7, (int)rng_below(g->r, PROVED), 0);
    if (!known && rng_below(g->r, 2))
        gen_op(g, EBPF_AND64_K, 1, 0, 0, 7);
    gen_op(g, EBPF_MOV64_X, 3, 1, 0, 0);
    gen_op(g, EBPF_STX32, 10, 1, KEY, 0);
    gen_op(g, EBPF_MOV64_X, 2, 10, 0, 0);
    gen_op(g, EBPF_ADD64_K, 2, 0, 0, KEY);
    gen_op(g, EBPF_LD_MAP_FD, 1, 0, 0, (int32_t)rng_below(g->r, 4));
    g->out[g->n++] = (struct ebpf_insn){.imm = 0};
    gen_op(g, EBPF_CALL, 0, 0, 0, 1);
    switch (rng_below(g->r, 3)) {
    case 0:
        gen_op(g, EBPF_JEQ64_K, 0, 0, 3, 0);
        break;
    case 1:
        gen_op(g, EBPF_JNE64_K, 0, 0, 1, 0);
        gen_op(g, EBPF_JA, 0, 0, 3, 0);
        break;
    default:
        gen_op(g, EBPF_MOV64_X, 1, 0, 0, 0);
        gen_op(g, EBPF_JEQ64_K, 0, 0, 3, 0);
        break;
    }
    gen_op(g, EBPF_LDX64, 3, 0, 0, 0);
    gen_op(g, EBPF_ADD64_K, 3, 0, 0, gen_number(g));
    gen_op(g, EBPF_STX64, 0, 3, 0, 0);
    gen_fill(g, 0);
}

static void helper(struct gen *g)
{
    static const uint8_t ids[] = {5, 7, 8};

    gen_op(g, EBPF_CALL, 0, 0, 0, ids[rng_below(g->r, sizeof(ids))]);
    gen_fill(g, 1);
}

void gen_arithmetic(struct gen *g)
{
    for (;;) {
        const struct ebpf_row *row = ebpf_row(1 + rng_below(g->r, EBPF_ID_COUNT - 1));
        bool shift = row->op == EBPF_OP_LSH || row->op == EBPF_OP_RSH || row->op == EBPF_OP_ARSH;
        int32_t imm = shift ? (int32_t)rng_below(g->r, row->bits) : gen_number(g);

        if (row->kind > EBPF_KIND_END || row->kind == EBPF_KIND_INVALID)
            continue;
        if (row->kind != EBPF_KIND_ALU_K)
            imm = 0;
        else if (imm == 0)
            imm = 1;
        gen_op(g, row->id, gen_reg(g),
               row->kind == EBPF_KIND_ALU_X || row->kind == EBPF_KIND_MOVSX ? gen_reg(g) : 0, 0,
               imm);
        return;
    }
}

void gen_branch(struct gen *g)
{
    for (;;) {
        const struct ebpf_row *row = ebpf_row(1 + rng_below(g->r, EBPF_ID_COUNT - 1));
        bool by_reg = row->kind == EBPF_KIND_JCC_X;

        if (!by_reg && row->kind != EBPF_KIND_JCC_K)
            continue;
        g->jump[g->jumps].slot = g->n;
        g->jump[g->jumps++].unit = g->units + 1 + rng_below(g->r, 5);
        gen_op(g, row->id, gen_reg(g), by_reg ? gen_reg(g) : 0, 0, by_reg ? 0 : gen_number(g));
        return;
    }
}

/* As compilers copy what may be unaligned: in small pieces, in any order, in pairs of registers. */
static void copy(struct gen *g)
{
    unsigned bytes = 1u << rng_below(g->r, 3), n = 2 + rng_below(g->r, 5);
    int from = (int)rng_below(g->r, 24), to = (int)rng_below(g->r, 24);
    int base = rng_below(g->r, 4) ? 7 : 10;
    bool down = rng_below(g->r, 4) == 0, swap = rng_below(g->r, 2);

    if (base == 10)
        to = -64 + (int)(rng_below(g->r, 4) * 8);
    for (unsigned k = 0; k < n; k++) {
        unsigned m = down ? n - 1 - k : swap && (k ^ 1) < n ? k ^ 1 : k;
        unsigned r = 1 + rng_below(g->r, 2);
        if (base == 10 && to + (int)((m + 1) * bytes) > 0)
            continue;
        gen_op(g, gen_load_of(bytes), r, 7, from + (int)(m * bytes), 0);
        if (rng_below(g->r, 8) == 0)
            gen_access(g, 7, PROVED);
        gen_op(g, gen_store_of(bytes), (unsigned)base, r, to + (int)(m * bytes), 0);
    }
}

/* A register, or a constant, stored in parts; sometimes with another access in between. */
static void parts(struct gen *g)
{
    unsigned bytes = 1u << rng_below(g->r, 2), n = rng_below(g->r, 2) ? 4 / bytes : 8 / bytes;
    int to = (int)rng_below(g->r, 40);
    bool known = rng_below(g->r, 3) == 0, narrow = n * bytes == 4 && rng_below(g->r, 2);

    gen_op(g, EBPF_LDX64, 3, 7, (int)rng_below(g->r, 40), 0);
    for (unsigned k = 0; k < n; k++) {
        if (known) {
            gen_op(g, EBPF_MOV64_K, 1, 0, 0, rng_below(g->r, 3) ? 0 : gen_number(g));
        } else {
            gen_op(g, narrow ? EBPF_MOV32_X : EBPF_MOV64_X, 1, 3, 0, 0);
            if (k)
                gen_op(g, narrow ? EBPF_RSH32_K : EBPF_RSH64_K, 1, 0, 0, (int32_t)(8 * bytes * k));
        }
        gen_op(g, gen_store_of(bytes), 7, 1, to + (int)(k * bytes), 0);
        if (rng_below(g->r, 8) == 0)
            gen_access(g, 7, PROVED);
    }
}

/* x[0] << 8 | x[1] and the like. */
static void big_endian(struct gen *g)
{
    unsigned n = 2u << rng_below(g->r, 3);
    bool narrow = n < 8 && rng_below(g->r, 2);
    int off = (int)rng_below(g->r, PROVED - n);

    gen_op(g, EBPF_LDX8, 1, 7, off + (int)n - 1, 0);
    for (unsigned k = 1; k < n; k++) {
        gen_op(g, EBPF_LDX8, 2, 7, off + (int)(n - 1 - k), 0);
        gen_op(g, narrow ? EBPF_LSH32_K : EBPF_LSH64_K, 2, 0, 0, (int32_t)(8 * k));
        gen_op(g, rng_below(g->r, 4) ? EBPF_OR64_X : EBPF_ADD64_X, 1, 2, 0, 0);
    }
}

static void rotation(struct gen *g)
{
    bool narrow = rng_below(g->r, 2);
    unsigned bits = narrow ? 32 : 64, n = 1 + rng_below(g->r, bits - 1), from = gen_reg(g);
    unsigned m = rng_below(g->r, 8) ? bits - n : 1 + rng_below(g->r, bits - 1);

    gen_op(g, narrow ? EBPF_MOV32_X : EBPF_MOV64_X, 2, from, 0, 0);
    gen_op(g, narrow ? EBPF_MOV32_X : EBPF_MOV64_X, 1, 2, 0, 0);
    gen_op(g, narrow ? EBPF_LSH32_K : EBPF_LSH64_K, 1, 0, 0, (int32_t)n);
    if (rng_below(g->r, 8) == 0)
        gen_arithmetic(g);
    gen_op(g, narrow ? EBPF_RSH32_K : EBPF_RSH64_K, 2, 0, 0, (int32_t)m);
    gen_op(g, narrow ? EBPF_OR32_X : rng_below(g->r, 2) ? EBPF_OR64_X : EBPF_XOR64_X, 1, 2, 0, 0);
}

/* if (a OP b) a = b, the b sometimes a constant; the jump is the generator's own. */
static void minimum(struct gen *g)
{
    static const uint8_t conds[] = {EBPF_JGT64_X,  EBPF_JGE64_X,  EBPF_JLT64_X,  EBPF_JLE64_X,
                                    EBPF_JSGT64_X, EBPF_JSGE64_X, EBPF_JSLT64_X, EBPF_JSLE64_X};
    unsigned a = gen_reg(g), b = gen_reg(g);
    enum ebpf_id id = conds[rng_below(g->r, sizeof(conds))];

    if (rng_below(g->r, 2)) {
        gen_op(g, id, a, b, 1, 0);
        gen_op(g, EBPF_MOV64_X, rng_below(g->r, 2) ? a : b, rng_below(g->r, 2) ? a : b, 0, 0);
    } else {
        int32_t v = gen_number(g);
        gen_op(g, id - 1, a, 0, 1, v);
        gen_op(g, EBPF_MOV64_K, a, 0, 0, rng_below(g->r, 4) ? v : v + 1);
    }
}

static void pattern(struct gen *g)
{
    switch (rng_below(g->r, 5)) {
    case 0:
        copy(g);
        break;
    case 1:
        parts(g);
        break;
    case 2:
        big_endian(g);
        break;
    case 3:
        rotation(g);
        break;
    default:
        minimum(g);
        break;
    }
}

static void random_unit(struct gen *g)
{
    switch (rng_below(g->r, 14)) {
    case 12:
    case 13:
        pattern(g);
        break;
    case 0:
    case 1:
        gen_access(g, 7, PROVED);
        break;
    case 2:
        stack(g);
        break;
    case 3:
        bytes(g);
        break;
    case 4:
        alias(g);
        break;
    case 5:
        lookup(g);
        break;
    case 6:
        helper(g);
        break;
    case 7:
    case 8:
        gen_branch(g);
        break;
    default:
        gen_arithmetic(g);
        break;
    }
}

/* Everything that is left goes into the packet and into r0. */
static void epilogue(struct gen *g)
{
    for (unsigned k = 0; k < 6; k++)
        gen_op(g, EBPF_STX64, 7, k, (int)(8 * k), 0);
    for (int at = 8; at <= 64; at += 8) {
        gen_op(g, EBPF_LDX64, 1, 10, -at, 0);
        gen_op(g, EBPF_XOR64_X, 0, 1, 0, 0);
    }
    gen_op(g, EBPF_STX64, 7, 0, 48, 0);
}

static void prologue(struct gen *g)
{
    gen_op(g, EBPF_MOV64_X, 6, 1, 0, 0);
    gen_op(g, EBPF_LDX32, 7, 6, 0, 0);
    gen_op(g, EBPF_LDX32, 8, 6, 4, 0);
    gen_fill(g, 0);
    for (int at = 8; at <= 64; at += 8)
        gen_op(g, EBPF_STX64, 10, gen_reg(g), -at, 0);
    gen_op(g, EBPF_MOV64_K, 9, 0, 0, (int32_t)(1 + rng_below(g->r, 3)));
    gen_op(g, EBPF_MOV64_X, 4, 7, 0, 0);
    gen_op(g, EBPF_ADD64_K, 4, 0, 0, PROVED);
}

static void land(struct gen *g, uint32_t slot)
{
    g->out[slot].off = (int16_t)(g->n - slot - 1);
}

/* The main program, but for the exit. */
static void body(struct gen *g)
{
    uint32_t units = 4 + rng_below(g->r, UNITS - 4), top;
    bool loop = rng_below(g->r, 4) == 0;

    prologue(g);
    g->bail[g->bails++] = g->n;
    gen_op(g, EBPF_JGT64_X, 4, 8, 0, 0);
    gen_op(g, EBPF_MOV64_K, 4, 0, 0, gen_number(g));
    top = g->n;
    for (g->units = 0; g->units < units; g->units++) {
        g->unit[g->units] = g->n;
        if (g->rich && rng_below(g->r, 3) == 0)
            gen_rich_unit(g);
        else
            random_unit(g);
    }
    g->unit[g->units] = g->n;
    for (uint32_t k = 0; k < g->jumps; k++) {
        struct ebpf_insn *i = &g->out[g->jump[k].slot];
        uint32_t to = g->jump[k].unit < units ? g->jump[k].unit : units;
        int32_t rel = (int32_t)(g->unit[to] - g->jump[k].slot - 1);
        if (ebpf_decode(i)->id == EBPF_JA32)
            i->imm = rel;
        else
            i->off = (int16_t)rel;
    }
    if (loop) {
        gen_op(g, EBPF_ADD64_K, 9, 0, 0, -1);
        gen_op(g, EBPF_JNE64_K, 9, 0, (int)top - (int)g->n - 1, 0);
    }
    epilogue(g);
}

static uint32_t generate(struct rng *r, struct ebpf_insn *out, bool rich)
{
    struct gen g = {.r = r, .out = out, .rich = rich};

    body(&g);
    for (uint32_t k = 0; k < g.bails; k++)
        land(&g, g.bail[k]);
    gen_op(&g, EBPF_EXIT, 0, 0, 0, 0);
    gen_rich_functions(&g);
    return g.n;
}

uint32_t gen_xdp(struct rng *r, struct ebpf_insn *out)
{
    return generate(r, out, false);
}

uint32_t gen_rich(struct rng *r, struct ebpf_insn *out)
{
    return generate(r, out, true);
}
