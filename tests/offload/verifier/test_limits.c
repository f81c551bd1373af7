/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs made to be slow or large, and a host that runs out of memory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "cunit_main.h"
#include "fuzz.h"
#include "offload/verifier.h"

enum { MILLION = 1000000, RESIDENT_KIB_MAX = 900 * 1024 };

/* ---- allocations that fail: the linker sends every one here (--wrap) ---- */

static unsigned long allocations, fail_at;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool fails(void)
{
    return ++allocations == fail_at;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/* ---- programs ---- */

struct writer {
    struct ebpf_insn *insn;
    uint32_t count, room;
};

static struct writer writer_new(uint32_t room)
{
    struct writer w = {malloc(room * sizeof(struct ebpf_insn)), 0, room};
    CU_ASSERT_PTR_NOT_NULL_FATAL(w.insn);
    return w;
}

static void put(struct writer *w, unsigned opcode, unsigned dst, unsigned src, int off, int32_t imm)
{
    CU_ASSERT_FATAL(w->count < w->room);
    w->insn[w->count++] = (struct ebpf_insn){.opcode = (uint8_t)opcode,
                                             .dst = dst & 15u,
                                             .src = src & 15u,
                                             .off = (int16_t)off,
                                             .imm = imm};
}

static int verify(struct writer *w, struct offload_refusal *why)
{
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull},
                                       .allow_uninit_stack = true};
    struct offload_prog prog = {.name = "big",
                                .insns = w->insn,
                                .insn_count = w->count,
                                .maps = fuzz_maps,
                                .map_count = FUZZ_MAPS,
                                .gpl = true};
    struct offload_facts *facts;
    int err = offload_verify(&prog, &opts, NULL, &facts, why);
    CU_ASSERT_EQUAL(err == 0, facts != NULL);
    offload_facts_free(facts);
    free(w->insn);
    return err;
}

static void test_a_million(void)
{
    struct offload_refusal why;
    for (uint32_t extra = 0; extra < 2; extra++) {
        struct writer w = writer_new(MILLION + 1);
        for (uint32_t n = 0; n < MILLION - 1 + extra; n++)
            put(&w, 0xb7, 0, 0, 0, 1);
        put(&w, 0x95, 0, 0, 0, 0);
        CU_ASSERT_EQUAL(verify(&w, &why), extra ? -E2BIG : 0);
    }
    struct writer none = writer_new(1);
    CU_ASSERT_EQUAL(verify(&none, &why), -E2BIG);
}

/* Each jump doubles the paths; only what is unlike counts. */
static void test_many_branches(void)
{
    struct offload_refusal why;
    struct writer w = writer_new(MILLION);
    put(&w, 0x61, 2, 1, 12, 0);
    put(&w, 0xb7, 0, 0, 0, 0);
    for (int n = 0; n < 60000; n++) {
        put(&w, 0x45, 2, 0, 1, 1 << (n % 31));
        put(&w, 0xb7, 0, 0, 0, n);
    }
    put(&w, 0x95, 0, 0, 0, 0);
    int err = verify(&w, &why);
    CU_ASSERT_TRUE(err == 0 || err == -E2BIG);
}

static void test_unlike_paths(void)
{
    struct offload_refusal why;
    struct writer w = writer_new(1000);
    put(&w, 0x61, 2, 1, 12, 0);
    put(&w, 0xb7, 0, 0, 0, 0);
    for (int n = 0; n < 60; n++) {
        put(&w, 0x45, 2, 0, 1, 1 << (n % 31));
        put(&w, 0x07, 0, 0, 0, 1 << (n % 30));
    }
    put(&w, 0xbf, 3, 10, 0, 0);
    put(&w, 0x57, 0, 0, 0, 7);
    put(&w, 0x0f, 3, 0, 0, 0); /* the sum decides where the store goes */
    put(&w, 0x72, 3, 0, -16, 0);
    put(&w, 0x95, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(verify(&w, &why), -E2BIG);
}

/* Full frames at every waiting branch. */
static void test_memory(void)
{
    struct offload_refusal why;
    struct rusage use;
    struct writer w = writer_new(1000);
    for (int s = 1; s <= 64; s++)
        put(&w, 0x7b, 10, 1, -8 * s, 0);
    put(&w, 0xb7, 6, 0, 0, 0);
    put(&w, 0xb7, 0, 0, 0, 0);
    int top = (int)w.count;
    put(&w, 0x07, 6, 0, 0, 1);
    for (int s = 1; s <= 64; s++)
        put(&w, 0x7b, 10, 6, -8 * s, 0);
    put(&w, 0x61, 3, 1, 12, 0);
    put(&w, 0x15, 3, 0, 0, 7);
    for (int s = 1; s <= 64; s++)
        put(&w, 0x79, 4, 10, -8 * s, 0);
    put(&w, 0x55, 6, 0, top - (int)w.count - 1, -1);
    put(&w, 0x95, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(verify(&w, &why), -E2BIG);
    getrusage(RUSAGE_SELF, &use);
    CU_ASSERT_TRUE(use.ru_maxrss < RESIDENT_KIB_MAX);
}

/* Backward jumps that liveness has to follow one by one. */
static void test_backward_chain(void)
{
    struct offload_refusal why;
    struct writer w = writer_new(300000);
    put(&w, 0xb7, 0, 0, 0, 0);
    put(&w, 0x61, 2, 1, 12, 0);
    put(&w, 0x15, 2, 0, 0, 0);
    for (int n = 1; n < 200000; n++)
        put(&w, 0x15, 2, 0, -2, n);
    put(&w, 0x95, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(verify(&w, &why), -E2BIG);
}

/* Seven frames of nine calls each: 9^7 bodies if each were walked. */
static void test_call_tree(void)
{
    struct offload_refusal why;
    struct writer w = writer_new(1000);
    put(&w, 0x85, 0, 1, 0, 1);
    put(&w, 0x95, 0, 0, 0, 0);
    for (int level = 0; level < 7; level++) {
        for (int n = 0; n < 9; n++) {
            int next = 2 + (level + 1) * 10 - (int)w.count - 1;
            put(&w, level == 6 ? 0xb7 : 0x85, 0, level == 6 ? 0 : 1, 0, level == 6 ? n : next);
        }
        put(&w, 0x95, 0, 0, 0, 0);
    }
    CU_ASSERT_EQUAL(verify(&w, &why), -E2BIG);
}

/* Functions in a row, each calling the next; the last moves the packet, so all of them do. */
static void test_call_chain(void)
{
    enum { FUNCTIONS = 250, EACH = 3990 };
    struct offload_refusal why;
    struct writer w = writer_new(MILLION);
    for (int s = 1; s <= FUNCTIONS; s++) {
        for (int n = 0; n < EACH - 2; n++)
            put(&w, 0x85, 0, 0, 0, 7);
        if (s < FUNCTIONS)
            put(&w, 0x85, 0, 1, 0, s * EACH - (int)w.count - 1);
        else
            put(&w, 0x85, 0, 0, 0, 44);
        put(&w, 0x95, 0, 0, 0, 0);
    }
    CU_ASSERT_EQUAL(verify(&w, &why), -E2BIG);
}

/* A loop whose states differ in the last slot of a full stack only, and meet at many places. */
static void test_hidden_counter(void)
{
    enum { JOINS = 30 };
    struct offload_refusal why;
    struct writer w = writer_new(1000);
    for (int s = 1; s <= 64; s++)
        put(&w, 0x7b, 10, 1, -8 * s, 0);
    put(&w, 0x7a, 10, 0, -512, 0);
    int top = (int)w.count;
    put(&w, 0x79, 6, 10, -512, 0);
    put(&w, 0x07, 6, 0, 0, 1);
    put(&w, 0x7b, 10, 6, -512, 0);
    put(&w, 0x25, 6, 0, JOINS + 2, 0x7ffffff);
    put(&w, 0xb7, 6, 0, 0, 0);
    for (int n = 0; n < JOINS; n++)
        put(&w, 0x05, 0, 0, 0, 0);
    put(&w, 0x05, 0, 0, top - (int)w.count - 1, 0);
    for (int s = 1; s <= 64; s++)
        put(&w, 0x79, 7, 10, -8 * s, 0);
    put(&w, 0xb7, 0, 0, 0, 0);
    put(&w, 0x95, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(verify(&w, &why), -E2BIG);
}

/* Every single allocation fails once: -ENOMEM and nothing is left behind (leaks: ASan). */
static void test_out_of_memory(void)
{
    struct rng rng = {7};
    struct ebpf_insn insns[FUZZ_SLOTS];
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull},
                                       .allow_uninit_stack = true};
    unsigned failed = 0;
    for (unsigned k = 0; k < 60; k++) {
        struct offload_prog prog = {.name = "f",
                                    .insns = insns,
                                    .insn_count = fuzz_program(&rng, insns),
                                    .maps = fuzz_maps,
                                    .map_count = FUZZ_MAPS,
                                    .gpl = true};
        for (fail_at = 1;; fail_at++) {
            struct offload_facts *facts;
            struct offload_refusal why;
            allocations = 0;
            int err = offload_verify(&prog, &opts, NULL, &facts, &why);
            offload_facts_free(facts);
            if (allocations < fail_at)
                break;
            failed++;
            CU_ASSERT_EQUAL(err, -ENOMEM);
            CU_ASSERT_EQUAL(why.code, OFFLOAD_REASON_OUT_OF_MEMORY);
        }
        fail_at = 0;
    }
    CU_ASSERT_TRUE(failed > 300);
}

int main(void)
{
    static const struct cunit_case cases[] = {
        {"a million instructions", test_a_million},
        {"many branches", test_many_branches},
        {"paths that are all unlike", test_unlike_paths},
        {"memory", test_memory},
        {"a chain of backward jumps", test_backward_chain},
        {"a tree of calls", test_call_tree},
        {"a chain of functions", test_call_chain},
        {"a counter at the end of the stack", test_hidden_counter},
        {"out of memory", test_out_of_memory},
        {NULL, NULL},
    };
    return cunit_run("verifier limits", cases);
}
