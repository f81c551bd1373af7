/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Verified XDP programs, translated with random subsets of the passes and the
 * verifier's facts: reference interpreter against the engine and qemu-riscv64 on
 * r0, packet and maps. test_xlate_xdp [SEED [PROGRAMS]]
 */
#include "cunit_main.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"
#include "gen.h"

#define BATCH 512u
#define MAPS  64u /* bytes of a case before the values: places of maps, never touched */

static uint64_t seed = 1, wanted = 4096;
static uint64_t accepted, refused;

static void show(const struct exec_case *c)
{
    char text[128];

    for (uint32_t s = 0; s < c->prog.insn_count;) {
        unsigned n = offload_disasm(&c->prog, s, text, sizeof(text));
        fprintf(stderr, "  %3u %s\n", s, text);
        s += n;
    }
}

static struct offload_facts *prove(const struct exec_case *c)
{
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull},
                                       .insn_limit = 20000};
    struct offload_facts *facts = NULL;

    (void)offload_verify(&c->prog, &opts, NULL, &facts, NULL);
    return facts;
}

static void make(struct exec_case *cases, struct ebpf_insn *insns, struct rng *r)
{
    for (unsigned k = 0; k < BATCH;) {
        struct exec_case *c = &cases[k];
        memset(c, 0, sizeof(*c));
        c->prog.insns = insns + (size_t)k * GEN_XDP_SLOTS;
        struct ebpf_insn *out = insns + (size_t)k * GEN_XDP_SLOTS;
        c->prog.insn_count = rng_below(r, 8) ? gen_xdp(r, out) : gen_funcs(r, out);
        c->prog.gpl = true;
        for (unsigned b = 0; b < EXEC_MEM; b++)
            c->mem[b] = (uint8_t)rng_next(r);
        exec_xdp_init(c, k, BATCH);
        c->opts = gen_opts(r);
        c->facts = prove(c);
        refused += !c->facts;
        k += c->facts != NULL;
    }
    accepted += BATCH;
}

/* The verdict is 32 bits wide. */
static bool same(const struct exec_case *a, const struct exec_case *b)
{
    return !b->err && (uint32_t)a->r0 == (uint32_t)b->r0 &&
           memcmp(a->mem + MAPS, b->mem + MAPS, EXEC_MEM - MAPS) == 0;
}

static unsigned compare(const struct exec_case *want, const struct exec_case *got,
                        const char *where)
{
    for (unsigned k = 0; k < BATCH; k++) {
        if (same(&want[k], &got[k]))
            continue;
        fprintf(stderr,
                "%s: program %u of the batch with seed %" PRIu64
                ", passes off 0x%x%s: r0 0x%" PRIx64 ", refint 0x%" PRIx64 " %s\n",
                where, k, seed, got[k].opts.off, got[k].opts.naive ? " naive" : "", got[k].r0,
                want[k].r0, got[k].why.reason);
        show(&got[k]);
        return 1;
    }
    return 0;
}

static unsigned run_batch(exec_fn *fn, const char *where, struct exec_case *want,
                          struct exec_case *got)
{
    struct refint_result res;

    memcpy(got, want, BATCH * sizeof(*got));
    for (unsigned k = 0; k < BATCH; k++)
        if (exec_refint(&want[k], k, BATCH, &res) != REFINT_EXIT) {
            fprintf(stderr, "a proved program: %s at %u\n", refint_end_text(res.end), res.insn);
            show(&want[k]);
            return 1;
        }
    if (fn(got, BATCH)) {
        fprintf(stderr, "%s: seed %" PRIu64 "\n", where, seed);
        return 1;
    }
    return compare(want, got, where);
}

static void run_against(exec_fn *fn, const char *where, uint64_t programs)
{
    struct ebpf_insn *insns = calloc((size_t)BATCH * GEN_XDP_SLOTS, sizeof(*insns));
    struct exec_case *want = calloc(BATCH, sizeof(*want)), *got = calloc(BATCH, sizeof(*got));
    uint64_t first = seed;
    unsigned wrong = 0;

    accepted = refused = 0;
    for (; accepted < programs && !wrong; seed++) {
        struct rng r = {seed * 0x1000193u};
        make(want, insns, &r);
        wrong = run_batch(fn, where, want, got);
        for (unsigned k = 0; k < BATCH; k++)
            offload_facts_free((struct offload_facts *)(uintptr_t)want[k].facts);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(accepted > refused);
    printf("%" PRIu64 " proved programs (%" PRIu64 " more refused) against %s ", accepted, refused,
           where);
    seed = first;
    free(insns);
    free(want);
    free(got);
}

static void test_engine(void)
{
    run_against(exec_engine, "the engine", wanted);
}

static void test_qemu(void)
{
    if (exec_have_qemu())
        run_against(exec_qemu, "qemu-riscv64", wanted / 2);
    else
        printf("SKIPPED: qemu-riscv64 is not installed ");
}

static const struct cunit_case suite[] = {
    {"engine", test_engine},
    {"qemu-riscv64", test_qemu},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc > 1)
        seed = strtoull(argv[1], NULL, 0);
    if (argc > 2)
        wanted = strtoull(argv[2], NULL, 0);
    return cunit_run("xlate xdp", suite);
}
