/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim bench: what its files share. */
#ifndef CMD_BENCH_H
#define CMD_BENCH_H

#include <json-c/json.h>

#include "bench/chart.h"
#include "cmd/cmd.h"
#include "cmd/devopts.h"
#include "cmd/limits.h"
#include "cmd/objopts.h"
#include "cmd/trial.h"

#define BENCH_SIZES_TEXT "64 to 9220 bytes with FCS, or imix"

struct bench_values {
    struct devopts dev; /* first: devopts_* cast to it */
    struct objopts obj;
    const char *scenario, *read, *kind, *maps_from, *plot, *sweep, *find, *rate;
    uint32_t size; /* FEED_IMIX: the mix */
    uint64_t flows, seed, packets, ports, jobs;
    uint64_t precision; /* hundredths of a percent */
    bool json, csv;
};

extern const struct opt bench_opts[];
extern const struct cmd_example bench_examples[];

/* What --rate says for a card whose first `ports` ports bring frames; -EINVAL. */
int bench_parse_rate(const char *text, const struct nic_config *cfg, uint64_t ports,
                     struct nic_pacing *out);
/* "64" or "imix" as --size takes it; -EINVAL. */
int bench_parse_size(const char *text, uint32_t *out);
/* "64B", "imix" or "capture"; returns buf. */
const char *bench_size_name(const struct feed_spec *f, char buf[16]);

/* How the figures of one load are called in names: "ndr", "pdr", "mrr". */
enum bench_measure { BENCH_MRR, BENCH_NDR, BENCH_PDR, BENCH_MEASURES };
extern const char *const bench_measures[BENCH_MEASURES];

#define BENCH_TRIALS_MAX 64u

/* All that was found for one card, program and kind of frames. */
struct bench_point {
    double line_pps;    /* what the wires bring at most */
    double asked_pps;   /* with --rate */
    double offered_pps; /* at mrr: with --rate asked_pps, but not more than the wires bring */
    struct trial at[BENCH_MEASURES]; /* the trial whose rate was found */
    double pps[BENCH_MEASURES];      /* mrr: received; ndr and pdr: offered, and received but for
                                        the loss allowed. 0: not looked for, or nothing found */
    struct limits limits;            /* at mrr */
    struct trial half;               /* at half of ndr */
    struct {
        double pps, loss;
    } trial[BENCH_TRIALS_MAX]; /* all of them, by offered load */
    unsigned trials;
};

/* Measures what `wanted` names (bits of enum bench_measure; mrr always). enum cmd_status. */
int bench_measure(const struct trial_setup *setup, unsigned wanted, double precision,
                  struct bench_point *out);
/* More trials between half of mrr and three times as much, for a curve of loss. enum cmd_status. */
int bench_loss_curve(const struct trial_setup *setup, struct bench_point *p);
void bench_point_free(struct bench_point *p);
/* How long packets took at that rate; empty when it was not looked for. Borrowed. */
const struct hist *bench_latency(const struct bench_point *p, enum bench_measure m);

/* The load of bench_point.at[BENCH_MRR]: "mrr", or what --rate says. */
const char *bench_load_name(const struct trial_setup *s);

/* The name of a result; buf of at least 128. */
const char *bench_result_name(const struct trial_setup *s, const struct bench_point *p,
                              enum bench_measure m, char *buf, size_t len);

/* "ndr,pdr" to bits of enum bench_measure, NULL is all, mrr is always there. enum cmd_status. */
int bench_parse_find(const char *text, unsigned *wanted);

/* The setup that the options describe. enum cmd_status. */
int bench_setup(const struct bench_values *v, const char *path, struct trial_setup *out);

/* One point, for people and for scripts. */
void bench_print(const struct trial_setup *s, const struct bench_point *p);
json_object *bench_json(const struct trial_setup *s, const struct bench_point *p);
void bench_csv(const struct bench_values *v, unsigned wanted, const struct bench_point *p);
int bench_plot(const char *file, const struct trial_setup *s, const struct bench_point *p);

/* Cycles of one cause as part of bars, in the cause's colour. */
void cause_series(struct chart *c, unsigned cause, const double *y, size_t count);

/* Charts into a file. enum cmd_status. */
int bench_write_page(const char *file, const char *heading, const char *note,
                     const struct chart *charts, unsigned count);

/* ---- sweeps ---- */
/* `dims`: "engines=1..8" and so on, `count` of them. enum cmd_status. */
int bench_sweep(const struct bench_values *v, const char *path, const char *const *dims,
                unsigned count);

#define SWEEP_DIMS_MAX  8u
#define SWEEP_VALUE_LEN 24u

struct sweep_dim {
    char key[48];
    char (*value)[SWEEP_VALUE_LEN];
    unsigned count;
};

/* One measurement. */
struct sweep_row {
    unsigned at[SWEEP_DIMS_MAX]; /* which value of each key */
    char program[64];
    double line_pps, offered_pps, loss, pps[BENCH_MEASURES];
    double cycles, cause[NIC_CAUSES];
    uint64_t p50, p99;
    unsigned engines;
    char bottleneck[LIMIT_NAME], next[LIMIT_NAME];
    double headroom; /* of the next */
};

struct sweep {
    const struct bench_values *v;
    const char *path;
    struct sweep_dim dim[SWEEP_DIMS_MAX];
    unsigned dims, wanted;
    struct sweep_row *row; /* the last key changes fastest */
    size_t rows;
    bool loads; /* each row has a load of its own or --rate's, and looks for nothing */
};

/* ---- sweepout.c, sweepplot.c ---- */
void sweep_print(const struct sweep *s); /* as --json, --csv or neither asks */
int sweep_plot(const char *file, const struct sweep *s);

#endif
