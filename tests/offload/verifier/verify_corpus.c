/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * verify_corpus [-v] OBJECT...: each XDP program of each object, in the kernel's verifier and in
 * ours with every helper there is: who accepts what, and how long it takes. Exit status 1 when we
 * accept what the kernel refuses.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "objects.h"
#include "offload/verifier.h"

struct totals {
    const char *object;
    bool verbose;
    unsigned both, only_kernel, only_we, neither;
    double kernel_usec, our_usec;
};

static double now_usec(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The line before the statistics is the reason. */
static void print_reason(const char *log)
{
    const char *end = strstr(log, "verification time "), *processed = strstr(log, "\nprocessed ");
    if (!end || (processed && processed < end))
        end = processed ? processed + 1 : log + strlen(log);
    while (end > log && end[-1] == '\n')
        end--;
    const char *start = end;
    while (start > log && start[-1] != '\n')
        start--;
    printf("      kernel: %.*s\n", (int)(end - start), start);
}

static void print_where(const struct offload_prog *p, const struct offload_refusal *why)
{
    printf("      here:   insn %u: %s\n", why->insn, why->reason);
    (void)p;
}

static void count(struct totals *t, bool ours, bool kernel)
{
    t->both += ours && kernel;
    t->only_kernel += !ours && kernel;
    t->only_we += ours && !kernel;
    t->neither += !ours && !kernel;
}

static void compare(void *arg, const struct object_prog *p)
{
    struct totals *t = arg;
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull},
                                       .kfuncs = ~0ull,
                                       .allow_uninit_stack = true,
                                       .cpus = (uint32_t)libbpf_num_possible_cpus()};
    struct offload_refusal why = {0};
    struct offload_facts *facts = NULL;
    double start = now_usec();
    bool ours = offload_verify(&p->prog, &opts, NULL, &facts, &why) == 0;
    double usec = now_usec() - start;
    bool kernel = p->kernel == 0;
    count(t, ours, kernel);
    if (ours && kernel) {
        t->our_usec += usec;
        t->kernel_usec += p->kernel_usec;
    }
    if (t->verbose || ours != kernel)
        printf("%-9s %s %s: %u insns, kernel %.0f us, here %.0f us, %llu walked\n",
               ours == kernel ? (ours ? "both" : "neither") : (ours ? "ONLY-WE" : "kernel"),
               base_name(t->object), p->prog.name, p->prog.insn_count, p->kernel_usec, usec,
               facts ? (unsigned long long)facts->processed : 0ull);
    if (!kernel && (t->verbose || ours))
        print_reason(p->kernel_log);
    if (!ours && (t->verbose || kernel))
        print_where(&p->prog, &why);
    offload_facts_free(facts);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list ap)
{
    return level == LIBBPF_WARN && getenv("LIBBPF") ? vfprintf(stderr, format, ap) : 0;
}

int main(int argc, char **argv)
{
    struct totals t = {.verbose = argc > 1 && strcmp(argv[1], "-v") == 0};
    struct rusage usage;
    int unreadable = 0;
    libbpf_set_print(quiet);
    objects_watch(compare, &t);
    for (int n = 1 + t.verbose; n < argc; n++) {
        t.object = argv[n];
        if (objects_load(argv[n])) {
            printf("libbpf cannot open %s\n", argv[n]);
            unreadable++;
        }
    }
    objects_watch(NULL, NULL);
    getrusage(RUSAGE_SELF, &usage);
    printf(
        "both accept %u, only the kernel %u, only we %u, both refuse %u; unreadable objects %d\n",
        t.both, t.only_kernel, t.only_we, t.neither, unreadable);
    printf("verification of what both accept (host): kernel %.1f ms, here %.1f ms, ratio %.2f; "
           "peak memory of this process %ld KiB\n",
           t.kernel_usec / 1e3, t.our_usec / 1e3,
           t.kernel_usec > 0 ? t.our_usec / t.kernel_usec : 0.0, usage.ru_maxrss);
    return t.only_we ? 1 : 0;
}
