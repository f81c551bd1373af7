/* SPDX-License-Identifier: BSD-3-Clause */
/* Profiles: their text, their limits, and the longest path. */
#include <errno.h>
#include <string.h>

#include "cunit_main.h"
#include "offload/profile.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static int parse(const char *text, struct offload_profile *p, unsigned *line, char *why)
{
    return offload_profile_parse(text, strlen(text), p, line, why, 200);
}

static void test_parse(void)
{
    struct offload_profile p;
    unsigned line;
    char why[200];

    CU_ASSERT_EQUAL(parse("# x\n[profile]\n name = a b \nprefix=[p]\n[helpers]\n"
                          "allow = map_lookup_elem, redirect\nallow = csum_diff\n"
                          "[maps]\ntypes = HASH LPM_TRIE\nflags = 0x9\nkey = 7\n"
                          "[instructions]\nmod = no\ndiv = constant\natomics = map add\n"
                          "[limits]\nengine_insns_per_bpf_insn = 2.5",
                          &p, &line, why),
                    0);
    CU_ASSERT_STRING_EQUAL(p.name, "a b");
    CU_ASSERT_STRING_EQUAL(p.prefix, "[p]");
    CU_ASSERT_EQUAL(p.helpers[0], 1ull << 1 | 1ull << 23 | 1ull << 28);
    CU_ASSERT_EQUAL(p.map_types, 1u << 1 | 1u << 11);
    CU_ASSERT_EQUAL(p.map_flags, 9);
    CU_ASSERT_EQUAL(p.key, 7);
    CU_ASSERT_FALSE(p.mod);
    CU_ASSERT_TRUE(p.tail_calls && p.kfuncs && p.callbacks);
    CU_ASSERT_EQUAL(p.div, OFFLOAD_DIV_CONSTANT);
    CU_ASSERT_EQUAL(p.atomics, OFFLOAD_ATOMICS_MAP_ADD);
    CU_ASSERT_EQUAL(p.milli_insns_per_bpf, 2500);
    CU_ASSERT_FALSE(p.device);
}

static void test_wrong_text(void)
{
    static const struct {
        const char *text, *why;
        unsigned line;
    } rows[] = {
        {"", "no name", 1},
        {"[profile]\nname = x\n[maps", "a section is", 3},
        {"[profile]\nname\n", "KEY = VALUE", 2},
        {"name = x\n", "no key of section ''", 1},
        {"[maps]\nname = x\n", "no key of section 'maps'", 2},
        {"[maps]\nkey = -1\n", "'-1' is no number", 2},
        {"[maps]\nkey = 4294967296\n", "is no number", 2},
        {"[maps]\nkey = 4x\n", "is no number", 2},
        {"[maps]\ntypes = HASH SHELF\n", "'SHELF' is not known", 2},
        {"[helpers]\nallow = bpf_redirect\n", "is not known", 2},
        {"[instructions]\nmod = perhaps\n", "not one of no, yes", 2},
        {"[instructions]\ndiv = no\n", "not one of all, constant, none", 2},
        {"[limits]\nengine_insns_per_bpf_insn = 9999\n", "up to 1000", 2},
        {"[profile]\nname = a name that is longer than the 31 bytes of it\n", "longer than 31", 2},
    };

    for (size_t i = 0; i < LEN(rows); i++) {
        struct offload_profile p;
        unsigned line = 0;
        char why[200] = "";

        CU_ASSERT_EQUAL(parse(rows[i].text, &p, &line, why), -EINVAL);
        if (strstr(why, rows[i].why) == NULL || line != rows[i].line)
            printf("row %zu: line %u: %s\n", i, line, why);
        CU_ASSERT_PTR_NOT_NULL(strstr(why, rows[i].why));
        CU_ASSERT_EQUAL(line, rows[i].line);
    }
}

/* ---- programs ---- */

struct made {
    struct offload_prog prog;
    struct offload_facts *facts;
    struct offload_image *image;
};

static void make(const struct ebpf_insn *insns, uint32_t count, struct made *m)
{
    struct offload_verify_opts opts = {.helpers = {1ull << 5}};
    struct offload_refusal why = {0};

    *m = (struct made){.prog = {.name = "p", .insns = insns, .insn_count = count}};
    CU_ASSERT_EQUAL_FATAL(offload_verify(&m->prog, &opts, NULL, &m->facts, &why), 0);
    CU_ASSERT_EQUAL_FATAL(offload_translate(&m->prog, m->facts, NULL, 100000, &m->image, &why), 0);
}

static uint64_t longest(const struct made *m)
{
    uint64_t insns = 0;

    CU_ASSERT_EQUAL(offload_longest_path(&m->prog, m->facts, m->image, &insns), 0);
    return insns;
}

static void drop(struct made *m)
{
    offload_facts_free(m->facts);
    offload_image_free(m->image);
}

#define MOV(reg, n)         {.opcode = 0xb7, .dst = (reg), .imm = (n)}
#define ADD(reg, n)         {.opcode = 0x07, .dst = (reg), .imm = (n)}
#define EXIT                {.opcode = 0x95}
#define NOW                 {.opcode = 0x85, .imm = 5}
#define JEQ(reg, n, to)     {.opcode = 0x15, .dst = (reg), .off = (to), .imm = (n)}
#define JLT(reg, n, to)     {.opcode = 0xa5, .dst = (reg), .off = (to), .imm = (n)}
#define CALL(to)            {.opcode = 0x85, .src = 1, .imm = (to)}
#define MULTIPLY(reg, src_) {.opcode = 0x2f, .dst = (reg), .src = (src_)}

static void test_straight(void)
{
    static const struct ebpf_insn p[] = {NOW, ADD(0, 3), EXIT};
    struct made m;

    make(p, LEN(p), &m);
    CU_ASSERT_EQUAL(longest(&m), m.image->code_words);
    drop(&m);
}

/* The longer side counts: adding to the shorter changes nothing, to the longer it does. */
static void test_branches(void)
{
    static const struct ebpf_insn even[] = {
        NOW, JEQ(0, 0, 3), MULTIPLY(0, 0), MULTIPLY(0, 0), EXIT, MULTIPLY(0, 0), EXIT};
    static const struct ebpf_insn shorter[] = {NOW,  JEQ(0, 0, 3),   MULTIPLY(0, 0), MULTIPLY(0, 0),
                                               EXIT, MULTIPLY(0, 0), MULTIPLY(0, 0), EXIT};
    static const struct ebpf_insn longer[] = {
        NOW, JEQ(0, 0, 4), MULTIPLY(0, 0), MULTIPLY(0, 0), MULTIPLY(0, 0), EXIT, MULTIPLY(0, 0),
        EXIT};
    struct made a, b, c;

    make(even, LEN(even), &a);
    make(shorter, LEN(shorter), &b);
    make(longer, LEN(longer), &c);
    CU_ASSERT_TRUE(longest(&a) < a.image->code_words);
    CU_ASSERT_EQUAL(longest(&a), longest(&b));
    CU_ASSERT_EQUAL(longest(&a) + 1, longest(&c));
    drop(&a);
    drop(&b);
    drop(&c);
}

static void test_loop(void)
{
    static const struct ebpf_insn p[] = {
        NOW, {.opcode = 0xbf, .dst = 6, .src = 0}, MOV(0, 0), ADD(0, 1), JLT(0, 5, -2), EXIT};
    struct made m;

    make(p, LEN(p), &m);
    CU_ASSERT_TRUE(longest(&m) >= 5 * 2 + 3); /* five rounds of two instructions */
    CU_ASSERT_TRUE(longest(&m) <= 20 * (uint64_t)m.image->code_words);
    m.facts->longest = 0; /* as for a loop that the verifier cannot bound */
    CU_ASSERT_EQUAL(longest(&m), 0);
    drop(&m);
}

/* A function called twice counts twice. */
static void test_calls(void)
{
    static const struct ebpf_insn once[] = {CALL(1), EXIT, NOW, MULTIPLY(0, 0), EXIT};
    static const struct ebpf_insn twice[] = {CALL(2), CALL(1), EXIT, NOW, MULTIPLY(0, 0), EXIT};
    struct made a, b;

    make(once, LEN(once), &a);
    make(twice, LEN(twice), &b);
    CU_ASSERT_TRUE(longest(&b) >= longest(&a) + 4);
    CU_ASSERT_TRUE(longest(&b) < 2 * longest(&a));
    drop(&a);
    drop(&b);
}

static void count_finding(void *ctx, const struct offload_finding *f)
{
    CU_ASSERT_TRUE(f->text[0] != '\0' && f->rule[0] != '\0');
    ++*(unsigned *)ctx;
}

static void test_limits(void)
{
    static const struct ebpf_insn p[] = {NOW, ADD(0, 3), EXIT};
    struct offload_profile profile = {.name = "x", .device = true, .milli_insns_per_bpf = 2500};
    unsigned found = 0;
    struct made m;

    make(p, LEN(p), &m);
    CU_ASSERT_EQUAL(offload_profile_insns(&profile, &m.prog, m.image), 8);
    profile.engine_insns = 8;
    CU_ASSERT_EQUAL(
        offload_profile_check(&profile, &m.prog, m.facts, m.image, count_finding, &found), 0);
    profile.engine_insns = 7;
    CU_ASSERT_EQUAL(
        offload_profile_check(&profile, &m.prog, m.facts, m.image, count_finding, &found), 1);
    profile.device = false; /* now the helper is none of its own */
    CU_ASSERT_EQUAL(
        offload_profile_check(&profile, &m.prog, m.facts, m.image, count_finding, &found), 2);
    CU_ASSERT_EQUAL(found, 3);
    drop(&m);
}

static const struct cunit_case cases[] = {
    {"parse", test_parse},       {"wrong text", test_wrong_text},
    {"straight", test_straight}, {"branches", test_branches},
    {"loop", test_loop},         {"calls", test_calls},
    {"limits", test_limits},     {NULL, NULL}};

int main(void)
{
    return cunit_run("profile", cases);
}
