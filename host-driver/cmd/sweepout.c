/* SPDX-License-Identifier: BSD-3-Clause */
/* A sweep's results: a table for people, CSV, JSON. */
#include <stdio.h>

#include "cmd/bench.h"
#include "cmd/jsonout.h"
#include "cmd/style.h"

/* The columns of rates: of a load that was given, or of what was looked for. */
static void table_rates(const struct sweep *s, const struct sweep_row *r)
{
    char a[32], b[32];

    if (s->loads && r == NULL)
        printf("%14s%14s%9s", "offered", "received", "lost");
    else if (s->loads)
        printf("%11spps%11spps%7.2f %%", style_scaled(r->offered_pps, a),
               style_scaled(r->pps[BENCH_MRR], b), r->loss * 100);
    for (unsigned m = 0; !s->loads && m < BENCH_MEASURES; m++) {
        if (!(s->wanted & 1u << m))
            continue;
        if (r == NULL)
            printf("%14s", bench_measures[m]);
        else
            printf("%11spps", style_scaled(r->pps[m], a));
    }
}

static void print_table(const struct sweep *s)
{
    struct style st = style_choose();
    char b[32];

    printf("%s%s%s, modelled\n\n", st.bold, s->row[0].program, st.plain);
    for (unsigned d = 0; d < s->dims; d++)
        printf("%12s", s->dim[d].key);
    table_rates(s, NULL);
    printf("%16s%10s%10s  %-16s%s\n", s->loads ? "per engine" : "mrr per engine", "cycles",
           "p99 ns", "bottleneck", "next");
    for (size_t i = 0; i < s->rows; i++) {
        const struct sweep_row *r = &s->row[i];

        for (unsigned d = 0; d < s->dims; d++)
            printf("%12s", s->dim[d].value[r->at[d]]);
        table_rates(s, r);
        printf("%13spps%10.1f%10llu  %-16s%s x %.2f\n",
               style_scaled(r->pps[BENCH_MRR] / r->engines, b), r->cycles,
               (unsigned long long)r->p99, r->bottleneck, r->next, r->headroom);
    }
}

static void csv_rates(const struct sweep *s, const struct sweep_row *r)
{
    if (s->loads && r == NULL)
        printf(",offered_pps,received_pps,loss");
    else if (s->loads)
        printf(",%.0f,%.0f,%.6f", r->offered_pps, r->pps[BENCH_MRR], r->loss);
    for (unsigned m = 0; !s->loads && m < BENCH_MEASURES; m++) {
        if (!(s->wanted & 1u << m))
            continue;
        if (r == NULL)
            printf(",%s_pps", bench_measures[m]);
        else
            printf(",%.0f", r->pps[m]);
    }
}

static void print_csv(const struct sweep *s)
{
    for (unsigned d = 0; d < s->dims; d++)
        printf("%s,", s->dim[d].key);
    printf("line_pps");
    csv_rates(s, NULL);
    puts(",cycles_per_packet,latency_p50_ns,latency_p99_ns,bottleneck,next,next_headroom");
    for (size_t i = 0; i < s->rows; i++) {
        const struct sweep_row *r = &s->row[i];

        for (unsigned d = 0; d < s->dims; d++)
            printf("%s,", s->dim[d].value[r->at[d]]);
        printf("%.0f", r->line_pps);
        csv_rates(s, r);
        printf(",%.2f,%llu,%llu,%s,%s,%.3f\n", r->cycles, (unsigned long long)r->p50,
               (unsigned long long)r->p99, r->bottleneck, r->next, r->headroom);
    }
}

static json_object *row_json(const struct sweep *s, const struct sweep_row *r)
{
    json_object *o = json_object_new_object();
    char key[16];

    for (unsigned d = 0; d < s->dims; d++)
        json_add_text(o, s->dim[d].key, s->dim[d].value[r->at[d]]);
    json_add_real(o, "line_pps", r->line_pps);
    if (s->loads) {
        json_add_real(o, "offered_pps", r->offered_pps);
        json_add_real(o, "received_pps", r->pps[BENCH_MRR]);
        json_add_real(o, "loss", r->loss);
    }
    for (unsigned m = 0; !s->loads && m < BENCH_MEASURES; m++) {
        if (!(s->wanted & 1u << m))
            continue;
        snprintf(key, sizeof(key), "%s_pps", bench_measures[m]);
        json_add_real(o, key, r->pps[m]);
    }
    json_add_real(o, "cycles_per_packet", r->cycles);
    json_object_object_add(o, "cycles_by_cause", json_causes(r->cause));
    json_add_u64(o, "latency_p50_ns", r->p50);
    json_add_u64(o, "latency_p99_ns", r->p99);
    json_add_text(o, "bottleneck", r->bottleneck);
    json_add_text(o, "next", r->next);
    json_add_real(o, "next_headroom", r->headroom);
    return o;
}

static void print_json(const struct sweep *s)
{
    json_object *o = json_object_new_object(), *rows = json_object_new_array();

    json_add_text(o, "program", s->row[0].program);
    for (size_t i = 0; i < s->rows; i++)
        json_object_array_add(rows, row_json(s, &s->row[i]));
    json_object_object_add(o, "modelled", rows);
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
    json_object_put(o);
}

void sweep_print(const struct sweep *s)
{
    if (s->v->json)
        print_json(s);
    else if (s->v->csv)
        print_csv(s);
    else
        print_table(s);
}
