/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every row of offload/reasons.def has a program that is refused for it, and a neighbour: one that
 * is accepted and nearly the same. Programs come from cases/, from the objects named on the command
 * line (progs/, by their tags) and, where they are too large to be written down, from here.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "built.h"
#include "cases.h"
#include "cunit_main.h"
#include "kernel.h"
#include "objects.h"

enum { NEAR = 3 /* slots put in, taken out or changed */ };

struct seen {
    bool refused, accepted;
};
static struct seen seen[OFFLOAD_REASON_COUNT];

static const char *cases_dir;
static char **objects;

/* ---- cases ---- */

/* Refused programs, to measure how near their neighbours are. */
struct kept {
    struct ebpf_insn *insn;
    uint32_t count;
    enum offload_reason why;
};
static struct kept kept[512];
static unsigned kepts;

static int verify_case(const struct test_case *c, struct offload_refusal *why)
{
    struct offload_prog prog = case_prog(c);
    return offload_verify(&prog, &c->opts, NULL, NULL, why);
}

static void keep_refused(void *arg, struct test_case *c)
{
    struct offload_refusal why;
    (void)arg;
    if (c->accept || verify_case(c, &why) == 0)
        return;
    CU_ASSERT_FATAL(kepts < sizeof(kept) / sizeof(kept[0]));
    struct kept *k = &kept[kepts++];
    *k = (struct kept){calloc(c->code.count + 1, sizeof(*k->insn)), c->code.count, why.code};
    CU_ASSERT_PTR_NOT_NULL_FATAL(k->insn);
    memcpy(k->insn, c->code.insn, c->code.count * sizeof(*k->insn));
    seen[why.code].refused = true;
}

/* The same but for how far a jump or call goes, which instructions put in between change. */
static bool same_slot(const struct ebpf_insn *a, const struct ebpf_insn *b)
{
    bool jump = (a->opcode & 7) == BPF_JMP || (a->opcode & 7) == BPF_JMP32;
    bool call = a->opcode == (BPF_JMP | BPF_CALL) && a->src == BPF_PSEUDO_CALL;
    return a->opcode == b->opcode && a->dst == b->dst && a->src == b->src &&
           (jump || a->off == b->off) && (call || a->imm == b->imm);
}

/* Slots to put in, to take out and to change: the edit distance, in a band around the diagonal. */
static unsigned distance(const struct kept *k, const struct asm_out *code)
{
    unsigned row[ASM_SLOTS + 1];
    for (uint32_t j = 0; j <= code->count; j++)
        row[j] = j;
    for (uint32_t i = 1; i <= k->count; i++) {
        unsigned before = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= code->count; j++) {
            unsigned put = row[j - 1] + 1, take = row[j] + 1;
            unsigned change = before + !same_slot(&k->insn[i - 1], &code->insn[j - 1]);
            before = row[j];
            row[j] = put < take ? put : take;
            if (change < row[j])
                row[j] = change;
        }
    }
    return row[code->count];
}

static bool is_near(enum offload_reason why, const struct asm_out *code)
{
    for (unsigned n = 0; n < kepts; n++)
        if (kept[n].why == why && kept[n].count <= code->count + NEAR &&
            code->count <= kept[n].count + NEAR && distance(&kept[n], code) <= NEAR)
            return true;
    return false;
}

static void see_neighbour(void *arg, struct test_case *c)
{
    struct offload_refusal why;
    (void)arg;
    for (unsigned n = 0; n < CASE_NEIGHBOURS && c->neighbour[n] != OFFLOAD_REASON_NONE; n++) {
        bool near = is_near(c->neighbour[n], &c->code);
        if (!near)
            printf("\n  %s: %s: no case refused for %s is nearly the same", c->file, c->name,
                   offload_reason_row(c->neighbour[n])->name);
        CU_ASSERT_TRUE(near);
        CU_ASSERT_TRUE(c->accept && verify_case(c, &why) == 0);
        seen[c->neighbour[n]].accepted = true;
    }
}

static void test_cases(void)
{
    CU_ASSERT_TRUE(cases_each(cases_dir, keep_refused, NULL) > 0);
    CU_ASSERT_TRUE(cases_each(cases_dir, see_neighbour, NULL) > 0);
    while (kepts)
        free(kept[--kepts].insn);
}

/* ---- programs made here ---- */

static void test_built(void)
{
    for (const struct built *b = built_pairs; b->why != OFFLOAD_REASON_NONE; b++) {
        struct offload_refusal why;
        CU_ASSERT_TRUE(b->verify(true, &why) < 0);
        CU_ASSERT_EQUAL(why.code, b->why);
        CU_ASSERT_EQUAL(b->verify(false, &why), 0);
        seen[b->why] = (struct seen){true, true};
    }
}

/* ---- objects ---- */

static void see_marks(const struct object_prog *p, bool accepted, enum offload_reason why)
{
    char text[160], *save;
    snprintf(text, sizeof(text), "%s", p->mark);
    char *kind = strtok_r(text, ": ", &save);
    bool neighbour = kind && strcmp(kind, "neighbour") == 0;
    for (char *w = kind ? strtok_r(NULL, ": ", &save) : NULL; w; w = strtok_r(NULL, " ", &save)) {
        enum offload_reason said = offload_reason_find(w);
        bool right = said != OFFLOAD_REASON_NONE && (neighbour ? accepted : why == said);
        if (!right)
            printf("\n  %s: %s, but %s", p->name, p->mark,
                   accepted ? "accepted" : offload_reason_row(why)->name);
        CU_ASSERT_TRUE(right);
        seen[said].refused |= right && !neighbour;
        seen[said].accepted |= right && neighbour;
    }
}

static void see_object_prog(void *arg, const struct object_prog *p)
{
    struct offload_verify_opts opts = {
        .helpers = {~0ull, ~0ull, ~0ull, ~0ull}, .kfuncs = ~0ull, .allow_uninit_stack = true};
    struct offload_refusal why = {0};
    bool accepted = offload_verify(&p->prog, &opts, NULL, NULL, &why) == 0;
    ++*(unsigned *)arg;
    see_marks(p, accepted, why.code);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list ap)
{
    (void)level;
    (void)format;
    (void)ap;
    return 0;
}

/* libbpf needs the kernel to load an object; its verdicts are test_objects.c's. */
static void test_objects(void)
{
    unsigned programs = 0;
    if (kernel_missing())
        return;
    libbpf_set_print(quiet);
    objects_watch(see_object_prog, &programs);
    for (char **path = objects; *path; path++)
        CU_ASSERT_EQUAL(objects_load(*path), 0);
    objects_watch(NULL, NULL);
    CU_ASSERT_TRUE(programs > 0);
}

static void test_all(void)
{
    unsigned missing = 0;
    if (kernel_missing()) {
        printf("SKIP: bpf(2) is not available here: %s ", kernel_missing());
        return;
    }
    for (int n = OFFLOAD_REASON_NONE + 1; n < OFFLOAD_REASON_COUNT; n++) {
        if (seen[n].refused && seen[n].accepted)
            continue;
        printf("\n  %s: no program is %s", offload_reason_row((enum offload_reason)n)->name,
               seen[n].refused ? "its neighbour" : "refused for it");
        missing++;
    }
    CU_ASSERT_EQUAL(missing, 0);
    printf("%d reasons ", OFFLOAD_REASON_COUNT - 1);
}

/* The table itself: names that find their row, advice for each. */
static void test_table(void)
{
    for (int n = OFFLOAD_REASON_NONE + 1; n < OFFLOAD_REASON_COUNT; n++) {
        enum offload_reason reason = (enum offload_reason)n;
        const struct offload_reason_row *row = offload_reason_row(reason);
        CU_ASSERT_EQUAL(offload_reason_find(row->name), reason);
        CU_ASSERT_TRUE(row->error > 0 && row->format[0] && row->hint[0]);
        CU_ASSERT_PTR_NOT_NULL(offload_class_name(row->class));
    }
    CU_ASSERT_PTR_NULL(offload_reason_row(OFFLOAD_REASON_NONE));
    CU_ASSERT_PTR_NULL(offload_reason_row(OFFLOAD_REASON_COUNT));
    CU_ASSERT_PTR_NULL(offload_class_name(OFFLOAD_CLASS_COUNT));
    CU_ASSERT_EQUAL(offload_reason_find("nothing"), OFFLOAD_REASON_NONE);
}

int main(int argc, char **argv)
{
    static const struct cunit_case cases[] = {
        {"the table", test_table},           {"cases", test_cases},
        {"large programs", test_built},      {"objects", test_objects},
        {"every reason is shown", test_all}, {NULL, NULL},
    };
    cases_dir = argc > 1 ? argv[1] : "cases";
    objects = argv + (argc > 1 ? 2 : 1);
    return cunit_run("verifier reasons", cases);
}
