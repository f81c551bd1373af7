/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Code: gates, what they lead to, the program. Helpers, kernel functions and tail calls leave
 * their arguments in the world's mailbox and store to BELL, where the test does their work;
 * bpf_loop is engine code.
 */
#include "bench.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "engine/engine.h"
#include "offload/abi.h"

#define CODE       0x20000000u
#define CODE_BYTES (1u << 20)
#define PROGRAM    0x2000u /* in words: where the program is */
#define BELL       0x18000000u
#define DONE       0x18000008u
#define CYCLES     (1u << 26) /* of a run, at most */

/* 64-bit words */
enum { ARGUMENTS = 0, GATE = 5, RESULT = 6, TAKEN = 7 };

struct bench {
    uint32_t code[CODE_BYTES / 4] __attribute__((aligned(4096)));
    uint32_t entry;
    struct nic_config cfg;
    struct engine_bus bus;
    struct code_cache *cc;
    struct engine *engine;
    struct world *world; /* of the run */
    uint64_t r0;
    bool done;
};

/* ---- code around the program ---- */

static void mailbox(struct code *o)
{
    code_li32(o, RV64_T1, WORLD_BASE + WORLD_MAILBOX);
}

/* t0: the gate. Leaves the answer in a0 and, for tail calls, whether they were taken in t2. */
static void put_bell(struct code *o)
{
    mailbox(o);
    for (int k = 0; k < 5; k++)
        code_put(o, RV64_OP_SD, 0, RV64_T1, RV64_A0 + (unsigned)k, 8 * (ARGUMENTS + k));
    code_put(o, RV64_OP_SD, 0, RV64_T1, RV64_T0, 8 * GATE);
    code_li32(o, RV64_T2, BELL);
    code_put(o, RV64_OP_SD, 0, RV64_T2, RV64_ZERO, 0);
    code_put(o, RV64_OP_LD, RV64_A0, RV64_T1, 0, 8 * RESULT);
    code_put(o, RV64_OP_LD, RV64_T2, RV64_T1, 0, 8 * TAKEN);
}

static void put_exit(struct code *o)
{
    code_li32(o, RV64_T1, DONE);
    code_put(o, RV64_OP_SD, 0, RV64_T1, RV64_A0, 0);
    code_put(o, RV64_OP_JAL, 0, 0, 0, 0);
}

/* From a subprogram a1 says whether it was taken; from the main program it ends there. */
static void put_tails(struct code *o, uint32_t exit, uint32_t to[OFFLOAD_GATES])
{
    to[OFFLOAD_GATE_TAIL] = o->at;
    put_bell(o);
    code_put(o, RV64_OP_BEQ, 0, RV64_T2, RV64_ZERO, 8);
    code_jump(o, exit);
    code_rubbish(o, RV64_A0);
    to[OFFLOAD_GATE_TAIL_NESTED] = o->at;
    put_bell(o);
    code_put(o, RV64_OP_ADDI, RV64_A1, RV64_T2, 0, 0);
    code_rubbish(o, RV64_A2);
}

static void put_gates(struct bench *b)
{
    struct code o = {b->code, 2 * OFFLOAD_GATES};
    uint32_t to[OFFLOAD_GATES], bell = o.at;

    put_bell(&o);
    code_rubbish(&o, RV64_A1);
    for (uint32_t g = 0; g < OFFLOAD_GATES; g++)
        to[g] = bell;
    to[OFFLOAD_GATE_EXIT] = o.at;
    put_exit(&o);
    to[BPF_FUNC_loop] = o.at;
    to[OFFLOAD_GATE_CALLBACK_END] = code_loop(&o, CODE + 8 * OFFLOAD_GATE_CALLBACK_END);
    put_tails(&o, to[OFFLOAD_GATE_EXIT], to);
    b->entry = o.at;
    for (uint32_t g = 0; g < OFFLOAD_GATES; g++) {
        o.at = 2 * g;
        code_put(&o, RV64_OP_ADDI, RV64_T0, 0, 0, (int32_t)g);
        code_jump(&o, to[g]);
    }
}

/* What firmware does before a program, with rubbish where nothing is promised. */
static void put_entry(struct bench *b, uint32_t program)
{
    struct code o = {b->code, b->entry};

    for (unsigned r = RV64_T1; r < 32; r++)
        code_put(&o, RV64_OP_ADDI, r, 0, 0, -1000 - (int)r);
    code_li32(&o, RV64_A0, WORLD_BASE + WORLD_CTX);
    code_li32(&o, RV64_SP, WORLD_BASE + WORLD_STACK_TOP);
    code_put(&o, RV64_OP_ADDI, RV64_TP, 0, 0, WORLD_CPU);
    code_li32(&o, RV64_RA, CODE);
    code_jump(&o, program);
}

/* ---- the bus ---- */

static enum bus_result ring(struct bench *b)
{
    struct world *w = b->world;
    uint64_t box[8], r0 = 0;
    bool known = true;

    memcpy(box, w->mem + WORLD_MAILBOX, sizeof(box));
    box[TAKEN] = 0;
    if (box[GATE] == OFFLOAD_GATE_TAIL || box[GATE] == OFFLOAD_GATE_TAIL_NESTED) {
        box[TAKEN] = world_tail(w, box);
        r0 = WORLD_VERDICT;
    } else if (box[GATE] >= OFFLOAD_GATE_KFUNC) {
        known = world_kfunc(w, (uint32_t)box[GATE] - OFFLOAD_GATE_KFUNC, box, &r0) == 0;
    } else {
        known = world_helper(w, (uint32_t)box[GATE], box, &r0) == 0;
    }
    box[RESULT] = r0;
    memcpy(w->mem + WORLD_MAILBOX, box, sizeof(box));
    return known ? BUS_OK : BUS_FAULT;
}

static uint64_t combine(unsigned op, uint64_t old, uint64_t v)
{
    switch (op) {
    case BUS_AMO_ADD:
        return old + v;
    case BUS_AMO_XOR:
        return old ^ v;
    case BUS_AMO_AND:
        return old & v;
    case BUS_AMO_OR:
        return old | v;
    default:
        return v;
    }
}

static enum bus_result memory(struct world *w, struct bus_req *req)
{
    uint64_t at = req->addr - WORLD_BASE, old = 0, v = req->data;

    if (at > (uint64_t)WORLD_BYTES - req->bytes ||
        (req->op >= BUS_AMO_MIN && req->op <= BUS_AMO_MAXU))
        return BUS_FAULT;
    memcpy(&old, w->mem + at, req->bytes);
    req->data = req->op == BUS_SC ? 0 : old;
    if (req->op == BUS_LOAD || req->op == BUS_LR)
        return BUS_OK;
    if (req->op != BUS_STORE && req->op != BUS_SC)
        v = combine(req->op, old, v);
    memcpy(w->mem + at, &v, req->bytes);
    return BUS_OK;
}

static enum bus_result access(void *ctx, struct bus_req *req)
{
    struct bench *b = ctx;

    req->done = req->now + 1;
    if (req->addr == BELL && req->op == BUS_STORE)
        return ring(b);
    if (req->addr != DONE || req->op != BUS_STORE)
        return memory(b->world, req);
    b->r0 = req->data;
    b->done = true;
    return BUS_STOP;
}

static const uint8_t *code_page(void *ctx, uint64_t page)
{
    const struct bench *b = ctx;

    return page - CODE < CODE_BYTES ? (const uint8_t *)b->code + (page - CODE) : NULL;
}

static uint64_t time_ns(void *ctx, uint64_t cycle)
{
    (void)ctx;
    return cycle;
}

/* ---- life ---- */

int bench_create(struct bench **out)
{
    struct bench *b = aligned_alloc(4096, (sizeof(*b) + 4095) & ~(size_t)4095);

    if (!b)
        return -1;
    memset(b, 0, sizeof(*b));
    b->bus =
        (struct engine_bus){.ctx = b, .access = access, .code_page = code_page, .time_ns = time_ns};
    nic_config_init(&b->cfg);
    put_gates(b);
    if (code_cache_create(&b->cfg, &b->bus, &b->cc) ||
        engine_create(&b->cfg, 1, 0, &b->bus, b->cc, &b->engine)) {
        fprintf(stderr, "no engine\n");
        bench_destroy(b);
        return -1;
    }
    *out = b;
    return 0;
}

void bench_destroy(struct bench *b)
{
    if (!b)
        return;
    engine_destroy(b->engine);
    code_cache_destroy(b->cc);
    free(b);
}

int bench_load(struct bench *b, const struct offload_image *img, const struct world *w)
{
    uint32_t map[WORLD_MAPS], value[WORLD_MAPS], seed[WORLD_MAPS];
    struct offload_link link = {.base = CODE + PROGRAM * 4,
                                .gate_base = CODE,
                                .map_addr = map,
                                .value_addr = value,
                                .seed = seed,
                                .map_count = w->prog->map_count};
    int err;

    for (unsigned n = 0; n < w->prog->map_count; n++) {
        map[n] = WORLD_BASE + WORLD_HANDLES + 16 * n;
        value[n] = WORLD_BASE + w->map[n].values;
        seed[n] = world_seed(w, n);
    }
    if (img->code_words > CODE_BYTES / 4 - PROGRAM)
        return -1;
    err = offload_image_link(img, &link, b->code + PROGRAM);
    if (err)
        fprintf(stderr, "linking: %s\n", strerror(-err));
    put_entry(b, PROGRAM + img->entry_word);
    code_cache_invalidate(b->cc, CODE + 4 * b->entry, 4 * 64);
    code_cache_invalidate(b->cc, link.base, (uint64_t)img->code_words * 4);
    return err;
}

int bench_run(struct bench *b, struct world *w, uint64_t *r0)
{
    struct nic_fault f;
    enum engine_stop stop;

    b->world = w;
    b->done = false;
    engine_reset(b->engine, CODE + 4 * b->entry, 0);
    stop = engine_run(b->engine, CYCLES);
    *r0 = b->r0;
    if (b->done)
        return 0;
    if (engine_fault(b->engine, &f))
        fprintf(stderr, "engine: %s at word %lld, cause %llu, tval 0x%llx\n", f.what,
                ((long long)f.pc - CODE) / 4 - PROGRAM, (unsigned long long)f.cause,
                (unsigned long long)f.tval);
    else
        fprintf(stderr, "engine ended with %d before the program did\n", (int)stop);
    return -1;
}
