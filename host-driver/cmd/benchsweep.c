/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim bench --sweep: the same measurement over values of some keys. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench.h"
#include "traffic/number.h"

#define VALUES_MAX 1024u
#define POINTS_MAX 4096u

/* ---- the keys and their values ---- */

static int bad_dim(const char *text)
{
    return cmd_fail(
        CMD_USAGE, "bench: --sweep %s: not KEY=VALUES with values as 1..8, 1..60..4 or 64,256,imix",
        text);
}

static int add_value(struct sweep_dim *d, const char *text, size_t len)
{
    if (d->count == VALUES_MAX || len == 0 || len >= SWEEP_VALUE_LEN)
        return -E2BIG;
    memcpy(d->value[d->count], text, len);
    d->value[d->count++][len] = '\0';
    return 0;
}

/* "1..60" or "1..60..4": the last value is always there. */
static int add_range(struct sweep_dim *d, const char *text)
{
    unsigned long long low, high, step = 1;
    char number[SWEEP_VALUE_LEN], end;
    int n = sscanf(text, "%llu..%llu..%llu%c", &low, &high, &step, &end);

    if (n == 2 && sscanf(text, "%*u..%*u%c", &end) == 1)
        return -EINVAL;
    if ((n != 2 && n != 3) || step == 0 || high < low || (high - low) / step >= VALUES_MAX)
        return -EINVAL;
    for (unsigned long long v = low;; v = v + step < high ? v + step : high) {
        int len = snprintf(number, sizeof(number), "%llu", v);

        if (add_value(d, number, (size_t)len) != 0)
            return -E2BIG;
        if (v == high)
            return 0;
    }
}

static int parse_dim(struct sweep *s, const char *text)
{
    struct sweep_dim *d = &s->dim[s->dims];
    size_t key = strcspn(text, "=");
    int rc = 0;

    if (s->dims == SWEEP_DIMS_MAX)
        return cmd_fail(CMD_USAGE, "bench: --sweep takes at most %u keys", SWEEP_DIMS_MAX);
    if (text[key] != '=' || key == 0 || key >= sizeof(d->key))
        return bad_dim(text);
    memcpy(d->key, text, key);
    d->value = calloc(VALUES_MAX, sizeof(*d->value));
    if (d->value == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    s->dims++;
    for (const char *p = text + key + 1; rc == 0 && p[-1] != '\0';) {
        size_t len = strcspn(p, ",");
        char one[3 * SWEEP_VALUE_LEN];

        snprintf(one, sizeof(one), "%.*s", (int)len, p);
        rc = strstr(one, "..") != NULL ? add_range(d, one) : add_value(d, p, len);
        p += len + 1;
    }
    return rc == 0 ? CMD_DONE : bad_dim(text);
}

/* One value into the options of one measurement. */
static int apply(struct bench_values *v, const char *key, const char *value)
{
    struct nic_err err = {""};
    uint64_t number = 0;
    int rc;

    if (strcmp(key, "engines") == 0)
        rc = devopts_engines(v, value, &err);
    else if (strcmp(key, "threads") == 0)
        rc = devopts_threads(v, value, &err);
    else if (strcmp(key, "size") == 0)
        rc = bench_parse_size(value, &v->size) == 0
                 ? 0
                 : nic_err_set(&err, -EINVAL, "size=%s: not %s", value, BENCH_SIZES_TEXT);
    else if (strcmp(key, "flows") == 0) {
        rc = number_parse(value, &number) == 0 && number != 0
                 ? 0
                 : nic_err_set(&err, -EINVAL, "flows=%s: not a number from 1", value);
        v->flows = number;
    } else
        rc = devopts_add(&v->dev, key, value, &err);
    return rc == 0 ? CMD_DONE : cmd_fail(CMD_USAGE, "bench: %s", err.msg);
}

/* ---- the measurements ---- */

static void fill_row(struct sweep_row *r, const struct bench_point *p)
{
    const struct trial *t = &p->at[BENCH_MRR];

    r->line_pps = p->line_pps;
    memcpy(r->pps, p->pps, sizeof(r->pps));
    r->engines = t->model.engines;
    r->cycles = t->model.cycles_per_packet;
    memcpy(r->cause, t->model.cause, sizeof(r->cause));
    r->bottleneck = p->limits.rank[0].name;
    r->next = p->limits.rank[1].name;
    r->headroom = p->limits.rank[1].headroom;
    r->p50 = hist_quantile(&t->latency, 500000);
    r->p99 = hist_quantile(&t->latency, 990000);
}

static int measure_row(struct sweep *s, struct sweep_row *r, struct bench_point *p)
{
    struct bench_values *v = malloc(sizeof(*v));
    struct trial_setup setup;
    int status = CMD_DONE;

    if (v == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    *v = *s->v;
    for (unsigned d = 0; status == CMD_DONE && d < s->dims; d++)
        status = apply(v, s->dim[d].key, s->dim[d].value[r->at[d]]);
    if (status == CMD_DONE)
        status = bench_setup(v, s->path, &setup);
    if (status == CMD_DONE) {
        status = bench_measure(&setup, s->wanted, (double)v->precision / 10000, p);
        fill_row(r, p);
        memcpy(s->program, p->at[BENCH_MRR].program, sizeof(s->program));
        bench_point_free(p);
    }
    free(v);
    return status;
}

/* The last key changes fastest. */
static int measure_all(struct sweep *s)
{
    struct bench_point *p = calloc(1, sizeof(*p));
    int status = p != NULL ? CMD_DONE : cmd_fail(CMD_FAILED, "out of memory");

    for (size_t i = 0; status == CMD_DONE && i < s->rows; i++) {
        size_t rest = i;

        for (unsigned d = s->dims; d-- > 0; rest /= s->dim[d].count)
            s->row[i].at[d] = (unsigned)(rest % s->dim[d].count);
        status = measure_row(s, &s->row[i], p);
    }
    free(p);
    return status;
}

static int prepare(struct sweep *s, const char *const *dims, unsigned count)
{
    int status = CMD_DONE;
    size_t rows = 1;

    for (unsigned i = 0; status == CMD_DONE && i < count; i++)
        status = parse_dim(s, dims[i]);
    if (status != CMD_DONE)
        return status;
    for (unsigned d = 0; d < s->dims; d++)
        rows = rows <= POINTS_MAX ? rows * s->dim[d].count : rows;
    if (rows > POINTS_MAX)
        return cmd_fail(CMD_USAGE, "bench: --sweep: more than %u measurements", POINTS_MAX);
    s->rows = rows;
    s->row = calloc(rows, sizeof(*s->row));
    return s->row != NULL ? CMD_DONE : cmd_fail(CMD_FAILED, "out of memory");
}

int bench_sweep(const struct bench_values *v, const char *path, const char *const *dims,
                unsigned count)
{
    struct sweep s = {.v = v, .path = path};
    int status = bench_parse_find(v->find != NULL ? v->find : "mrr", &s.wanted);

    if (status == CMD_DONE)
        status = prepare(&s, dims, count);
    if (status == CMD_DONE)
        status = measure_all(&s);
    if (status == CMD_DONE && v->plot != NULL)
        status = sweep_plot(v->plot, &s);
    if (status == CMD_DONE)
        sweep_print(&s);
    for (unsigned d = 0; d < s.dims; d++)
        free(s.dim[d].value);
    free(s.row);
    return status;
}
