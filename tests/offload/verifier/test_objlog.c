/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The log of real objects beside the kernel's (6.18's form): at level 2 the state after each
 * instruction and the source line before it, at level 1 the whole text of refused programs, and
 * the line of figures.
 */
#include <bpf/libbpf.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cunit_main.h"
#include "kernel.h"
#include "objects.h"
#include "offload/verifier.h"

enum { SLOTS = 1024, LOG_BYTES = 1 << 20, TEXT = 4096 };

static char **objects;
static char *ours, *theirs;

/* ---- what of two logs is the same ---- */

/* The kernel's own workings at level 2, which are no state. */
static bool is_noise(const char *line)
{
    static const char *const starts[] = {"mark_precise", "force_precise", "SCC ", "Live regs", "("};
    for (unsigned n = 0; n < sizeof(starts) / sizeof(starts[0]); n++)
        if (strncmp(line, starts[n], strlen(starts[n])) == 0)
            return true;
    return line[0] == ' ' && strspn(line, " 0123456789") > 1 && strstr(line, ": ") &&
           strspn(strstr(line, ": ") + 2, ".0123456789") == 10;
}

/* Copies `text`, a line, without what may differ: marks of precision, addresses of maps and
 * subprograms, BTF's numbers of kernel functions, the room before a state. */
static void plain(const char *text, char out[TEXT])
{
    size_t n = 0;
    const char *ld64 = strstr(text, ": (18) r"), *hash = strstr(text, "call bpf_");
    hash = hash ? strchr(hash, '#') : NULL;
    ld64 = ld64 ? strchr(ld64, '=') : NULL;
    for (const char *c = text; *c && *c != '\n' && n + 1 < TEXT; c++) {
        if (*c == 'P' && c > text && c[-1] == '=')
            continue;
        if (c == hash || (ld64 && c == ld64 + 1))
            c += strcspn(c + 1, " \n");
        else if (!(*c == ' ' && (c[1] == ' ' || c[1] == '\n' || c[1] == 0)))
            out[n++] = *c;
        if (c[0] && (c[1] == '\n' || c[1] == 0))
            break;
    }
    out[n] = 0;
}

/* ---- level 2: the first visit of each instruction ---- */

struct visit {
    bool seen;
    char *source; /* the line before it, or NULL */
    char *state;  /* after it, or NULL */
};

static char *keep(const char *text, size_t from)
{
    char copy[TEXT];
    plain(text, copy);
    return strdup(strlen(copy) > from ? copy + from : "");
}

/* "12: (85) call ... ; STATE" begins a visit; `first`: none before. */
static struct visit *begin(struct visit *visits, const char *line, const char *source)
{
    unsigned long slot = strtoul(line, NULL, 10);
    const char *state = strstr(line, " ;");
    if (slot >= SLOTS || visits[slot].seen)
        return NULL;
    struct visit *v = &visits[slot];
    v->seen = true;
    v->source = source ? keep(source, 0) : NULL;
    v->state = state ? keep(state, 2) : NULL;
    return v;
}

/* Cuts `log` into lines. */
static void read_visits(char *log, struct visit *visits)
{
    char *save, *source = NULL;
    struct visit *now = NULL;
    for (char *line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        const char *colon = line + strspn(line, "0123456789");
        bool number = colon > line && *colon == ':';
        if (is_noise(line))
            continue;
        if (strncmp(line, "; ", 2) == 0) {
            source = line;
        } else if (number && strncmp(colon, ": (", 3) == 0) {
            now = begin(visits, line, source);
            source = NULL;
        } else if (number && now && !now->state && strchr(colon, '=')) {
            now->state = keep(colon, 1); /* the kernel wrote something between */
        } else if (strncmp(line, "from ", 5) == 0) {
            now = NULL;
        }
    }
}

static void forget(struct visit *visits)
{
    for (unsigned n = 0; n < SLOTS; n++) {
        free(visits[n].source);
        free(visits[n].state);
        visits[n] = (struct visit){0};
    }
}

struct counts {
    unsigned programs, compared, states, sources, texts, figures;
};

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static void compare_visits(const struct object_prog *p, struct counts *c)
{
    static struct visit a[SLOTS], b[SLOTS];
    read_visits(ours, a);
    read_visits(theirs, b);
    for (unsigned n = 0; n < SLOTS; n++) {
        if (!a[n].seen || !b[n].seen)
            continue;
        bool state = same(a[n].state, b[n].state), source = same(a[n].source, b[n].source);
        c->compared++;
        c->states += !state;
        c->sources += !source;
        if (!state)
            printf("\n  %s: %u: here:   %s\n  %*s kernel: %s", p->name, n,
                   a[n].state ? a[n].state : "-", (int)strlen(p->name) + 4, "",
                   b[n].state ? b[n].state : "-");
        if (!source)
            printf("\n  %s: %u: source line: %s, kernel: %s", p->name, n,
                   a[n].source ? a[n].source : "-", b[n].source ? b[n].source : "-");
    }
    forget(a);
    forget(b);
}

/* ---- level 1: the whole text ---- */

static char *next_line(char **at)
{
    char *line = *at, *end = strchr(line, '\n');
    if (!*line)
        return NULL;
    *at = end ? end + 1 : line + strlen(line);
    if (end)
        *end = 0;
    return line;
}

static void compare_text(const struct object_prog *p, struct counts *c)
{
    char *a = ours, *b = theirs;
    for (;;) {
        char *x = next_line(&a), *y = next_line(&b), one[TEXT], other[TEXT];
        if (!x || !y)
            break;
        if (strncmp(x, "processed ", 10) == 0 && strncmp(y, "processed ", 10) == 0)
            continue;
        plain(x, one);
        plain(y, other);
        if (strcmp(one, other) == 0)
            continue;
        printf("\n  %s: here:   %s\n  %*s kernel: %s", p->name, one, (int)strlen(p->name) + 1, "",
               other);
        c->texts++;
        break;
    }
}

/* "processed N insns (limit N) ...": the same words; the figures tell of the walk, not of the form.
 */
static void compare_figures(const char *a, const char *b, struct counts *c)
{
    a = a ? strstr(a, "processed ") : NULL;
    b = b ? strstr(b, "processed ") : NULL;
    CU_ASSERT_TRUE(a && b);
    if (!a || !b)
        return;
    c->figures += strtoul(a + 10, NULL, 10) == strtoul(b + 10, NULL, 10);
    while (*a && *a != '\n' && *b) {
        bool digit = isdigit((unsigned char)*a) && isdigit((unsigned char)*b);
        CU_ASSERT_TRUE(digit || *a == *b);
        a += digit ? strspn(a, "0123456789") : 1;
        b += digit ? strspn(b, "0123456789") : 1;
    }
}

/* ---- the programs ---- */

static int verify(const struct offload_prog *prog, unsigned level)
{
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull},
                                       .kfuncs = ~0ull,
                                       .allow_uninit_stack = true,
                                       .cpus = (uint32_t)libbpf_num_possible_cpus()};
    struct offload_log log = {.buf = ours, .size = LOG_BYTES, .level = level};
    ours[0] = 0;
    return offload_verify(prog, &opts, &log, NULL, NULL);
}

static bool take_logs(const struct object_prog *p, unsigned level, struct counts *c)
{
    int err = verify(&p->prog, level);
    if (strlen(p->kernel_log) >= LOG_BYTES || (err == 0) != (p->kernel == 0))
        return false;
    strcpy(theirs, p->kernel_log);
    c->programs++;
    compare_figures(ours, theirs, c);
    return true;
}

static void at_level_2(void *arg, const struct object_prog *p)
{
    if (take_logs(p, 2, arg))
        compare_visits(p, arg);
}

static void at_level_1(void *arg, const struct object_prog *p)
{
    if (p->kernel && take_logs(p, 1, arg))
        compare_text(p, arg);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list ap)
{
    (void)level;
    (void)format;
    (void)ap;
    return 0;
}

/* NULL: there is a kernel here that writes what this compares with. */
static const char *missing(void)
{
    struct utsname u;
    unsigned major = 0, minor = 0;
    if (kernel_missing())
        return kernel_missing();
    if (uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2 || major != 6 || minor != 18)
        return "the log's form is that of Linux 6.18";
    return NULL;
}

static bool load_all(object_fn fn, unsigned level, struct counts *c)
{
    if (missing()) {
        printf("SKIP: %s ", missing());
        return false;
    }
    libbpf_set_print(quiet);
    objects_watch(fn, c);
    objects_log_level(level);
    for (char **path = objects; *path; path++)
        CU_ASSERT_EQUAL(objects_load(*path), 0);
    objects_watch(NULL, NULL);
    objects_log_level(0);
    return true;
}

/*
 * What differs: what is left of 8 zeros written through a register when a helper fills some of them
 * (dynptr_memory and drain_reads, two states each), bpf_snprintf()'s buffer (print), and a tail
 * call in a subprogram, which the kernel walks as one that may return at once (tail_below).
 */
enum { STATES_DIFFER = 6 };

static void test_states(void)
{
    struct counts c = {0};
    if (!load_all(at_level_2, 2, &c))
        return;
    printf("%u instructions of %u programs; %u states, %u source lines differ; figures equal in "
           "%u ",
           c.compared, c.programs, c.states, c.sources, c.figures);
    CU_ASSERT_TRUE(c.programs > 0 && c.compared > 10 * c.programs);
    CU_ASSERT_TRUE(c.states <= STATES_DIFFER);
    CU_ASSERT_EQUAL(c.sources, 0);
}

/*
 * An untyped pointer to a global function, another type's context, and two tags; a message of a bug
 * of the kernel's (loop_tails); a timer's callback, which is walked after the program; what the
 * kernel says of a structure before it says that it is the wrong one (given_back_twice,
 * context_given_back).
 */
enum { TEXTS_DIFFER = 8 };

static void test_refusals(void)
{
    struct counts c = {0};
    if (!load_all(at_level_1, 1, &c))
        return;
    printf("%u refused programs, %u texts differ ", c.programs, c.texts);
    CU_ASSERT_TRUE(c.programs > 0);
    CU_ASSERT_TRUE(c.texts <= TEXTS_DIFFER);
}

int main(int argc, char **argv)
{
    static const struct cunit_case cases[] = {
        {"states and source lines", test_states},
        {"the log of refused programs", test_refusals},
        {NULL, NULL},
    };
    (void)argc;
    objects = argv + 1;
    ours = malloc(LOG_BYTES);
    theirs = malloc(LOG_BYTES);
    int status = ours && theirs ? cunit_run("verifier log beside the kernel's", cases) : 1;
    free(ours);
    free(theirs);
    return status;
}
