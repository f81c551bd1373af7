/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Host time of the translator: programs of 4,000 instructions of several shapes, and the programs
 * of objects, with every pass. Each round also times the verifier on the same program and a plain
 * C loop, so that figures of two hosts can be compared.
 *
 *   xlate_time [ROUNDS [OBJECT...]]
 */
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "objects.h"
#include "offload/image.h"
#include "offload/verifier.h"

enum { INSNS = 4000, STEPS = 1000000, MAPS = 1, OBJECT_INSNS = 500 };

static unsigned rounds = 20;

/* ---- shapes ---- */

struct build {
    struct ebpf_insn i[INSNS + 64];
    uint32_t n;
};

static void put(struct build *b, uint8_t opcode, unsigned dst, unsigned src, int off, int32_t imm)
{
    b->i[b->n++] = (struct ebpf_insn){.opcode = opcode,
                                      .dst = (uint8_t)(dst & 15u),
                                      .src = (uint8_t)(src & 15u),
                                      .off = (int16_t)off,
                                      .imm = imm};
}

enum {
    MOV_K = 0xb7,
    MOV_X = 0xbf,
    ADD_K = 0x07,
    ADD_X = 0x0f,
    MUL32_K = 0x24,
    XOR_X = 0xaf,
    LSH_K = 0x67,
    OR_X = 0x4f,
    LDX8 = 0x71,
    LDX32 = 0x61,
    LDX64 = 0x79,
    STX64 = 0x7b,
    STX16 = 0x6b,
    JNE_K = 0x55,
    JLE_X = 0xbd,
    JEQ_K = 0x15,
    LD64 = 0x18,
    CALL = 0x85,
    EXIT = 0x95,
};

/* r6 the packet, of which 64 bytes are there; r1..r5 and r8 unknown numbers; 64 bytes of stack */
static void start(struct build *b)
{
    b->n = 0;
    put(b, LDX32, 6, 1, 0, 0);
    put(b, LDX32, 2, 1, 4, 0);
    put(b, LDX32, 8, 1, 12, 0);
    put(b, MOV_X, 3, 6, 0, 0);
    put(b, ADD_K, 3, 0, 0, 64);
    put(b, MOV_K, 0, 0, 0, 1);
    put(b, JLE_X, 3, 2, 1, 0);
    put(b, EXIT, 0, 0, 0, 0);
    for (unsigned r = 1; r <= 5; r++)
        put(b, MOV_X, r, 8, 0, 0);
    for (int at = 8; at <= 64; at += 8)
        put(b, STX64, 10, 8, -at, 0);
}

/* All that was worked out counts. */
static void finish(struct build *b)
{
    for (unsigned r = 1; r <= 5; r++)
        put(b, XOR_X, 0, r, 0, 0);
    put(b, EXIT, 0, 0, 0, 0);
}

static void straight(struct build *b)
{
    start(b);
    while (b->n < INSNS - 10) {
        put(b, ADD_X, 1 + b->n % 5, 1 + (b->n + 2) % 5, 0, 0);
        put(b, MUL32_K, 1 + b->n % 5, 0, 0, 77);
        put(b, XOR_X, 1 + b->n % 5, 1 + (b->n + 3) % 5, 0, 0);
    }
    finish(b);
}

/* A jump over one, every fourth instruction. */
static void branchy(struct build *b)
{
    start(b);
    while (b->n < INSNS - 10) {
        put(b, LDX8, 8, 6, (int)(b->n % 64), 0);
        put(b, JNE_K, 8, 0, 1, (int32_t)(b->n % 256));
        put(b, ADD_K, 1 + b->n % 5, 0, 0, 3);
        put(b, XOR_X, 1 + b->n % 5, 1 + (b->n + 1) % 5, 0, 0);
    }
    finish(b);
}

static void lookups(struct build *b)
{
    start(b);
    while (b->n < INSNS - 24) {
        put(b, STX64, 10, 8, -72, 0);
        put(b, MOV_X, 2, 10, 0, 0);
        put(b, ADD_K, 2, 0, 0, -72);
        put(b, LD64, 1, 1, 0, 0);
        put(b, 0, 0, 0, 0, 0);
        put(b, CALL, 0, 0, 0, 1);
        put(b, JEQ_K, 0, 0, 2, 0);
        put(b, MOV_K, 1, 0, 0, 1);
        put(b, 0xdb, 0, 1, 0, 0);
        put(b, CALL, 0, 0, 0, 7);
        put(b, ADD_X, 8, 0, 0, 0);
    }
    for (unsigned r = 1; r <= 5; r++)
        put(b, MOV_X, r, 8, 0, 0);
    finish(b);
}

/* Fields put together from bytes, kept in the stack, written back. */
static void fields(struct build *b)
{
    start(b);
    while (b->n < INSNS - 24) {
        int at = (int)(b->n % 24), slot = -8 - 8 * (int)(b->n % 8);

        put(b, LDX8, 1, 6, at, 0);
        put(b, LDX8, 2, 6, at + 1, 0);
        put(b, LSH_K, 2, 0, 0, 8);
        put(b, OR_X, 1, 2, 0, 0);
        put(b, STX16, 6, 1, at + 2, 0);
        put(b, LDX64, 4, 10, slot, 0);
        put(b, ADD_X, 5, 4, 0, 0);
        put(b, STX64, 10, 5, slot, 0);
    }
    finish(b);
}

/* ---- time ---- */

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Time of a million steps of xorshift64. */
static double plain_loop(void)
{
    volatile uint64_t start_at = 88172645463325252u;
    uint64_t x = start_at;
    double t = seconds();

    for (unsigned k = 0; k < STEPS; k++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    start_at = x;
    return seconds() - t;
}

static double verify_time(const struct offload_prog *p, struct offload_facts **facts)
{
    struct offload_verify_opts opts = {
        .helpers = {~0ull, ~0ull, ~0ull, ~0ull}, .kfuncs = ~0ull, .allow_uninit_stack = true};
    struct offload_refusal why = {0};
    double t = seconds();

    *facts = NULL;
    if (offload_verify(p, &opts, NULL, facts, &why))
        fprintf(stderr, "refused: insn %u: %s\n", why.insn, why.reason);
    return seconds() - t;
}

static double translate_time(const struct offload_prog *p, const struct offload_facts *facts,
                             uint32_t *words)
{
    struct offload_image *img = NULL;
    struct offload_refusal why;
    double t = seconds();

    if (offload_translate(p, facts, NULL, UINT32_MAX, &img, &why) == 0)
        *words = img->code_words;
    t = seconds() - t;
    offload_image_free(img);
    return t;
}

static double least(double a, double b)
{
    return b < a ? b : a;
}

static void measure(const char *name, const struct offload_prog *p)
{
    double xlate = 1e9, verify = 1e9, loop = 1e9;
    uint32_t words = 0;

    for (unsigned n = 0; n < rounds; n++) {
        struct offload_facts *facts;
        verify = least(verify, verify_time(p, &facts));
        if (!facts)
            return;
        xlate = least(xlate, translate_time(p, facts, &words));
        loop = least(loop, plain_loop());
        offload_facts_free(facts);
    }
    printf("%-24s %6u %6u %8.2f %10.2f %8.2f %8.2f\n", name, p->insn_count, words, xlate * 1e3,
           xlate * 1e3 * 4000 / p->insn_count, xlate / verify, xlate / loop);
}

static void shape(const char *name, void (*make)(struct build *))
{
    static const struct offload_map maps[MAPS] = {
        {.type = 1, .key_size = 8, .value_size = 8, .max_entries = 64, .name = "m"}};
    static struct build b;

    make(&b);
    const struct offload_prog p = {
        .insns = b.i, .insn_count = b.n, .maps = maps, .map_count = MAPS, .gpl = true};
    measure(name, &p);
}

/* Kernel functions have no row when the card has them not. */
static bool resolved(const struct offload_prog *p)
{
    for (uint32_t n = 0; n < p->insn_count; n++)
        if (p->insns[n].opcode == CALL && p->insns[n].src == 2 && p->insns[n].imm < 0)
            return false;
    return true;
}

static void take(void *arg, const struct object_prog *o)
{
    (void)arg;
    if (o->kernel == 0 && o->prog.insn_count >= OBJECT_INSNS && resolved(&o->prog))
        measure(o->prog.name, &o->prog);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list ap)
{
    (void)level;
    (void)format;
    (void)ap;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        rounds = (unsigned)strtoul(argv[1], NULL, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("host time, best of %u rounds; loop: a million steps of xorshift64\n"
           "program                    BPF  words       ms  ms / 4000  /verify    /loop\n",
           rounds);
    shape("straight", straight);
    shape("branches", branchy);
    shape("lookups", lookups);
    shape("fields", fields);
    libbpf_set_print(quiet);
    objects_watch(take, NULL);
    for (int n = 2; n < argc; n++)
        objects_load(argv[n]);
    objects_watch(NULL, NULL);
    return 0;
}
