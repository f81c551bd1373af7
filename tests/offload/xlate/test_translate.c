/* SPDX-License-Identifier: BSD-3-Clause */
/* What offload_translate promises beyond running right. */
#include "cunit_main.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"
#include "gen.h"
#include "nic/rv64.h"
#include "offload/abi.h"
#include "translated.h"

static uint32_t words_of(const char *text, const struct offload_facts *facts)
{
    struct program t;
    assemble(&t, text);
    struct offload_image *img = translate(&t, facts);
    uint32_t words = img->code_words;

    offload_image_free(img);
    return words;
}

/* ---- size of the code: what a good baseline needs, exit's jump included ---- */

static const struct {
    const char *text;
    uint32_t words;
} sizes[] = {
    {"r0 = 1\nexit", 2},
    {"w0 = 2\nexit", 2},
    {"r0 = r6\nexit", 2},
    {"r2 = *(u32 *)(r1 +4)\nr0 = 1\nexit", 3},
    {"r2 = r1\nr2 += 14\nr0 = 1\nexit", 4},
    {"if r2 > r3 goto pc+1\nr0 = 2\nr0 = 1\nexit", 4},
    {"if w2 == 0 goto pc+1\nr0 = 2\nr0 = 1\nexit", 5},
    {"r2 &= 65535\nr0 = 1\nexit", 3},
    {"r2 = be16 r2\nr0 = 1\nexit", 4},
    {"*(u32 *)(r10 -4) = r2\nr0 = 1\nexit", 3},
    {"r2 *= 64\nr3 /= 8\nr4 %= 16\nr0 = 1\nexit", 5},
    {"lock *(u64 *)(r2 +0) += r3\nr0 = 1\nexit", 3},
    {"w2 += 1\nr0 = 1\nexit", 4},
    {"w2 >>= 3\nw3 &= 7\nr0 = 1\nexit", 4},
    {"call #7\nexit", 4}, /* call, result to r0, result to a0, exit */
    {"r2 = r10\nr2 += -8\nr1 = map[0]\ncall #1\nr0 = 1\nexit", 10},
    {"goto pc+0\nr0 = 1\nexit", 2},
    {"r6 = 0xffffffff\nr7 = 0x100000000\nr0 = 1\nexit", 5},
    {"call pc+2\nr0 = 1\nexit\nr0 = 5\nexit", 5},
};

static void test_sizes(void)
{
    for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        uint32_t words = words_of(sizes[k].text, NULL);
        if (words != sizes[k].words)
            fprintf(stderr, "%u words, wanted %u:\n%s\n", words, sizes[k].words, sizes[k].text);
        CU_ASSERT_EQUAL(words, sizes[k].words);
    }
}

/* ---- facts ---- */

#define R     OFFLOAD_FACT_REACHED
#define TAKEN OFFLOAD_FACT_TAKEN
#define FALLS OFFLOAD_FACT_FALLS
#define DEAD  OFFLOAD_FACT_ZEXT_DEAD

static struct offload_facts facts_of(uint32_t *flags, uint32_t n, uint32_t *start, uint32_t *stack)
{
    return (struct offload_facts){.insn_count = n,
                                  .flags = flags,
                                  .subprog_count = 1,
                                  .subprog_start = start,
                                  .subprog_stack = stack};
}

static void test_dead_code(void)
{
    const char *text = "if r1 == 0 goto pc+2\nr0 = 7\ngoto pc+1\nr0 = 8\nr2 = r0\nexit";
    uint32_t start = 0, stack = 0, all = words_of(text, NULL);
    uint32_t taken[] = {R | TAKEN, 0, 0, R, R, R}, falls[] = {R | FALLS, R, R, 0, R, R};
    uint32_t both[] = {R | TAKEN | FALLS, R, R, R, R, R}, silent[] = {R, R, R, R, R, R};
    struct offload_facts f = facts_of(taken, 6, &start, &stack);

    CU_ASSERT_EQUAL(all, 7); /* branch, li, jal, li, mv, mv a0, exit */
    CU_ASSERT_EQUAL(words_of(text, &f), 4);
    f.flags = falls;
    CU_ASSERT_EQUAL(words_of(text, &f), 4);
    f.flags = both;
    CU_ASSERT_EQUAL(words_of(text, &f), all);
    f.flags = silent; /* nothing said about a jump: both edges */
    CU_ASSERT_EQUAL(words_of(text, &f), all);
}

/* A conditional jump with one edge, over live code that something else reaches. */
static void test_always_taken(void)
{
    const char *text = "goto pc+1\nr0 = 1\nif r1 == 0 goto pc+1\ngoto pc-3\nr2 = 1\nexit";
    uint32_t start = 0, stack = 0;
    uint32_t flags[] = {R, 0, R | TAKEN, 0, R, R};
    struct offload_facts f = facts_of(flags, 6, &start, &stack);

    CU_ASSERT_EQUAL(words_of(text, &f), 3); /* li, mv, exit: no jump is left */
}

static void test_zext_dead(void)
{
    const char *text = "w2 += w3\nw4 = w5\nw5 = (s8)w3\nw3 = -1\nw2 = w2\nr0 = 1\nexit";
    uint32_t start = 0, stack = 0;
    uint32_t flags[] = {R | DEAD, R | DEAD, R | DEAD, R | DEAD, R | DEAD, R, R};
    struct offload_facts f = facts_of(flags, 7, &start, &stack);

    CU_ASSERT_EQUAL(words_of(text, NULL), 2 + 1 + 2 + 2 + 1 + 2);
    CU_ASSERT_EQUAL(words_of(text, &f), 1 + 1 + 1 + 1 + 0 + 2);
}

static void test_inconsistent_facts(void)
{
    struct program t;
    struct offload_image *img;
    struct offload_refusal why;
    uint32_t start = 0, stack = 0;
    uint32_t jump_to_dead[] = {R | TAKEN | FALLS, R, 0, R}, falls_to_dead[] = {R | FALLS, 0, R, R};
    uint32_t nothing[] = {0, 0, 0, 0};
    struct offload_facts f = facts_of(jump_to_dead, 4, &start, &stack);

    assemble(&t, "if r1 == 0 goto pc+1\nr0 = 7\nr0 = 8\nexit");
    CU_ASSERT_EQUAL(offload_translate(&t.p, &f, &plain, 1000, &img, &why), -EINVAL);
    f.flags = falls_to_dead;
    CU_ASSERT_EQUAL(offload_translate(&t.p, &f, &plain, 1000, &img, &why), -EINVAL);
    f.flags = nothing;
    CU_ASSERT_EQUAL(offload_translate(&t.p, &f, &plain, 1000, &img, &why), -EINVAL);
    f.insn_count = 3;
    CU_ASSERT_EQUAL(offload_translate(&t.p, &f, &plain, 1000, &img, &why), -EINVAL);
    CU_ASSERT_PTR_NULL(img);
}

/* ---- stack ---- */

static uint32_t stack_of(const char *text, const struct offload_facts *facts)
{
    struct program t;
    assemble(&t, text);
    struct offload_image *img = translate(&t, facts);
    uint32_t bytes = img->stack_bytes;

    offload_image_free(img);
    return bytes;
}

static void test_stack(void)
{
    const char *chain = "*(u64 *)(r10 -8) = 1\ncall pc+1\nexit\n"
                        "*(u64 *)(r10 -24) = 1\nr6 = 1\ncall pc+1\nexit\n"
                        "*(u64 *)(r10 -8) = 1\nr7 = 1\nexit";
    uint32_t flags[10], start[] = {0, 3, 7}, stack[] = {8, 24, 8};
    struct offload_facts f = {.insn_count = 10,
                              .flags = flags,
                              .subprog_count = 3,
                              .subprog_start = start,
                              .subprog_stack = stack};

    for (unsigned k = 0; k < 10; k++)
        flags[k] = R;
    CU_ASSERT_EQUAL(stack_of("r0 = 1\nexit", NULL), 0);
    CU_ASSERT_EQUAL(stack_of("*(u8 *)(r10 -1) = 1\nr0 = 1\nexit", NULL), 512);
    /* 16; 32 and r6, ra; 16 and r7 */
    CU_ASSERT_EQUAL(stack_of(chain, &f), 16 + 48 + 32);
    CU_ASSERT_EQUAL(stack_of(chain, NULL), 3 * 512 + 16 + 16);
    CU_ASSERT(8 * (512 + 48) <= OFFLOAD_STACK_BYTES);
}

/* Frames of callbacks lie below that of the function that names them, or that calls them back. */
static void test_callback_stack(void)
{
    const char *loop = "*(u64 *)(r10 -8) = 1\nr2 = subprog[Body]\ncall #181\nexit\n"
                       "Body:\n*(u64 *)(r10 -8) = 1\nr0 = 0\nexit";
    const char *passed = "*(u64 *)(r10 -8) = 1\nr2 = subprog[Body]\ncall Does\nexit\n"
                         "Does:\n*(u64 *)(r10 -8) = 1\ncall #181\nexit\n"
                         "Body:\n*(u64 *)(r10 -8) = 1\nr0 = 0\nexit";

    CU_ASSERT_EQUAL(stack_of(loop, NULL), 2 * 512);
    CU_ASSERT_EQUAL(stack_of(passed, NULL), 3 * 512 + 16);
    CU_ASSERT_EQUAL(stack_of("r0 = 1\nmay_goto pc+0\nexit", NULL), 16);
}

/* ---- line table ---- */

static bool row_insn_right(const struct offload_prog *p, uint32_t insn)
{
    if (insn == OFFLOAD_ROW_GLUE)
        return true;
    return insn < p->insn_count && ebpf_decode(&p->insns[insn])->id != EBPF_INVALID;
}

static void check_rows(const struct offload_prog *p, const struct offload_image *img)
{
    CU_ASSERT_FATAL(img->row_count > 0);
    CU_ASSERT_EQUAL(img->rows[0].word, 0);
    CU_ASSERT(img->rows[img->row_count - 1].word < img->code_words);
    for (uint32_t k = 0; k < img->row_count; k++) {
        if (!row_insn_right(p, img->rows[k].insn))
            CU_FAIL("a row names no instruction");
        if (k && img->rows[k].word <= img->rows[k - 1].word)
            CU_FAIL("rows are not sorted");
    }
}

/* Fused, saved and left-out code all have their rows, one word each but for slot 3's constant. */
static void test_rows(void)
{
    static const uint32_t want[] = {0, 1, 3, 5, 6, 7, OFFLOAD_ROW_GLUE, 8, OFFLOAD_ROW_GLUE, 9};
    struct program t;

    assemble(&t, "r0 = 5\nr6 = 5\ngoto pc+0\nr3 = 0x123456789\ncall pc+2\nr0 = 2\nexit\n"
                 "r6 = 1\nexit");
    struct offload_image *img = translate(&t, NULL);
    check_rows(&t.p, img);
    CU_ASSERT_EQUAL_FATAL(img->row_count, sizeof(want) / sizeof(want[0]));
    for (uint32_t k = 0; k < img->row_count; k++) {
        uint32_t end = k + 1 < img->row_count ? img->rows[k + 1].word : img->code_words;
        CU_ASSERT_EQUAL(img->rows[k].insn, want[k]);
        CU_ASSERT(want[k] == 3 || end == img->rows[k].word + 1);
    }
    offload_image_free(img);
}

/* With as few passes as costs by class ask for, each instruction has a row and its class. */
static void test_classes(void)
{
    static const struct {
        uint32_t insn, insn_class;
    } want[] = {
        {0, OFFLOAD_CLASS_ALU},   {1, OFFLOAD_CLASS_ALU32}, {2, OFFLOAD_CLASS_MUL},
        {3, OFFLOAD_CLASS_DIV},   {4, OFFLOAD_CLASS_IMM64}, {6, OFFLOAD_CLASS_STORE},
        {7, OFFLOAD_CLASS_LOAD},  {8, OFFLOAD_CLASS_JCC},   {9, OFFLOAD_CLASS_JCC32},
        {10, OFFLOAD_CLASS_ALU},  {11, OFFLOAD_CLASS_JUMP}, {12, OFFLOAD_CLASS_ALU},
        {13, OFFLOAD_CLASS_EXIT},
    };
    struct offload_xlate_opts opts = {.off = 0};
    struct offload_image *img = NULL;
    struct offload_refusal why = {0};
    struct program t;
    uint32_t k = 0;

    offload_xlate_opts_by_insn(&opts);
    assemble(&t, "r0 = 5\nw0 += 1\nr0 *= 3\nw0 /= 7\nr3 = 0x123456789\n"
                 "*(u64 *)(r10 -8) = r3\nr4 = *(u64 *)(r10 -8)\nif r4 == 0x1 goto pc+3\n"
                 "if w4 > 0x2 goto pc+1\nr0 = 1\ngoto pc+1\nr0 = 2\nexit");
    CU_ASSERT_EQUAL_FATAL(offload_translate(&t.p, NULL, &opts, UINT32_MAX, &img, &why), 0);
    for (uint32_t n = 0; n < img->row_count; n++) {
        if (img->rows[n].insn == OFFLOAD_ROW_GLUE) {
            CU_ASSERT_EQUAL(img->rows[n].insn_class, OFFLOAD_CLASS_OTHER);
            continue;
        }
        CU_ASSERT_FATAL(k < sizeof(want) / sizeof(want[0]));
        CU_ASSERT_EQUAL(img->rows[n].insn, want[k].insn);
        CU_ASSERT_EQUAL(img->rows[n].insn_class, want[k].insn_class);
        k++;
    }
    CU_ASSERT_EQUAL(k, sizeof(want) / sizeof(want[0]));
    offload_image_free(img);
}

static void test_rows_random(void)
{
    struct program t;
    struct rng r = {7};

    for (unsigned k = 0; k < 300; k++) {
        t.p = (struct offload_prog){.insns = t.i, .insn_count = gen_program(&r, t.i, SLOTS)};
        struct offload_image *img = translate(&t, NULL);
        check_rows(&t.p, img);
        offload_image_free(img);
    }
}

/* ---- refusals ---- */

static const struct {
    const char *text, *reason;
    uint32_t insn;
} refused[] = {
    {"r0 = 1", "last insn is not an exit or jmp", 0},
    {"r0 = 1\ncall bpf_tail_call#12", "last insn is not an exit or jmp", 1},
    {"call #0\nexit", "invalid func unknown#0", 0},
    {"call #256\nexit", "invalid func unknown#256", 0},
    {"call #-1\nexit", "invalid func unknown#-1", 0},
    {"r10 = 1\nexit", "frame pointer is read only", 0},
    {"r10 = *(u64 *)(r1 +0)\nexit", "frame pointer is read only", 0},
    {"r10 = atomic64_xchg((u64 *)(r1 +0), r10)\nexit", "frame pointer is read only", 0},
    {"r11 = 1\nexit", "R11 is invalid", 0},
    {"r1 = r15\nexit", "R15 is invalid", 0},
    {"goto pc+5\nexit", "jump out of range from insn 0 to 6", 0},
    {"r0 = 0\ngoto pc-3\nexit", "jump out of range from insn 1 to -1", 1},
    {"goto pc+1\nr0 = 0x1\nexit", "jump into the middle of ldimm64 insn 0", 0},
    {"call pc+7\nexit", "jump out of range from insn 0 to 8", 0},
    {"r0 = subprog[+3]\nexit", "jump out of range from insn 0 to 4", 0},
    {"r0 = 1\nr0 = subprog[-2]\nexit", "the main program is no callback", 1},
    {"r0 = subprog[+0]\nexit", "jump into the middle of ldimm64 insn 0", 0},
    {"r2 = subprog[+2]\nexit\nr2 = subprog[-1]\nr0 = 0\nexit",
     "the call stack of 9 frames is too deep !", 0},
    {"r0 = var[1]\nexit", "unrecognized bpf_ld_imm64 insn", 0},
    {"r0 = map[2]\nexit", "fd 2 is not pointing to valid bpf_map", 0},
    {"r0 = *(u8 *)skb[4]\nexit", "BPF_LD_[ABS|IND] instructions not allowed for this program type",
     0},
    {"call kernel-function#64\nexit", "calling kernel function #64 is not allowed", 0},
    {"call kernel-function#-1\nexit", "calling kernel function #-1 is not allowed", 0},
    {"r10 = load_acquire((u64 *)(r1 +0))\nexit", "frame pointer is read only", 0},
    {"hex:ff00000000000000\nexit", "unknown opcode ff", 0},
    {"hex:1800000000000000", "invalid bpf_ld_imm64 insn", 0},
    {"hex:1800000000000000\nexit", "invalid bpf_ld_imm64 insn", 0},
    {"hex:9500000001000000", "EXIT uses reserved fields", 0},
    {"hex:0f12010000000000\nexit", "ADD64_X uses reserved fields", 0},
    {"r0 = 1\ncall pc-2\nexit", "the main program calls itself", 1},
    {"call pc+1\nexit\ncall pc-1\nexit", "the call stack of 9 frames is too deep !", 0},
    {"call pc+1\nexit\nr0 = 1\ngoto pc-3", "jump out of range from insn 3 to 1", 3},
    {"call pc+2\nr0 = 1\ngoto pc+1\nr0 = 1\nexit", "jump out of range from insn 2 to 4", 2},
};

static void test_refusals(void)
{
    for (size_t k = 0; k < sizeof(refused) / sizeof(refused[0]); k++) {
        struct program t;
        struct offload_image *img = NULL;
        struct offload_refusal why = {.insn = 99};
        assemble(&t, refused[k].text);
        CU_ASSERT_EQUAL(offload_translate(&t.p, NULL, &plain, 1000, &img, &why), -EINVAL);
        CU_ASSERT_PTR_NULL(img);
        if (strcmp(why.reason, refused[k].reason) != 0 || why.insn != refused[k].insn)
            fprintf(stderr, "insn %u: \"%s\", wanted \"%s\"\n", why.insn, why.reason,
                    refused[k].reason);
        CU_ASSERT_STRING_EQUAL(why.reason, refused[k].reason);
        CU_ASSERT_EQUAL(why.insn, refused[k].insn);
        CU_ASSERT_EQUAL(offload_translate(&t.p, NULL, &plain, 1000, &img, NULL), -EINVAL);
    }
}

static void test_empty(void)
{
    struct offload_prog p = {.insn_count = 0};
    struct offload_image *img;
    struct offload_refusal why;

    CU_ASSERT_EQUAL(offload_translate(&p, NULL, &plain, 1000, &img, &why), -EINVAL);
    offload_image_free(NULL);
}

/* A chain of `n` functions: eight frames are allowed, nine are not. */
static int chain(unsigned n)
{
    struct program t;
    char text[512] = "";
    struct offload_image *img;
    struct offload_refusal why;

    for (unsigned k = 0; k + 1 < n; k++)
        strcat(text, "call pc+1\nexit\n");
    assemble(&t, strcat(text, "r0 = 1\nexit\n"));
    int err = offload_translate(&t.p, NULL, &plain, 1000, &img, &why);
    offload_image_free(img);
    return err;
}

static void test_depth(void)
{
    CU_ASSERT_EQUAL(chain(8), 0);
    CU_ASSERT_EQUAL(chain(9), -EINVAL);
}

static void test_max_words(void)
{
    struct program t;
    struct offload_image *img;
    struct offload_refusal why;

    assemble(&t, "r0 = 1\nr0 += 1\nexit");
    CU_ASSERT_EQUAL(offload_translate(&t.p, NULL, &plain, 3, &img, &why), -E2BIG);
    CU_ASSERT_PTR_NULL(img);
    CU_ASSERT_EQUAL(offload_translate(&t.p, NULL, &plain, 4, &img, &why), 0);
    offload_image_free(img);
}

static const struct cunit_case suite[] = {
    {"code is as short as a good baseline's", test_sizes},
    {"unreached code is left out", test_dead_code},
    {"jumps with one edge", test_always_taken},
    {"dead zero-extensions", test_zext_dead},
    {"facts that contradict the program", test_inconsistent_facts},
    {"stack use", test_stack},
    {"stack of callbacks", test_callback_stack},
    {"line table", test_rows},
    {"classes of instructions", test_classes},
    {"line table of random programs", test_rows_random},
    {"refusals say why", test_refusals},
    {"empty program", test_empty},
    {"eight frames, not nine", test_depth},
    {"size limit", test_max_words},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("xlate translate", suite);
}
