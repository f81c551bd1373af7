/* SPDX-License-Identifier: BSD-3-Clause */
/* What each pass is for, by the length of the code with and without it; options as text. */
#include "cunit_main.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asm.h"
#include "exec.h"

#define SLOTS 64u

/* The start of an XDP program that may read 64 bytes at r2; it ends at Out. */
#define PACKET                                                                                     \
    "r2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +4)\nr4 = r2\nr4 += 64\nr0 = 0\nif r4 > r3 goto Out\n"
#define END "Out:\nexit"
#define LOOKUP_ONE                                                                                 \
    "r0 = 0\n*(u32 *)(r10 -4) = r0\nr2 = r10\nr2 += -4\nr1 = map[0]\ncall #1\nr6 = r0\n"           \
    "if r6 == 0 goto Out\n"

static const struct offload_map maps[2] = {
    {.type = 2, .key_size = 4, .value_size = 8, .max_entries = 4, .name = "four"},
    {.type = 2, .key_size = 4, .value_size = 8, .max_entries = 1, .name = "one"},
};

static const struct {
    enum offload_pass pass;
    const char *text;
    unsigned saves; /* words, at least */
} cases[] = {
    {OFFLOAD_PASS_FACTS, PACKET "w5 = w2\nw5 += 1\n*(u32 *)(r2 +0) = r5\n" END, 0},
    {OFFLOAD_PASS_COPIES, PACKET "r5 = r2\nr6 = r5\nr0 = *(u8 *)(r6 +1)\n" END, 1},
    {OFFLOAD_PASS_CONSTS,
     PACKET "r5 = 0x12345678\n*(u32 *)(r2 +0) = r5\nr6 = 0x12345679\n"
            "*(u32 *)(r2 +8) = r6\n" END,
     1},
    {OFFLOAD_PASS_EXTEND,
     PACKET "r5 = *(u8 *)(r2 +0)\nw5 += 1\nw6 = w5\n*(u64 *)(r2 +8) = r6\n" END, 1},
    {OFFLOAD_PASS_SELECT,
     PACKET "r5 = *(u8 *)(r2 +0)\nr6 = *(u64 *)(r2 +8)\nr7 = r5\nr7 <<= 3\nr6 += r7\n"
            "*(u64 *)(r2 +8) = r6\n" END,
     1},
    {OFFLOAD_PASS_ADDRESS, PACKET "r5 = r2\nr5 += 8\nr0 = *(u8 *)(r5 +1)\n" END, 1},
    {OFFLOAD_PASS_LOADS,
     PACKET "r5 = *(u8 *)(r2 +0)\n*(u8 *)(r2 +1) = r5\nr6 = *(u8 *)(r2 +0)\n"
            "*(u8 *)(r2 +2) = r6\n" END,
     0},
    {OFFLOAD_PASS_LOADS, PACKET "r5 = *(u8 *)(r2 +0)\nr6 = *(u8 *)(r2 +0)\nr0 = r5\nr0 += r6\n" END,
     1},
    {OFFLOAD_PASS_BYTES,
     PACKET "r0 = *(u8 *)(r2 +0)\nr5 = *(u8 *)(r2 +1)\nr5 <<= 8\nr0 |= r5\n" END, 3},
    {OFFLOAD_PASS_COMPARE,
     PACKET "r5 = *(u32 *)(r2 +0)\nr6 = *(u32 *)(r2 +4)\n"
            "if w5 == w6 goto Out\nr0 = 1\n" END,
     1},
    {OFFLOAD_PASS_DEAD, PACKET "r5 = *(u8 *)(r2 +0)\nr5 = 1\n" END, 2},
    {OFFLOAD_PASS_STACK,
     PACKET "r5 = *(u8 *)(r2 +0)\n*(u64 *)(r10 -8) = r5\nr0 = *(u64 *)(r10 -8)\n" END, 1},
    {OFFLOAD_PASS_MOVES, PACKET "r5 = *(u8 *)(r2 +0)\nr5 += 1\nr0 = r5\n" END, 1},
    {OFFLOAD_PASS_MOVES,
     PACKET "r5 = *(u8 *)(r2 +0)\nr6 = r5\nr5 &= 15\n*(u8 *)(r2 +1) = r5\nr0 = r6\nr0 >>= 4\n" END,
     1},
    {OFFLOAD_PASS_LOOKUP, LOOKUP_ONE "r0 = 0\nr0 = *(u64 *)(r6 +0)\n" END, 3},
    {OFFLOAD_PASS_LOOKUP, PACKET "call #8\nr0 += 1\n" END, 1},
    {OFFLOAD_PASS_NEAR, PACKET "r5 = map[1][0]+0\nr0 = *(u64 *)(r5 +0)\n" END, 1},
    {OFFLOAD_PASS_INLINE, "r1 = 5\ncall Twice\nr0 &= 3\nexit\nTwice:\nr0 = r1\nr0 += r1\nexit", 2},
    {OFFLOAD_PASS_LEAF,
     "call #7\nr1 = r0\ncall Sub\nr0 &= 3\nexit\n"
     "Sub:\nr0 = r1\nr6 = r1\nr6 *= 3\nif r1 == 7 goto pc+1\nr0 += r6\nr0 ^= r6\nexit",
     2},
    {OFFLOAD_PASS_SAVES,
     "r6 = 3\ncall Sub\nr0 &= 3\nexit\n"
     "Sub:\ncall #7\nr6 = r0\ncall #7\nif r0 == 7 goto pc+1\nr0 += r6\nr0 ^= r6\nexit",
     2},
    {OFFLOAD_PASS_LEAF,
     "r1 = 1\ncall Sub\nr0 &= 3\nexit\n"
     "Sub:\nr6 = r1\n*(u32 *)(r10 -4) = r1\nr2 = r10\nr2 += -4\nr1 = map[0]\ncall #1\n"
     "if r0 == 0 goto pc+2\nr0 = *(u32 *)(r0 +0)\nr0 += r6\nexit",
     2},
    {OFFLOAD_PASS_SPARE,
     PACKET "r5 = *(u16 *)(r2 +0)\nif r5 == 4660 goto Out\nr6 = *(u16 *)(r2 +8)\n"
            "if r6 == 22136 goto Out\nr7 = *(u16 *)(r2 +20)\nif r7 == 4660 goto Out\n"
            "r8 = *(u16 *)(r2 +30)\nif r8 == 22136 goto Out\nr0 = 1\n" END,
     4},
    {OFFLOAD_PASS_REGS,
     PACKET "r5 = *(u64 *)(r2 +0)\n*(u64 *)(r10 -8) = r5\ncall #7\nr5 = *(u64 *)(r10 -8)\n"
            "r0 += r5\n" END,
     1},
    {OFFLOAD_PASS_MERGE,
     PACKET "r5 = *(u8 *)(r2 +0)\n*(u8 *)(r2 +6) = r5\nr5 = *(u8 *)(r2 +1)\n"
            "*(u8 *)(r2 +7) = r5\nr5 = *(u8 *)(r2 +3)\n*(u8 *)(r2 +9) = r5\n"
            "r5 = *(u8 *)(r2 +2)\n*(u8 *)(r2 +8) = r5\n" END,
     6},
    {OFFLOAD_PASS_MERGE,
     PACKET "r5 = *(u32 *)(r2 +0)\n*(u8 *)(r2 +8) = r5\nr6 = r5\nr6 >>= 8\n"
            "*(u8 *)(r2 +9) = r6\nr6 = r5\nr6 >>= 16\n*(u16 *)(r2 +10) = r6\n" END,
     4},
    {OFFLOAD_PASS_MERGE, PACKET "*(u8 *)(r2 +8) = 0\n*(u8 *)(r2 +9) = 0\n" END, 1},
    {OFFLOAD_PASS_BYTES,
     PACKET "r0 = *(u8 *)(r2 +1)\nr5 = *(u8 *)(r2 +0)\nr5 <<= 8\nr0 |= r5\n" END, 1},
    {OFFLOAD_PASS_BYTES,
     PACKET "r0 = *(u8 *)(r2 +3)\nr5 = *(u8 *)(r2 +2)\nr5 <<= 8\nr0 |= r5\n"
            "r5 = *(u8 *)(r2 +1)\nr5 <<= 16\nr0 |= r5\nr5 = *(u8 *)(r2 +0)\nr5 <<= 24\n"
            "r0 |= r5\n" END,
     6},
    {OFFLOAD_PASS_SELECT,
     PACKET "r5 = *(u32 *)(r2 +0)\nw6 = w5\nw5 <<= 13\nw6 >>= 19\nw5 |= w6\nw0 = w5\n" END, 1},
    {OFFLOAD_PASS_SELECT,
     PACKET
     "r5 = *(u64 *)(r2 +0)\nr0 = *(u64 *)(r2 +16)\nif r0 > r5 goto pc+1\nr0 = r5\nr0 ^= 1\n" END,
     1},
    {OFFLOAD_PASS_SELECT, PACKET "r0 = *(u64 *)(r2 +0)\nif r0 < 9 goto pc+1\nr0 = 9\nr0 ^= 1\n" END,
     1},
    {OFFLOAD_PASS_BRANCH,
     PACKET "r5 = *(u8 *)(r2 +0)\nif r5 != 1 goto pc+1\ngoto Far\nr0 = 1\n"
            "goto Out\nFar:\nr0 = *(u8 *)(r2 +9)\n" END,
     1},
};

static struct offload_image *image(const char *text, uint32_t off)
{
    struct offload_verify_opts verify = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull},
                                         .allow_uninit_stack = true};
    struct offload_xlate_opts opts = {.off = off};
    struct offload_refusal why = {0};
    struct ebpf_insn insns[SLOTS];
    struct asm_error err = {0};
    struct offload_facts *facts = NULL;
    struct offload_image *img = NULL;
    long count = bpf_asm(text, insns, SLOTS, &err);
    static const struct offload_subprog main_only = {.name = "main"}; /* callbacks need BTF */
    struct offload_prog p = {.insns = insns,
                             .insn_count = (uint32_t)count,
                             .maps = maps,
                             .map_count = 2,
                             .subprogs = &main_only,
                             .subprog_count = 1};

    if (count <= 0 || offload_verify(&p, &verify, NULL, &facts, &why) ||
        offload_translate(&p, facts, &opts, UINT32_MAX, &img, &why))
        fprintf(stderr, "%s%s in:\n%s\n", err.text, why.reason, text);
    offload_facts_free(facts);
    return img;
}

static uint32_t words(const char *text, uint32_t off)
{
    struct offload_image *img = image(text, off);
    uint32_t n = img ? img->code_words : 0;

    offload_image_free(img);
    return n;
}

static bool is_load(uint32_t word)
{
    return (word & 0x7f) == 0x03;
}

static uint32_t loads(const char *text, uint32_t off)
{
    struct offload_image *img = image(text, off);
    uint32_t n = 0;

    for (uint32_t k = 0; img && k < img->code_words; k++)
        n += is_load(img->code[k]);
    offload_image_free(img);
    return n;
}

/* Loads fewer, not instructions. */
static void test_fields(void)
{
    const uint32_t off = 1u << OFFLOAD_PASS_FIELDS;
    const char *ports = PACKET "r5 = *(u16 *)(r2 +34)\nr6 = *(u16 *)(r2 +36)\nr0 = r5\n"
                               "r0 ^= r6\n" END;
    const char *down = PACKET "r5 = *(u32 *)(r2 +30)\nr6 = *(u32 *)(r2 +26)\nr0 = r5\n"
                              "r0 ^= r6\n" END;
    const char *stored = PACKET "r5 = *(u16 *)(r2 +34)\n*(u16 *)(r2 +36) = r3\n"
                                "r6 = *(u16 *)(r2 +38)\nr7 = *(u16 *)(r2 +36)\nr0 = r5\n"
                                "r0 ^= r6\nr0 ^= r7\n" END;

    CU_ASSERT_EQUAL(loads(ports, 0) + 1, loads(ports, off));
    CU_ASSERT_EQUAL(loads(down, 0) + 1, loads(down, off));
    CU_ASSERT_EQUAL(loads(stored, 0), loads(stored, off));
}

/* What nobody reads stays without the pass "dead", and must still find what it reads. */
static void test_moves_alone(void)
{
    struct exec_case *c = calloc(1, sizeof(*c)), *want = calloc(1, sizeof(*want));
    struct ebpf_insn insns[SLOTS];
    struct asm_error err = {0};
    struct refint_result res;

    c->prog.insn_count = (uint32_t)bpf_asm("r3 = 0\nr3 += r1\nr4 = r3\nr5 = *(u64 *)(r3 +0)\n"
                                           "r0 = *(u64 *)(r4 +0)\nexit",
                                           insns, SLOTS, &err);
    c->prog.insns = insns;
    c->opts.off = UINT32_MAX & ~(1u << OFFLOAD_PASS_MOVES);
    c->mem[0] = 42;
    *want = *c;
    CU_ASSERT_EQUAL(exec_refint(want, 0, 1, &res), REFINT_EXIT);
    CU_ASSERT_EQUAL(exec_engine(c, 1), 0);
    CU_ASSERT_EQUAL(c->err, 0);
    CU_ASSERT_EQUAL(c->r0, want->r0);
    free(c);
    free(want);
}

/* bpf_loop without rounds: no path runs the function, and yet its address is taken. */
static void test_loop_of_none(void)
{
    struct offload_image *img = image("r1 = 0\nr2 = subprog[+6]\nr3 = 0\nr4 = 0\ncall #181\n"
                                      "r0 = 1\nexit\nr0 = 0\nexit",
                                      0);

    CU_ASSERT_PTR_NOT_NULL(img);
    offload_image_free(img);
}

static bool calls_gate(const char *text, uint32_t off, uint32_t gate)
{
    struct offload_image *img = image(text, off);
    bool found = false;

    CU_ASSERT_PTR_NOT_NULL(img);
    for (uint32_t k = 0; img && k < img->reloc_count; k++)
        found |= img->relocs[k].kind == OFFLOAD_RELOC_GATE && img->relocs[k].index == gate;
    offload_image_free(img);
    return found;
}

/* bpf_loop is a loop where its function and flags are known, and a call elsewhere. */
static void test_loop(void)
{
    const char *known = "*(u64 *)(r10 -8) = 0\nr1 = 4\nr2 = subprog[Body]\nr3 = r10\nr3 += -8\n"
                        "r4 = 0\ncall #181\nr0 &= 3\nexit\nBody:\nr0 = 0\nexit";
    const char *flags = "r6 = *(u32 *)(r1 +0)\nr1 = 4\nr2 = subprog[Body]\nr3 = 0\n"
                        "r4 = 0\nr4 = r3\ncall #181\nr0 &= 3\nexit\nBody:\nr0 = 0\nexit";

    CU_ASSERT(!calls_gate(known, 0, 181));
    CU_ASSERT(calls_gate(known, 1u << OFFLOAD_PASS_LOOP, 181));
    CU_ASSERT(calls_gate(flags, 0, 181));
}

/* A pass that would hide what this one does. */
static uint32_t does_it_too(enum offload_pass pass)
{
    if (pass == OFFLOAD_PASS_BRANCH)
        return 1u << OFFLOAD_PASS_ORDER;
    return pass == OFFLOAD_PASS_LEAF ? 1u << OFFLOAD_PASS_SAVES : 0;
}

static void test_passes(void)
{
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        uint32_t too = does_it_too(cases[k].pass), off = 1u << cases[k].pass;
        uint32_t with = words(cases[k].text, too), without = words(cases[k].text, too | off);

        CU_ASSERT(with > 0);
        CU_ASSERT(without >= with + cases[k].saves);
        if (without < with + cases[k].saves)
            fprintf(stderr, "%s: %u words with, %u without\n", offload_pass_name(cases[k].pass),
                    with, without);
    }
}

/* Loads whose result the next instruction reads. */
static uint32_t waits(const char *text, uint32_t off)
{
    struct offload_image *img = image(text, off);
    uint32_t n = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(img);
    for (uint32_t k = 0; k + 1 < img->code_words; k++) {
        uint32_t rd = img->code[k] >> 7 & 31, next = img->code[k + 1];
        n += is_load(img->code[k]) && ((next >> 15 & 31) == rd || (next >> 20 & 31) == rd);
    }
    offload_image_free(img);
    return n;
}

/* A load goes up, but past no store, and past other loads only when it is of the stack. */
static void test_sched(void)
{
    const uint32_t off = 1u << OFFLOAD_PASS_SCHED;
    const char *up =
        PACKET "r5 = *(u32 *)(r1 +12)\nr5 *= 7\nr5 ^= 5\nr0 = *(u8 *)(r2 +9)\nr0 += 1\n"
               "r0 += r5\n" END;
    const char *store =
        PACKET "r5 = *(u32 *)(r1 +12)\nr5 *= 7\n*(u64 *)(r2 +24) = r5\nr0 = *(u8 *)(r2 +9)\n"
               "r0 += 1\n" END;
    const char *loads = PACKET "r5 = *(u64 *)(r2 +16)\nr0 = *(u8 *)(r2 +9)\nr0 += 1\n"
                               "r0 += r5\n" END;

    CU_ASSERT(waits(up, 0) < waits(up, off));
    CU_ASSERT_EQUAL(waits(store, 0), waits(store, off));
    CU_ASSERT_EQUAL(waits(loads, 0), waits(loads, off));
    CU_ASSERT_EQUAL(words(up, 0), words(up, off));
}

static bool is_branch(uint32_t word)
{
    return (word & 0x7f) == 0x63;
}

/* The word behind the n-th branch is a load. */
static bool falls_into_load(const char *text, uint32_t off, unsigned n)
{
    struct offload_image *img = image(text, off);
    uint32_t k = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(img);
    while (k < img->code_words && (!is_branch(img->code[k]) || n--))
        k++;
    bool found = k + 1 < img->code_words && is_load(img->code[k + 1]);
    offload_image_free(img);
    return found;
}

/* What a packet of the usual length runs stands behind the branch, wherever the program has it. */
static void test_order(void)
{
    const uint32_t off = 1u << OFFLOAD_PASS_ORDER;
    const char *packet = "r2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +4)\nr4 = r2\nr4 += 64\n"
                         "if r3 >= r4 goto Long\nr0 = 1\nexit\nLong:\nr0 = *(u8 *)(r2 +9)\nexit";
    const char *null = "r2 = *(u32 *)(r1 +12)\n*(u32 *)(r10 -4) = r2\nr2 = r10\nr2 += -4\n"
                       "r1 = map[0]\ncall #1\nr6 = r0\ncall #7\nif r6 != 0 goto Hit\nr0 = 1\nexit\n"
                       "Hit:\nr0 = *(u32 *)(r6 +0)\nexit";
    const char *aborted = "r2 = *(u32 *)(r1 +12)\nif r2 == 7 goto Seven\nr0 = 0\nexit\n"
                          "Seven:\nr0 = *(u32 *)(r1 +16)\nexit";

    CU_ASSERT(falls_into_load(packet, 0, 0));
    CU_ASSERT(!falls_into_load(packet, off, 0));
    CU_ASSERT(falls_into_load(null, 1u << OFFLOAD_PASS_LOOKUP, 0));
    CU_ASSERT(!falls_into_load(null, 1u << OFFLOAD_PASS_LOOKUP | off, 0));
    CU_ASSERT(falls_into_load(aborted, 0, 0));
    CU_ASSERT(!falls_into_load(aborted, off, 0));
}

/* A byte-assembled field is one load only while nothing was stored in between. */
static void test_bytes_not_merged(void)
{
    const char *apart = PACKET "r0 = *(u8 *)(r2 +0)\nr6 = 7\n*(u8 *)(r2 +0) = r6\n"
                               "r5 = *(u8 *)(r2 +1)\nr5 <<= 8\nr0 |= r5\n" END;

    CU_ASSERT_EQUAL(words(apart, 0), words(apart, 1u << OFFLOAD_PASS_BYTES));
}

static void test_options(void)
{
    struct offload_xlate_opts o;
    const char *bad, *text = "-moves,-wrong";

    CU_ASSERT_EQUAL(offload_xlate_opts_parse("all", &o, &bad), 0);
    CU_ASSERT(o.off == 0 && !o.naive);
    CU_ASSERT_EQUAL(offload_xlate_opts_parse("none", &o, &bad), 0);
    CU_ASSERT(o.off == UINT32_MAX && o.naive);
    CU_ASSERT_EQUAL(offload_xlate_opts_parse("-moves,-bytes", &o, &bad), 0);
    CU_ASSERT_EQUAL(o.off, 1u << OFFLOAD_PASS_MOVES | 1u << OFFLOAD_PASS_BYTES);
    CU_ASSERT_EQUAL(offload_xlate_opts_parse("none,+moves", &o, &bad), 0);
    CU_ASSERT(o.off == ~(1u << OFFLOAD_PASS_MOVES) && !o.naive);
    CU_ASSERT_EQUAL(offload_xlate_opts_parse(text, &o, &bad), -EINVAL);
    CU_ASSERT_PTR_EQUAL(bad, text + 7);
    CU_ASSERT_EQUAL(offload_xlate_opts_parse("", &o, &bad), -EINVAL);
    CU_ASSERT_EQUAL(offload_xlate_opts_parse("all,", &o, &bad), -EINVAL);
    CU_ASSERT_EQUAL(offload_xlate_opts_parse("moves", &o, &bad), -EINVAL);
}

static void test_names(void)
{
    for (unsigned n = 0; n < OFFLOAD_PASSES; n++) {
        CU_ASSERT(strlen(offload_pass_name(n)) > 0 && strlen(offload_pass_name(n)) <= 8);
        CU_ASSERT(strlen(offload_pass_what(n)) > 0);
    }
    CU_ASSERT_PTR_NULL(offload_pass_name(OFFLOAD_PASSES));
}

static const struct cunit_case suite[] = {
    {"every pass shortens what it is for", test_passes},
    {"bytes with a store between them", test_bytes_not_merged},
    {"packet fields side by side", test_fields},
    {"bpf_loop", test_loop},
    {"order of blocks", test_order},
    {"loads and what reads them", test_sched},
    {"options as text", test_options},
    {"names", test_names},
    {"moves without dead", test_moves_alone},
    {"a loop without rounds", test_loop_of_none},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("xlate passes", suite);
}
