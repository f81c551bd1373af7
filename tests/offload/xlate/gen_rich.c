/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Units of XDP programs for a world (world.h): maps of every kind, global data, atomics, packets
 * that move, tail calls, the loads of version 4.
 */
#include <linux/bpf.h>

#include "gen_xdp.h"

enum {
    A,
    B,
    C,
    PER_CPU,
    HASH4,
    HASH8,
    LRU16,
    PER_CPU_HASH,
    DATA_MAP,
    PROGRAMS,
    RECORDS,
    DEVICES,
    ODD,
    LRU_PER_CPU,
    HASH3
};
enum { SPILL = -104 };

const struct offload_map gen_maps[GEN_MAPS] = {
    [A] = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 4},
    [B] = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 16, .max_entries = 5},
    [C] = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1},
    [PER_CPU] = {.type = BPF_MAP_TYPE_PERCPU_ARRAY,
                 .key_size = 4,
                 .value_size = 8,
                 .max_entries = 4},
    [HASH4] = {.type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 16, .max_entries = 8},
    [HASH8] = {.type = BPF_MAP_TYPE_HASH, .key_size = 8, .value_size = 16, .max_entries = 4},
    [LRU16] = {.type = BPF_MAP_TYPE_LRU_HASH,
               .key_size = 16,
               .value_size = 24,
               .max_entries = 2100},
    [PER_CPU_HASH] = {.type = BPF_MAP_TYPE_PERCPU_HASH,
                      .key_size = 6,
                      .value_size = 16,
                      .max_entries = 8},
    [DATA_MAP] = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 64, .max_entries = 1},
    [PROGRAMS] = {.type = BPF_MAP_TYPE_PROG_ARRAY,
                  .key_size = 4,
                  .value_size = 4,
                  .max_entries = 4},
    [RECORDS] = {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096},
    [DEVICES] = {.type = BPF_MAP_TYPE_DEVMAP, .key_size = 4, .value_size = 4, .max_entries = 4},
    [ODD] = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 20, .max_entries = 7},
    [LRU_PER_CPU] = {.type = BPF_MAP_TYPE_LRU_PERCPU_HASH,
                     .key_size = 13,
                     .value_size = 20,
                     .max_entries = 3},
    [HASH3] = {.type = BPF_MAP_TYPE_HASH,
               .key_size = 3,
               .value_size = 8,
               .max_entries = 2,
               .flags = BPF_F_ZERO_SEED},
};

void gen_second(struct gen *g, int32_t imm)
{
    g->out[g->n++] = (struct ebpf_insn){.imm = imm};
}

static void map(struct gen *g, unsigned reg, int n)
{
    gen_op(g, EBPF_LD_MAP_FD, reg, 0, 0, n);
    gen_second(g, 0);
}

void gen_frame(struct gen *g, unsigned reg, int off)
{
    gen_op(g, EBPF_MOV64_X, reg, 10, 0, 0);
    gen_op(g, EBPF_ADD64_K, reg, 0, 0, off);
}

void gen_call(struct gen *g, int32_t id)
{
    gen_op(g, EBPF_CALL, 0, 0, 0, id);
}

uint32_t gen_skip(struct gen *g, enum ebpf_id id, unsigned dst, unsigned src, int32_t imm)
{
    gen_op(g, id, dst, src, 0, imm);
    return g->n - 1;
}

void gen_here(struct gen *g, uint32_t slot)
{
    g->out[slot].off = (int16_t)(g->n - slot - 1);
}

/* ---- memory ---- */

const struct ebpf_row *gen_row_of(struct gen *g, enum ebpf_kind first, enum ebpf_kind last)
{
    const struct ebpf_row *row;

    do
        row = ebpf_row(1 + rng_below(g->r, EBPF_ID_COUNT - 1));
    while (row->kind < first || row->kind > last);
    return row;
}

/* Any load, store or atomic of aligned memory that is the program's own. */
static void any_access(struct gen *g, unsigned base, int off, unsigned room)
{
    const struct ebpf_row *row = gen_row_of(g, EBPF_KIND_LDX, EBPF_KIND_STORE_REL);
    unsigned bytes = row->bits / 8u, a = gen_reg(g);
    int at = off + (int)(rng_below(g->r, room / bytes) * bytes);

    if (base < 6) /* a number must not take its place */
        while (a == base)
            a = gen_reg(g);
    if (row->kind == EBPF_KIND_CMPXCHG && base == 0)
        return;
    if (row->kind == EBPF_KIND_LDX || row->kind == EBPF_KIND_LDSX ||
        row->kind == EBPF_KIND_LOAD_ACQ)
        gen_op(g, row->id, a, base, at, 0);
    else
        gen_op(g, row->id, base, row->kind == EBPF_KIND_ST ? 0 : a, at,
               row->kind == EBPF_KIND_ST ? gen_number(g) : 0);
}

void gen_accesses(struct gen *g, unsigned base, int off, unsigned room)
{
    for (uint32_t n = 1 + rng_below(g->r, 3); n; n--)
        any_access(g, base, off, room);
}

static void own_stack(struct gen *g)
{
    gen_accesses(g, 10, -64, 64);
}

static void global_data(struct gen *g)
{
    int32_t off = (int32_t)(8 * rng_below(g->r, 6));

    gen_op(g, EBPF_LD_MAP_VALUE, 5, 0, 0, DATA_MAP);
    gen_second(g, off);
    gen_accesses(g, 5, 0, 16);
    gen_op(g, EBPF_MOV64_K, 5, 0, 0, gen_number(g));
}

/* Signed loads and immediate stores of the packet. */
static void packet(struct gen *g)
{
    static const uint8_t ids[] = {EBPF_LDSX8, EBPF_LDSX16, EBPF_LDSX32, EBPF_ST8,
                                  EBPF_ST16,  EBPF_ST32,   EBPF_ST64};
    const struct ebpf_row *row = ebpf_row(ids[rng_below(g->r, sizeof(ids))]);
    int off = (int)rng_below(g->r, PROVED - row->bits / 8u + 1);

    if (row->kind == EBPF_KIND_ST)
        gen_op(g, row->id, 7, 0, off, gen_number(g));
    else
        gen_op(g, row->id, gen_reg(g), 7, off, 0);
}

/* Numbers and pointers wait in the stack while everything else is lost. */
static void spill(struct gen *g)
{
    unsigned a = gen_reg(g), b = gen_reg(g);

    gen_op(g, EBPF_STX64, 10, 7, SPILL, 0);
    gen_op(g, EBPF_STX64, 10, a, SPILL - 8, 0);
    gen_call(g, BPF_FUNC_ktime_get_ns);
    gen_fill(g, 1);
    gen_op(g, EBPF_LDX64, b, 10, SPILL - 8, 0);
    gen_op(g, EBPF_LDX64, 5, 10, SPILL, 0);
    gen_access(g, 5, PROVED);
    gen_op(g, EBPF_MOV64_K, 5, 0, 0, gen_number(g));
}

/* ---- maps ---- */

/* A key at KEY: bytes of the packet, or small numbers that are there. */
static void key(struct gen *g, unsigned size)
{
    for (unsigned at = 0; at < size; at += 4)
        gen_op(g, EBPF_ST32, 10, 0, KEY + (int)at - (size > 8 ? 64 : 0),
               at ? 0 : (int32_t)rng_below(g->r, 10));
    if (rng_below(g->r, 2) == 0) {
        gen_op(g, EBPF_LDX8, 1, 7, (int)rng_below(g->r, PROVED), 0);
        gen_op(g, EBPF_AND64_K, 1, 0, 0, 7);
        gen_op(g, EBPF_STX8, 10, 1, KEY - (size > 8 ? 64 : 0), 0);
    }
}

static void key_arg(struct gen *g, unsigned reg, unsigned size)
{
    gen_frame(g, reg, KEY - (size > 8 ? 64 : 0));
}

static void hash(struct gen *g)
{
    static const uint8_t maps[] = {HASH4, HASH8,       LRU16, PER_CPU_HASH, B,
                                   ODD,   LRU_PER_CPU, HASH3, DATA_MAP};
    int m = maps[rng_below(g->r, sizeof(maps))];
    unsigned size = gen_maps[m].key_size;
    uint32_t missed;

    key(g, size);
    key_arg(g, 2, size);
    map(g, 1, m);
    gen_call(g, BPF_FUNC_map_lookup_elem);
    gen_fill(g, 1);
    missed = gen_skip(g, EBPF_JEQ64_K, 0, 0, 0);
    gen_accesses(g, 0, 0, gen_maps[m].value_size & ~7u);
    gen_here(g, missed);
    gen_fill(g, 0);
}

static void change_map(struct gen *g)
{
    static const uint8_t maps[] = {HASH4,       HASH8, LRU16, PER_CPU_HASH,
                                   LRU_PER_CPU, HASH3, A,     PER_CPU};
    int m = maps[rng_below(g->r, sizeof(maps))];
    bool update = rng_below(g->r, 3) != 0;

    key(g, gen_maps[m].key_size);
    key_arg(g, 2, gen_maps[m].key_size);
    map(g, 1, m);
    if (update) {
        if (rng_below(g->r, 2))
            gen_op(g, EBPF_MOV64_X, 3, 7, 0, 0);
        else
            gen_frame(g, 3, -64);
        gen_op(g, EBPF_MOV64_K, 4, 0, 0, (int32_t)rng_below(g->r, 3));
    }
    gen_call(g, update ? BPF_FUNC_map_update_elem : BPF_FUNC_map_delete_elem);
    gen_fill(g, 1);
}

static void ring_buffer(struct gen *g)
{
    uint32_t none;

    map(g, 1, RECORDS);
    gen_op(g, EBPF_MOV64_K, 2, 0, 0, 16);
    gen_op(g, EBPF_MOV64_K, 3, 0, 0, 0);
    gen_call(g, BPF_FUNC_ringbuf_reserve);
    gen_fill(g, 1);
    none = gen_skip(g, EBPF_JEQ64_K, 0, 0, 0);
    gen_op(g, EBPF_STX64, 0, gen_reg(g) % 5 + 1, 0, 0);
    gen_op(g, EBPF_ST32, 0, 0, 8, gen_number(g));
    gen_op(g, EBPF_MOV64_X, 1, 0, 0, 0);
    gen_op(g, EBPF_MOV64_K, 2, 0, 0, 0);
    gen_call(g, rng_below(g->r, 2) ? BPF_FUNC_ringbuf_submit : BPF_FUNC_ringbuf_discard);
    gen_here(g, none);
    gen_fill(g, 0);
}

/* ---- helpers ---- */

static void reload(struct gen *g)
{
    gen_op(g, EBPF_LDX32, 7, 6, 0, 0);
    gen_op(g, EBPF_LDX32, 8, 6, 4, 0);
    gen_op(g, EBPF_MOV64_X, 1, 7, 0, 0);
    gen_op(g, EBPF_ADD64_K, 1, 0, 0, PROVED);
    gen_fill(g, 2);
    if (g->bails < BAILS)
        g->bail[g->bails++] = gen_skip(g, EBPF_JGT64_X, 1, 8, 0);
    gen_op(g, EBPF_MOV64_K, 1, 0, 0, gen_number(g));
}

static void metadata(struct gen *g)
{
    uint32_t none;

    gen_op(g, EBPF_LDX32, 4, 6, 8, 0);
    gen_op(g, EBPF_MOV64_X, 3, 4, 0, 0);
    gen_op(g, EBPF_ADD64_K, 3, 0, 0, 4);
    none = gen_skip(g, EBPF_JGT64_X, 3, 7, 0);
    gen_op(g, rng_below(g->r, 2) ? EBPF_STX32 : EBPF_STX16, 4, 5, 0, 0);
    gen_op(g, EBPF_LDX32, 2, 4, 0, 0);
    gen_here(g, none);
    gen_fill(g, 3);
}

static void move_packet(struct gen *g)
{
    static const uint8_t ids[] = {BPF_FUNC_xdp_adjust_head, BPF_FUNC_xdp_adjust_meta,
                                  BPF_FUNC_xdp_adjust_tail};
    int32_t id = ids[rng_below(g->r, sizeof(ids))];

    if (g->bails == BAILS)
        return;
    if (rng_below(g->r, 2)) {
        gen_op(g, EBPF_MOV64_K, 2, 0, 0, 4 * ((int32_t)rng_below(g->r, 17) - 8));
    } else {
        gen_op(g, EBPF_MOV64_X, 2, gen_reg(g), 0, 0);
        gen_op(g, EBPF_AND64_K, 2, 0, 0, 28);
    }
    gen_op(g, EBPF_MOV64_X, 1, 6, 0, 0);
    gen_call(g, id);
    reload(g);
    if (id == BPF_FUNC_xdp_adjust_meta)
        metadata(g);
}

static void checksum(struct gen *g)
{
    bool both = rng_below(g->r, 2);

    gen_op(g, EBPF_MOV64_X, 5, gen_reg(g), 0, 0);
    gen_op(g, EBPF_MOV64_X, 1, 7, 0, 0);
    gen_op(g, EBPF_MOV64_K, 2, 0, 0, (int32_t)(4 * rng_below(g->r, 8)));
    gen_op(g, EBPF_MOV64_K, 3, 0, 0, 0);
    gen_op(g, EBPF_MOV64_K, 4, 0, 0, 0);
    if (both) {
        gen_frame(g, 3, -64);
        gen_op(g, EBPF_MOV64_K, 4, 0, 0, (int32_t)(4 * rng_below(g->r, 8)));
    }
    gen_call(g, BPF_FUNC_csum_diff);
    gen_fill(g, 1);
}

static void copy_bytes(struct gen *g)
{
    bool fib = rng_below(g->r, 3) == 0;

    gen_op(g, EBPF_MOV64_X, 1, 6, 0, 0);
    if (fib) {
        gen_frame(g, 2, -64);
        gen_op(g, EBPF_MOV64_K, 3, 0, 0, 64);
        gen_op(g, EBPF_MOV64_K, 4, 0, 0, (int32_t)rng_below(g->r, 2));
        gen_call(g, BPF_FUNC_fib_lookup);
    } else {
        gen_op(g, EBPF_MOV64_K, 2, 0, 0, (int32_t)rng_below(g->r, 80));
        gen_frame(g, 3, -64 + 8 * (int)rng_below(g->r, 4));
        gen_op(g, EBPF_MOV64_K, 4, 0, 0, (int32_t)(1 + rng_below(g->r, 32)));
        gen_call(g, rng_below(g->r, 2) ? BPF_FUNC_xdp_load_bytes : BPF_FUNC_xdp_store_bytes);
    }
    if (g->bails < BAILS)
        reload(g);
    gen_fill(g, 1);
}

static void redirect(struct gen *g)
{
    gen_op(g, EBPF_MOV64_X, 2, gen_reg(g), 0, 0);
    map(g, 1, DEVICES);
    gen_op(g, EBPF_MOV64_K, 3, 0, 0, (int32_t)rng_below(g->r, 4));
    gen_call(g, BPF_FUNC_redirect_map);
    gen_fill(g, 1);
}

static void tail_call(struct gen *g)
{
    gen_op(g, EBPF_MOV64_X, 3, gen_reg(g), 0, 0);
    gen_op(g, EBPF_MOV64_X, 1, 6, 0, 0);
    map(g, 2, PROGRAMS);
    gen_call(g, BPF_FUNC_tail_call);
    gen_fill(g, 0);
}

void gen_rich_unit(struct gen *g)
{
    static void (*const units[])(struct gen *) = {
        own_stack,    own_stack,      global_data,    packet,        packet,       spill,
        hash,         hash,           change_map,     ring_buffer,   move_packet,  checksum,
        copy_bytes,   redirect,       tail_call,      gen_far_jump,  gen_may_goto, gen_counted,
        gen_iterator, gen_local_call, gen_local_call, gen_loop_call, global_data};

    units[rng_below(g->r, sizeof(units) / sizeof(units[0]))](g);
}
