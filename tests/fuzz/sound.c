/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * verifier_sound RUNS SEED [OBJECT...]: programs made up, and the objects' programs with things
 * changed; those that we accept run on random packets, and nothing may happen that the proof did
 * not allow. Exit status 1 when something does. Needs no kernel but to read the objects.
 */
#include <bpf/libbpf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "offload/image.h"
#include "pool.h"

enum { RUNS_EACH = 8, INSN_LIMIT = 20000 };

struct tally {
    unsigned long runs, programs, refused, skipped, wrong;
};

static void show(const struct trial *t, const struct machine *m, const struct refint_result *r)
{
    char text[128];
    printf("a proved program (%c): %s at insn %u; %s at insn %u\n", t->kind,
           refint_end_text(r->end), r->insn, m->wrong[0] ? m->wrong : "-", m->wrong_insn);
    for (uint32_t at = 0; at < t->prog.insn_count;) {
        uint32_t slots = offload_disasm(&t->prog, at, text, sizeof(text));
        printf("  %3u: (%02x) %s\n", at, t->insns[at].opcode, text);
        at += slots;
    }
}

/* Calls that the machine has not are no fault of the program. */
static bool not_run(const struct refint_result *r)
{
    return r->end == REFINT_HELPER || r->end == REFINT_STEPS;
}

static void try_program(const struct trial *trial, struct tally *t, struct machine *m,
                        struct rng *rng)
{
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull},
                                       .allow_uninit_stack = true,
                                       .insn_limit = INSN_LIMIT};
    struct offload_facts *facts;
    if (offload_verify(&trial->prog, &opts, NULL, &facts, NULL)) {
        t->refused++;
        return;
    }
    t->programs++;
    for (unsigned n = 0; n < RUNS_EACH; n++) {
        struct refint_result r;
        if (machine_run(m, &trial->prog, facts, rng, &r) || not_run(&r)) {
            t->skipped++;
            break;
        }
        t->runs++;
        if (r.end == REFINT_EXIT && !m->wrong[0])
            continue;
        if (t->wrong++ < 3)
            show(trial, m, &r);
        break;
    }
    offload_facts_free(facts);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list ap)
{
    (void)level;
    (void)format;
    (void)ap;
    return 0;
}

int main(int argc, char **argv)
{
    static struct pool pool;
    static struct trial trial;
    static struct machine machine;
    struct tally t = {0};
    unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 0) : 10000;
    struct rng rng = {argc > 2 ? strtoull(argv[2], NULL, 0) : 1};
    libbpf_set_print(quiet);
    for (int n = 3; n < argc && !kernel_missing(); n++)
        pool_read(&pool, argv[n]);
    while (t.runs < runs && t.wrong == 0) {
        trial_make(&trial, &pool, &rng);
        try_program(&trial, &t, &machine, &rng);
    }
    printf(
        "%lu runs of %lu proved programs (%lu more refused, %lu not run to the end; %u real ones "
        "to start from), %" PRIu64 " register ranges held: %lu wrong\n",
        t.runs, t.programs, t.refused, t.skipped, pool.count, machine.ranges_held, t.wrong);
    pool_free(&pool);
    return t.wrong ? 1 : 0;
}
