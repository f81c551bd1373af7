/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random programs, here and in the kernel: what we accept, it accepts. More of
 * them: test_verifier_fuzz COUNT [SEED].
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "fuzz.h"
#include "kernel.h"
#include "offload/image.h"
#include "offload/verifier.h"

enum { LOG_BYTES = 1 << 20 };

static unsigned rounds = 1200;
static uint64_t seed = 1;

static struct offload_prog prog_of(const struct ebpf_insn *insns, uint32_t count)
{
    return (struct offload_prog){.name = "fuzz",
                                 .insns = insns,
                                 .insn_count = count,
                                 .maps = fuzz_maps,
                                 .map_count = FUZZ_MAPS,
                                 .gpl = true};
}

/* Loops that the limit cuts short are no disagreement. */
static bool too_large(const struct offload_refusal *why)
{
    return strstr(why->reason, "too large") || strstr(why->reason, "too complex");
}

/*
 * The kernel refuses a pointer moved by a large constant but not one moved by an unknown number
 * that may be as large, so there it depends on which of two paths is walked and which is covered
 * by the other. Such a pointer can be made but not used; no disagreement about safety.
 */
static bool far_pointer(const char *log)
{
    return strstr(log, "pointer and ") || strstr(log, "pointer be out of bounds");
}

static int verify_keeping(const struct offload_prog *prog, enum offload_keep keep,
                          struct offload_refusal *why)
{
    struct offload_verify_opts opts = {
        .helpers = {~0ull, ~0ull, ~0ull, ~0ull}, .insn_limit = 20000, .keep = keep};
    return offload_verify(prog, &opts, NULL, NULL, why);
}

static int verify(const struct offload_prog *prog, bool uninit, struct offload_refusal *why)
{
    struct offload_verify_opts opts = {
        .helpers = {~0ull, ~0ull, ~0ull, ~0ull}, .allow_uninit_stack = uninit, .insn_limit = 50000};
    struct offload_facts *facts;
    int err = offload_verify(prog, &opts, NULL, &facts, why);
    offload_facts_free(facts);
    return err;
}

static void show(const struct offload_prog *prog, unsigned round, const char *log)
{
    char text[128];
    printf("\n  program %u of seed %llu: the verdicts differ:\n", round, (unsigned long long)seed);
    for (uint32_t n = 0; n < prog->insn_count;) {
        uint32_t at = n;
        n += offload_disasm(prog, n, text, sizeof(text));
        printf("  %3u: (%02x) %s\n", at, prog->insns[at].opcode, text);
    }
    size_t len = strlen(log);
    printf("%s\n", len > 1500 ? log + len - 1500 : log);
}

static void test_kernel(void)
{
    struct rng rng = {seed};
    struct ebpf_insn insns[FUZZ_SLOTS];
    unsigned both = 0, neither = 0, unsafe = 0, stricter = 0;
    int fds[KERNEL_MAPS];
    const char *missing = kernel_missing();
    char *log = malloc(LOG_BYTES);
    CU_ASSERT_PTR_NOT_NULL_FATAL(log);
    if (missing) {
        printf("SKIP: bpf(2) is not available here: %s ", missing);
        free(log);
        return;
    }
    CU_ASSERT_EQUAL_FATAL(kernel_maps(fuzz_maps, FUZZ_MAPS, fds), 0);
    for (unsigned n = 0; n < rounds; n++) {
        struct offload_refusal why;
        struct offload_prog prog = prog_of(insns, fuzz_program(&rng, insns));
        bool ours = verify(&prog, true, &why) == 0;
        if (!ours && too_large(&why))
            continue;
        bool kernel = kernel_load(&prog, fds, NULL, 0) == 1;
        log[0] = 0;
        if (ours && !kernel)
            kernel_load(&prog, fds, log, LOG_BYTES);
        if (far_pointer(log))
            continue;
        both += ours && kernel;
        neither += !ours && !kernel;
        stricter += !ours && kernel;
        if (!ours && kernel && getenv("VERBOSE"))
            show(&prog, n, why.reason);
        if (ours && !kernel && unsafe++ < 3)
            show(&prog, n, log);
    }
    kernel_maps_close(FUZZ_MAPS, fds);
    printf("both accept %u, both refuse %u, only we refuse %u, only the kernel %u ", both, neither,
           stricter, unsafe);
    CU_ASSERT_EQUAL(unsafe, 0);
    CU_ASSERT_TRUE(both > rounds / 50);
    CU_ASSERT_TRUE(stricter < rounds / 50);
    free(log);
}

/* A state that covers another must not hide an error: walked path by path it would show. */
static void test_pruning(void)
{
    struct rng rng = {seed + 3};
    struct ebpf_insn insns[FUZZ_SLOTS];
    unsigned accepted = 0, hidden = 0, unknown = 0;
    for (unsigned n = 0; n < 2 * rounds; n++) {
        struct offload_refusal why;
        struct offload_prog prog = prog_of(insns, fuzz_merging(&rng, insns));
        if (verify_keeping(&prog, OFFLOAD_KEEP_EVERY, &why))
            continue;
        accepted++;
        if (verify_keeping(&prog, OFFLOAD_KEEP_NONE, &why) == 0)
            continue;
        if (too_large(&why))
            unknown++;
        else if (!far_pointer(why.reason) && !hidden++)
            show(&prog, n, why.reason);
    }
    printf("%u accepted, of %u the paths are too many ", accepted, unknown);
    CU_ASSERT_EQUAL(hidden, 0);
    CU_ASSERT_TRUE(accepted > rounds / 20);
    CU_ASSERT_TRUE(unknown < accepted / 2);
}

/* Bytes of no sense at all: no crash, no leak, an answer. */
static void test_noise(void)
{
    struct rng rng = {seed + 1};
    struct ebpf_insn insns[64];
    for (unsigned n = 0; n < 4 * rounds; n++) {
        uint32_t count = 1 + rng_below(&rng, 63);
        struct offload_refusal why;
        for (uint32_t k = 0; k < count; k++) {
            uint64_t bits = rng_next(&rng);
            memcpy(&insns[k], &bits, sizeof(bits));
        }
        struct offload_prog prog = prog_of(insns, count);
        int err = verify(&prog, false, &why);
        CU_ASSERT_TRUE(err == 0 || why.reason[0] != 0);
    }
}

/* Good programs with one thing changed. */
static void test_mutants(void)
{
    struct rng rng = {seed + 2};
    struct ebpf_insn insns[FUZZ_SLOTS];
    for (unsigned n = 0; n < 4 * rounds; n++) {
        struct offload_refusal why;
        uint32_t count = fuzz_program(&rng, insns), at = rng_below(&rng, count);
        uint8_t bytes[8];
        memcpy(bytes, &insns[at], 8);
        bytes[rng_below(&rng, 8)] = (uint8_t)rng_next(&rng);
        memcpy(&insns[at], bytes, 8);
        struct offload_prog prog = prog_of(insns, count);
        int err = verify(&prog, true, &why);
        CU_ASSERT_TRUE(err == 0 || why.reason[0] != 0);
    }
}

int main(int argc, char **argv)
{
    static const struct cunit_case cases[] = {
        {"random programs as the kernel", test_kernel},
        {"pruning hides nothing", test_pruning},
        {"noise", test_noise},
        {"mutants", test_mutants},
        {NULL, NULL},
    };
    if (argc > 1)
        rounds = (unsigned)strtoul(argv[1], NULL, 0);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 0);
    return cunit_run("verifier fuzz", cases);
}
