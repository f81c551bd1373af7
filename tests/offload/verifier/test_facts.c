/* SPDX-License-Identifier: BSD-3-Clause */
/* What the proof hands on: places of accesses, maps, keys, rounds, the longest path. */
#include <linux/bpf.h>
#include <stdio.h>

#include "asm.h"
#include "cunit_main.h"
#include "offload/verifier.h"

static const struct offload_map maps[] = {
    {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 64, .max_entries = 4, .name = "a"},
    {.type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 64, .max_entries = 4, .name = "h"},
};

static struct asm_out code;

static struct offload_facts *prove(const char *const *lines)
{
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull}, .kfuncs = ~0ull};
    struct offload_refusal why;
    struct offload_facts *facts;
    if (asm_lines(&code, lines))
        return NULL;
    struct offload_prog prog = {
        .insns = code.insn, .insn_count = code.count, .maps = maps, .map_count = 2, .gpl = true};
    if (offload_verify(&prog, &opts, NULL, &facts, &why))
        printf("insn %u: %s ", why.insn, why.reason);
    return facts;
}

#define PROVE(...)                                                                                 \
    struct offload_facts *f = prove((const char *const[]){__VA_ARGS__, NULL});                     \
    CU_ASSERT_PTR_NOT_NULL_FATAL(f)

static void check_access(const struct offload_facts *f, uint32_t n, int base, int lo, int hi)
{
    CU_ASSERT_EQUAL(f->insn[n].base, base);
    CU_ASSERT_EQUAL(f->insn[n].lo, lo);
    CU_ASSERT_EQUAL(f->insn[n].hi, hi);
}

static void test_places(void)
{
    PROVE("r6 = *(u32 *)(r1 +0)", "r7 = *(u32 *)(r1 +4)", "r8 = *(u32 *)(r1 +12)",
          "*(u64 *)(r10 -8) = 0", "r8 &= 7", "r6 += r8", "r2 = r6", "r2 += 4",
          "if r2 > r7 goto out", "r0 = *(u8 *)(r6 +3)", "out:", "r0 = 2", "exit");
    check_access(f, 0, OFFLOAD_BASE_CTX, 0, 0);
    check_access(f, 2, OFFLOAD_BASE_CTX, 12, 12);
    check_access(f, 3, OFFLOAD_BASE_STACK, -8, -8);
    check_access(f, 9, OFFLOAD_BASE_PACKET, 3, 10);
    CU_ASSERT_EQUAL(f->insn[4].base, OFFLOAD_BASE_NONE);
    CU_ASSERT_EQUAL(f->insn[4].map, OFFLOAD_MAP_NONE);
    CU_ASSERT_EQUAL(f->longest, 12);
    offload_facts_free(f);
}

static void test_maps(void)
{
    PROVE("r6 = *(u32 *)(r1 +12)", "*(u32 *)(r10 -8) = 1", "r2 = r10", "r2 += -8", "r1 = map[0]",
          "call bpf_map_lookup_elem#1", "*(u32 *)(r0 +8) = 1", "if r6 == 0 goto other",
          "r1 = map[0]", "goto call", "other:", "r1 = map[1]", "call:", "r2 = r10", "r2 += -8",
          "call bpf_map_lookup_elem#1", "if r0 == 0 goto out", "r0 = *(u64 *)(r0 +16)",
          "out:", "r0 = 2", "exit");
    CU_ASSERT_EQUAL(f->insn[6].map, 0);
    CU_ASSERT_TRUE(f->insn[6].key_known);
    CU_ASSERT_EQUAL(f->insn[6].key, 1);
    CU_ASSERT_TRUE(f->insn[6].found);
    check_access(f, 7, OFFLOAD_BASE_VALUE, 8, 8);
    CU_ASSERT_EQUAL(f->insn[7].map, 0);
    CU_ASSERT_EQUAL(f->insn[16].map, OFFLOAD_MAP_MIXED);
    CU_ASSERT_FALSE(f->insn[16].key_known);
    CU_ASSERT_FALSE(f->insn[16].found);
    CU_ASSERT_EQUAL(f->insn[18].base, OFFLOAD_BASE_VALUE);
    CU_ASSERT_EQUAL(f->insn[18].map, OFFLOAD_MAP_MIXED);
    offload_facts_free(f);
}

/* The counting loop is walked round by round, the iterator's is bounded by its end. */
static void test_rounds(void)
{
    PROVE("r1 = 0", "top:", "r1 += 1", "if r1 < 10 goto top", "r0 = 2", "exit");
    CU_ASSERT_EQUAL(f->longest, 1 + 2 * 10 + 2);
    offload_facts_free(f);
}

static void test_iterator(void)
{
    PROVE("r1 = r10", "r1 += -8", "r2 = 0", "r3 = 100", ".slot 0x85 0 2 0 0", "top:", "r1 = r10",
          "r1 += -8", ".slot 0x85 0 2 0 1", "if r0 != 0 goto top", "r1 = r10", "r1 += -8",
          ".slot 0x85 0 2 0 2", "r0 = 2", "exit");
    CU_ASSERT_EQUAL(f->insn[7].rounds, 100);
    CU_ASSERT_TRUE(f->longest >= 5 + 100 * 4 + 4 + 5);
    CU_ASSERT_TRUE(f->longest <= 3 * (5 + 100 * 4 + 4 + 5));
    offload_facts_free(f);
}

static void test_unbounded(void)
{
    PROVE("r3 = *(u32 *)(r1 +12)", "r1 = r10", "r1 += -8", "r2 = 0", ".slot 0x85 0 2 0 0",
          "top:", "r1 = r10", "r1 += -8", ".slot 0x85 0 2 0 1", "if r0 != 0 goto top", "r1 = r10",
          "r1 += -8", ".slot 0x85 0 2 0 2", "r0 = 2", "exit");
    CU_ASSERT_EQUAL(f->insn[7].rounds, INT32_MAX);
    CU_ASSERT_TRUE(f->longest > INT32_MAX);
    offload_facts_free(f);
}

int main(void)
{
    static const struct cunit_case cases[] = {
        {"places of accesses", test_places},         {"maps and keys", test_maps},
        {"rounds of a counted loop", test_rounds},   {"rounds of an iterator", test_iterator},
        {"an iterator to anywhere", test_unbounded}, {NULL, NULL},
    };
    return cunit_run("verifier facts", cases);
}
