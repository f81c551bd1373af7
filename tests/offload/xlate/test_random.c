/* SPDX-License-Identifier: BSD-3-Clause */
/* Random programs: reference interpreter against the engine and qemu-riscv64. */
#include "cunit_main.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/ebpf.h"
#include "exec.h"
#include "gen.h"

#define BATCH 256u
#define SLOTS 2048u

static uint64_t seed = 1;
static uint64_t wanted_steps = 400000;

static void dump(const struct exec_case *c)
{
    char text[128];

    for (uint32_t s = 0; s < c->prog.insn_count;) {
        unsigned n = offload_disasm(&c->prog, s, text, sizeof(text));
        fprintf(stderr, "  %s\n", text);
        s += n;
    }
}

static unsigned compare(const struct exec_case *want, const struct exec_case *got,
                        const char *where)
{
    for (unsigned k = 0; k < BATCH; k++) {
        if (!got[k].err && got[k].r0 == want[k].r0 &&
            memcmp(got[k].mem, want[k].mem, EXEC_MEM) == 0)
            continue;
        fprintf(stderr,
                "%s: program %u of the batch with seed %" PRIu64
                ", passes off 0x%x%s: r0 0x%" PRIx64 ", refint 0x%" PRIx64 " %s\n",
                where, k, seed, got[k].opts.off, got[k].opts.naive ? " naive" : "", got[k].r0,
                want[k].r0, got[k].why.reason);
        dump(&got[k]);
        return 1;
    }
    return 0;
}

/* Instructions that the reference interpreter ran. */
static uint64_t interpret(struct exec_case *cases)
{
    uint64_t steps = 0;

    for (unsigned k = 0; k < BATCH; k++) {
        struct refint_result res;
        if (exec_refint(&cases[k], k, BATCH, &res) != REFINT_EXIT) {
            fprintf(stderr, "program %u: %s at %u\n", k, refint_end_text(res.end), res.insn);
            CU_FAIL("a random program did not end");
        }
        steps += res.steps;
    }
    return steps;
}

static void make(struct exec_case *cases, struct ebpf_insn *insns, uint64_t batch_seed)
{
    struct rng r = {batch_seed};

    for (unsigned k = 0; k < BATCH; k++) {
        cases[k].opts = gen_opts(&r);
        cases[k].prog.insns = insns + (size_t)k * SLOTS;
        cases[k].prog.insn_count = gen_program(&r, insns + (size_t)k * SLOTS, SLOTS);
        for (unsigned b = 0; b < EXEC_MEM; b++)
            cases[k].mem[b] = (uint8_t)rng_next(&r);
    }
}

static void run_against(exec_fn *fn, const char *where)
{
    size_t bytes = BATCH * sizeof(struct exec_case);
    struct ebpf_insn *insns = calloc((size_t)BATCH * SLOTS, sizeof(*insns));
    struct exec_case *want = calloc(1, bytes), *got = calloc(1, bytes);
    uint64_t steps = 0, first = seed;
    unsigned wrong = 0;

    for (; steps < wanted_steps && !wrong; seed++) {
        memset(want, 0, bytes);
        make(want, insns, seed);
        memcpy(got, want, bytes);
        steps += interpret(want);
        CU_ASSERT_EQUAL(fn(got, BATCH), 0);
        wrong = compare(want, got, where);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    printf("%" PRIu64 " BPF instructions against %s ", steps, where);
    seed = first;
    free(insns);
    free(want);
    free(got);
}

static void test_engine(void)
{
    run_against(exec_engine, "the engine");
}

static void test_qemu(void)
{
    if (exec_have_qemu())
        run_against(exec_qemu, "qemu-riscv64");
    else
        printf("SKIPPED: qemu-riscv64 is not installed ");
}

static const struct cunit_case suite[] = {
    {"engine", test_engine},
    {"qemu-riscv64", test_qemu},
    {NULL, NULL},
};

/* test_random [SEED [INSTRUCTIONS]] */
int main(int argc, char **argv)
{
    if (argc > 1)
        seed = strtoull(argv[1], NULL, 0);
    if (argc > 2)
        wanted_steps = strtoull(argv[2], NULL, 0);
    return cunit_run("xlate random", suite);
}
