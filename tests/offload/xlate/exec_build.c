/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layout of the code: start, programs, gates, helpers, dispatcher. The
 * dispatcher walks the descriptors with gp, which programs may not touch, and
 * fills every other register with rubbish, so that nothing can depend on it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "exec.h"
#include "offload/abi.h"

struct descriptor {
    uint64_t entry; /* 0 ends the list */
    uint64_t r1, sp, r0;
    uint64_t tail_calls; /* taken */
};

#define START_WORDS 8u
#define TAIL_WORDS  640u /* dispatcher, helpers, end */

static uint32_t descriptors_len(unsigned n)
{
    return (uint32_t)(((n + 1) * sizeof(struct descriptor) + 4095) & ~(size_t)4095);
}

uint32_t exec_mem(unsigned k, unsigned n)
{
    return EXEC_DATA + descriptors_len(n) + k * EXEC_MEM;
}

uint32_t exec_map(unsigned k, unsigned n, unsigned m)
{
    return exec_mem(k, n) + 16 * m;
}

uint32_t exec_value(unsigned k, unsigned n, unsigned m)
{
    return exec_mem(k, n) + 64 + 32 * m;
}

uint64_t exec_helper(uint32_t id, const uint64_t a[5])
{
    return a[0] + 3 * a[1] + 5 * a[2] + 9 * a[3] + 7 * (a[4] ^ id);
}

/* From START to the dispatcher, at any distance. */
static void put_start(struct code *o, uint32_t dispatch)
{
    uint32_t to = EXEC_CODE + dispatch * 4;

    code_li32(o, RV64_GP, EXEC_DATA);
    code_li32(o, RV64_T0, to);
    code_put(o, RV64_OP_JALR, 0, RV64_T0, 0, 0);
}

const struct offload_map exec_xdp_maps[EXEC_MAPS] = {
    {.type = 2, .key_size = 4, .value_size = 8, .max_entries = 4, .name = "a"},
    {.type = 2, .key_size = 4, .value_size = 8, .max_entries = 4, .name = "b"},
    {.type = 2, .key_size = 4, .value_size = 8, .max_entries = 4, .name = "c"},
    {.type = 6, .key_size = 4, .value_size = 8, .max_entries = 4, .name = "d"},
};

void exec_xdp_init(struct exec_case *c, unsigned k, unsigned n)
{
    uint32_t data = exec_mem(k, n) + EXEC_PACKET, md[3] = {data, data + EXEC_PACKET_LEN, data};

    memcpy(c->mem + EXEC_XDP, md, sizeof(md));
    c->prog.maps = exec_xdp_maps;
    c->prog.map_count = EXEC_MAPS;
    c->xdp = true;
}

/* t3 = for the last map, which has its offset in t2: the bytes to this CPU's copies; else 0 */
static void put_plane(struct code *o)
{
    code_put(o, RV64_OP_ADDI, RV64_T3, RV64_T2, 0, -16 * (int)(EXEC_MAPS - 1));
    code_put(o, RV64_OP_SLTIU, RV64_T3, RV64_T3, 0, 1);
    code_put(o, RV64_OP_SUB, RV64_T3, RV64_ZERO, RV64_T3, 0);
    code_put(o, RV64_OP_ANDI, RV64_T3, RV64_T3, 0, EXEC_CPU * EXEC_PLANE);
}

/* Array lookup by the layout of exec_map and exec_value; 8: the CPU; others: 32 * id + 77. */
static void put_xdp_helper(struct code *o)
{
    code_put(o, RV64_OP_ADDI, RV64_T1, 0, 0, 1);
    code_put(o, RV64_OP_BNE, 0, RV64_T0, RV64_T1, 4 * 15);
    code_put(o, RV64_OP_LWU, RV64_T1, RV64_A1, 0, 0);
    code_put(o, RV64_OP_ANDI, RV64_T2, RV64_A0, 0, EXEC_MEM - 1);
    put_plane(o);
    code_put(o, RV64_OP_ADD, RV64_A0, RV64_A0, RV64_T2, 0);
    code_put(o, RV64_OP_ADD, RV64_A0, RV64_A0, RV64_T3, 0);
    code_put(o, RV64_OP_SLTIU, RV64_T2, RV64_T1, 0, 4);
    code_put(o, RV64_OP_SH3ADD, RV64_A0, RV64_T1, RV64_A0, 0);
    code_put(o, RV64_OP_SUB, RV64_T2, RV64_ZERO, RV64_T2, 0);
    code_put(o, RV64_OP_ADDI, RV64_A0, RV64_A0, 0, 64);
    code_put(o, RV64_OP_AND, RV64_A0, RV64_A0, RV64_T2, 0);
    code_put(o, RV64_OP_JAL, 0, 0, 0, 4 * 6);
    code_put(o, RV64_OP_SLLI, RV64_A0, RV64_T0, 0, 5);
    code_put(o, RV64_OP_ADDI, RV64_A0, RV64_A0, 0, 77);
    code_put(o, RV64_OP_ADDI, RV64_T1, 0, 0, 8);
    code_put(o, RV64_OP_BNE, 0, RV64_T0, RV64_T1, 4 * 2);
    code_put(o, RV64_OP_ADDI, RV64_A0, RV64_TP, 0, 0);
}

/* exec_helper */
static void put_args_helper(struct code *o)
{
    code_put(o, RV64_OP_XOR, RV64_A4, RV64_A4, RV64_T0, 0);
    code_put(o, RV64_OP_SH1ADD, RV64_A1, RV64_A1, RV64_A1, 0);
    code_put(o, RV64_OP_SH2ADD, RV64_A2, RV64_A2, RV64_A2, 0);
    code_put(o, RV64_OP_SH3ADD, RV64_A3, RV64_A3, RV64_A3, 0);
    code_put(o, RV64_OP_SLLI, RV64_T1, RV64_A4, 0, 3);
    code_put(o, RV64_OP_SUB, RV64_A4, RV64_T1, RV64_A4, 0);
    for (unsigned r = RV64_A1; r <= RV64_A4; r++)
        code_put(o, RV64_OP_ADD, RV64_A0, RV64_A0, r, 0);
}

static void put_helper(struct code *o, bool xdp)
{
    if (xdp)
        put_xdp_helper(o);
    else
        put_args_helper(o);
    code_rubbish(o, RV64_A1);
}

enum { TAIL_RESULT = 0x123 };

static const struct ebpf_insn tail_target[] = {
    {.opcode = 0xb7, .dst = 0, .imm = TAIL_RESULT}, /* r0 = TAIL_RESULT */
    {.opcode = 0xdb, .dst = 1, .src = 0},           /* lock *(u64 *)(r1 +0) += r0 */
    {.opcode = 0x95},
};
const struct offload_prog exec_tail_target = {
    .name = "target", .insns = tail_target, .insn_count = 3};

/* t0: the gate; taken ones are counted in the descriptor. Index 1 is taken: the target's work is
 * done here. */
static void put_tail_call(struct code *o, uint32_t exit)
{
    uint32_t not_taken, no_more;

    code_put(o, RV64_OP_ADDI, RV64_A2, RV64_A2, 0, -1);
    not_taken = o->at++;
    code_put(o, RV64_OP_LD, RV64_T2, RV64_GP, 0, offsetof(struct descriptor, tail_calls));
    code_put(o, RV64_OP_SLTIU, RV64_T1, RV64_T2, 0, OFFLOAD_TAIL_CALLS);
    no_more = o->at++;
    code_put(o, RV64_OP_ADDI, RV64_T2, RV64_T2, 0, 1);
    code_put(o, RV64_OP_SD, 0, RV64_GP, RV64_T2, offsetof(struct descriptor, tail_calls));
    code_put(o, RV64_OP_ADDI, RV64_T1, 0, 0, TAIL_RESULT);
    code_put(o, RV64_OP_AMOADD_D, 0, RV64_A0, RV64_T1, 0);
    code_put(o, RV64_OP_ADDI, RV64_A0, RV64_T1, 0, 0);
    code_put(o, RV64_OP_ADDI, RV64_T0, RV64_T0, 0, -(int)OFFLOAD_GATE_TAIL);
    code_put(o, RV64_OP_BEQ, 0, RV64_T0, RV64_ZERO, ((int)exit - (int)o->at) * 4);
    code_put(o, RV64_OP_ADDI, RV64_A1, 0, 0, 1);
    code_rubbish(o, RV64_A2);
    o->w[not_taken] =
        rv64_encode(RV64_OP_BNE, 0, RV64_A2, RV64_ZERO, ((int)o->at - (int)not_taken) * 4);
    o->w[no_more] =
        rv64_encode(RV64_OP_BEQ, 0, RV64_T1, RV64_ZERO, ((int)o->at - (int)no_more) * 4);
    code_put(o, RV64_OP_ADDI, RV64_A0, 0, 0, -5);
    code_put(o, RV64_OP_ADDI, RV64_A1, 0, 0, 0);
    code_rubbish(o, RV64_A2);
}

static void put_dispatch(struct code *o, uint32_t gates, uint32_t end)
{
    code_put(o, RV64_OP_LD, RV64_T0, RV64_GP, 0, offsetof(struct descriptor, entry));
    code_put(o, RV64_OP_BNE, 0, RV64_T0, RV64_ZERO, 8);
    code_jump(o, end);
    for (unsigned r = RV64_T1; r < 32; r++)
        code_put(o, RV64_OP_ADDI, r, 0, 0, -1000 - (int)r);
    code_put(o, RV64_OP_LD, RV64_A0, RV64_GP, 0, offsetof(struct descriptor, r1));
    code_put(o, RV64_OP_LD, RV64_SP, RV64_GP, 0, offsetof(struct descriptor, sp));
    code_put(o, RV64_OP_ADDI, RV64_TP, 0, 0, EXEC_CPU);
    code_li32(o, RV64_RA, EXEC_CODE + gates * 4);
    code_put(o, RV64_OP_JALR, 0, RV64_T0, 0, 0);
}

static void put_end(struct code *o, enum exec_end end, uint32_t data_len)
{
    if (end == EXEC_END_HALT) {
        code_li32(o, RV64_T0, EXEC_HALT);
        code_put(o, RV64_OP_SD, 0, RV64_T0, RV64_ZERO, 0);
        code_put(o, RV64_OP_JAL, 0, 0, 0, 0);
        return;
    }
    code_put(o, RV64_OP_ADDI, RV64_A0, 0, 0, 1);
    code_li32(o, RV64_A1, EXEC_DATA);
    code_li32(o, RV64_A2, data_len);
    code_put(o, RV64_OP_ADDI, RV64_A7, 0, 0, 64); /* write */
    code_put(o, RV64_OP_ECALL, 0, 0, 0, 0);
    code_put(o, RV64_OP_ADDI, RV64_A0, 0, 0, 0);
    code_put(o, RV64_OP_ADDI, RV64_A7, 0, 0, 93); /* exit */
    code_put(o, RV64_OP_ECALL, 0, 0, 0, 0);
}

/* Gates, dispatcher and the rest from word `gates` on. */
static void put_tail(struct code *o, enum exec_end end, uint32_t data_len, bool xdp)
{
    uint32_t gates = o->at, to[OFFLOAD_GATES], dispatch, stop, exit;

    o->at = gates + OFFLOAD_GATES * 2;
    for (uint32_t g = 0; g < OFFLOAD_GATES; g++)
        to[g] = o->at;
    put_helper(o, xdp);
    to[EXEC_LOOP] = o->at;
    to[OFFLOAD_GATE_CALLBACK_END] =
        code_loop(o, EXEC_CODE + (gates + 2 * OFFLOAD_GATE_CALLBACK_END) * 4);
    exit = to[OFFLOAD_GATE_EXIT] = o->at;
    code_put(o, RV64_OP_SD, 0, RV64_GP, RV64_A0, offsetof(struct descriptor, r0));
    code_put(o, RV64_OP_ADDI, RV64_GP, RV64_GP, 0, sizeof(struct descriptor));
    dispatch = o->at;
    stop = dispatch + 64;
    put_dispatch(o, gates, stop);
    o->at = stop;
    put_end(o, end, data_len);
    to[OFFLOAD_GATE_TAIL] = to[OFFLOAD_GATE_TAIL_NESTED] = o->at;
    put_tail_call(o, exit);
    stop = o->at;
    for (uint32_t g = 0; g < OFFLOAD_GATES; g++) {
        o->at = gates + 2 * g;
        code_put(o, RV64_OP_ADDI, RV64_T0, 0, 0, (int32_t)g);
        code_jump(o, to[g]);
    }
    o->at = 0;
    put_start(o, dispatch);
    o->at = stop;
}

static int link_case(const struct exec_case *c, const struct offload_image *img, unsigned k,
                     unsigned n, uint32_t base, uint32_t gates, uint32_t *out)
{
    uint32_t map[EXEC_MAPS], value[EXEC_MAPS];

    for (unsigned m = 0; m < EXEC_MAPS; m++) {
        map[m] = exec_map(k, n, m);
        value[m] = exec_value(k, n, m);
    }
    struct offload_link link = {.base = EXEC_CODE + base * 4,
                                .gate_base = EXEC_CODE + gates * 4,
                                .map_addr = map,
                                .value_addr = value,
                                .map_count = c->prog.map_count};
    return offload_image_link(img, &link, out);
}

/* Links all programs and writes the descriptors of those that did. */
static void place(struct exec_case *cases, struct offload_image **img, unsigned n, uint32_t gates,
                  struct exec_image *out)
{
    struct descriptor *d = (struct descriptor *)(void *)out->data;
    uint32_t at = START_WORDS;

    for (unsigned k = 0; k < n; k++) {
        memcpy(out->data + (exec_mem(k, n) - EXEC_DATA), cases[k].mem, EXEC_MEM);
        if (!img[k])
            continue;
        cases[k].err = link_case(&cases[k], img[k], k, n, at, gates, out->code + at);
        if (!cases[k].err)
            *d++ = (struct descriptor){.entry = EXEC_CODE + (at + img[k]->entry_word) * 4,
                                       .r1 = exec_mem(k, n) + (cases[k].xdp ? EXEC_XDP : 0),
                                       .sp = EXEC_STACK_TOP};
        at += img[k]->code_words;
    }
}

int exec_build(struct exec_case *cases, unsigned n, enum exec_end end, struct exec_image *out)
{
    struct offload_image **img = calloc(n, sizeof(struct offload_image *));
    uint32_t gates = START_WORDS;

    for (unsigned k = 0; k < n; k++) {
        cases[k].err = offload_translate(&cases[k].prog, cases[k].facts, &cases[k].opts, UINT32_MAX,
                                         &img[k], &cases[k].why);
        gates += img[k] ? img[k]->code_words : 0;
    }
    gates = (gates + 1) & ~1u;
    out->code_words = (gates + OFFLOAD_GATES * 2 + 2 * TAIL_WORDS + 1023) & ~1023u;
    out->data_len = descriptors_len(n) + ((n * EXEC_MEM + 4095) & ~4095u);
    out->code = aligned_alloc(4096, (size_t)out->code_words * 4);
    out->data = aligned_alloc(4096, out->data_len);
    memset(out->code, 0, (size_t)out->code_words * 4);
    memset(out->data, 0, out->data_len);
    place(cases, img, n, gates, out);
    struct code o = {out->code, gates};
    put_tail(&o, end, out->data_len, cases[0].xdp);
    for (unsigned k = 0; k < n; k++)
        offload_image_free(img[k]);
    free(img);
    return o.at <= out->code_words ? 0 : -1;
}

void exec_collect(struct exec_case *cases, unsigned n, const uint8_t *data)
{
    const struct descriptor *d = (const struct descriptor *)(const void *)data;

    for (unsigned k = 0; k < n; k++) {
        memcpy(cases[k].mem, data + (exec_mem(k, n) - EXEC_DATA), EXEC_MEM);
        if (!cases[k].err)
            cases[k].r0 = d++->r0;
    }
}

static int loop(void *ctx, struct refint_run *run, uint32_t id, const uint64_t arg[5], uint64_t *r0)
{
    uint64_t n = 0, ret = 0;

    (void)ctx;
    if (id != EXEC_LOOP)
        return 1;
    while (n < arg[0] && ret == 0) {
        uint64_t give[5] = {n++, arg[2], 0, 0, 0};
        if (refint_callback(run, arg[1], give, &ret))
            return -1;
    }
    *r0 = n;
    return 0;
}

static const struct offload_prog *tail_call(void *ctx, const uint64_t arg[5])
{
    (void)ctx;
    return arg[2] == 1 ? &exec_tail_target : NULL;
}

static int kfunc(void *ctx, uint32_t k, const uint64_t arg[5], uint64_t *r0)
{
    (void)ctx;
    *r0 = exec_helper(EXEC_KFUNC + k, arg);
    return 0;
}

static int helper(void *ctx, uint32_t id, const uint64_t arg[5], uint64_t *r0)
{
    (void)ctx;
    *r0 = exec_helper(id, arg);
    return 0;
}

/* What the code of put_xdp_helper does; the programs leave the key in r3 as well. */
static int xdp_helper(void *ctx, uint32_t id, const uint64_t arg[5], uint64_t *r0)
{
    uint32_t key = (uint32_t)arg[2], map = (uint32_t)arg[0];
    uint32_t copy = map % EXEC_MEM == 16 * (EXEC_MAPS - 1) ? EXEC_CPU * EXEC_PLANE : 0;

    (void)ctx;
    *r0 = 32u * id + 77;
    if (id == 1)
        *r0 = key < 4 ? map + map % EXEC_MEM + 64 + 8 * key + copy : 0;
    if (id == 8)
        *r0 = EXEC_CPU;
    return 0;
}

enum refint_end exec_refint_watched(struct exec_case *c, unsigned k, unsigned n,
                                    struct refint_result *res, refint_watch_fn *watch, void *ctx)
{
    uint64_t map[EXEC_MAPS], value[EXEC_MAPS];
    struct refint_region mem = {
        .base = exec_mem(k, n), .len = EXEC_MEM, .data = c->mem, .writable = true};

    for (unsigned m = 0; m < EXEC_MAPS; m++) {
        map[m] = exec_map(k, n, m);
        value[m] = exec_value(k, n, m);
    }
    struct refint_config cfg = {.regions = &mem,
                                .region_count = 1,
                                .map_addr = map,
                                .value_addr = value,
                                .stack_top = EXEC_STACK_TOP,
                                .helper = c->xdp ? xdp_helper : helper,
                                .loop = loop,
                                .kfunc = kfunc,
                                .tail_call = tail_call,
                                .watch = watch,
                                .helper_ctx = ctx,
                                .r1 = mem.base + (c->xdp ? EXEC_XDP : 0)};
    refint_run(&c->prog, &cfg, res);
    c->r0 = res->r0;
    c->err = res->end == REFINT_EXIT ? 0 : -1;
    return res->end;
}

enum refint_end exec_refint(struct exec_case *c, unsigned k, unsigned n, struct refint_result *res)
{
    return exec_refint_watched(c, k, n, res, NULL, NULL);
}
