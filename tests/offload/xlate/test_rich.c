/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proved programs of every kind, translated with random subsets of the passes and the verifier's
 * facts: reference interpreter against the engine, in worlds that begin alike (world.h).
 *
 *   test_xlate_rich [SEED [PROGRAMS [FIRST [OBJECT...]]]]
 *
 * Programs are made up (gen_rich.c, and those of the verifier's fuzzers) or are those of the
 * objects with things changed. FIRST: the number of the program to begin with, as a difference
 * that was found names it.
 */
#include <bpf/libbpf.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cunit_main.h"

#include "bench.h"
#include "fuzz/pool.h"
#include "gen.h"

enum { RUNS = 2, INSN_LIMIT = 6000 };

static uint64_t seed = 1, wanted = 20000, first;
static char **objects;
static int object_count;

struct fuzz {
    struct bench *bench;
    struct world *want, *got;
    const struct offload_prog *prog;
    struct offload_refusal why;
    struct pool pool;
    struct trial trial;
    struct ebpf_insn insns[GEN_XDP_SLOTS];
    uint64_t accepted, refused, left_out, changed, runs, steps;
    struct offload_map maps[WORLD_MAPS]; /* of a real program, no larger than the world */
};

static void show(const struct offload_prog *p)
{
    char text[128];

    for (uint32_t s = 0; s < p->insn_count;) {
        unsigned n = offload_disasm(p, s, text, sizeof(text));
        if (strcmp(text, "goto pc+0") != 0)
            fprintf(stderr, "  %3u %s\n", s, text);
        s += n;
    }
}

/* How many entries a hash table may have makes no difference to who uses it. */
static void small_tables(struct fuzz *f, struct offload_prog *p)
{
    if (p->map_count > WORLD_MAPS)
        return;
    for (uint32_t n = 0; n < p->map_count; n++) {
        f->maps[n] = p->maps[n];
        if (world_has_chains(&p->maps[n]) && p->maps[n].max_entries > WORLD_SLOTS)
            f->maps[n].max_entries = WORLD_SLOTS;
    }
    p->maps = f->maps;
}

static void make(struct fuzz *f, struct rng *r, struct offload_prog *out)
{
    f->trial.kind = 'g';
    if (rng_below(r, 4) == 0 && f->pool.count) {
        trial_make(&f->trial, &f->pool, r);
        *out = f->trial.prog;
        small_tables(f, out);
        return;
    }
    *out = (struct offload_prog){.name = "rich",
                                 .insns = f->insns,
                                 .insn_count = gen_rich(r, f->insns),
                                 .maps = gen_maps,
                                 .map_count = GEN_MAPS,
                                 .gpl = true};
}

/* Programs may tell where the stack is, and it is not at one place: what comes of that is no
 * difference. */
static bool tells_stack(struct fuzz *f, uint64_t world_seed)
{
    struct refint_result a, b;

    (void)world_init(f->want, f->prog, world_seed);
    world_copy(f->got, f->want);
    f->got->stack_top += 0x01010110;
    return world_refint(f->want, &a) != world_refint(f->got, &b) ||
           (uint32_t)a.r0 != (uint32_t)b.r0 || world_differs(f->want, f->got);
}

static const char *compare(struct fuzz *f, const struct offload_image *img,
                           const struct refint_result *res)
{
    uint64_t r0;

    if (res->end != REFINT_EXIT)
        return refint_end_text(res->end);
    if (bench_load(f->bench, img, f->got) || bench_run(f->bench, f->got, &r0))
        return "the engine's end";
    if ((uint32_t)r0 != (uint32_t)res->r0)
        return "result";
    return world_differs(f->want, f->got);
}

/* What differs, or NULL; *skipped: this world is not enough for the program. */
static const char *run_once(struct fuzz *f, const struct offload_image *img, uint64_t world_seed,
                            bool *skipped)
{
    struct refint_result res;
    const char *differs;

    *skipped = world_init(f->want, f->prog, world_seed) != 0;
    if (*skipped)
        return NULL;
    world_copy(f->got, f->want);
    world_refint(f->want, &res);
    *skipped = res.end == REFINT_HELPER || res.end == REFINT_STEPS;
    if (*skipped)
        return NULL;
    f->runs++;
    f->steps += res.steps;
    differs = compare(f, img, &res);
    *skipped = differs && tells_stack(f, world_seed);
    return *skipped ? NULL : differs;
}

/* Proves, translates and runs it. NULL: nothing differs, or there is nothing to compare. */
static const char *try_with(struct fuzz *f, const struct offload_prog *p,
                            const struct offload_xlate_opts *opts, uint64_t number, bool *proved,
                            bool *skipped)
{
    struct offload_verify_opts vo = {
        .helpers = {~0ull, ~0ull, ~0ull, ~0ull}, .kfuncs = 7, .insn_limit = INSN_LIMIT};
    struct rng r = {world_mix(world_mix(seed, 2), number)};
    struct offload_facts *facts = NULL;
    struct offload_image *img = NULL;
    const char *differs = NULL;

    *skipped = false;
    *proved = offload_verify(p, &vo, NULL, &facts, NULL) == 0;
    if (!*proved)
        return NULL;
    f->prog = p;
    if (offload_translate(p, facts, opts, UINT32_MAX, &img, &f->why))
        differs = f->why.reason;
    for (unsigned n = 0; n < RUNS && !differs && !*skipped; n++)
        differs = run_once(f, img, rng_next(&r), skipped);
    offload_image_free(img);
    offload_facts_free(facts);
    return differs;
}

/* Instructions that make no difference to the difference become `goto +0`. */
static void shrink(struct fuzz *f, const struct offload_prog *p,
                   const struct offload_xlate_opts *opts, uint64_t number)
{
    const struct ebpf_insn nothing = {.opcode = 0x05};
    struct ebpf_insn *insns = (struct ebpf_insn *)(uintptr_t)p->insns;
    bool proved, skipped;

    for (uint32_t s = 0; s < p->insn_count; s++) {
        struct ebpf_insn kept[2] = {insns[s], insns[s + 1 < p->insn_count ? s + 1 : s]};
        bool wide = kept[0].opcode == 0x18;
        if (memcmp(&kept[0], &nothing, sizeof(nothing)) == 0)
            continue;
        insns[s] = nothing;
        if (wide)
            insns[s + 1] = nothing;
        if (try_with(f, p, opts, number, &proved, &skipped))
            continue;
        insns[s] = kept[0];
        if (wide)
            insns[++s] = kept[1];
    }
}

/* False when they differ. */
static bool try_program(struct fuzz *f, const struct offload_prog *p, uint64_t number)
{
    struct rng r = {world_mix(world_mix(seed, 1), number)};
    struct offload_xlate_opts opts = gen_opts(&r);
    bool proved, skipped;
    const char *differs;

    differs = try_with(f, p, &opts, number, &proved, &skipped);
    f->refused += !proved;
    f->left_out += skipped;
    f->accepted += proved && !skipped;
    f->changed += proved && !skipped && f->trial.kind == 'x';
    if (!differs)
        return true;
    fprintf(stderr, "program %" PRIu64 " (%c) of seed %" PRIu64 ", passes off 0x%x%s: %s\n", number,
            f->trial.kind, seed, opts.off, opts.naive ? " naive" : "", differs);
    shrink(f, p, &opts, number);
    show(p);
    return false;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list ap)
{
    (void)level;
    (void)format;
    (void)ap;
    return 0;
}

static struct fuzz *start(void)
{
    struct fuzz *f = calloc(1, sizeof(*f));

    f->want = calloc(1, sizeof(*f->want));
    f->got = calloc(1, sizeof(*f->got));
    CU_ASSERT_EQUAL_FATAL(bench_create(&f->bench), 0);
    libbpf_set_print(quiet);
    for (int n = 0; n < object_count && !kernel_missing(); n++)
        pool_read(&f->pool, objects[n]);
    return f;
}

static void finish(struct fuzz *f)
{
    bench_destroy(f->bench);
    pool_free(&f->pool);
    free(f->want);
    free(f->got);
    free(f);
}

static void test_engine(void)
{
    struct fuzz *f = start();
    bool same = true;

    for (uint64_t n = first; f->accepted < wanted && same; n++) {
        struct rng r = {world_mix(world_mix(seed, 0), n)};
        struct offload_prog p;
        make(f, &r, &p);
        same = try_program(f, &p, n);
    }
    CU_ASSERT(same);
    CU_ASSERT(f->refused < 9 * f->accepted);
    printf("%" PRIu64 " proved programs, %" PRIu64 " of them real ones changed (%" PRIu64
           " more refused, %" PRIu64 " not for this world), %" PRIu64 " runs, %" PRIu64
           " instructions ",
           f->accepted, f->changed, f->refused, f->left_out, f->runs, f->steps);
    finish(f);
}

static const struct cunit_case suite[] = {
    {"engine", test_engine},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc > 1)
        seed = strtoull(argv[1], NULL, 0);
    if (argc > 2)
        wanted = strtoull(argv[2], NULL, 0);
    if (argc > 3)
        first = strtoull(argv[3], NULL, 0);
    objects = argv + 4;
    object_count = argc > 4 ? argc - 4 : 0;
    return cunit_run("xlate rich", suite);
}
