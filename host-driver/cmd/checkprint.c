/* SPDX-License-Identifier: BSD-3-Clause */
/* What check found, for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/check.h"
#include "cmd/hints.h"
#include "cmd/style.h"

static void print_place(const struct check_reason *r)
{
    const char *slash = strrchr(r->file, '/');

    if (r->source[0] != '\0')
        printf("    %s:%" PRIu32 ": %s\n", slash != NULL ? slash + 1 : r->file, r->line, r->source);
    else if (r->insn != OFFLOAD_NO_INSN)
        printf("    instruction %" PRIu32 " (no line information: compile with -g)\n", r->insn);
}

static void print_reason(const struct check_reason *r, const struct style *s)
{
    char name[40];

    print_place(r);
    printf("      %s%s%s: %s", s->bold, r->rule, s->plain, r->text);
    if (r->insn != OFFLOAD_NO_INSN)
        printf(" (instruction %" PRIu32 "%s)", r->insn, r->times > 1 ? ", and others" : "");
    if (r->times > 2)
        printf(" [%u times]", r->times);
    putchar('\n');
    if (r->hint != NULL)
        printf("      instead: %s%s\n", r->hint, hint_name(r->why, name));
}

static void print_use(const char *what, const struct check_use *u, const char *unit)
{
    char used[32], of[32];

    if (u->of == 0)
        printf("    %-20s %13s%s\n", what, style_grouped(u->used, used), unit);
    else
        printf("    %-20s %13s%s  %5.1f %% of %s\n", what, style_grouped(u->used, used), unit,
               100.0 * (double)u->used / (double)u->of, style_grouped(u->of, of));
}

static void print_figures(const struct check_report *r, const struct check_program *p)
{
    bool about = r->profile.milli_insns_per_bpf != 0;
    char text[32];

    printf("    %-20s %13s\n", "BPF instructions", style_grouped(p->bpf_insns, text));
    print_use("  the proof walked", &p->verified, "  ");
    print_use("stack", &p->stack, " B");
    print_use("map memory", &p->map_memory, " B");
    print_use(about ? "engine instr., about" : "engine instructions", &p->engine_insns, "  ");
    print_use("instruction store", &p->store, " B");
    if (p->longest_path != 0)
        printf("    %-20s %13s    engine instructions at most, helpers aside\n", "longest path",
               style_grouped(p->longest_path, text));
    else
        printf("    %-20s %13s\n", "longest path", "not bounded");
    if (r->profile.verdict != 0)
        printf("    note: on this card verdicts above %" PRIu32 " count as XDP_ABORTED\n",
               r->profile.verdict);
}

static void print_program(const struct check_report *r, const struct check_program *p,
                          const struct style *s, bool verbose)
{
    printf("\n%s %s%s%s (%s): %s\n", p->accepted ? s->yes : s->no, s->bold, p->name, s->plain,
           p->section, p->accepted ? "accepted" : "refused");
    for (size_t i = 0; i < p->reason_count; i++)
        print_reason(&p->reasons[i], s);
    if (!p->loaded && p->log != NULL && verbose)
        object_print_log(stdout, p->log, true);
    if (p->loaded)
        print_figures(r, p);
}

void check_print(const struct check_report *r, bool verbose)
{
    struct style s = style_choose();
    size_t refused = 0;

    printf("%s%s%s against %s (%s)\n", s.bold, r->path != NULL ? r->path : "packet filter", s.plain,
           r->profile.name, r->profile.about);
    for (size_t i = 0; i < r->count; i++) {
        print_program(r, &r->programs[i], &s, verbose);
        refused += !r->programs[i].accepted;
    }
    if (r->count > 1)
        printf("\n%zu of %zu programs accepted\n", r->count - refused, r->count);
}
