/* SPDX-License-Identifier: BSD-3-Clause */
/* Jumps and calls over every distance, run and compared; size and speed of large programs. */
#include "cunit_main.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ebpf/ebpf.h"
#include "exec.h"

struct build {
    struct ebpf_insn *i;
    uint32_t n, cap;
};

static void put(struct build *b, uint8_t opcode, unsigned dst, unsigned src, int off, int32_t imm)
{
    if (b->n == b->cap) {
        b->cap = b->cap ? 2 * b->cap : 1024;
        b->i = realloc(b->i, b->cap * sizeof(*b->i));
    }
    b->i[b->n++] = (struct ebpf_insn){.opcode = opcode,
                                      .dst = (uint8_t)(dst & 15u),
                                      .src = (uint8_t)(src & 15u),
                                      .off = (int16_t)off,
                                      .imm = imm};
}

/* Every instruction as it stands: the passes would see through the filler. */
static const struct offload_xlate_opts plain = {.off = UINT32_MAX};

enum { MOV_K = 0xb7, ADD_K = 0x07, JNE_K = 0x55, JA = 0x05, JA32 = 0x06, CALL = 0x85, EXIT = 0x95 };

enum filler {
    SMALL, /* r3 += 1: one word */
    LARGE, /* 32-bit cmpxchg of r10 at a far offset: nine words, ten where sp moves */
};

static void fill(struct build *b, uint32_t n, enum filler what)
{
    for (uint32_t k = 0; k < n; k++) {
        if (what == SMALL)
            put(b, ADD_K, 3, 0, 0, 1);
        else
            put(b, 0xc3, 8, 10, 20000, 0xf1);
    }
}

/* A jump at `at` goes to where the program ends now. */
static void land(struct build *b, uint32_t at)
{
    int32_t rel = (int32_t)b->n - (int32_t)at - 1;

    if (b->i[at].opcode == JA32 || b->i[at].opcode == CALL)
        b->i[at].imm = rel;
    else
        b->i[at].off = (int16_t)rel;
}

/* if r1 != 0 goto over the filler */
static void forward_branch(struct build *b, uint32_t n, enum filler what)
{
    put(b, MOV_K, 0, 0, 0, 1);
    put(b, JNE_K, 1, 0, 0, 0);
    uint32_t jump = b->n - 1;
    fill(b, n, what);
    land(b, jump);
    put(b, ADD_K, 0, 0, 0, 2);
    put(b, EXIT, 0, 0, 0, 0);
}

/* goto over the filler, then a branch back over it, then forward again */
static void backward_branch(struct build *b, uint32_t n, enum filler what)
{
    put(b, MOV_K, 0, 0, 0, 0);
    put(b, JA32, 0, 0, 0, 0);
    put(b, ADD_K, 0, 0, 0, 5);
    put(b, MOV_K, 1, 0, 0, 0);
    put(b, JA32, 0, 0, 0, 0);
    fill(b, n, what);
    land(b, 1);
    land(b, 4);
    put(b, JNE_K, 1, 0, 2 - (int)b->n - 1, 0);
    put(b, ADD_K, 0, 0, 0, 2);
    put(b, EXIT, 0, 0, 0, 0);
}

/* gotol forwards, backwards, forwards */
static void jumps(struct build *b, uint32_t n, enum filler what)
{
    put(b, MOV_K, 0, 0, 0, 0);
    put(b, JA32, 0, 0, 0, 0);
    put(b, ADD_K, 0, 0, 0, 5);
    put(b, JA32, 0, 0, 0, 0);
    fill(b, n, what);
    land(b, 1);
    put(b, ADD_K, 0, 0, 0, 1);
    put(b, JA32, 0, 0, 0, 2 - (int32_t)b->n - 1);
    land(b, 3);
    put(b, EXIT, 0, 0, 0, 0);
}

/* a call over the filler; the callee saves registers and calls back over it */
static void calls(struct build *b, uint32_t n, enum filler what)
{
    put(b, MOV_K, 0, 0, 0, 0);
    put(b, CALL, 0, 1, 0, 0);
    put(b, JA32, 0, 0, 0, 0);
    fill(b, n, what);
    land(b, 2);
    put(b, EXIT, 0, 0, 0, 0);
    land(b, 1);
    put(b, MOV_K, 6, 0, 0, 3);
    put(b, CALL, 0, 1, 0, 2);
    put(b, ADD_K, 0, 0, 0, 3);
    put(b, EXIT, 0, 0, 0, 0);
    put(b, ADD_K, 0, 0, 0, 7);
    put(b, EXIT, 0, 0, 0, 0);
}

typedef void shape_fn(struct build *b, uint32_t n, enum filler what);

static void check_shape(shape_fn *shape, uint32_t n, enum filler what, bool on_qemu)
{
    struct build b = {0};
    struct exec_case *c = calloc(1, sizeof(*c)), *want = calloc(1, sizeof(*want));
    struct refint_result res;

    shape(&b, n, what);
    c->prog = (struct offload_prog){.insns = b.i, .insn_count = b.n};
    c->opts = plain;
    *want = *c;
    CU_ASSERT_EQUAL(exec_refint(want, 0, 1, &res), REFINT_EXIT);
    CU_ASSERT_EQUAL(exec_engine(c, 1), 0);
    if (c->err || c->r0 != want->r0)
        fprintf(stderr, "%u fillers: r0 %llu, wanted %llu, err %d %s\n", n,
                (unsigned long long)c->r0, (unsigned long long)want->r0, c->err, c->why.reason);
    CU_ASSERT_EQUAL(c->err, 0);
    CU_ASSERT_EQUAL(c->r0, want->r0);
    if (on_qemu && exec_have_qemu()) {
        c->r0 = 0;
        CU_ASSERT_EQUAL(exec_qemu(c, 1), 0);
        CU_ASSERT_EQUAL(c->r0, want->r0);
    }
    free(b.i);
    free(c);
    free(want);
}

static void each_shape(uint32_t n, enum filler what, bool branches, bool on_qemu)
{
    if (branches) {
        check_shape(forward_branch, n, what, on_qemu);
        check_shape(backward_branch, n, what, on_qemu);
    }
    check_shape(jumps, n, what, on_qemu);
    check_shape(calls, n, what, on_qemu);
}

static void test_distances(void)
{
    static const uint32_t near[] = {0, 1, 10, 100, 2000, 10000, 32000};

    for (unsigned k = 0; k < sizeof(near) / sizeof(near[0]); k++)
        each_shape(near[k], SMALL, true, true);
    each_shape(32000, LARGE, true, true);
    each_shape(100000, SMALL, false, true);
    each_shape(300000, SMALL, false, true);
}

/* Around the last distance that a branch (4 KiB) and a jal (1 MiB) reach. */
static void test_edges(void)
{
    for (uint32_t n = 1012; n <= 1030; n++)
        each_shape(n, SMALL, true, false);
    for (uint32_t n = 262130; n <= 262150; n += 4)
        each_shape(n, SMALL, false, false);
    for (uint32_t n = 29112; n <= 29142; n += 6)
        each_shape(n, LARGE, true, false);
}

static uint32_t words_with(const struct build *b, const struct offload_xlate_opts *opts)
{
    struct offload_prog p = {.insns = b->i, .insn_count = b->n};
    struct offload_image *img = NULL;
    struct offload_refusal why;

    if (offload_translate(&p, NULL, opts, UINT32_MAX, &img, &why))
        return 0;
    uint32_t words = img->code_words;
    offload_image_free(img);
    return words;
}

/* A jump takes no more room than its distance asks for. */
static uint32_t words_of(const struct build *b)
{
    return words_with(b, &plain);
}

static void test_sizes(void)
{
    struct build b = {0};

    forward_branch(&b, 100, SMALL);
    CU_ASSERT_EQUAL(words_of(&b), 100 + 5);
    b.n = 0;
    forward_branch(&b, 2000, SMALL);
    CU_ASSERT_EQUAL(words_of(&b), 2000 + 6);
    b.n = 0;
    forward_branch(&b, 30000, LARGE);
    CU_ASSERT_EQUAL(words_of(&b), 270000 + 7);
    free(b.i);
}

/* of this process: other work on the machine does not count */
static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Branches every few instructions, all of them far: the worst for layout. */
static void branchy(struct build *b, uint32_t n)
{
    put(b, MOV_K, 0, 0, 0, 0);
    while (b->n < n - 1)
        put(b, b->n % 3 ? ADD_K : JNE_K, 0, 0,
            b->n % 3 ? 0 : (int)(n - 1 - b->n < 32000 ? n - 1 - b->n - 1 : 32000), 1);
    put(b, EXIT, 0, 0, 0, 0);
}

static double translate_time(const struct build *b, const struct offload_xlate_opts *opts)
{
    double best = 1e9;

    for (unsigned k = 0; k < 5; k++) {
        double t = seconds();
        CU_ASSERT(words_with(b, opts) > 0);
        t = seconds() - t;
        best = t < best ? t : best;
    }
    return best;
}

/*
 * The figures are for the reader: the machine may be busy, so no time is a test. What can be
 * held to is that the cost grows with the program and not with its square, 256 times for one 16
 * times as long.
 */
static void test_speed(void)
{
    struct build small = {0}, large = {0};
    double t, all, more;

    branchy(&small, 4000);
    branchy(&large, 64000);
    t = translate_time(&small, &plain);
    all = translate_time(&small, NULL);
    more = translate_time(&large, NULL);
    printf("4,000 instructions in %.2f ms, with all passes in %.2f ms (host) ", t * 1e3, all * 1e3);
    CU_ASSERT(more < all * 16 * 8);
    free(small.i);
    free(large.i);
}

static void test_million(void)
{
    struct build b = {0};
    struct offload_image *img = NULL;
    struct offload_refusal why;
    double t = seconds();

    branchy(&b, 1000000);
    struct offload_prog p = {.insns = b.i, .insn_count = b.n};
    CU_ASSERT_EQUAL(offload_translate(&p, NULL, &plain, 262144, &img, &why), -E2BIG);
    CU_ASSERT_PTR_NULL(img);
    CU_ASSERT(strlen(why.reason) > 0);
    CU_ASSERT(words_of(&b) > 1000000);
    t = seconds() - t;
    printf("1,000,000 instructions in %.0f ms (host) ", t * 1e3);
    p.insn_count = 1000001;
    put(&b, EXIT, 0, 0, 0, 0);
    p.insns = b.i;
    CU_ASSERT_EQUAL(offload_translate(&p, NULL, &plain, UINT32_MAX, &img, &why), -E2BIG);
    free(b.i);
}

/* 30,000 different 64-bit constants, summed. */
static void test_constants(void)
{
    struct build b = {0};
    struct exec_case *c = calloc(1, sizeof(*c)), *want = calloc(1, sizeof(*want));
    struct refint_result res;
    uint64_t v = 1;

    put(&b, MOV_K, 0, 0, 0, 0);
    for (unsigned k = 0; k < 30000; k++) {
        v = v * 6364136223846793005u + 1442695040888963407u;
        uint64_t x = v >> (v & 63);
        put(&b, 0x18, 2, 0, 0, (int32_t)(uint32_t)x);
        put(&b, 0, 0, 0, 0, (int32_t)(uint32_t)(x >> 32));
        put(&b, 0x0f, 0, 2, 0, 0);
    }
    put(&b, EXIT, 0, 0, 0, 0);
    c->prog = (struct offload_prog){.insns = b.i, .insn_count = b.n};
    c->opts = plain;
    *want = *c;
    CU_ASSERT_EQUAL(exec_refint(want, 0, 1, &res), REFINT_EXIT);
    CU_ASSERT_EQUAL(exec_engine(c, 1), 0);
    CU_ASSERT_EQUAL(c->r0, want->r0);
    free(b.i);
    free(c);
    free(want);
}

static const struct cunit_case suite[] = {
    {"jumps and calls over 0 to 320,000 words", test_distances},
    {"around the limits of branch and jal", test_edges},
    {"jumps are as small as they can be", test_sizes},
    {"64-bit constants", test_constants},
    {"speed", test_speed},
    {"a million instructions", test_million},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("xlate layout", suite);
}
