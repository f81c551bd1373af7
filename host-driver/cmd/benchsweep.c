/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim bench --sweep: the same measurement over values of some keys. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench.h"
#include "cmd/workers.h"
#include "nic/similar.h"
#include "traffic/number.h"

#define VALUES_MAX 1024u
#define POINTS_MAX 4096u

#define KEYS_TEXT                                                                                  \
    "engines, threads, size, flows, rate, ports, or one of the card such as dram.latency"

/* ---- the keys and their values ---- */

/* Besides those of the card, which have a dot. */
static const char *const sweep_keys[] = {"engines", "threads", "size", "flows", "rate", "ports"};
#define SWEEP_KEYS (sizeof(sweep_keys) / sizeof(sweep_keys[0]))

static int check_key(const struct sweep *s, const char *key)
{
    char hint[64];

    for (unsigned d = 0; d < s->dims; d++)
        if (strcmp(s->dim[d].key, key) == 0)
            return cmd_fail(CMD_USAGE, "bench: --sweep: %s is given twice", key);
    if (strchr(key, '.') != NULL)
        return CMD_DONE; /* the card's configuration knows */
    for (unsigned i = 0; i < SWEEP_KEYS; i++)
        if (strcmp(sweep_keys[i], key) == 0)
            return CMD_DONE;
    return cmd_fail(
        CMD_USAGE, "bench: --sweep: there is no key %s (%s)%s", key, KEYS_TEXT,
        nic_similar_among(key, strlen(key), sweep_keys, SWEEP_KEYS, hint, sizeof(hint)));
}

static int bad_dim(const char *text)
{
    return cmd_fail(
        CMD_USAGE, "bench: --sweep %s: not KEY=VALUES with values as 1..8, 1..60..4 or 64,256,imix",
        text);
}

static int too_many(const char *text)
{
    return cmd_fail(CMD_USAGE, "bench: --sweep %s: more than %u values", text, VALUES_MAX);
}

static int add_value(struct sweep_dim *d, const char *text, size_t len)
{
    if (d->count == VALUES_MAX)
        return -E2BIG;
    if (len == 0 || len >= SWEEP_VALUE_LEN)
        return -EINVAL;
    memcpy(d->value[d->count], text, len);
    d->value[d->count++][len] = '\0';
    return 0;
}

/* The number at *at, and behind it, when more is to come, "..". */
static int read_number(const char **at, unsigned long long *out, bool *more)
{
    char *end;

    if (!isdigit((unsigned char)**at))
        return -EINVAL;
    errno = 0;
    *out = strtoull(*at, &end, 10);
    *more = strncmp(end, "..", 2) == 0;
    *at = end + (*more ? 2 : 0);
    return errno != 0 ? -EINVAL : 0;
}

/* "1..60", "1..60..4", "5..50..5Mpps": the last value is always there, a unit behind each. */
static int add_range(struct sweep_dim *d, const char *text)
{
    unsigned long long low, high, step = 1;
    bool more;
    int rc = read_number(&text, &low, &more);

    if (rc == 0)
        rc = more ? read_number(&text, &high, &more) : -EINVAL;
    if (rc == 0 && more)
        rc = read_number(&text, &step, &more);
    if (rc != 0 || more || step == 0 || high < low || text[strcspn(text, ".0123456789")] != '\0')
        return -EINVAL;
    if ((high - low) / step >= VALUES_MAX)
        return -E2BIG;
    for (unsigned long long v = low;; v = v + step < high ? v + step : high) {
        char number[2 * SWEEP_VALUE_LEN];
        int len = snprintf(number, sizeof(number), "%llu%s", v, text);

        rc = add_value(d, number, (size_t)len);
        if (rc != 0 || v == high)
            return rc;
    }
}

static int parse_values(struct sweep_dim *d, const char *text)
{
    int rc = 0;

    for (const char *p = text; rc == 0 && p[-1] != '\0';) {
        size_t len = strcspn(p, ",");
        char one[3 * SWEEP_VALUE_LEN];

        snprintf(one, sizeof(one), "%.*s", (int)len, p);
        rc = strstr(one, "..") != NULL ? add_range(d, one) : add_value(d, p, len);
        p += len + 1;
    }
    return rc;
}

static int parse_dim(struct sweep *s, const char *text)
{
    struct sweep_dim *d = &s->dim[s->dims];
    size_t key = strcspn(text, "=");
    int rc;

    if (s->dims == SWEEP_DIMS_MAX)
        return cmd_fail(CMD_USAGE, "bench: --sweep takes at most %u keys", SWEEP_DIMS_MAX);
    if (text[key] != '=' || key == 0 || key >= sizeof(d->key))
        return bad_dim(text);
    memcpy(d->key, text, key);
    rc = check_key(s, d->key);
    if (rc != CMD_DONE)
        return rc;
    d->value = calloc(VALUES_MAX, sizeof(*d->value));
    if (d->value == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    s->dims++;
    s->loads = s->loads || strcmp(d->key, "rate") == 0;
    rc = parse_values(d, text + key + 1);
    return rc == 0 ? CMD_DONE : rc == -E2BIG ? too_many(text) : bad_dim(text);
}

static int apply_number(const char *key, const char *value, uint64_t *out, struct nic_err *err)
{
    if (number_parse(value, out) == 0 && *out != 0)
        return 0;
    return nic_err_set(err, -EINVAL, "%s=%s: not a number from 1", key, value);
}

/* One value into the options of one measurement. */
static int apply(struct bench_values *v, const char *key, const char *value)
{
    struct nic_err err = {""};
    int rc = 0;

    if (strcmp(key, "engines") == 0)
        rc = devopts_engines(v, value, &err);
    else if (strcmp(key, "threads") == 0)
        rc = devopts_threads(v, value, &err);
    else if (strcmp(key, "size") == 0)
        rc = bench_parse_size(value, &v->size) == 0
                 ? 0
                 : nic_err_set(&err, -EINVAL, "size=%s: not %s", value, BENCH_SIZES_TEXT);
    else if (strcmp(key, "flows") == 0)
        rc = apply_number(key, value, &v->flows, &err);
    else if (strcmp(key, "ports") == 0)
        rc = apply_number(key, value, &v->ports, &err);
    else if (strcmp(key, "rate") == 0)
        v->rate = value;
    else
        rc = devopts_add(&v->dev, key, value, &err);
    return rc == 0 ? CMD_DONE : cmd_fail(CMD_USAGE, "bench: %s", err.msg);
}

/* ---- the measurements ---- */

static void fill_row(struct sweep_row *r, const struct bench_point *p)
{
    const struct trial *t = &p->at[BENCH_MRR];

    r->line_pps = p->line_pps;
    r->offered_pps = p->offered_pps;
    r->loss = trial_loss(t);
    memcpy(r->pps, p->pps, sizeof(r->pps));
    memcpy(r->program, t->program, sizeof(r->program));
    r->engines = t->model.engines;
    r->cycles = t->model.cycles_per_packet;
    memcpy(r->cause, t->model.cause, sizeof(r->cause));
    memcpy(r->bottleneck, p->limits.rank[0].name, sizeof(r->bottleneck));
    memcpy(r->next, p->limits.rank[1].name, sizeof(r->next));
    r->headroom = p->limits.rank[1].headroom;
    r->p50 = hist_quantile(&t->latency, 500000);
    r->p99 = hist_quantile(&t->latency, 990000);
}

/* The options of row i, of which the last key changes fastest; v is to be freed in any case. */
static int row_setup(const struct sweep *s, size_t i, unsigned at[SWEEP_DIMS_MAX],
                     struct bench_values **v, struct trial_setup *setup)
{
    int status = CMD_DONE;

    *v = malloc(sizeof(**v));
    if (*v == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    **v = *s->v;
    for (unsigned d = s->dims; d-- > 0; i /= s->dim[d].count)
        at[d] = (unsigned)(i % s->dim[d].count);
    for (unsigned d = 0; status == CMD_DONE && d < s->dims; d++)
        status = apply(*v, s->dim[d].key, s->dim[d].value[at[d]]);
    return status == CMD_DONE ? bench_setup(*v, s->path, setup) : status;
}

/* A worker's piece: struct sweep_row. */
static int measure_row(void *ctx, size_t i, void *result)
{
    const struct sweep *s = ctx;
    struct sweep_row *r = result;
    struct bench_point *p = calloc(1, sizeof(*p));
    struct bench_values *v = NULL;
    struct trial_setup setup;
    int status =
        p == NULL ? cmd_fail(CMD_FAILED, "out of memory") : row_setup(s, i, r->at, &v, &setup);

    if (status == CMD_DONE) {
        status = bench_measure(&setup, s->wanted, (double)v->precision / 10000, p);
        fill_row(r, p);
        bench_point_free(p);
    }
    free(v);
    free(p);
    return status;
}

/* What the last row would be refused for is said before the first is measured. */
static int check_rows(const struct sweep *s)
{
    int status = CMD_DONE;

    for (size_t i = 0; status == CMD_DONE && i < s->rows; i++) {
        unsigned at[SWEEP_DIMS_MAX];
        struct bench_values *v = NULL;
        struct trial_setup setup;

        status = row_setup(s, i, at, &v, &setup);
        free(v);
    }
    return status;
}

static int measure_all(struct sweep *s)
{
    unsigned jobs = s->v->jobs != 0 ? (unsigned)s->v->jobs : workers_default();
    int status = check_rows(s);

    if (status == CMD_DONE)
        status = workers_run(s->rows, jobs, measure_row, s, sizeof(*s->row), s->row);
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

void bench_csv(const struct bench_values *v, unsigned wanted, const struct bench_point *p)
{
    struct sweep_row row = {.engines = 0};
    struct sweep s = {.v = v, .wanted = wanted, .row = &row, .rows = 1, .loads = v->rate != NULL};

    fill_row(&row, p);
    sweep_print(&s);
}

int bench_sweep(const struct bench_values *v, const char *path, const char *const *dims,
                unsigned count)
{
    struct sweep s = {.v = v, .path = path, .loads = v->rate != NULL};
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
