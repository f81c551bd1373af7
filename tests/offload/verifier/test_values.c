/* SPDX-License-Identifier: BSD-3-Clause */
/* Ranges of registers that the proof hands on: at joins, in loops, through calls. */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "asm.h"
#include "cunit_main.h"
#include "offload/verifier.h"

static const uint8_t frozen[8] = {7, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
static const struct offload_map maps[] = {
    {.type = BPF_MAP_TYPE_ARRAY,
     .key_size = 4,
     .value_size = 8,
     .max_entries = 1,
     .flags = BPF_F_RDONLY_PROG,
     .name = "constants",
     .frozen_data = frozen},
    {.type = BPF_MAP_TYPE_PROG_ARRAY,
     .key_size = 4,
     .value_size = 4,
     .max_entries = 4,
     .name = "programs"},
};

static struct asm_out code;
static const struct offload_subprog *subprogs;
static uint32_t subprog_count;

static struct offload_facts *prove_keeping(enum offload_keep keep)
{
    struct offload_verify_opts opts = {
        .helpers = {~0ull, ~0ull, ~0ull, ~0ull}, .kfuncs = ~0ull, .keep = keep, .cpus = 200};
    struct offload_prog prog = {.insns = code.insn,
                                .insn_count = code.count,
                                .maps = maps,
                                .map_count = 2,
                                .subprogs = subprogs,
                                .subprog_count = subprog_count,
                                .gpl = true};
    struct offload_refusal why;
    struct offload_facts *facts;
    if (offload_verify(&prog, &opts, NULL, &facts, &why))
        printf("insn %u: %s ", why.insn, why.reason);
    return facts;
}

static bool same_ranges(const struct offload_facts *a, const struct offload_facts *b)
{
    for (uint32_t n = 0; n < a->insn_count; n++)
        for (unsigned r = 0; r < OFFLOAD_RANGE_REGS; r++) {
            struct offload_range x = {0}, y = {0};
            bool known = offload_fact_range(a, n, r, &x);
            if (known != offload_fact_range(b, n, r, &y) || memcmp(&x, &y, sizeof(x)) != 0)
                return false;
        }
    return true;
}

/* Proves it, and looks that paths which the walk left out change nothing. */
static struct offload_facts *prove(const char *const *lines)
{
    if (asm_lines(&code, lines))
        return NULL;
    struct offload_facts *facts = prove_keeping(OFFLOAD_KEEP_SOME);
    struct offload_facts *every = prove_keeping(OFFLOAD_KEEP_EVERY);
    struct offload_facts *none = prove_keeping(OFFLOAD_KEEP_NONE);
    if (facts && every && none)
        CU_ASSERT_TRUE(same_ranges(facts, every) && same_ranges(facts, none));
    offload_facts_free(every);
    offload_facts_free(none);
    return facts;
}

#define PROVE(...)                                                                                 \
    struct offload_facts *f = prove((const char *const[]){__VA_ARGS__, NULL});                     \
    CU_ASSERT_PTR_NOT_NULL_FATAL(f)

static bool bounds(const struct offload_range *r, uint64_t lo, uint64_t hi)
{
    bool right = r->umin == lo && r->umax == hi;
    if (!right)
        printf("%#llx..%#llx ", (unsigned long long)r->umin, (unsigned long long)r->umax);
    return right;
}

static bool before(const struct offload_facts *f, uint32_t n, unsigned reg, uint64_t lo,
                   uint64_t hi)
{
    struct offload_range r;
    return offload_fact_range(f, n, reg, &r) && bounds(&r, lo, hi);
}

static bool after(const struct offload_facts *f, uint32_t n, uint64_t lo, uint64_t hi)
{
    struct offload_range r;
    return offload_fact_result(f, n, &r) && bounds(&r, lo, hi);
}

static bool anything(const struct offload_facts *f, uint32_t n, unsigned reg)
{
    struct offload_range r;
    return !offload_fact_range(f, n, reg, &r);
}

static void test_line(void)
{
    PROVE("r2 = *(u32 *)(r1 +12)", "r2 &= 0xf0", "r3 = r2", "r3 /= 16", "r2 %= 7", "r2 += r3",
          "w4 = w1", "r0 = r2", "r0 += r4", "exit");
    struct offload_range r;
    CU_ASSERT_TRUE(after(f, 0, 0, UINT32_MAX));
    CU_ASSERT_TRUE(before(f, 1, 2, 0, UINT32_MAX));
    CU_ASSERT_TRUE(offload_fact_range(f, 2, 2, &r));
    CU_ASSERT_EQUAL(r.value, 0);
    CU_ASSERT_EQUAL(r.mask, 0xf0);
    CU_ASSERT_TRUE(after(f, 3, 0, 15));
    CU_ASSERT_TRUE(after(f, 4, 0, 6));
    CU_ASSERT_TRUE(after(f, 5, 0, 21));
    CU_ASSERT_TRUE(after(f, 6, 0, UINT32_MAX));
    CU_ASSERT_TRUE(anything(f, 0, 1));                 /* an address */
    CU_ASSERT_TRUE(anything(f, 9, 3));                 /* nobody reads it */
    CU_ASSERT_FALSE(offload_fact_range(f, 10, 0, &r)); /* no such instruction, */
    CU_ASSERT_FALSE(offload_fact_range(f, 0, 10, &r)); /* nor such a number */
    offload_facts_free(f);
}

/*
 * The walk comes to `join` with 1 and then leaves the way with 50 out, for nothing rests on r7
 * there: both are possible all the same.
 */
static void test_left_out(void)
{
    PROVE("r6 = *(u32 *)(r1 +12)", "r8 = *(u32 *)(r1 +16)", "r7 = 1", "if r6 == 5 goto join",
          "r7 = 50", "join:", "if r8 == 9 goto pc+0", "r0 = r7", "r0 += 1", "exit");
    CU_ASSERT_TRUE(before(f, 5, 7, 1, 50));
    CU_ASSERT_TRUE(before(f, 6, 7, 1, 50));
    CU_ASSERT_TRUE(after(f, 7, 2, 51));
    offload_facts_free(f);
}

/* The same, but that the other way cannot be gone. */
static void test_not_gone(void)
{
    PROVE("r6 = *(u32 *)(r1 +12)", "r6 &= 3", "r8 = *(u32 *)(r1 +16)", "r7 = 1",
          "if r6 <= 3 goto join", "r7 = 50", "join:", "if r8 == 9 goto pc+0", "r0 = r7", "r0 += 1",
          "exit");
    CU_ASSERT_TRUE(before(f, 6, 7, 1, 1));
    CU_ASSERT_TRUE(after(f, 8, 2, 2));
    CU_ASSERT_TRUE(anything(f, 5, 6)); /* no path comes here */
    offload_facts_free(f);
}

static void test_branch(void)
{
    PROVE("r6 = *(u32 *)(r1 +12)", "r7 = *(u32 *)(r1 +16)", "r0 = 0", "if r6 > 100 goto out",
          "if r7 <= r6 goto out", "r0 = r7", "r0 += r6", "if w7 s< 200 goto more", "exit",
          "more:", "r0 = r7", "out:", "exit");
    CU_ASSERT_TRUE(before(f, 4, 6, 0, 100));
    CU_ASSERT_TRUE(before(f, 5, 7, 1, UINT32_MAX));
    CU_ASSERT_TRUE(before(f, 5, 6, 0, 100));
    CU_ASSERT_TRUE(before(f, 9, 7, 1, UINT32_MAX)); /* negative as an int, or below 200 */
    offload_facts_free(f);
}

static void test_loops(void)
{
    PROVE("r1 = 0", "r2 = 0", "top:", "r2 += r1", "r1 += 1", "if r1 < 10 goto top", "r0 = r1",
          "r1 = 64", "down:", "r1 += -4", "if r1 != 0 goto down", "w1 = 0", "up:", "w1 += 1",
          "if w1 != 100 goto up", "r0 += r2", "exit");
    CU_ASSERT_TRUE(before(f, 2, 1, 0, 9));
    CU_ASSERT_TRUE(after(f, 3, 1, 10));
    CU_ASSERT_TRUE(before(f, 5, 1, 10, 10));
    CU_ASSERT_TRUE(anything(f, 2, 2)); /* what is summed up has no bound that is seen */
    CU_ASSERT_TRUE(before(f, 10, 1, 0, 99));
    CU_ASSERT_TRUE(before(f, 12, 0, 10, 10));
    offload_facts_free(f);
}

static void test_nested(void)
{
    PROVE("r1 = 0", "r3 = 0", "outer:", "r2 = 0", "inner:", "r3 = r1", "r3 *= 8", "r3 += r2",
          "r2 += 1", "if r2 != 8 goto inner", "r1 += 1", "if r1 < 5 goto outer", "r0 = r3", "exit");
    CU_ASSERT_TRUE(before(f, 3, 1, 0, 4));
    CU_ASSERT_TRUE(before(f, 3, 2, 0, 7));
    CU_ASSERT_TRUE(after(f, 5, 0, 39));
    offload_facts_free(f);
}

/* A function's arguments and result are those of all its calls; what it saves stays. */
static void test_functions(void)
{
    PROVE("r6 = *(u32 *)(r1 +12)", "r6 &= 15", "r1 = 3", "call f", "r1 = r0", "r1 += 100", "call f",
          "r0 += r6", "exit", "f:", "r6 = r1", "r6 += 4", "r0 = r6", "r0 &= 31", "exit");
    CU_ASSERT_TRUE(before(f, 9, 1, 3, 131));
    CU_ASSERT_TRUE(after(f, 10, 7, 135));
    CU_ASSERT_TRUE(after(f, 3, 7, 31));
    CU_ASSERT_TRUE(before(f, 7, 6, 0, 15));
    CU_ASSERT_TRUE(after(f, 7, 7, 46));
    offload_facts_free(f);
}

/* Called again with what it returned: no loop of jumps, but as good as one. */
static void test_growing_call(void)
{
    PROVE("r1 = 0", "call f", "r1 = r0", "call f", "r1 = r0", "call f", "exit", "f:", "r0 = r1",
          "r0 += 1", "exit");
    struct offload_range r;
    if (offload_fact_range(f, 7, 1, &r))
        CU_ASSERT_TRUE(r.umin == 0 && r.umax >= 2);
    offload_facts_free(f);
}

/* The program that a function's tail call goes to returns for the function. */
static void test_tail_call(void)
{
    static const struct offload_subprog typed[] = {
        {.insn = 0, .name = "main"}, {.insn = 3, .name = "f", .returns_number = true}};
    subprogs = typed;
    subprog_count = 2;
    PROVE("call f", "r2 = r0", "exit", "f:", "r2 = map[1]", "r3 = 0", "call bpf_tail_call#12",
          "r0 = 5", "exit");
    subprogs = NULL;
    subprog_count = 0;
    CU_ASSERT_TRUE(before(f, 8, 0, 5, 5));
    CU_ASSERT_TRUE(anything(f, 1, 0));
    offload_facts_free(f);
}

static void test_callback(void)
{
    static const struct offload_subprog typed[] = {
        {.insn = 0, .name = "main"}, {.insn = 8, .name = "f", .returns_number = true}};
    subprogs = typed;
    subprog_count = 2;
    PROVE("r1 = 4", ".slot 0x18 2 4 0 6", ".slot 0 0 0 0 0", "r3 = 0", "r4 = 0",
          "call bpf_loop#181", "r0 = 1", "exit", "f:", "r2 = r1", "r0 = 0", "exit");
    subprogs = NULL;
    subprog_count = 0;
    CU_ASSERT_TRUE(anything(f, 8, 1));
    CU_ASSERT_TRUE(before(f, 10, 0, 0, 0));
    offload_facts_free(f);
}

static void test_constants(void)
{
    PROVE("r1 = map[0][0]", "r2 = *(u32 *)(r1 +0)", "r3 = *(s32 *)(r1 +4)", "r4 = *(u16 *)(r1 +4)",
          "call bpf_get_smp_processor_id#8", "r0 += 1", "exit");
    CU_ASSERT_TRUE(after(f, 2, 7, 7));
    CU_ASSERT_TRUE(after(f, 3, UINT64_MAX, UINT64_MAX));
    CU_ASSERT_TRUE(after(f, 4, 0xffff, 0xffff));
    CU_ASSERT_TRUE(after(f, 5, 0, 199));
    offload_facts_free(f);
}

int main(void)
{
    static const struct cunit_case cases[] = {
        {"arithmetic", test_line},
        {"a way that the walk leaves out", test_left_out},
        {"a way that cannot be gone", test_not_gone},
        {"comparisons", test_branch},
        {"counted loops", test_loops},
        {"a loop in a loop", test_nested},
        {"functions", test_functions},
        {"a result that goes in again", test_growing_call},
        {"a tail call", test_tail_call},
        {"a callback", test_callback},
        {"what never changes", test_constants},
        {NULL, NULL},
    };
    return cunit_run("verifier values", cases);
}
