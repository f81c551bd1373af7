/* SPDX-License-Identifier: BSD-3-Clause */
/* Every case of cases/ here and, where bpf(2) is available, in the kernel: the same verdict. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "cunit_main.h"
#include "kernel.h"

enum { CASES_MIN = 320, LOG_BYTES = 1 << 20 };

static const char *cases_dir;

static void verdict(void *arg, struct test_case *c)
{
    struct offload_prog prog = case_prog(c);
    struct offload_refusal why;
    struct offload_facts *facts;
    (void)arg;
    int err = offload_verify(&prog, &c->opts, NULL, &facts, &why);
    bool right = c->accept ? err == 0 : err < 0 && strstr(why.reason, c->reason) != NULL;
    right = right && (c->why == OFFLOAD_REASON_NONE || c->why == why.code);
    if (!right)
        printf("\n  %s: %s: got %d %s [%s]\n", c->file, c->name, err, err ? why.reason : "accepted",
               err ? offload_reason_row(why.code)->name : "");
    CU_ASSERT_TRUE(right);
    CU_ASSERT_EQUAL(err == 0, facts != NULL);
    offload_facts_free(facts);
}

static void test_verdicts(void)
{
    int count = cases_each(cases_dir, verdict, NULL);
    CU_ASSERT_TRUE(count >= CASES_MIN);
    printf("%d cases ", count);
}

/* Whatever states are kept, the verdict is the same; without any, endless loops only end at the
 * limit. */
static void however_kept(void *arg, struct test_case *c)
{
    struct offload_prog prog = case_prog(c);
    enum offload_keep keep = *(const enum offload_keep *)arg;
    struct offload_verify_opts opts = c->opts;
    struct offload_refusal why;
    if (c->opts.insn_limit)
        return;
    opts.keep = keep;
    int err = offload_verify(&prog, &opts, NULL, NULL, &why);
    bool right = (err == 0) == c->accept;
    if (!right)
        printf("\n  %s: %s: keeping %s: %s\n", c->file, c->name,
               keep == OFFLOAD_KEEP_EVERY ? "every state" : "none", err ? why.reason : "accepted");
    CU_ASSERT_TRUE(right);
}

static void test_keeping(void)
{
    enum offload_keep every = OFFLOAD_KEEP_EVERY, none = OFFLOAD_KEEP_NONE;
    CU_ASSERT_TRUE(cases_each(cases_dir, however_kept, &every) >= CASES_MIN);
    CU_ASSERT_TRUE(cases_each(cases_dir, however_kept, &none) >= CASES_MIN);
}

/* The last line of the kernel's log that is a sentence. */
static const char *kernel_reason(char *log)
{
    char *end = strstr(log, "processed ");
    if (!end)
        end = log + strlen(log);
    while (end > log && end[-1] == '\n')
        *--end = 0;
    char *line = strrchr(log, '\n');
    return line ? line + 1 : log;
}

static void against_kernel(void *arg, struct test_case *c)
{
    char *log = arg;
    struct offload_prog prog = case_prog(c);
    if (c->kernel == KERNEL_SKIP)
        return;
    log[0] = 0;
    int kernel = kernel_verdict(&prog, log, LOG_BYTES);
    bool expected = c->kernel == KERNEL_STRICTER ? true : c->accept;
    bool right = kernel == (int)expected;
    /* our reason is the kernel's own words, somewhere in its log */
    bool worded = c->accept || c->kernel == KERNEL_STRICTER || strstr(log, c->reason) != NULL;
    if (!right || !worded)
        printf("\n  %s: %s: kernel %s: %s\n", c->file, c->name, kernel ? "accepts" : "refuses",
               kernel_reason(log));
    CU_ASSERT_TRUE(right);
    CU_ASSERT_TRUE(worded);
}

static void test_kernel(void)
{
    const char *missing = kernel_missing();
    char *log = malloc(LOG_BYTES);
    CU_ASSERT_PTR_NOT_NULL_FATAL(log);
    if (missing)
        printf("SKIP: bpf(2) is not available here: %s ", missing);
    else
        CU_ASSERT_TRUE(cases_each(cases_dir, against_kernel, log) >= CASES_MIN);
    free(log);
}

int main(int argc, char **argv)
{
    static const struct cunit_case cases[] = {
        {"verdicts and reasons", test_verdicts},
        {"whatever states are kept", test_keeping},
        {"as the kernel", test_kernel},
        {NULL, NULL},
    };
    cases_dir = argc > 1 ? argv[1] : "cases";
    return cunit_run("verifier cases", cases);
}
