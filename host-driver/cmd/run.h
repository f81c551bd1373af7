/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim run: what its files share. */
#ifndef CMD_RUN_H
#define CMD_RUN_H

#include "cmd/cmd.h"
#include "cmd/devopts.h"
#include "cmd/maps.h"
#include "cmd/model.h"
#include "cmd/object.h"
#include "cmd/perpacket.h"
#include "cmd/runevents.h"
#include "cmd/session.h"
#include "nic/regs.h"
#include "traffic/pcapng.h"
#include "traffic/traffic.h"

struct run_values {
    struct devopts dev; /* first: devopts_* cast to it */
    struct objopts obj;
    const char *read, *gen, *write, *maps_from, *per_packet, *events_to, *tables;
    struct nic_pacing pacing;
    bool ordered, maps, events, json, verbose, trace;
    bool clock; /* --clock was given */
};

extern const struct opt run_opts[];
extern const struct cmd_example run_examples[];

/* One end of the wire: what a port's ops get as ctx. */
struct run_port {
    struct run *run;
    unsigned number; /* from 1 */
};

/* What became of the packets, counted at the tap. */
struct tally {
    uint64_t done, bytes_out;
    uint64_t verdicts[FW_VERDICTS];
    uint64_t program_insns;
    uint64_t frames_written;
};

#define RUN_RECENT 65536u /* packets between verdict and departure; a power of two */

struct run {
    const struct run_values *v;
    const char *path; /* of the object */
    struct nic_config cfg;
    struct session s;
    struct object o;
    struct traffic *traffic;
    struct run_port ports[NIC_PORTS_MAX];
    struct perpacket *per_packet; /* or NULL */
    struct runevents *events;     /* or NULL */
    struct pcapng *pcapng;        /* or NULL */
    uint8_t *recent;              /* verdict of seq s at s % RUN_RECENT, when pcapng is written */
    struct tally tally;
    struct model model;
    struct nicbpf_prog_view view;
    uint64_t trace_lost; /* lines, as the card counts */
    double wall_s;
};

/* Opens ports, host queue and tap. CMD_DONE, or the status after a message. */
int run_connect(struct run *r);
/* Connects the traffic and lets it through; fills tally, model and wall_s. */
int run_traffic(struct run *r);

/* Does --rate ask for more than the wire brings? Then frames come back to back. */
bool run_above_wire(const struct run *r);

/* --tables: forwarding tables from a file to the card. */
int run_tables(struct run *r);
/* --trace: the ring before the program is attached, and what is in it by now, to stderr. */
int run_trace_start(struct run *r);
int run_trace_print(struct run *r);

/* The results, to stdout; `maps` as maps_read gave them. */
void report_print(const struct run *r, const struct map_dump *maps, size_t count);
int report_json(const struct run *r, const struct map_dump *maps, size_t count);

#endif
