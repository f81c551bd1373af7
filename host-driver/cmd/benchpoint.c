/* SPDX-License-Identifier: BSD-3-Clause */
/* The search for the rates of one card, program and kind of frames. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/name.h"
#include "bench/search.h"
#include "cmd/bench.h"

#define PDR_LOSS 0.005 /* as FD.io CSIT defines it */
#define NEAR_MRR 0.97  /* a rate that is usually carried without loss */
#define FAR_MRR  16    /* part of it at which only loss is left that no rate can help */

const char *const bench_measures[BENCH_MEASURES] = {"mrr", "ndr", "pdr"};

struct search_state {
    struct trial_setup setup;
    struct bench_point *point;
    struct trial *keep; /* the good trial of the highest rate */
    double kept_pps, allowed;
    int status;
};

static void note_trial(struct bench_point *p, double pps, double loss)
{
    unsigned i = p->trials;

    if (p->trials == BENCH_TRIALS_MAX)
        return;
    for (; i > 0 && p->trial[i - 1].pps > pps; i--)
        p->trial[i] = p->trial[i - 1];
    p->trial[i].pps = pps;
    p->trial[i].loss = loss;
    p->trials++;
}

static int one_trial(void *ctx, uint64_t rate, double *loss)
{
    struct search_state *s = ctx;
    struct trial t;

    s->setup.pacing = (struct nic_pacing){.how = NIC_PACE_PPS, .rate = rate};
    s->status = trial_run(&s->setup, &t);
    if (s->status != CMD_DONE) {
        trial_free(&t);
        return -EIO;
    }
    *loss = trial_loss(&t);
    note_trial(s->point, (double)rate / 1000, *loss);
    if (*loss <= s->allowed && (double)rate / 1000 > s->kept_pps) {
        trial_free(s->keep);
        *s->keep = t;
        s->kept_pps = (double)rate / 1000;
    } else {
        trial_free(&t);
    }
    return 0;
}

/* Packets whose programs take too long are lost at any rate: is that more than is allowed? */
static bool hopeless(struct search_state *s, const struct search_goal *goal)
{
    double loss = 0;

    if (s->point->at[BENCH_MRR].model.drops[NIC_DROP_WATCHDOG] == 0)
        return false;
    return one_trial(s, goal->high / FAR_MRR + 1, &loss) != 0 || loss > s->allowed;
}

static int search(const struct trial_setup *setup, enum bench_measure m, double precision,
                  struct bench_point *p)
{
    struct search_state s = {.setup = *setup, .point = p, .keep = &p->at[m], .status = CMD_DONE};
    /* More than the card gives back at most is lost, sooner or later. */
    double high = p->pps[BENCH_MRR] / (1 - (m == BENCH_PDR ? PDR_LOSS : 0));
    struct search_goal goal = {.precision = precision};
    uint64_t found = 0;

    if (high > p->line_pps)
        high = p->line_pps;
    s.allowed = goal.loss = m == BENCH_PDR ? PDR_LOSS : 0;
    goal.low = 0;
    goal.high = (uint64_t)(high * 1000);
    goal.guess = (uint64_t)(p->pps[BENCH_MRR] * NEAR_MRR * 1000);
    if (m == BENCH_PDR && p->pps[BENCH_NDR] > 0)
        goal.guess = (uint64_t)(p->pps[BENCH_NDR] * 1000);
    if (goal.high == 0 || hopeless(&s, &goal))
        return s.status;
    if (search_rate(&goal, one_trial, &s, &found) != 0)
        return s.status;
    p->pps[m] = (double)found / 1000;
    return CMD_DONE;
}

static double asked(const struct nic_pacing *p, double wire_bytes, double line_pps)
{
    if (p->how == NIC_PACE_PPS)
        return (double)p->rate / 1000;
    return p->how == NIC_PACE_BPS ? (double)p->rate / (8 * wire_bytes) : line_pps;
}

/* At line rate, or at the rate that was given. */
static int at_load(const struct trial_setup *setup, struct bench_point *p)
{
    struct trial_setup s = *setup;
    struct trial *t = &p->at[BENCH_MRR];
    int status;

    if (s.rate == NULL)
        s.pacing = (struct nic_pacing){.how = NIC_PACE_LINE};
    status = trial_run(&s, t);
    if (status != CMD_DONE)
        return status;
    p->line_pps = (double)s.cfg.port_bps * s.ports / (8 * t->wire_bytes);
    p->asked_pps = asked(&s.pacing, t->wire_bytes, p->line_pps);
    p->offered_pps = p->asked_pps < p->line_pps ? p->asked_pps : p->line_pps;
    p->pps[BENCH_MRR] = trial_pps(t);
    limits_rank(&t->model, &t->locks, t->lost_ever == 0, &p->limits);
    note_trial(p, p->offered_pps, trial_loss(t));
    return CMD_DONE;
}

/* What the wire can bring comes through without loss: there is nothing to search. */
static void wire_is_the_limit(struct bench_point *p)
{
    p->pps[BENCH_NDR] = p->pps[BENCH_PDR] = p->line_pps;
}

static int at_half(const struct trial_setup *setup, struct bench_point *p)
{
    struct trial_setup s = *setup;

    s.pacing =
        (struct nic_pacing){.how = NIC_PACE_PPS, .rate = (uint64_t)(p->pps[BENCH_NDR] * 500)};
    if (s.pacing.rate == 0)
        return CMD_DONE;
    return trial_run(&s, &p->half);
}

int bench_measure(const struct trial_setup *setup, unsigned wanted, double precision,
                  struct bench_point *p)
{
    int status;

    memset(p, 0, sizeof(*p));
    status = at_load(setup, p);
    if (status != CMD_DONE || setup->rate != NULL)
        return status;
    if (p->at[BENCH_MRR].lost_ever == 0)
        wire_is_the_limit(p);
    else
        for (unsigned m = BENCH_NDR; status == CMD_DONE && m < BENCH_MEASURES; m++)
            if (wanted & 1u << m)
                status = search(setup, (enum bench_measure)m, precision, p);
    if (status == CMD_DONE && wanted & 1u << BENCH_NDR)
        status = at_half(setup, p);
    return status;
}

int bench_loss_curve(const struct trial_setup *setup, struct bench_point *p)
{
    static const double parts[] = {0.5, 0.8, 1.05, 1.15, 1.3, 1.6, 2, 2.5, 3.2};
    struct trial none = {0};
    struct search_state s = {.setup = *setup, .point = p, .keep = &none, .allowed = -1};
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < sizeof(parts) / sizeof(parts[0]); i++) {
        double pps = parts[i] * p->pps[BENCH_MRR], loss;

        if (pps >= 0.001 && pps < p->line_pps)
            rc = one_trial(&s, (uint64_t)(pps * 1000), &loss);
    }
    return rc == 0 ? CMD_DONE : s.status;
}

/* What the wire brings at most is all three rates in one trial. */
const struct hist *bench_latency(const struct bench_point *p, enum bench_measure m)
{
    bool wire = p->at[BENCH_MRR].lost_ever == 0 && p->pps[m] > 0;

    return &p->at[wire ? BENCH_MRR : m].latency;
}

void bench_point_free(struct bench_point *p)
{
    for (unsigned m = 0; m < BENCH_MEASURES; m++)
        trial_free(&p->at[m]);
    trial_free(&p->half);
}

const char *bench_load_name(const struct trial_setup *s)
{
    return s->rate != NULL ? s->rate : bench_measures[BENCH_MRR];
}

/* "drop" for the scenario drop/no-touch: what a packet is spared need not be said. */
static const char *short_program(const char *program, char buf[64])
{
    static const char plain[] = "_no_touch";
    size_t len = strlen(program), cut = sizeof(plain) - 1;

    if (len > cut && strcmp(program + len - cut, plain) == 0)
        len -= cut;
    snprintf(buf, 64, "%.*s", (int)len, program);
    return buf;
}

const char *bench_result_name(const struct trial_setup *s, const struct bench_point *p,
                              enum bench_measure m, char *buf, size_t len)
{
    char size[16], program[64];
    struct bench_name n = {.size = bench_size_name(&s->feed, size),
                           .threads = (unsigned)s->cfg.engine_threads,
                           .engines = (unsigned)s->cfg.engine_count,
                           .traffic = s->feed.capture != NULL             ? "pcap"
                                      : strchr(s->feed.kind, '6') != NULL ? "ethip6"
                                                                          : "ethip4",
                           .program = short_program(p->at[BENCH_MRR].program, program),
                           .measure = m == BENCH_MRR ? bench_load_name(s) : bench_measures[m]};

    return bench_name(&n, buf, len);
}
