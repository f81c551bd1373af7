/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sweep as charts: the rate against the first key, a line for each value of the second, with what
 * the wire brings or what ideal scaling would give; and the cycles of a packet by cause.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench.h"

#define LINES_MAX (CHART_SERIES_MAX / 2)
#define BARS_MAX  24u

struct picture {
    const struct sweep *s;
    size_t lines, points;   /* lines that are drawn, points of each */
    double *x, *y, *second; /* of all lines; `second`: ideal or wire */
    char name[LINES_MAX][96], second_name[LINES_MAX][112];
    double *cause; /* NIC_CAUSES rows of bars */
    const char *bar[BARS_MAX];
    size_t bars;
};

static const struct sweep_row *row_of(const struct picture *p, size_t line, size_t point)
{
    return &p->s->row[point * (p->s->rows / p->points) + line];
}

/* "size=64, flows=10" of a line: all keys but the first. */
static void name_line(const struct picture *p, size_t line, char *out, size_t len)
{
    const struct sweep_row *r = row_of(p, line, 0);
    size_t used = 0;

    snprintf(out, len, "%s", "rate");
    for (unsigned d = 1; d < p->s->dims && used < len; d++)
        used += (size_t)snprintf(out + used, len - used, "%s%s=%s", d > 1 ? ", " : "",
                                 p->s->dim[d].key, p->s->dim[d].value[r->at[d]]);
}

static bool is_engines(const struct sweep *s)
{
    return strcmp(s->dim[0].key, "engines") == 0;
}

/* A key whose values are no numbers is drawn in order. */
static double x_of(const struct sweep *s, size_t point)
{
    const char *text = s->dim[0].value[point];
    char *end;
    double v = strtod(text, &end);

    return *end == '\0' ? v : (double)point + 1;
}

static void fill_line(struct picture *p, size_t line)
{
    double *x = p->x + line * p->points, *y = p->y + line * p->points;
    double *second = p->second + line * p->points;

    for (size_t i = 0; i < p->points; i++) {
        const struct sweep_row *r = row_of(p, line, i), *first = row_of(p, line, 0);

        x[i] = x_of(p->s, i);
        y[i] = r->pps[BENCH_MRR] / 1e6;
        second[i] = is_engines(p->s) ? first->pps[BENCH_MRR] / first->engines * r->engines / 1e6
                                     : r->line_pps / 1e6;
    }
    name_line(p, line, p->name[line], sizeof(p->name[line]));
    snprintf(p->second_name[line], sizeof(p->second_name[line]), "%s%s%s",
             is_engines(p->s) ? "ideal" : "line rate", p->s->dims > 1 ? ", " : "",
             p->s->dims > 1 ? p->name[line] : "");
}

static struct chart rate_chart(struct picture *p)
{
    struct chart c = {
        .title = "Received at line rate", .x_label = p->s->dim[0].key, .y_label = "Mpps, modelled"};

    for (size_t l = 0; l < p->lines; l++) {
        fill_line(p, l);
        c.series[c.series_count++] = (struct chart_series){.name = p->name[l],
                                                           .x = p->x + l * p->points,
                                                           .y = p->y + l * p->points,
                                                           .count = p->points};
        c.series[c.series_count++] = (struct chart_series){.name = p->second_name[l],
                                                           .x = p->x + l * p->points,
                                                           .y = p->second + l * p->points,
                                                           .count = p->points,
                                                           .dashed = true};
    }
    return c;
}

/* The causes of the first line's points, not more bars than can be read. */
static struct chart cause_chart(struct picture *p)
{
    struct chart c = {.title = "Where the cycles of a packet go",
                      .x_label = p->s->dim[0].key,
                      .y_label = "engine cycles a packet"};
    size_t step = (p->points + BARS_MAX - 1) / BARS_MAX;

    for (size_t i = 0; i < p->points; i += step)
        p->bar[p->bars++] = p->s->dim[0].value[i];
    c.bars = p->bar;
    c.bar_count = p->bars;
    for (unsigned k = 0; k < NIC_CAUSES; k++) {
        double *part = p->cause + k * BARS_MAX, sum = 0;

        for (size_t b = 0; b < p->bars; b++) {
            part[b] = row_of(p, 0, b * step)->cause[k];
            sum += part[b];
        }
        if (sum > 0 && k != NIC_CAUSE_ENGINE && k != NIC_CAUSE_IDLE && k != NIC_CAUSE_BLOCKED)
            c.series[c.series_count++] =
                (struct chart_series){.name = nic_cause_name(k), .y = part, .count = p->bars};
    }
    return c;
}

int sweep_plot(const char *file, const struct sweep *s)
{
    struct picture *p = calloc(1, sizeof(*p));
    struct chart charts[2];
    int status;

    if (p == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    p->s = s;
    p->points = s->dim[0].count;
    p->lines = s->rows / p->points;
    p->lines = p->lines < LINES_MAX ? p->lines : LINES_MAX;
    p->x = calloc(3 * p->lines * p->points, sizeof(double));
    p->cause = calloc(NIC_CAUSES * BARS_MAX, sizeof(double));
    if (p->x != NULL && p->cause != NULL) {
        p->y = p->x + p->lines * p->points;
        p->second = p->y + p->lines * p->points;
        charts[0] = rate_chart(p);
        charts[1] = cause_chart(p);
        status = bench_write_page(file, s->row[0].program, "modelled figures", charts, 2);
    } else {
        status = cmd_fail(CMD_FAILED, "out of memory");
    }
    free(p->cause);
    free(p->x);
    free(p);
    return status;
}
