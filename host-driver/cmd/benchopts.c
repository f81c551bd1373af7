/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of nicsim bench. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/bench.h"
#include "cmd/rateopt.h"
#include "cmd/workers.h"
#include "nic/regs.h"
#include "traffic/gen.h"
#include "traffic/number.h"

#define SIZE_LEAST 64u
#define SIZE_MOST  (GEN_SIZE_MAX + FEED_FCS)

int bench_parse_size(const char *text, uint32_t *out)
{
    uint64_t v;

    if (strcmp(text, "imix") == 0) {
        *out = FEED_IMIX;
        return 0;
    }
    if (number_parse(text, &v) != 0 || v < SIZE_LEAST || v > SIZE_MOST)
        return -EINVAL;
    *out = (uint32_t)v;
    return 0;
}

const char *bench_size_name(const struct feed_spec *f, char buf[16])
{
    if (f->capture != NULL)
        return "capture";
    if (f->size == FEED_IMIX)
        return "imix";
    snprintf(buf, 16, "%uB", f->size);
    return buf;
}

/* A percentage is one of what the wires bring. */
int bench_parse_rate(const char *text, const struct nic_config *cfg, uint64_t ports,
                     struct nic_pacing *out)
{
    const char *end = "";
    uint64_t milli = 0;
    double bps;

    if (number_parse_milli(text, &end, &milli) != 0 || strcmp(end, "%") != 0)
        return rate_parse(text, out);
    bps = (double)cfg->port_bps * (double)ports * (double)milli / 100000;
    if (milli == 0 || bps < 1 || bps > 1e18)
        return -EINVAL;
    *out = (struct nic_pacing){.how = NIC_PACE_BPS, .rate = (uint64_t)bps};
    return 0;
}

static int set_size(void *values, const char *arg, struct nic_err *err)
{
    struct bench_values *v = values;

    if (bench_parse_size(arg, &v->size) == 0)
        return 0;
    return nic_err_set(err, -EINVAL, "--size %s: not %s", arg, BENCH_SIZES_TEXT);
}

/* A percentage with two decimals. */
static int set_precision(void *values, const char *arg, struct nic_err *err)
{
    struct bench_values *v = values;
    const char *end = "";
    uint64_t milli;

    if (number_parse_milli(arg, &end, &milli) != 0 || (end[0] != '\0' && strcmp(end, "%") != 0) ||
        milli < 10 || milli > 10000)
        return nic_err_set(err, -EINVAL, "--precision %s: must be from 0.01 to 10 percent", arg);
    v->precision = milli / 10;
    return 0;
}

const struct opt bench_opts[] = {
    OPT_ROW_TEXT(
        struct bench_values, scenario, "scenario", 0, "NAME",
        "instead of PROG.o: a program that comes with nicsim, named as in xdp-bench: drop, "
        "pass, tx or redirect, with what it does to the packet behind a slash: no-touch "
        "(default), read-data, parse-ip or swap-macs; for instance drop/parse-ip"),
    OPT_ROW_CALL(set_size, "size", 0, "BYTES",
                 "size of the frames with FCS, from 64, or imix: 28 of 64 bytes, 16 of 570, 4 of "
                 "1518 (default: 64)"),
    OPT_ROW_TEXT(struct bench_values, kind, "traffic", 0, "KIND",
                 "udp4, tcp4, icmp4, udp6, tcp6 or icmp6 (default: udp4)"),
    OPT_ROW_NUMBER(struct bench_values, flows, "flows", "N", 1, GEN_FLOWS_MAX,
                   "distinct sources (default: 1024)"),
    OPT_ROW_TEXT(struct bench_values, read, "read", 'r', "FILE",
                 "the frames of a capture, again and again, instead of generated ones"),
    OPT_ROW_NUMBER(struct bench_values, seed, "seed", "N", 0, UINT64_MAX,
                   "chooses the sources (default: 1)"),
    OPT_ROW_TEXT(struct bench_values, find, "find", 0, "LIST",
                 "what to look for: mrr (maximum receive rate), ndr (highest rate without a lost "
                 "frame), pdr (0.5 % lost), with commas (default: all; with --sweep mrr)"),
    OPT_ROW_TEXT(struct bench_values, rate, "rate", 0, "RATE",
                 "offer this load, of all ports together, and look for nothing: 20Mpps, 40Gbps on "
                 "the wire, or 50% of what the ports bring; more than they bring is not offered"),
    OPT_ROW_NUMBER(struct bench_values, ports, "ports", "N", 1, NIC_PORTS_MAX,
                   "ports that bring frames, from port 1 (default: all of the card)"),
    OPT_ROW_TEXT(struct bench_values, sweep, "sweep", 0, "KEY=VALUES",
                 "one measurement for each value, and with more KEY=VALUES behind it for each "
                 "combination: engines, threads, size, flows, rate, ports or any key of the card; "
                 "values as 1..60, 1..60..4 (every fourth), 5..50..5Mpps, or 64,256,imix"),
    OPT_ROW_NUMBER(struct bench_values, jobs, "jobs", "N", 1, WORKERS_MAX,
                   "measurements of a sweep that run at once, which changes nothing but how long "
                   "it takes (default: one for each processor of this machine)"),
    OPT_ROW_NUMBER(struct bench_values, packets, "packets", "N", 1000, 1000000000,
                   "packets that the program sees in each trial (default: enough that an overload "
                   "of half the precision overflows the packet buffers, fewer when the card takes "
                   "less than about one frame in a hundred)"),
    OPT_ROW_CALL(set_precision, "precision", 0, "PERCENT",
                 "how closely ndr and pdr are found (default: 0.5)"),
    OBJOPTS_PROG(struct bench_values, "measure"),
    OBJOPTS_BTF(struct bench_values),
    OBJOPTS_FILTER(struct bench_values),
    OPT_ROW_TEXT(struct bench_values, maps_from, "maps-from", 0, "FILE",
                 "contents of maps before the first packet, as nicsim run takes them"),
    DEVOPTS_PRESET(struct bench_values),
    DEVOPTS_ENGINES,
    DEVOPTS_THREADS,
    DEVOPTS_SET,
    DEVOPTS_XLATE,
    OPT_ROW_TEXT(struct bench_values, plot, "plot", 0, "FILE.svg",
                 "draw it: latency, loss against offered load, cycles by cause; of a sweep the "
                 "rate against its first key"),
    OPT_ROW_FLAG(struct bench_values, json, "json", 0, "print the results as one JSON object"),
    OPT_ROW_FLAG(struct bench_values, csv, "csv", 0,
                 "print a table of comma-separated values: a row for each measurement"),
    {.name = NULL},
};

const struct cmd_example bench_examples[] = {
    {"nicsim bench build/examples/dos_filter.bpf.o --maps-from examples/dos_filter.maps",
     "how many packets a second the filter takes, and what limits it"},
    {"nicsim bench --scenario drop --sweep engines=1..8 size=64,256,1518 --plot drop.svg",
     "how the card scales, as a picture"},
    {"nicsim bench --scenario tx/swap-macs --preset agilio-cx-2x40 --size imix --json",
     "another card, a mix of sizes, for a script"},
    {NULL, NULL},
};
