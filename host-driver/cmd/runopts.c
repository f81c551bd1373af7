/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of nicsim run. */
#include <errno.h>
#include <string.h>

#include "cmd/rateopt.h"
#include "cmd/run.h"
#include "traffic/number.h"

static int set_rate(void *values, const char *arg, struct nic_err *err)
{
    static const struct {
        const char *name;
        enum nic_pace how;
    } words[] = {{"max", NIC_PACE_MAX}, {"line", NIC_PACE_LINE}, {"trace", NIC_PACE_TRACE}};
    struct run_values *v = values;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(arg, words[i].name) == 0) {
            v->pacing = (struct nic_pacing){.how = words[i].how};
            return 0;
        }
    if (rate_parse(arg, &v->pacing) != 0)
        return nic_err_set(err, -EINVAL,
                           "--rate %s: not max, line, trace, or a rate such as 10Mpps or 5Gbps",
                           arg);
    return 0;
}

static int set_mode(void *values, const char *arg, struct nic_err *err)
{
    if (strcmp(arg, "timed") == 0)
        return devopts_add(values, "run.functional", "0", err);
    if (strcmp(arg, "functional") == 0)
        return devopts_add(values, "run.functional", "1", err);
    return nic_err_set(err, -EINVAL, "--mode %s: not timed or functional", arg);
}

static int set_clock(void *values, const char *arg, struct nic_err *err)
{
    uint64_t ns;

    if (number_parse(arg, &ns) != 0)
        return nic_err_set(err, -EINVAL, "--clock %s: not a number of nanoseconds", arg);
    ((struct run_values *)values)->clock = true;
    return devopts_add(values, "run.clock_ns", arg, err);
}

const struct opt run_opts[] = {
    OPT_ROW_TEXT(struct run_values, read, "read", 'r', "FILE",
                 "packets from a capture: pcap or pcapng, Ethernet; - is standard input"),
    OPT_ROW_TEXT(
        struct run_values, gen, "gen", 0, "SPEC",
        "generated packets: KIND,size=64,count=100k,flows=1024,seed=1 where KIND is udp4, "
        "tcp4 (SYN), icmp4, udp6, tcp6 or icmp6; size in bytes without FCS, up to 9216; flows "
        "(distinct sources) up to 16777216; k, M and G are powers of 1000"),
    OBJOPTS_PROG(struct run_values, "run"),
    OBJOPTS_BTF(struct run_values),
    OBJOPTS_FILTER(struct run_values),
    OPT_ROW_TEXT(struct run_values, write, "write", 'w', "FILE",
                 "write the packets that leave the card to a pcapng file: an interface for each "
                 "port and one for the host (host0), the verdict as comment of each packet"),
    OPT_ROW_CALL(
        set_rate, "rate", 0, "RATE",
        "when packets arrive: max (as soon as a buffer is free), line (back to back at line "
        "rate), trace (at the capture's timestamps), or a rate such as 10Mpps or 5Gbps "
        "(default: max)"),
    DEVOPTS_PRESET(struct run_values),
    DEVOPTS_ENGINES,
    DEVOPTS_THREADS,
    DEVOPTS_SET,
    DEVOPTS_XLATE,
    OPT_ROW_CALL(
        set_mode, "mode", 0, "MODE",
        "timed, or functional: no latencies and no contention, so faster, and the modelled "
        "figures mean nothing (default: timed)"),
    OPT_ROW_FLAG(struct run_values, ordered, "ordered", 0,
                 "one packet at a time on engine 0, for comparison with the kernel"),
    OPT_ROW_CALL(
        set_clock, "clock", 0, "NS",
        "the modelled clock when the card is switched on, in nanoseconds (default: 0; with "
        "--rate trace the first packet's timestamp)"),
    OPT_ROW_FLAG(struct run_values, maps, "maps", 0,
                 "the whole contents of every map; without it the report shows the first entries, "
                 "--json none"),
    OPT_ROW_TEXT(struct run_values, maps_from, "maps-from", 0, "FILE",
                 "contents of maps before the first packet, a line each: map NAME KEYHEX VALUEHEX; "
                 "see MAP CONTENTS in nicsim-run(1)"),
    OPT_ROW_FLAG(struct run_values, events, "events", 0,
                 "read the object's ring buffers and perf event arrays while packets run, and "
                 "report how many records came and how many were lost"),
    OPT_ROW_TEXT(struct run_values, events_to, "events-to", 0, "FILE",
                 "the same, and write each record to FILE as a JSON line: map, cpu (perf events), "
                 "data in hexadecimal"),
    OPT_ROW_TEXT(
        struct run_values, per_packet, "per-packet", 0, "FILE",
        "write a JSON line for each input packet, in input order: i, verdict, retval, len, "
        "data (as the program left it), cycles; a packet that the card dropped on arrival has "
        "a null verdict and drop, the reason"),
    OPT_ROW_TEXT(struct run_values, tables, "tables", 0, "FILE",
                 "forwarding tables for bpf_fib_lookup and bpf_check_mtu, in lines like those of "
                 "ip(8): port, addr, route, neigh (docs/offload.md)"),
    OPT_ROW_FLAG(struct run_values, trace, "trace", 0,
                 "print what the program prints (bpf_printk), as it comes, to standard error"),
    OPT_ROW_FLAG(struct run_values, json, "json", 0, "print the results as one JSON object"),
    OPT_ROW_FLAG(struct run_values, verbose, "verbose", 'v',
                 "all messages of libbpf, and the whole verifier log of a program that is refused"),
    {.name = NULL},
};

const struct cmd_example run_examples[] = {
    {"nicsim run build/examples/dos_filter.bpf.o -r examples/captures/attack.pcap",
     "a DoS filter over a capture"},
    {"nicsim run build/examples/dos_filter.bpf.o -r examples/captures/attack.pcap \\\n"
     "      --maps-from examples/dos_filter.maps -w clean.pcapng",
     "the same with a blocklist; what survives goes to clean.pcapng"},
    {"nicsim run --filter 'tcp dst port 80 and not src net 10/8' --match drop -r in.pcap",
     "a packet filter in place of a program"},
    {"nicsim run build/examples/drop.bpf.o --gen udp4,size=64,count=1M --engines 4",
     "how fast four engines drop 64-byte packets"},
    {"nicsim run build/examples/parse_ip_count.bpf.o -r in.pcap --json --maps | jq .maps",
     "maps, for a script"},
    {NULL, NULL},
};
