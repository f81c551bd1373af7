/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * verifier_differ COUNT SEED [OBJECT...]: programs made up, and the objects' programs with
 * things changed, in the kernel's verifier and in ours. Exit status 1 when we accept what the
 * kernel refuses for the program's sake, or refuse more than one in a hundred of what it
 * accepts; 77 where bpf(2) is missing.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classes.h"
#include "offload/image.h"
#include "offload/verifier.h"
#include "pool.h"

enum { LOG_BYTES = 1 << 20, INSN_LIMIT = 60000, SHOWN = 5 };

struct tally {
    unsigned both, neither, stricter, unsafe, unknown;
    struct classes strict;
    char *log;
};

/* A limit of ours, where the kernel's may be another. */
static bool is_limit(enum offload_reason reason)
{
    const struct offload_reason_row *row = offload_reason_row(reason);
    switch (reason) {
    case OFFLOAD_REASON_INFINITE_LOOP: /* these both have, and alike */
    case OFFLOAD_REASON_CALL_DEPTH:
    case OFFLOAD_REASON_CALL_CHAIN:
    case OFFLOAD_REASON_STACK_SUM:
    case OFFLOAD_REASON_STACK_TAIL_CALL:
        return false;
    default:
        return row && row->class == OFFLOAD_CLASS_LIMIT;
    }
}

static bool is_kernel_limit(const char *log)
{
    return strstr(log, "too large") || strstr(log, "too complex") || strstr(log, "too many");
}

/*
 * Refusals of the kernel that are not about safety: pointers moved far away that are never used
 * (which depends on what was walked first), and its own limits.
 */
static bool not_about_safety(const char *log)
{
    return strstr(log, "pointer and ") || strstr(log, "pointer be out of bounds") ||
           strstr(log, "tail_call is not allowed in subprogs without BTF") || is_kernel_limit(log);
}

static void show(const struct trial *t, unsigned n, const char *log)
{
    char text[128];
    printf("program %u (%c): the verdicts differ:\n", n, t->kind);
    for (uint32_t at = 0; at < t->prog.insn_count;) {
        uint32_t slots = offload_disasm(&t->prog, at, text, sizeof(text));
        printf("  %3u: (%02x) %s\n", at, t->insns[at].opcode, text);
        at += slots;
    }
    size_t len = strlen(log);
    printf("%s\n", len > 1500 ? log + len - 1500 : log);
}

static int verify(const struct offload_prog *prog, struct offload_refusal *why)
{
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull},
                                       .allow_uninit_stack = true,
                                       .insn_limit = INSN_LIMIT,
                                       .cpus = (uint32_t)libbpf_num_possible_cpus()};
    return offload_verify(prog, &opts, NULL, NULL, why);
}

/* The kernel's maps of the trial; NULL when it does not make them. */
static const int *maps_of(const struct trial *t, const int *own)
{
    struct sample *s = t->from;
    if (!s)
        return own;
    if (!s->made && kernel_maps(s->map, s->maps, s->fds))
        return NULL;
    s->made = true;
    return s->fds;
}

static void compare(struct tally *t, const struct trial *trial, const int *fds, unsigned n)
{
    struct offload_refusal why;
    bool ours = verify(&trial->prog, &why) == 0;
    if (!ours && is_limit(why.code)) {
        t->unknown++;
        return;
    }
    bool kernel = kernel_load(&trial->prog, fds, NULL, 0) == 1;
    t->log[0] = 0;
    if (ours && !kernel)
        kernel_load(&trial->prog, fds, t->log, LOG_BYTES);
    if (ours && !kernel && not_about_safety(t->log)) {
        t->unknown++;
        return;
    }
    t->both += ours && kernel;
    t->neither += !ours && !kernel;
    if (!ours && kernel) {
        t->stricter++;
        classes_add(&t->strict, why.reason);
        if (getenv("VERBOSE"))
            show(trial, n, why.reason);
    }
    if (ours && !kernel && t->unsafe++ < SHOWN)
        show(trial, n, t->log);
}

static int run(struct pool *pool, unsigned count, uint64_t seed)
{
    static struct trial trial;
    static struct tally t;
    struct rng rng = {seed};
    int own[KERNEL_MAPS];
    t.log = malloc(LOG_BYTES);
    if (!t.log || kernel_maps(fuzz_maps, FUZZ_MAPS, own))
        return 2;
    for (unsigned n = 0; n < count; n++) {
        trial_make(&trial, pool, &rng);
        const int *fds = maps_of(&trial, own);
        if (fds)
            compare(&t, &trial, fds, n);
    }
    kernel_maps_close(FUZZ_MAPS, own);
    free(t.log);
    printf("%u programs (%u real ones to start from, %u left out): both accept %u, both refuse %u, "
           "only the kernel accepts %u, only we %u, not comparable %u\n",
           count, pool->count, pool->left_out, t.both, t.neither, t.stricter, t.unsafe, t.unknown);
    classes_print(&t.strict, "accepted by the kernel, refused here:");
    return t.unsafe || t.stricter * 100 > t.both + t.stricter;
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
    const char *missing = kernel_missing();
    unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 1000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    if (missing) {
        printf("SKIP: bpf(2) is not available here: %s\n", missing);
        return 77;
    }
    libbpf_set_print(quiet);
    for (int n = 3; n < argc; n++)
        pool_read(&pool, argv[n]);
    int status = run(&pool, count, seed);
    pool_free(&pool);
    return status;
}
