/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * verifier_bytes SECONDS|COUNTx SEED [OBJECT...]: instruction arrays, BTF, functions, lines and
 * maps of any bytes, in the verifier and in the bpf(2) layer. Every answer within 10 s of processor
 * time and 1 GiB of address space (the latter not under a sanitizer, which needs more for itself).
 * Exit status 1 otherwise; `verifier_bytes 1x N OBJECT...` repeats trial N of the same build.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "trials.h"

enum { HANG_SECONDS = 300, GIB = 1 << 30 };
#define ANSWER_SECONDS 10.0

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

struct tally {
    unsigned long long trials, accepted, refused, no_memory;
    double longest;
    uint64_t longest_trial;
};

static char hang_text[64]; /* what the handler says, made before each trial */

static void hangs(int number)
{
    (void)number;
    _exit(write(STDERR_FILENO, hang_text, strlen(hang_text)) < 0 ? 2 : 1);
}

/* Of processor time: on a busy machine nothing is said by the clock. */
static void watch_hangs(time_t after)
{
    struct itimerval t = {.it_value.tv_sec = after};
    setitimer(ITIMER_PROF, &t, NULL);
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void limit_memory(void)
{
    struct rlimit limit = {GIB, GIB};
    if (!SANITIZED && setrlimit(RLIMIT_AS, &limit))
        perror("setrlimit");
}

/* Trial `n`: the same bytes each time, whatever was before. */
static void try_one(struct tally *t, struct loader *l, const struct seeds *s, uint64_t n,
                    struct ebpf_insn *insns)
{
    struct rng rng = {n};
    double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    snprintf(hang_text, sizeof(hang_text), "trial %llu: no answer\n", (unsigned long long)n);
    watch_hangs(HANG_SECONDS);
    int err = rng_below(&rng, 3) ? trial_verify(&rng, s, insns) : trial_load(l, &rng, s, insns);
    watch_hangs(0);
    double took = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
    t->trials++;
    t->accepted += err == 0;
    t->refused += err < 0;
    t->no_memory += err == -ENOMEM;
    if (took > t->longest) {
        t->longest = took;
        t->longest_trial = n;
    }
    if (took > ANSWER_SECONDS || err == -ENOMEM)
        printf("trial %llu: %.1f s, result %d\n", (unsigned long long)n, took, err);
}

static int report(const struct tally *t)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("%llu trials: %llu accepted, %llu refused, %llu beyond 1 GiB; longest answer %.2f s "
           "(trial %llu), at most %ld MiB resident\n",
           t->trials, t->accepted, t->refused, t->no_memory, t->longest,
           (unsigned long long)t->longest_trial, use.ru_maxrss / 1024);
    return t->no_memory || (t->longest > ANSWER_SECONDS && !SANITIZED);
}

static int run(struct loader *l, const struct seeds *s, const char *amount, uint64_t seed)
{
    struct tally t = {0};
    char *unit;
    unsigned long long much = strtoull(amount, &unit, 0);
    double end = seconds(CLOCK_MONOTONIC) + (double)much;
    struct ebpf_insn *insns = malloc((GARBLE_SLOTS + 16) * sizeof(*insns));
    if (!insns)
        return 2;
    for (uint64_t n = seed; *unit == 'x' ? n - seed < much : seconds(CLOCK_MONOTONIC) < end; n++)
        try_one(&t, l, s, n, insns);
    free(insns);
    return report(&t);
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
    static struct seeds seeds;
    libbpf_set_print(quiet);
    signal(SIGPROF, hangs);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int n = 3; n < argc; n++)
        seeds_read(&seeds, argv[n]);
    limit_memory();
    struct loader *l = loader_new();
    if (!l) {
        printf("no layer\n");
        return 2;
    }
    int status =
        run(l, &seeds, argc > 1 ? argv[1] : "1000x", argc > 2 ? strtoull(argv[2], NULL, 0) : 1);
    loader_free(l);
    seeds_free(&seeds);
    return status;
}
