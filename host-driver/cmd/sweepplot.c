/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sweep as charts: the rate against the first key, a line for each value of the second, with what
 * the wire brings or what ideal scaling would give; and the cycles of a packet by cause.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench.h"

#define LINES_MAX (CHART_SERIES_MAX / 2)
#define BARS_MAX  24u
#define CHARTS    4u
#define SIZES_MAX 12u   /* so many sizes stand side by side, more are drawn to scale */
#define SMALL     0.005 /* of the highest bar: not seen */
#define ROOM      3.0   /* dashed lines may be so many times as high as the others */

struct picture {
    const struct sweep *s;
    size_t lines, points; /* lines that are drawn, points of each */
    bool named;           /* values of the first key that are no numbers: drawn in order */
    double *x, *y, *second, *loss, *p99; /* of all lines; `second`: ideal, offered or wire */
    char name[LINES_MAX][96], second_name[LINES_MAX][112];
    double *cause; /* NIC_CAUSES rows of bars */
    const char *bar[BARS_MAX], *x_name[BARS_MAX];
    size_t bars;
    char cause_title[160];
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

static bool is_key(const struct picture *p, const char *key)
{
    return strcmp(p->s->dim[0].key, key) == 0;
}

/*
 * Numbers are drawn to scale when all are numbers, and rates by what was offered; but sizes, of
 * which one is often far beyond the others, side by side.
 */
static bool needs_names(const struct picture *p)
{
    char *end;

    if (is_key(p, "rate"))
        return false;
    if (is_key(p, "size") && p->points <= SIZES_MAX)
        return true;
    for (size_t i = 0; i < p->points; i++) {
        (void)strtod(p->s->dim[0].value[i], &end);
        if (*end != '\0')
            return p->points <= BARS_MAX;
    }
    return false;
}

static double x_of(const struct picture *p, const struct sweep_row *r, size_t point)
{
    if (is_key(p, "rate"))
        return r->offered_pps / 1e6;
    return p->named ? (double)point + 1 : strtod(p->s->dim[0].value[point], NULL);
}

static double second_of(const struct picture *p, const struct sweep_row *r,
                        const struct sweep_row *first)
{
    if (is_key(p, "engines"))
        return first->pps[BENCH_MRR] / first->engines * r->engines / 1e6;
    return (p->s->loads ? r->offered_pps : r->line_pps) / 1e6;
}

static void fill_line(struct picture *p, size_t line)
{
    for (size_t i = 0; i < p->points; i++) {
        const struct sweep_row *r = row_of(p, line, i);
        size_t k = line * p->points + i;

        p->x[k] = x_of(p, r, i);
        p->y[k] = r->pps[BENCH_MRR] / 1e6;
        p->second[k] = second_of(p, r, row_of(p, line, 0));
        p->loss[k] = r->loss * 100;
        p->p99[k] = (double)r->p99;
    }
    name_line(p, line, p->name[line], sizeof(p->name[line]));
}

/* Whether all lines have the same dashed one. */
static bool one_second(const struct picture *p)
{
    for (size_t k = p->points; k < p->lines * p->points; k++)
        if (fabs(p->second[k] - p->second[k % p->points]) > 0.001 * p->second[k])
            return false;
    return true;
}

static void name_second(struct picture *p, size_t line)
{
    const char *second = is_key(p, "engines") ? "ideal" : p->s->loads ? "offered" : "line rate";
    bool one = one_second(p);

    snprintf(p->second_name[line], sizeof(p->second_name[line]), "%s%s%s", second, one ? "" : ", ",
             one ? "" : p->name[line]);
}

static struct chart empty_chart(const struct picture *p, const char *title, const char *y_label)
{
    return (struct chart){.title = title,
                          .x_label = is_key(p, "rate") ? "offered Mpps" : p->s->dim[0].key,
                          .y_label = y_label,
                          .x_names = p->named ? p->x_name : NULL,
                          .x_count = p->named ? p->points : 0};
}

/* `what` of all lines, each in its colour. */
static void add_lines(const struct picture *p, struct chart *c, const double *what,
                      const char (*names)[112], bool dashed)
{
    size_t lines = dashed && one_second(p) ? 1 : p->lines;

    for (size_t l = 0; l < lines; l++)
        c->series[c->series_count++] =
            (struct chart_series){.name = names != NULL ? names[l] : p->name[l],
                                  .x = p->x + l * p->points,
                                  .y = what + l * p->points,
                                  .count = p->points,
                                  .dashed = dashed,
                                  .colour = (unsigned)l + 1};
}

static struct chart rate_chart(const struct picture *p)
{
    struct chart c =
        empty_chart(p, p->s->loads ? "Received" : "Received at line rate", "Mpps, modelled");

    add_lines(p, &c, p->y, NULL, false);
    add_lines(p, &c, p->second, p->second_name, true);
    for (size_t k = 0; k < p->lines * p->points; k++)
        c.y_most = p->y[k] * ROOM > c.y_most ? p->y[k] * ROOM : c.y_most;
    return c;
}

/* The causes of the first line's points, not more bars than can be read. */
static struct chart cause_chart(struct picture *p)
{
    struct chart c = {
        .title = p->cause_title, .x_label = p->s->dim[0].key, .y_label = "engine cycles a packet"};
    size_t step = (p->points + BARS_MAX - 1) / BARS_MAX;
    double highest = 0;

    snprintf(p->cause_title, sizeof(p->cause_title), "Where the cycles of a packet go%s%s",
             p->lines > 1 ? ": " : "", p->lines > 1 ? p->name[0] : "");
    for (size_t i = 0; i < p->points; i += step)
        p->bar[p->bars++] = p->s->dim[0].value[i];
    for (size_t b = 0; b < p->bars; b++)
        highest = fmax(highest, row_of(p, 0, b * step)->cycles);
    c.bars = p->bar;
    c.bar_count = p->bars;
    for (unsigned k = 0; k < NIC_CAUSES; k++) {
        double *part = p->cause + k * BARS_MAX, most = 0;

        for (size_t b = 0; b < p->bars; b++) {
            part[b] = row_of(p, 0, b * step)->cause[k];
            most = fmax(most, part[b]);
        }
        if (most > SMALL * highest && k != NIC_CAUSE_ENGINE && k != NIC_CAUSE_IDLE &&
            k != NIC_CAUSE_BLOCKED)
            cause_series(&c, k, part, p->bars);
    }
    return c;
}

static unsigned make_charts(struct picture *p, struct chart charts[CHARTS])
{
    unsigned n = 0;

    p->named = needs_names(p);
    for (size_t i = 0; p->named && i < p->points; i++)
        p->x_name[i] = p->s->dim[0].value[i];
    for (size_t l = 0; l < p->lines; l++)
        fill_line(p, l);
    for (size_t l = 0; l < p->lines; l++)
        name_second(p, l);
    charts[n++] = rate_chart(p);
    if (p->s->loads) {
        charts[n] = empty_chart(p, "Loss", "percent lost");
        add_lines(p, &charts[n++], p->loss, NULL, false);
    }
    charts[n] = empty_chart(p, "Latency of 99 % of the packets", "nanoseconds");
    add_lines(p, &charts[n++], p->p99, NULL, false);
    charts[n++] = cause_chart(p);
    return n;
}

static void describe(const struct sweep *s, char *note, size_t len)
{
    const char *preset = s->v->dev.preset != NULL ? s->v->dev.preset : "generic";
    const struct feed_spec feed = {.capture = s->v->read, .size = s->v->size};
    char size[16];
    bool swept = s->v->read != NULL;

    for (unsigned d = 0; d < s->dims; d++)
        swept = swept || strcmp(s->dim[d].key, "size") == 0;
    snprintf(note, len, "modelled, card %s, %s%s%s%s", preset,
             s->v->read != NULL ? "frames of " : "traffic ",
             s->v->read != NULL ? s->v->read : s->v->kind, swept ? "" : ", ",
             swept ? "" : bench_size_name(&feed, size));
}

int sweep_plot(const char *file, const struct sweep *s)
{
    struct picture *p = calloc(1, sizeof(*p));
    struct chart charts[CHARTS];
    char note[256];
    int status;

    if (p == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    p->s = s;
    p->points = s->dim[0].count;
    p->lines = s->rows / p->points;
    p->lines = p->lines < LINES_MAX ? p->lines : LINES_MAX;
    p->x = calloc(5 * p->lines * p->points, sizeof(double));
    p->cause = calloc(NIC_CAUSES * BARS_MAX, sizeof(double));
    if (p->x != NULL && p->cause != NULL) {
        p->y = p->x + p->lines * p->points;
        p->second = p->y + p->lines * p->points;
        p->loss = p->second + p->lines * p->points;
        p->p99 = p->loss + p->lines * p->points;
        describe(s, note, sizeof(note));
        status = bench_write_page(file, s->row[0].program, note, charts, make_charts(p, charts));
    } else {
        status = cmd_fail(CMD_FAILED, "out of memory");
    }
    free(p->cause);
    free(p->x);
    free(p);
    return status;
}
