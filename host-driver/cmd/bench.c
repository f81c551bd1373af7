/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim bench: how many packets a second, and what limits it. */
#include "cmd/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/bpflog.h"
#include "cmd/datadir.h"
#include "cmd/object.h"
#include "nic/similar.h"

#define SCENARIOS   "scenarios/scenarios.bpf.o"
#define ARGS_MAX    9         /* the object and the keys of a sweep */
#define LEAST       20000u    /* packets of a trial */
#define FRAMES_MOST 10000000u /* that a trial offers: more are a waste of time */
#define SELDOM      1e7       /* cycles */
#define USUAL_WIRE  400u      /* bytes of a mix's frame on the wire */

static const char *const verdicts[] = {"drop", "pass", "tx", "redirect"};
static const char *const operations[] = {"no-touch", "read-data", "parse-ip", "swap-macs"};
#define VERDICTS   (sizeof(verdicts) / sizeof(verdicts[0]))
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static const char *listed(const char *word, size_t len, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == len && strncmp(list[i], word, len) == 0)
            return list[i];
    return NULL;
}

static int no_scenario(const char *text, const char *verdict)
{
    const char *word = verdict != NULL ? text + strlen(verdict) + 1 : text;
    char hint[64];

    if (verdict == NULL)
        nic_similar_among(word, strcspn(word, "/"), verdicts, VERDICTS, hint, sizeof(hint));
    else
        nic_similar_among(word, strlen(word), operations, OPERATIONS, hint, sizeof(hint));
    return cmd_fail(CMD_USAGE,
                    "bench: --scenario %s: not drop, pass, tx or redirect, with /no-touch, "
                    "/read-data, /parse-ip or /swap-macs behind it%s",
                    text, hint);
}

/* "tx/swap-macs" is the function tx_swap_macs; into `name`. */
static int scenario_program(const char *text, char name[32])
{
    size_t first = strcspn(text, "/");
    const char *op = text[first] == '/' ? text + first + 1 : operations[0];
    const char *v = listed(text, first, verdicts, VERDICTS);

    op = listed(op, strlen(op), operations, OPERATIONS);
    if (v == NULL || op == NULL)
        return no_scenario(text, v);
    snprintf(name, 32, "%s_%s", v, op);
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '-' ? '_' : *c;
    return CMD_DONE;
}

/* Whoever writes "drop" where a file belongs means the scenario, unless there is such a file. */
static int not_scenario(const char *path)
{
    if (path == NULL || listed(path, strcspn(path, "/"), verdicts, VERDICTS) == NULL ||
        access(path, F_OK) == 0)
        return CMD_DONE;
    return cmd_fail(CMD_USAGE, "bench: %s: no such file; the scenario is --scenario %s", path,
                    path);
}

/* A scenario is an object and a program that come with nicsim. */
static int use_scenario(struct bench_values *v, const char **path)
{
    static char file[DATADIR_PATH_MAX], name[32]; /* as long-lived as the options */
    struct nic_err err = {""};

    if (v->scenario == NULL)
        return not_scenario(*path);
    if (*path != NULL || v->obj.filter != NULL || v->obj.filter_file != NULL)
        return cmd_fail(CMD_USAGE, "bench: --scenario comes instead of PROG.o and of a filter");
    if (scenario_program(v->scenario, name) != CMD_DONE)
        return CMD_USAGE;
    if (datadir_find(SCENARIOS, file, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    *path = file;
    v->obj.prog = name;
    return CMD_DONE;
}

/* An overload of half the precision fills the packet buffers well before the trial ends. */
static uint64_t packets_needed(const struct bench_values *v, const struct nic_config *cfg)
{
    uint64_t clusters = (cfg->engine_count + cfg->engine_per_cluster - 1) / cfg->engine_per_cluster;
    uint64_t buffers = clusters * (cfg->cluster_size / NIC_BUF_SIZE);
    uint64_t n = buffers * 25000 / v->precision;

    return v->packets != 0 ? v->packets : n > LEAST ? n : LEAST;
}

/* Whether packets come often enough that a trial of thousands ends. */
static bool often_enough(const struct trial_setup *t)
{
    uint64_t bytes = t->feed.size != FEED_IMIX ? t->feed.size + 20 : USUAL_WIRE;
    double pps = (double)t->pacing.rate / 1000; /* mHz */

    if (t->pacing.how == NIC_PACE_BPS)
        pps = (double)t->pacing.rate / (8 * (double)bytes);
    return pps * SELDOM >= (double)t->cfg.engine_clock_hz;
}

static int set_load(const struct bench_values *v, struct trial_setup *out)
{
    if (v->ports > out->cfg.port_count)
        return cmd_fail(CMD_USAGE, "bench: --ports %u: the card has %u", (unsigned)v->ports,
                        (unsigned)out->cfg.port_count);
    out->ports = (unsigned)(v->ports != 0 ? v->ports : out->cfg.port_count);
    out->rate = v->rate;
    if (v->rate != NULL && v->find != NULL)
        return cmd_fail(CMD_USAGE, "bench: --find looks for a rate, --rate gives one");
    if (v->rate != NULL && bench_parse_rate(v->rate, &out->cfg, out->ports, &out->pacing) != 0)
        return cmd_fail(CMD_USAGE, "bench: --rate %s: not a rate such as 20Mpps, 40Gbps or 50%%",
                        v->rate);
    if (v->rate != NULL && !often_enough(out))
        return cmd_fail(CMD_USAGE,
                        "bench: --rate %s: less than a packet in %.0f cycles of the card", v->rate,
                        SELDOM);
    return CMD_DONE;
}

int bench_setup(const struct bench_values *v, const char *path, struct trial_setup *out)
{
    struct nic_err err = {""};

    memset(out, 0, sizeof(*out));
    if (devopts_apply(&v->dev, &out->cfg, &err) != 0)
        return cmd_fail(CMD_USAGE, "bench: %s", err.msg);
    if (out->cfg.run_functional || out->cfg.run_ordered)
        return cmd_fail(CMD_USAGE, "bench: needs modelled time and packets side by side: without "
                                   "run.functional and run.ordered");
    out->path = path;
    out->obj = &v->obj;
    out->maps_from = v->maps_from;
    out->xlate = v->dev.xlate;
    out->packets = packets_needed(v, &out->cfg);
    out->frames_most = v->packets != 0 ? UINT64_MAX : FRAMES_MOST;
    out->feed = (struct feed_spec){
        .capture = v->read, .kind = v->kind, .size = v->size, .flows = v->flows, .seed = v->seed};
    return set_load(v, out);
}

int bench_parse_find(const char *text, unsigned *wanted)
{
    char hint[64];

    *wanted = text == NULL ? (1u << BENCH_MEASURES) - 1 : 1u << BENCH_MRR;
    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, ",");
        unsigned m = 0;

        while (m < BENCH_MEASURES &&
               (strlen(bench_measures[m]) != len || strncmp(text, bench_measures[m], len) != 0))
            m++;
        if (m == BENCH_MEASURES)
            return cmd_fail(
                CMD_USAGE, "bench: --find %s: not mrr, ndr, pdr, or several with commas%s", text,
                nic_similar_among(text, len, bench_measures, BENCH_MEASURES, hint, sizeof(hint)));
        *wanted |= 1u << m;
        text += len + (text[len] == ',');
    }
    return CMD_DONE;
}

static void print_point(const struct bench_values *v, const struct trial_setup *setup,
                        unsigned wanted, const struct bench_point *p)
{
    json_object *o = v->json ? bench_json(setup, p) : NULL;

    if (o != NULL)
        puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
    else if (v->csv)
        bench_csv(v, wanted, p);
    else
        bench_print(setup, p);
    json_object_put(o);
}

static int one_point(const struct bench_values *v, const char *path)
{
    struct trial_setup setup;
    struct bench_point *p = calloc(1, sizeof(*p));
    unsigned wanted = 0;
    int status = bench_parse_find(v->find, &wanted);

    if (p == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    if (status == CMD_DONE)
        status = bench_setup(v, path, &setup);
    if (status == CMD_DONE)
        status = bench_measure(&setup, wanted, (double)v->precision / 10000, p);
    if (status == CMD_DONE && v->plot != NULL && v->rate == NULL)
        status = bench_loss_curve(&setup, p);
    if (status == CMD_DONE && v->plot != NULL)
        status = bench_plot(v->plot, &setup, p);
    if (status == CMD_DONE)
        print_point(v, &setup, wanted, p);
    bench_point_free(p);
    free(p);
    return status;
}

static int bench_main(const struct cmd *self, int argc, char **argv)
{
    static struct bench_values v; /* zero; too large for small stacks */
    const char *args[ARGS_MAX] = {NULL}, *dims[ARGS_MAX + 1];
    unsigned count = 0;
    const char *path = NULL;
    int status;

    v = (struct bench_values){
        .kind = "udp4", .size = 64, .flows = 1024, .seed = 1, .precision = 50};
    if (!cmd_parse(self, argc, argv, &v, args, 0, ARGS_MAX, &status))
        return status;
    if (v.sweep != NULL)
        dims[count++] = v.sweep;
    for (unsigned i = 0; i < ARGS_MAX && args[i] != NULL; i++) {
        if (path == NULL && strchr(args[i], '=') == NULL)
            path = args[i];
        else
            dims[count++] = args[i];
    }
    if (count != 0 && v.sweep == NULL)
        return cmd_fail(CMD_USAGE, "bench: '%s' belongs behind --sweep", dims[0]);
    if (v.json && v.csv)
        return cmd_fail(CMD_USAGE, "bench: either --json or --csv");
    status = use_scenario(&v, &path);
    if (status == CMD_DONE)
        status = object_usage(self, path, &v.obj);
    if (status != CMD_DONE)
        return status;
    bpflog_start(false);
    return v.sweep != NULL ? bench_sweep(&v, path, dims, count) : one_point(&v, path);
}

const struct cmd cmd_bench = {
    .name = "bench",
    .args = "(PROG.o | --scenario NAME | --filter EXPR) [KEY=VALUES...]",
    .brief = "measure packets per second per core on the modelled card, and what limits them",
    .about =
        "Offers load to the simulated card at all of its ports and finds the maximum receive rate "
        "(MRR), the "
        "highest rate without loss (NDR) and with half a percent of loss (PDR), where the cycles "
        "go, how long packets take, and which part of the card is the bottleneck with how much "
        "room the next one has. Every figure is modelled: the same command gives the same figures "
        "on any machine.",
    .opts = bench_opts,
    .examples = bench_examples,
    .main = bench_main,
};
