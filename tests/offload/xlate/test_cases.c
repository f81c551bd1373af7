/* SPDX-License-Identifier: BSD-3-Clause */
/* The cases on the reference interpreter, qemu-riscv64 and the engine; test_edges.c says what they
 * reach. */
#include "cunit_main.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

enum { BATCH = 2048 };

static struct case_list list;

static struct exec_case *prepare(void)
{
    static const struct offload_map maps[EXEC_MAPS] = {{.name = "a"}, {.name = "b"}};
    struct exec_case *cases = calloc(list.count, sizeof(*cases));

    for (unsigned k = 0; k < list.count; k++) {
        cases[k].prog = (struct offload_prog){.name = list.cases[k].name,
                                              .insns = list.cases[k].insns,
                                              .insn_count = list.cases[k].insn_count,
                                              .maps = maps,
                                              .map_count = EXEC_MAPS};
        memcpy(cases[k].mem, list.cases[k].mem, EXEC_MEM);
    }
    return cases;
}

static bool memory_right(const struct data_case *want, const struct exec_case *got)
{
    for (unsigned e = 0; e < want->expect_count; e++)
        if (memcmp(got->mem + want->expect[e].off, want->expect[e].bytes, want->expect[e].len) != 0)
            return false;
    return true;
}

static unsigned check(const struct exec_case *got, const char *where)
{
    unsigned wrong = 0;

    for (unsigned k = 0; k < list.count; k++) {
        const struct data_case *want = &list.cases[k];
        if (!got[k].err && got[k].r0 == want->r0 && memory_right(want, &got[k]))
            continue;
        fprintf(stderr, "%s on %s: r0 0x%" PRIx64 ", wanted 0x%" PRIx64 ", err %d %s\n", want->name,
                where, got[k].r0, want->r0, got[k].err, got[k].why.reason);
        wrong++;
    }
    return wrong;
}

static void test_refint(void)
{
    struct exec_case *cases = prepare();

    for (unsigned k = 0; k < list.count; k++) {
        struct refint_result res;
        if (exec_refint(&cases[k], k, list.count, &res) != REFINT_EXIT)
            fprintf(stderr, "%s: %s at %u\n", list.cases[k].name, refint_end_text(res.end),
                    res.insn);
    }
    CU_ASSERT_EQUAL(check(cases, "refint"), 0);
    free(cases);
}

/* With every pass, as the Linux JIT does, and the emitters alone. */
static const struct offload_xlate_opts modes[] = {
    {.off = 0}, {.off = UINT32_MAX, .naive = true}, {.off = UINT32_MAX}};

static void run_on(exec_fn *fn, const char *where)
{
    for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
        struct exec_case *cases = prepare();
        for (unsigned k = 0; k < list.count; k++)
            cases[k].opts = modes[m];
        for (unsigned k = 0; k < list.count; k += BATCH)
            CU_ASSERT_EQUAL(fn(cases + k, list.count - k < BATCH ? list.count - k : BATCH), 0);
        CU_ASSERT_EQUAL(check(cases, where), 0);
        free(cases);
    }
}

static void test_qemu(void)
{
    if (exec_have_qemu())
        run_on(exec_qemu, "qemu-riscv64");
    else
        printf("SKIPPED: qemu-riscv64 is not installed ");
}

static void test_engine(void)
{
    run_on(exec_engine, "the engine");
}

static const struct cunit_case suite[] = {
    {"reference interpreter", test_refint},
    {"qemu-riscv64", test_qemu},
    {"engine", test_engine},
    {NULL, NULL},
};

/* A directory of cases, and what make_edges.py made. */
int main(int argc, char **argv)
{
    if (argc != 3 || cases_load_dir(&list, argv[1]) || cases_load(&list, argv[2]))
        return 1;
    int status = cunit_run("xlate cases", suite);
    cases_free(&list);
    return status;
}
