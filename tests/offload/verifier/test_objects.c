/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Real objects: libbpf loads each file named on the command line, and every XDP program it
 * gives to bpf(2) goes to our verifier too. What the kernel takes we take, and the other way
 * round.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "kernel.h"
#include "objects.h"
#include "offload/verifier.h"

/*
 * Untyped pointers to global functions, other types' contexts, two tags; a bug of the kernel's
 * (loop_tails).
 */
enum { WORDS_DIFFER = 5 };

static unsigned programs, refused, worded;
static char **objects;

static void compare(void *arg, const struct object_prog *p)
{
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull},
                                       .kfuncs = ~0ull,
                                       .allow_uninit_stack = true,
                                       .cpus = (uint32_t)libbpf_num_possible_cpus()};
    struct offload_refusal why = {0};
    (void)arg;
    int err = offload_verify(&p->prog, &opts, NULL, NULL, &why);
    bool kernel = p->kernel == 0;
    programs++;
    if ((err == 0) != kernel)
        printf("\n  %s: the kernel %s it, here: insn %u: %s\n", p->prog.name,
               kernel ? "accepts" : "refuses", why.insn, err ? why.reason : "accepted");
    CU_ASSERT_EQUAL(err == 0, kernel);
    if (kernel || !err)
        return;
    refused++;
    worded += strstr(p->kernel_log, why.reason) != NULL;
    if (!strstr(p->kernel_log, why.reason))
        printf("\n  %s: %s\n", p->prog.name, why.reason);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list ap)
{
    (void)level;
    (void)format;
    (void)ap;
    return 0;
}

static void test_objects(void)
{
    const char *missing = kernel_missing();
    unsigned count = 0;
    programs = 0;
    libbpf_set_print(quiet);
    if (missing) {
        printf("SKIP: bpf(2) is not available here: %s ", missing);
        return;
    }
    objects_watch(compare, NULL);
    for (char **path = objects; *path; path++, count++)
        CU_ASSERT_EQUAL(objects_load(*path), 0);
    objects_watch(NULL, NULL);
    printf("%u programs of %u objects, %u refused, %u of them in the kernel's words ", programs,
           count, refused, worded);
    CU_ASSERT_TRUE(worded + WORDS_DIFFER >= refused);
    CU_ASSERT_TRUE(count > 0);
    /* programs of two instructions pass for probes */
    CU_ASSERT_TRUE(programs >= count / 2);
}

int main(int argc, char **argv)
{
    static const struct cunit_case cases[] = {
        {"objects as the kernel", test_objects},
        {NULL, NULL},
    };
    (void)argc;
    objects = argv + 1;
    return cunit_run("verifier objects", cases);
}
