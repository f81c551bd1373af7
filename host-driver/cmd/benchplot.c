/* SPDX-License-Identifier: BSD-3-Clause */
/* The charts of one measurement: latency, loss, cycles by cause, what is in use. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/chart.h"
#include "cmd/bench.h"
#include "cmd/style.h"

#define CURVE 400u  /* points of a latency curve */
#define SMALL 0.005 /* parts below it are not seen */
#define FAR   4     /* loads beyond so many times mrr would leave no room for the others */

struct curve {
    double x[CURVE], y[CURVE];
    size_t count;
};

/* Part of the packets that took at most so long. */
static void latency_curve(const struct hist *h, struct curve *c)
{
    c->count = 0;
    for (unsigned i = 0; i < CURVE && h->count != 0; i++) {
        c->y[c->count] = (double)i / (CURVE - 1);
        c->x[c->count++] = (double)hist_quantile(h, (uint32_t)(1000000.0 * i / (CURVE - 1)));
    }
}

static void add_series(struct chart *c, const char *name, const double *x, const double *y,
                       size_t count, bool plain)
{
    if (count != 0 && c->series_count < CHART_SERIES_MAX)
        c->series[c->series_count++] =
            (struct chart_series){.name = name, .x = x, .y = y, .count = count, .plain = plain};
}

static struct chart latency_chart(const struct trial_setup *s, const struct bench_point *p,
                                  struct curve curve[3])
{
    struct chart c = {.title = "Latency",
                      .x_label = "nanoseconds, arrival to departure",
                      .y_label = "part of the packets",
                      .log_x = true};

    latency_curve(&p->half.latency, &curve[0]);
    latency_curve(bench_latency(p, BENCH_NDR), &curve[1]);
    latency_curve(&p->at[BENCH_MRR].latency, &curve[2]);
    add_series(&c, "half of NDR", curve[0].x, curve[0].y, curve[0].count, true);
    add_series(&c, "NDR", curve[1].x, curve[1].y, curve[1].count, true);
    add_series(&c, s->rate != NULL ? s->rate : "line rate", curve[2].x, curve[2].y, curve[2].count,
               true);
    return c;
}

static struct chart loss_chart(const struct bench_point *p, double *x, double *y)
{
    struct chart c = {
        .title = "Loss against offered load", .x_label = "offered Mpps", .y_label = "percent lost"};
    unsigned n = 0;

    for (unsigned i = 0; i < p->trials && p->trial[i].pps <= FAR * p->pps[BENCH_MRR]; i++) {
        x[i] = p->trial[i].pps / 1e6;
        y[i] = p->trial[i].loss * 100;
        n++;
    }
    add_series(&c, "trials", x, y, n, false);
    return c;
}

void cause_series(struct chart *c, unsigned cause, const double *y, size_t count)
{
    add_series(c, nic_cause_name(cause), NULL, y, count, false);
    c->series[c->series_count - 1].colour = cause + 1;
}

static struct chart cause_chart(const struct model *m, const char *const *bar)
{
    struct chart c = {.title = "Where the cycles of a packet go",
                      .x_label = "",
                      .y_label = "engine cycles a packet",
                      .bars = bar,
                      .bar_count = 1};

    for (unsigned k = 0; k < NIC_CAUSES; k++)
        if (m->cause[k] > SMALL * m->cycles_per_packet && k != NIC_CAUSE_ENGINE &&
            k != NIC_CAUSE_IDLE && k != NIC_CAUSE_BLOCKED)
            cause_series(&c, k, &m->cause[k], 1);
    return c;
}

static struct chart use_chart(const struct limits *l, const char **names, double *percent)
{
    struct chart c = {.title = "What is in use at the maximum rate",
                      .x_label = "",
                      .y_label = "percent of the time",
                      .bars = names};

    for (unsigned i = 0; i < l->count; i++) {
        if (l->rank[i].use < SMALL)
            continue;
        names[c.bar_count] = l->rank[i].name;
        percent[c.bar_count++] = l->rank[i].use * 100;
    }
    add_series(&c, "in use", NULL, percent, c.bar_count, false);
    return c;
}

int bench_write_page(const char *file, const char *heading, const char *note,
                     const struct chart *charts, unsigned count)
{
    FILE *out = fopen(file, "w");
    int bad;

    if (out == NULL)
        return cmd_fail(CMD_FAILED, "%s: %s", file, strerror(errno));
    chart_page(out, heading, note, charts, count);
    bad = ferror(out);
    if (fclose(out) != 0 || bad)
        return cmd_fail(CMD_FAILED, "%s: %s", file, strerror(errno));
    return CMD_DONE;
}

int bench_plot(const char *file, const struct trial_setup *s, const struct bench_point *p)
{
    struct curve *curve = calloc(3, sizeof(*curve));
    double x[BENCH_TRIALS_MAX], y[BENCH_TRIALS_MAX], percent[LIMITS_MAX];
    const char *parts[LIMITS_MAX], *bar[1];
    char name[128], note[160], a[32], b[32];
    struct chart charts[4];
    int status;

    if (curve == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    bar[0] = bench_result_name(s, p, BENCH_MRR, name, sizeof(name));
    charts[0] = latency_chart(s, p, curve);
    charts[1] = loss_chart(p, x, y);
    charts[2] = cause_chart(&p->at[BENCH_MRR].model, bar);
    charts[3] = use_chart(&p->limits, parts, percent);
    if (p->pps[BENCH_NDR] > 0)
        snprintf(note, sizeof(note), "modelled: NDR %spps, MRR %spps; bottleneck: %s",
                 style_scaled(p->pps[BENCH_NDR], a), style_scaled(p->pps[BENCH_MRR], b),
                 p->limits.rank[0].name);
    else
        snprintf(note, sizeof(note), "modelled: received %spps of %spps; bottleneck: %s",
                 style_scaled(p->pps[BENCH_MRR], a), style_scaled(p->offered_pps, b),
                 p->limits.rank[0].name);
    status = bench_write_page(file, name, note, charts, 4);
    free(curve);
    return status;
}
