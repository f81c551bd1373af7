/* SPDX-License-Identifier: BSD-3-Clause */
#include "fuzz.h"

#include <linux/bpf.h>

const struct offload_map fuzz_maps[FUZZ_MAPS] = {
    {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 64, .max_entries = 4, .name = "a"},
    {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 32, .max_entries = 1, .name = "b"},
};

/* The program being written. */
struct gen {
    struct rng *rng;
    struct ebpf_insn *out;
    uint32_t n;
};

static void put(struct gen *g, unsigned opcode, unsigned dst, unsigned src, int off, int64_t imm)
{
    if (g->n < FUZZ_SLOTS)
        g->out[g->n++] = (struct ebpf_insn){.opcode = (uint8_t)opcode,
                                            .dst = dst & 15u,
                                            .src = src & 15u,
                                            .off = (int16_t)off,
                                            .imm = (int32_t)imm};
}

static unsigned pick(struct gen *g, unsigned n)
{
    return rng_below(g->rng, n);
}

/*
 * r0, r4, r5 numbers; r1, r6 context; r2 data, r3 data_end; r7 a number of the
 * context; r8 a map's value; r9 into the stack, of which some is written.
 */
static void prologue(struct gen *g)
{
    put(g, 0xbf, 6, 1, 0, 0);
    put(g, 0x62, 10, 0, -4, 0);
    put(g, 0x7a, 10, 0, -16, (int32_t)rng_number(g->rng));
    put(g, 0x7b, 10, 1, -24, 0);
    if (pick(g, 2)) {
        put(g, 0xbf, 2, 10, 0, 0);
        put(g, 0x07, 2, 0, 0, -4);
        put(g, 0x18, 1, 1, 0, 0);
        put(g, 0, 0, 0, 0, 0);
        put(g, 0x85, 0, 0, 0, 1);
        put(g, 0x55, 0, 0, 2, 0);
        put(g, 0xb7, 0, 0, 0, 1);
        put(g, 0x95, 0, 0, 0, 0);
        put(g, 0xbf, 8, 0, 0, 0);
    } else {
        put(g, 0x18, 8, 2, 0, 1);
        put(g, 0, 0, 0, 0, pick(g, 32));
    }
    put(g, 0x61, 2, 6, 0, 0);
    put(g, 0x61, 3, 6, 4, 0);
    put(g, 0x61, 7, 6, 12, 0);
    put(g, 0xb7, 4, 0, 0, (int32_t)rng_number(g->rng));
    put(g, 0x61, 5, 6, 16, 0);
    put(g, 0xb7, 0, 0, 0, pick(g, 8));
    put(g, 0xbf, 9, 10, 0, 0);
    put(g, 0x07, 9, 0, 0, -8 * (1 + (int)pick(g, 8)));
    put(g, 0xbf, 1, 6, 0, 0);
}

static const uint8_t numbers[] = {0, 4, 5, 7};

static unsigned number(struct gen *g)
{
    return pick(g, 12) ? numbers[pick(g, 4)] : pick(g, 10);
}

static void alu(struct gen *g)
{
    static const uint8_t ops[] = {0x00, 0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0xa0,
                                  0xb0, 0xc0, 0x50, 0x50, 0x70, 0x00, 0x30, 0x90};
    unsigned op = ops[pick(g, sizeof(ops))], class = pick(g, 3) ? 7 : 4;
    bool shift = op == 0x60 || op == 0x70 || op == 0xc0, divide = op == 0x30 || op == 0x90;
    int64_t imm = shift ? (int64_t)pick(g, class == 7 ? 64 : 32) : (int64_t)rng_number(g->rng);
    if (pick(g, 3) == 0 && !shift)
        imm = pick(g, 64);
    if (divide && (int32_t)imm == 0)
        imm = 3;
    if (pick(g, 3))
        put(g, op | class, number(g), 0, 0, imm);
    else
        put(g, op | class | 8u, number(g), number(g), 0, 0);
}

static void odd_alu(struct gen *g)
{
    static const uint8_t sizes[] = {16, 32, 64};
    unsigned dst = number(g);
    switch (pick(g, 5)) {
    case 0:
        put(g, pick(g, 2) ? 0x87 : 0x84, dst, 0, 0, 0);
        break;
    case 1:
        put(g, pick(g, 2) ? 0xdc : 0xd4, dst, 0, 0, sizes[pick(g, 3)]);
        break;
    case 2:
        put(g, 0xd7, dst, 0, 0, sizes[pick(g, 3)]);
        break;
    case 3:
        put(g, 0xbf, dst, number(g), 8 << pick(g, 3), 0);
        break;
    default:
        put(g, 0xbc, dst, number(g), 8 << pick(g, 2), 0);
        break;
    }
}

static void jump(struct gen *g, unsigned left)
{
    static const uint8_t ops[] = {0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0};
    unsigned op = ops[pick(g, sizeof(ops))], class = pick(g, 4) ? 5 : 6;
    int off = (int)pick(g, left < 8 ? left + 1 : 8);
    if (pick(g, 40) == 0)
        off = -(int)pick(g, 6) - 1;
    if (pick(g, 3))
        put(g, op | class, number(g), 0, off,
            pick(g, 2) ? (int64_t)pick(g, 64) : (int64_t)rng_number(g->rng));
    else
        put(g, op | class | 8u, number(g), number(g), off, 0);
}

/* Move a pointer by a number, most often a masked one. */
static void move_pointer(struct gen *g)
{
    static const uint8_t pointers[] = {2, 8, 9, 8, 2};
    unsigned n = number(g), p = pointers[pick(g, 5)];
    if (pick(g, 4))
        put(g, 0x57, n, 0, 0, (1 << pick(g, 7)) - 1);
    if (pick(g, 3))
        put(g, pick(g, 6) ? 0x0f : 0x1f, p, n, 0, 0);
    else
        put(g, 0x07, p, 0, 0, (int64_t)pick(g, 32) - 8);
}

static void access_memory(struct gen *g)
{
    static const uint8_t pointers[] = {2, 8, 9, 10, 8, 9, 10, 6};
    static const uint8_t sizes[] = {0x00, 0x08, 0x10, 0x18};
    unsigned p = pointers[pick(g, 8)], size = sizes[pick(g, 4)];
    unsigned bytes = size == 0x00 ? 4 : size == 0x08 ? 2 : size == 0x10 ? 1 : 8;
    int off = (int)pick(g, 8) * (int)bytes;
    if (p == 10)
        off = -(int)bytes * (1 + (int)pick(g, 32 / bytes));
    switch (pick(g, 8)) {
    case 0:
        put(g, 0x62 | size, p, 0, off, (int32_t)rng_number(g->rng));
        break;
    case 1:
    case 2:
        put(g, 0x63 | size, p, pick(g, 6) ? number(g) : pick(g, 11), off, 0);
        break;
    case 3:
        put(g, pick(g, 2) ? 0xdb : 0xc3, p, number(g), off & ~7, pick(g, 2));
        break;
    case 4:
        if (size != 0x18) {
            put(g, 0x81 | size, number(g), p, off, 0);
            break;
        }
        /* fallthrough */
    default:
        put(g, 0x61 | size, number(g), p, off, 0);
        break;
    }
}

/* A bounds check as compilers write it. */
static void check_packet(struct gen *g, unsigned left)
{
    int off = (int)pick(g, left < 12 ? left + 1 : 12);
    put(g, 0xbf, 1, 2, 0, 0);
    put(g, 0x07, 1, 0, 0, 1 + pick(g, 40));
    if (pick(g, 2))
        put(g, pick(g, 2) ? 0x2d : 0x3d, 1, 3, off, 0);
    else
        put(g, pick(g, 2) ? 0xad : 0xbd, 3, 1, off, 0);
}

static void call(struct gen *g)
{
    switch (pick(g, 3)) {
    case 0:
        put(g, 0x85, 0, 0, 0, 7);
        break;
    case 1: /* adjust_head, and fresh pointers */
        put(g, 0xbf, 1, 6, 0, 0);
        put(g, 0xb7, 2, 0, 0, 4);
        put(g, 0x85, 0, 0, 0, 44);
        break;
    default: /* lookup with whatever lies at fp-4 */
        put(g, 0xbf, 2, 10, 0, 0);
        put(g, 0x07, 2, 0, 0, -4 * (1 + (int)pick(g, 4)));
        put(g, 0x18, 1, 1, 0, 0);
        put(g, 0, 0, 0, 0, 0);
        put(g, 0x85, 0, 0, 0, 1);
        put(g, 0x15, 0, 0, 1, 0);
        put(g, 0xbf, 8, 0, 0, 0);
        put(g, 0xb7, 0, 0, 0, 0);
        break;
    }
    put(g, 0x61, 2, 6, 0, 0);
    put(g, 0x61, 3, 6, 4, 0);
    put(g, 0xb7, 4, 0, 0, 3);
    put(g, 0x61, 5, 6, 16, 0);
    put(g, 0xbf, 1, 6, 0, 0);
}

static void body(struct gen *g, unsigned steps)
{
    for (unsigned left = steps; left-- > 0;) {
        unsigned k = pick(g, 32);
        if (k < 10)
            alu(g);
        else if (k < 12)
            odd_alu(g);
        else if (k < 18)
            jump(g, left);
        else if (k < 21)
            move_pointer(g);
        else if (k < 28)
            access_memory(g);
        else if (k < 31)
            check_packet(g, left);
        else
            call(g);
    }
}

uint32_t fuzz_program(struct rng *rng, struct ebpf_insn *out)
{
    struct gen g = {rng, out, 0};
    prologue(&g);
    body(&g, 3 + pick(&g, 25));
    for (unsigned n = 0; n < 12; n++) /* where forward jumps land */
        put(&g, 0xb7, 0, 0, 0, n);
    put(&g, 0x95, 0, 0, 0, 0);
    return g.n;
}

/* ---- paths that meet ---- */

/* Slots 5..8 of the stack hold numbers all the way. */
static int number_slot(struct gen *g)
{
    return -8 * (5 + (int)pick(g, 4));
}

static void small_alu(struct gen *g)
{
    static const uint8_t ops[] = {0x00, 0x10, 0x50, 0x40, 0xb0, 0x20, 0x70, 0x60, 0xa0};
    unsigned op = ops[pick(g, sizeof(ops))], class = pick(g, 4) ? 7 : 4;
    if (pick(g, 2))
        put(g, op | class, numbers[pick(g, 4)], 0, 0, pick(g, op == 0x60 || op == 0x70 ? 4 : 16));
    else if (op != 0x60 && op != 0x70)
        put(g, op | class | 8u, numbers[pick(g, 4)], numbers[pick(g, 4)], 0, 0);
}

static void spill_or_fill(struct gen *g)
{
    unsigned size = pick(g, 3) ? 0x18 : 0x00;
    if (pick(g, 2))
        put(g, 0x63 | size, 10, numbers[pick(g, 4)], number_slot(g), 0);
    else
        put(g, 0x61 | size, numbers[pick(g, 4)], 10, number_slot(g), 0);
}

/* Uses a number where its range matters: mostly masked, so that it can be right. */
static void use_number(struct gen *g)
{
    unsigned n = numbers[pick(g, 4)];
    if (pick(g, 3))
        put(g, 0x57, n, 0, 0, (1 << pick(g, 6)) - 1);
    put(g, 0xbf, 1, pick(g, 2) ? 8 : 9, 0, 0);
    put(g, 0x0f, 1, n, 0, 0);
    put(g, pick(g, 2) ? 0x71 : 0x73, 1, 1, 0, 0);
    if (g->n && g->out[g->n - 1].opcode == 0x71)
        g->out[g->n - 1].dst = numbers[pick(g, 4)] & 15u;
    else if (g->n)
        g->out[g->n - 1].src = numbers[pick(g, 4)] & 15u;
}

static void work(struct gen *g)
{
    if (pick(g, 2))
        small_alu(g);
    else
        spill_or_fill(g);
}

/* if (...) { some } else { some } */
static void part_and_meet(struct gen *g)
{
    static const uint8_t ops[] = {0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0xa0, 0xb0, 0xc0};
    unsigned op = ops[pick(g, sizeof(ops))], class = pick(g, 4) ? 5 : 6;
    uint32_t at = g->n, other;
    bool other_side = pick(g, 2);
    if (pick(g, 3))
        put(g, op | class, numbers[pick(g, 4)], 0, 0, pick(g, 20));
    else
        put(g, op | class | 8u, numbers[pick(g, 4)], numbers[pick(g, 4)], 0, 0);
    for (unsigned k = pick(g, 3) + 1; k; k--)
        work(g);
    other = g->n;
    if (other_side) {
        put(g, 0x05, 0, 0, 0, 0);
        other++;
        for (unsigned k = pick(g, 3) + 1; k; k--)
            work(g);
    }
    if (g->n >= FUZZ_SLOTS)
        return;
    g->out[at].off = (int16_t)(other - at - 1);
    if (other_side)
        g->out[other - 1].off = (int16_t)(g->n - other);
}

/* Stack, with the numbers that the paths work on, and a map's value of 32 bytes. */
static void merging_prologue(struct gen *g)
{
    put(g, 0xbf, 6, 1, 0, 0);
    put(g, 0x18, 8, 2, 0, 1);
    put(g, 0, 0, 0, 0, 0);
    put(g, 0xbf, 9, 10, 0, 0);
    put(g, 0x07, 9, 0, 0, -32);
    for (int s = 1; s <= 8; s++)
        put(g, 0x7a, 10, 0, -8 * s, pick(g, 4));
    put(g, 0x61, 7, 6, 12, 0);
    put(g, 0x61, 5, 6, 16, 0);
    put(g, 0xb7, 4, 0, 0, pick(g, 8));
    put(g, 0xb7, 0, 0, 0, pick(g, 8));
    if (pick(g, 2))
        put(g, 0x57, 7, 0, 0, 31);
}

uint32_t fuzz_merging(struct rng *rng, struct ebpf_insn *out)
{
    struct gen g = {rng, out, 0};
    merging_prologue(&g);
    for (unsigned steps = 4 + pick(&g, 12); steps; steps--) {
        unsigned k = pick(&g, 10);
        if (k < 4)
            part_and_meet(&g);
        else if (k < 6)
            small_alu(&g);
        else if (k < 8)
            spill_or_fill(&g);
        else
            use_number(&g);
    }
    if (pick(&g, 3) == 0) { /* once more around, a few times */
        put(&g, 0x72, 10, 0, -65, 0);
        put(&g, 0x07, 4, 0, 0, 1);
        put(&g, 0xa5, 4, 0, -(int)pick(&g, g.n > 40 ? 24 : g.n / 2), pick(&g, 12));
    }
    put(&g, 0xb7, 0, 0, 0, 2);
    put(&g, 0x95, 0, 0, 0, 0);
    return g.n;
}

/* ---- functions of its own ---- */

enum { FUNCTIONS_MAX = 3, CALLS_MAX = 12 };

/* Calls whose functions are not written yet. */
struct calls {
    uint32_t at[CALLS_MAX], count;
};

/* Arguments r1 to r3 are numbers; what a call spoils are numbers again. `to`: which function. */
static void call_function(struct gen *g, struct calls *c, unsigned to)
{
    if (c->count == CALLS_MAX)
        return;
    for (unsigned r = 1; r <= 3; r++)
        if (pick(g, 3))
            put(g, pick(g, 4) ? 0xbf : 0xbc, r, numbers[pick(g, 4)], 0, 0);
        else
            put(g, 0xb7, r, 0, 0, pick(g, 40));
    c->at[c->count++] = g->n;
    put(g, 0x85, 0, 1, 0, to);
    put(g, 0xbf, 4, 0, 0, 0);
    put(g, 0xb7, 5, 0, 0, pick(g, 8));
}

/* `k` of `count` functions: its number depends on its arguments, by several ways out. */
static void function(struct gen *g, struct calls *c, unsigned k, unsigned count)
{
    put(g, 0xbf, 7, 1, 0, 0);
    put(g, 0xbf, 4, 2, 0, 0);
    put(g, 0xbf, 5, 3, 0, 0);
    put(g, 0xb7, 0, 0, 0, pick(g, 16));
    for (int s = 5; s <= 8; s++)
        put(g, 0x7a, 10, 0, -8 * s, pick(g, 4));
    for (unsigned steps = 1 + pick(g, 5); steps; steps--) {
        unsigned what = pick(g, 6);
        if (what == 0 && k + 1 < count)
            call_function(g, c, k + 1 + pick(g, count - k - 1));
        else if (what == 1) { /* if (...) return r0; */
            put(g, pick(g, 2) ? 0x25 : 0x55, numbers[pick(g, 4)], 0, 1, pick(g, 20));
            put(g, 0x95, 0, 0, 0, 0);
        } else if (what < 4)
            part_and_meet(g);
        else
            work(g);
    }
    if (pick(g, 2))
        put(g, 0xbf, 0, numbers[pick(g, 4)], 0, 0);
    put(g, 0x95, 0, 0, 0, 0);
}

uint32_t fuzz_calling(struct rng *rng, struct ebpf_insn *out)
{
    struct gen g = {rng, out, 0};
    struct calls c = {.count = 0};
    uint32_t start[FUNCTIONS_MAX];
    unsigned count = 1 + pick(&g, FUNCTIONS_MAX);
    merging_prologue(&g);
    for (unsigned steps = 3 + pick(&g, 8); steps; steps--) {
        unsigned k = pick(&g, 8);
        if (k < 3)
            call_function(&g, &c, pick(&g, count));
        else if (k < 5)
            use_number(&g);
        else if (k < 6)
            part_and_meet(&g);
        else
            work(&g);
    }
    put(&g, 0xb7, 0, 0, 0, 2);
    put(&g, 0x95, 0, 0, 0, 0);
    for (unsigned k = 0; k < count; k++) {
        start[k] = g.n;
        function(&g, &c, k, count);
    }
    for (uint32_t n = 0; n < c.count; n++)
        out[c.at[n]].imm = (int32_t)(start[out[c.at[n]].imm] - c.at[n] - 1);
    return g.n;
}
