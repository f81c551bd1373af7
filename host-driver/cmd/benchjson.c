/* SPDX-License-Identifier: BSD-3-Clause */
/* A benchmark's results for scripts: modelled figures only, so that the same run gives the same. */
#include <stdio.h>

#include "cmd/bench.h"
#include "cmd/jsonout.h"

static json_object *load_json(const struct trial_setup *s, const struct bench_point *p)
{
    json_object *o = json_object_new_object();
    char size[16];

    json_add_text(o, "size", bench_size_name(&s->feed, size));
    json_add_text(o, "traffic", s->feed.capture != NULL ? s->feed.capture : s->feed.kind);
    if (s->feed.capture == NULL)
        json_add_u64(o, "flows", s->feed.flows);
    json_add_u64(o, "ports", s->ports);
    json_add_real(o, "wire_bytes", p->at[BENCH_MRR].wire_bytes);
    json_add_real(o, "line_pps", p->line_pps);
    if (s->rate != NULL) {
        json_add_text(o, "rate", s->rate);
        json_add_real(o, "asked_pps", p->asked_pps);
        json_add_real(o, "offered_pps", p->offered_pps);
        json_add_real(o, "loss", trial_loss(&p->at[BENCH_MRR]));
    }
    return o;
}

static json_object *lost_json(const struct trial *t)
{
    static const char *const names[] = {
#define X(id, name, what) (name),
        NIC_DROP_REASONS(X)
#undef X
    };
    json_object *o = json_object_new_object();

    for (unsigned i = 0; i < TRIAL_LOSSES; i++)
        json_add_u64(o, names[trial_losses[i]], t->model.drops[trial_losses[i]]);
    return o;
}

static json_object *rates_json(const struct trial_setup *s, const struct bench_point *p)
{
    json_object *o = json_object_new_object();
    char name[128];

    for (unsigned m = 0; m < BENCH_MEASURES; m++) {
        json_object *r;

        if (p->pps[m] <= 0)
            continue;
        r = json_object_new_object();
        json_add_text(r, "name",
                      bench_result_name(s, p, (enum bench_measure)m, name, sizeof(name)));
        json_add_real(r, "pps", p->pps[m]);
        json_add_real(r, "pps_per_engine", p->pps[m] / (double)s->cfg.engine_count);
        json_object_object_add(o, s->rate != NULL ? "received" : bench_measures[m], r);
    }
    return o;
}

/* A part that is not used has no limit: null. */
static void add_limit(json_object *o, const char *key, const struct limit *l, double value)
{
    if (l->use > 0)
        json_add_real(o, key, value);
    else
        json_object_object_add(o, key, NULL);
}

static json_object *limits_json(const struct limits *l)
{
    json_object *list = json_object_new_array();

    for (unsigned i = 0; i < l->count; i++) {
        json_object *o = json_add_row(list);

        json_add_text(o, "part", l->rank[i].name);
        json_add_real(o, "use", l->rank[i].use);
        json_add_real(o, "mean_use", l->rank[i].mean);
        add_limit(o, "pps", &l->rank[i], l->rank[i].pps);
        add_limit(o, "headroom", &l->rank[i], l->rank[i].headroom);
    }
    return list;
}

static json_object *locks_json(const struct locks_report *l)
{
    json_object *list = json_object_new_array();

    for (unsigned i = 0; i < l->count; i++) {
        json_object *o = json_add_row(list);

        json_add_text(o, "of", l->of[i].name);
        json_add_real(o, "waiting_threads", l->of[i].waiting);
        json_add_real(o, "contended", l->of[i].contended);
    }
    return list;
}

static json_object *histogram_json(const struct hist *h)
{
    json_object *list = json_object_new_array();

    for (unsigned i = 0; i < HIST_SLOTS; i++) {
        json_object *pair;

        if (h->slot[i] == 0)
            continue;
        pair = json_object_new_array();
        json_object_array_add(pair, json_object_new_uint64(hist_floor(i)));
        json_object_array_add(pair, json_object_new_uint64(h->slot[i]));
        json_object_array_add(list, pair);
    }
    return list;
}

static void add_latency(json_object *to, const char *key, const struct hist *h)
{
    static const struct {
        const char *name;
        uint32_t ppm;
    } points[] = {{"p50", 500000}, {"p90", 900000}, {"p99", 990000}, {"p99_9", 999000}};
    json_object *o;

    if (h->count == 0)
        return;
    o = json_object_new_object();
    json_add_u64(o, "min", h->least);
    for (unsigned i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        json_add_u64(o, points[i].name, hist_quantile(h, points[i].ppm));
    json_add_u64(o, "max", h->most);
    json_add_real(o, "mean", (double)h->sum / (double)h->count);
    json_object_object_add(o, "histogram", histogram_json(h));
    json_object_object_add(to, key, o);
}

static json_object *latency_json(const struct trial_setup *s, const struct bench_point *p)
{
    json_object *o = json_object_new_object();

    add_latency(o, "half_ndr", &p->half.latency);
    add_latency(o, "ndr", bench_latency(p, BENCH_NDR));
    add_latency(o, "pdr", bench_latency(p, BENCH_PDR));
    add_latency(o, s->rate != NULL ? "load" : "line", &p->at[BENCH_MRR].latency);
    return o;
}

static json_object *engines_json(const struct model *m)
{
    json_object *list = json_object_new_array();
    double seconds = (double)m->cycles / (double)m->clock_hz, cause[NIC_CAUSES];

    for (unsigned e = 0; e < m->engines; e++) {
        json_object *o = json_add_row(list);

        json_add_real(o, "pps", seconds > 0 ? (double)m->engine[e].packets / seconds : 0);
        json_add_real(o, "busy", model_share(m, m->engine[e].cycles));
        json_add_real(o, "stalled", model_share(m, m->engine[e].stall));
        model_engine_causes(m, e, cause);
        json_object_object_add(o, "cycles_by_cause", json_causes(cause));
    }
    return list;
}

static json_object *trials_json(const struct bench_point *p)
{
    json_object *list = json_object_new_array();

    for (unsigned i = 0; i < p->trials; i++) {
        json_object *o = json_add_row(list);

        json_add_real(o, "offered_pps", p->trial[i].pps);
        json_add_real(o, "loss", p->trial[i].loss);
    }
    return list;
}

json_object *bench_json(const struct trial_setup *s, const struct bench_point *p)
{
    const struct model *m = &p->at[BENCH_MRR].model;
    json_object *o = json_object_new_object(), *modelled = json_object_new_object();

    json_add_text(o, "program", p->at[BENCH_MRR].program);
    json_add_u64(o, "engines", m->engines);
    json_add_u64(o, "threads", m->threads);
    json_add_u64(o, "clock_hz", m->clock_hz);
    json_object_object_add(o, "load", load_json(s, p));
    json_object_object_add(modelled, "rates", rates_json(s, p));
    json_add_real(modelled, "cycles_per_packet", m->cycles_per_packet);
    json_object_object_add(modelled, "cycles_by_cause", json_causes(m->cause));
    json_add_cache(modelled, m);
    json_add_real(modelled, "program_insns_per_packet", m->program_insns_per_packet);
    json_add_text(modelled, "bottleneck", p->limits.rank[0].name);
    json_object_object_add(modelled, "limits", limits_json(&p->limits));
    json_add_real(modelled, "warm_up", p->at[BENCH_MRR].warm_up);
    json_object_object_add(modelled, "steady", json_object_new_boolean(p->at[BENCH_MRR].steady));
    json_object_object_add(modelled, "locks", locks_json(&p->at[BENCH_MRR].locks));
    json_object_object_add(modelled, "verdicts", json_verdicts(p->at[BENCH_MRR].verdicts));
    json_object_object_add(modelled, "lost", lost_json(&p->at[BENCH_MRR]));
    json_object_object_add(modelled, "latency_ns", latency_json(s, p));
    json_object_object_add(modelled, "per_engine", engines_json(m));
    json_object_object_add(modelled, "trials", trials_json(p));
    json_object_object_add(o, "modelled", modelled);
    return o;
}
