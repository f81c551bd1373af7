/* SPDX-License-Identifier: BSD-3-Clause */
/* A benchmark's results for people. */
#include <stdio.h>
#include <string.h>

#include "cmd/bench.h"
#include "cmd/jsonout.h"
#include "cmd/style.h"

#define ENGINES_SHOWN 16u
#define CAUSES_SHOWN  3u
#define UNEVEN        0.9   /* banks of which the busiest is worth a word */
#define OVERLOADED    1.05  /* a part that is asked for more than it does */
#define SMALL         0.005 /* parts below it are not worth a line */

/* What became of the packets: a benchmark of a program that does something else is worth nothing.
 */
static void print_verdicts(const struct trial *t)
{
    const char *separator = "verdicts ";

    for (unsigned v = 0; v < FW_VERDICTS; v++) {
        if (t->verdicts[v] == 0)
            continue;
        printf("%s%s %.1f %%", separator, json_verdict_names[v],
               100 * (double)t->verdicts[v] / (double)t->model.packets);
        separator = ", ";
    }
    if (separator[0] == ',')
        putchar('\n');
}

/* What no rate can help. */
static void print_ended(const struct trial_setup *s, const struct trial *t)
{
    if (t->model.drops[NIC_DROP_WATCHDOG] != 0)
        printf("lost     %.1f %% of these, ended after run.watchdog=%llu cycles: shorten the loops "
               "of the program, or --set run.watchdog=N\n",
               100 * (double)t->model.drops[NIC_DROP_WATCHDOG] / (double)t->model.packets,
               (unsigned long long)s->cfg.run_watchdog);
}

static void print_top(const struct trial_setup *s, const struct bench_point *p,
                      const struct style *st)
{
    const struct model *m = &p->at[BENCH_MRR].model;
    char size[32], a[32];

    printf("%s%s%s from %s\n", st->bold, p->at[BENCH_MRR].program, st->plain,
           s->path != NULL ? s->path : "a filter");
    if (s->feed.capture != NULL)
        printf("load     %s, again and again", s->feed.capture);
    else
        printf("load     %s, %s, %s flows", s->feed.kind, bench_size_name(&s->feed, size),
               style_grouped(s->feed.flows, a));
    printf(", at %u port%s of %sbit/s: at most %spps\n", s->ports, s->ports == 1 ? "" : "s",
           style_scaled((double)s->cfg.port_bps, a), style_scaled(p->line_pps, size));
    if (s->rate != NULL && p->asked_pps > p->line_pps)
        printf("         %s is more than the wire brings: %spps are offered\n", s->rate,
               style_scaled(p->offered_pps, a));
    if (!p->at[BENCH_MRR].steady)
        puts("         the time that a packet takes still changed at the end: more --packets would "
             "tell more");
    print_verdicts(&p->at[BENCH_MRR]);
    print_ended(s, &p->at[BENCH_MRR]);
    printf("card     %u engine%s with %u thread%s each at %sHz\n", m->engines,
           m->engines == 1 ? "" : "s", m->threads, m->threads == 1 ? "" : "s",
           style_scaled((double)m->clock_hz, a));
}

/* Of a load that was given. */
static void print_load(const struct trial_setup *s, const struct bench_point *p,
                       const struct style *st)
{
    char name[128], a[32], b[32], c[32];

    style_heading(st, "Rate", "modelled");
    printf("  %-36s %10spps  %10spps per engine  of %spps offered, %.3f %% lost\n",
           bench_result_name(s, p, BENCH_MRR, name, sizeof(name)),
           style_scaled(p->pps[BENCH_MRR], a),
           style_scaled(p->pps[BENCH_MRR] / (double)s->cfg.engine_count, b),
           style_scaled(p->offered_pps, c), trial_loss(&p->at[BENCH_MRR]) * 100);
}

static void print_rates(const struct trial_setup *s, const struct bench_point *p,
                        const struct style *st)
{
    static const char *const what[BENCH_MEASURES] = {
        "received at line rate", "highest without loss", "highest with 0.5 % loss"};
    static const enum bench_measure order[] = {BENCH_NDR, BENCH_PDR, BENCH_MRR};
    char name[128], a[32], b[32];

    style_heading(st, "Rate", "modelled");
    if (p->pps[BENCH_MRR] <= 0)
        puts("  none: every packet is lost");
    for (unsigned i = 0; i < BENCH_MEASURES; i++) {
        enum bench_measure m = order[i];

        if (p->pps[m] <= 0)
            continue;
        printf("  %-36s %10spps  %10spps per engine  %s\n",
               bench_result_name(s, p, m, name, sizeof(name)), style_scaled(p->pps[m], a),
               style_scaled(p->pps[m] / (double)s->cfg.engine_count, b), what[m]);
    }
}

static void heading_at(const struct trial_setup *s, const struct style *st, const char *text)
{
    char note[64];

    snprintf(note, sizeof(note), "at %s", bench_load_name(s));
    style_heading(st, text, note);
}

static void print_causes(const struct trial_setup *s, const struct bench_point *p,
                         const struct style *st)
{
    const struct model *m = &p->at[BENCH_MRR].model;
    double whole = 0;
    char note[128];

    snprintf(note, sizeof(note), "of a packet at %s: %.1f of an engine, %.1f program instructions",
             bench_load_name(s), m->cycles_per_packet, m->program_insns_per_packet);
    style_heading(st, "Cycles", note);
    for (unsigned c = 0; c < NIC_CAUSES; c++)
        whole += m->cause[c];
    for (unsigned c = 0; c < NIC_CAUSES; c++) {
        if (m->cause[c] < SMALL * m->cycles_per_packet)
            continue;
        printf("  %-13s %9.1f  ", nic_cause_name(c), m->cause[c]);
        style_bar(st, m->cause[c] / whole);
    }
}

/* Threads that wait for locks, which cost atomics as well as pauses. */
static void print_locks(const struct trial_setup *s, const struct bench_point *p,
                        const struct style *st)
{
    const struct locks_report *l = &p->at[BENCH_MRR].locks;

    if (l->count == 0 || l->of[0].waiting < SMALL)
        return;
    heading_at(s, st, "Locks");
    for (unsigned i = 0; i < l->count && l->of[i].waiting >= SMALL; i++)
        printf(
            "  %-24s %6.2f threads wait for it on average, at least one for %.1f %% of the time\n",
            l->of[i].name, l->of[i].waiting, l->of[i].contended * 100);
}

/* What is said of one part behind the time in which it is in use. */
static void print_limit(const struct limit *l, bool first)
{
    char a[32];

    if (first && strcmp(l->name, model_use_name(MODEL_STALL)) == 0) {
        printf("  %-31sthe bottleneck: threads wait, and more of them would help\n", l->name);
        return;
    }
    if (first && strcmp(l->name, LIMIT_LOAD) == 0) {
        printf("  %-31sthe bottleneck: all of it came through\n", l->name);
        return;
    }
    printf("  %-15s in use %5.1f %%  ", l->name, l->use * 100);
    if (first)
        printf("the bottleneck");
    else
        printf("would carry %spps: %.2f times as much", style_scaled(l->pps, a), l->headroom);
    if (l->mean < UNEVEN * l->use)
        printf(" (the busiest bank; all together %.1f %%)", l->mean * 100);
    if (l->use > OVERLOADED)
        printf(",\n  %15s where what nobody waits for piles up: it would carry %spps", "",
               style_scaled(l->pps, a));
    putchar('\n');
}

static void print_limits(const struct trial_setup *s, const struct bench_point *p,
                         const struct style *st)
{
    heading_at(s, st, "Limits");
    for (unsigned i = 0; i < p->limits.count; i++)
        if (p->limits.rank[i].use >= SMALL)
            print_limit(&p->limits.rank[i], i == 0);
}

static void print_latency_row(const char *label, const struct hist *h)
{
    static const uint32_t ppm[] = {500000, 900000, 990000, 999000, 1000000};

    if (h->count == 0)
        return;
    printf("  %-12s", label);
    for (unsigned i = 0; i < sizeof(ppm) / sizeof(ppm[0]); i++)
        printf(" %9llu", (unsigned long long)hist_quantile(h, ppm[i]));
    putchar('\n');
}

static void print_latency(const struct trial_setup *s, const struct bench_point *p,
                          const struct style *st)
{
    style_heading(st, "Latency", "in nanoseconds, from the last byte's arrival to departure");
    printf("  %-12s %9s %9s %9s %9s %9s\n", "load", "p50", "p90", "p99", "p99.9", "max");
    print_latency_row("half of ndr", &p->half.latency);
    print_latency_row("ndr", bench_latency(p, BENCH_NDR));
    print_latency_row("pdr", bench_latency(p, BENCH_PDR));
    print_latency_row(s->rate != NULL ? s->rate : "line rate", &p->at[BENCH_MRR].latency);
}

/* The greatest of an engine's cycles a packet: "issue 58.0, local SRAM 9.0, branch 7.0". */
static void print_greatest(double cause[NIC_CAUSES])
{
    for (unsigned n = 0; n < CAUSES_SHOWN; n++) {
        unsigned most = 0;

        for (unsigned c = 1; c < NIC_CAUSES; c++)
            most = cause[c] > cause[most] ? c : most;
        if (cause[most] < 0.05)
            break;
        printf("%s%s %.1f", n != 0 ? ", " : "", nic_cause_name(most), cause[most]);
        cause[most] = 0;
    }
    putchar('\n');
}

static void print_engine(const struct model *m, unsigned e)
{
    double seconds = (double)m->cycles / (double)m->clock_hz, cause[NIC_CAUSES];
    char a[32];

    printf("  %8u %9spps %8.1f %% %8.1f %%  ", e,
           style_scaled(seconds > 0 ? (double)m->engine[e].packets / seconds : 0, a),
           model_share(m, m->engine[e].cycles) * 100, model_share(m, m->engine[e].stall) * 100);
    model_engine_causes(m, e, cause);
    cause[NIC_CAUSE_IDLE] = cause[NIC_CAUSE_BLOCKED] = 0;
    print_greatest(cause);
}

static void print_engines(const struct trial_setup *s, const struct bench_point *p,
                          const struct style *st)
{
    const struct model *m = &p->at[BENCH_MRR].model;

    heading_at(s, st, "Engines");
    printf("  %8s %12s %10s %10s  %s\n", "engine", "rate", "busy", "stalled",
           "most cycles of a packet");
    for (unsigned e = 0; e < m->engines && e < ENGINES_SHOWN; e++)
        print_engine(m, e);
    if (m->engines > ENGINES_SHOWN)
        printf("  and %u more (--json lists all)\n", m->engines - ENGINES_SHOWN);
}

void bench_print(const struct trial_setup *s, const struct bench_point *p)
{
    struct style st = style_choose();

    print_top(s, p, &st);
    if (s->rate != NULL)
        print_load(s, p, &st);
    else
        print_rates(s, p, &st);
    print_causes(s, p, &st);
    print_limits(s, p, &st);
    print_locks(s, p, &st);
    print_latency(s, p, &st);
    print_engines(s, p, &st);
}
