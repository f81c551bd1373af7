/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/trial.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/steady.h"
#include "cmd/cmd.h"
#include "cmd/maps.h"
#include "cmd/object.h"
#include "cmd/session.h"
#include "cmd/trap.h"

#define HOST_RING    4096u
#define SLICE_CYCLES 4096u
#define RECENT       65536u /* packets between arrival and departure; a power of two */
/* A card that gives nothing back for so long never will: cycles. */
#define PATIENCE 1000000000u
/* Packets that a window has at least. */
#define WINDOW_LEAST 8u

/* A run that has so many cycles of ended programs before it is not for anyone to wait for. */
#define ENDED_CYCLES 20000000000u

/* What happened up to the end of a window of packets. */
struct window {
    struct reading reading;
    uint64_t program_insns;
    uint64_t verdicts[FW_VERDICTS];
};

struct run_state {
    const struct trial_setup *setup;
    struct session s;
    struct object o;
    struct trial_port {
        struct run_state *run;
        struct feed *feed; /* NULL: brings nothing */
    } port[NIC_PORTS_MAX];
    uint64_t done, program_insns, verdicts[FW_VERDICTS];
    struct window window[TRIAL_WINDOWS + 1]; /* [0] is before the first packet */
    struct hist *latency;                    /* of each window */
    struct locks *locks;
    unsigned now;      /* the window that packets count in */
    uint64_t *arrived; /* ns, of seq s at s % RECENT */
};

/* ---- observation ---- */

static void left(struct run_state *r, uint64_t seq, uint64_t time_ns)
{
    uint64_t arrived = r->arrived[seq % RECENT];

    hist_add(&r->latency[r->now], time_ns > arrived ? time_ns - arrived : 0);
}

static void tap_done(void *ctx, const struct nic_pkt *pkt, enum nic_pkt_cmd cmd,
                     const uint8_t *data, uint32_t len, uint64_t cycles, uint64_t program_insns)
{
    struct run_state *r = ctx;

    (void)data;
    (void)len;
    (void)cycles;
    r->done++;
    r->program_insns += program_insns;
    r->verdicts[pkt->verdict < FW_VERDICTS ? pkt->verdict : 0]++;
    r->arrived[pkt->seq % RECENT] = pkt->tstamp_ns;
    if (cmd == NIC_PKT_DROP)
        left(r, pkt->seq, nic_device_time_ns(r->s.dev));
}

static void port_sent(void *ctx, const struct nic_frame *f)
{
    left(((struct trial_port *)ctx)->run, f->seq, f->tstamp_ns);
}

static void tap_paused(void *ctx, uint64_t addr, uint64_t from, uint64_t until)
{
    locks_paused(((struct run_state *)ctx)->locks, addr, from, until);
}

static int port_next(void *ctx, struct nic_frame *f)
{
    struct trial_port *p = ctx;

    return p->feed != NULL ? feed_port_ops.next(p->feed, f) : 0;
}

static void host_rx(void *ctx, unsigned queue, const struct nic_rx_cqe *cqe, const void *data)
{
    struct run_state *r = ctx;

    (void)queue;
    (void)data;
    left(r, cqe->seq, nic_device_time_ns(r->s.dev));
}

/* ---- the card ---- */

static const struct nic_port_ops port_ops = {.next = port_next, .sent = port_sent};

/* A port's part of the load; the first ones take what a division leaves. */
static struct nic_pacing pacing_of(const struct trial_setup *t, unsigned port)
{
    struct nic_pacing p = t->pacing;

    p.rate = p.rate / t->ports + (port <= p.rate % t->ports);
    return p;
}

static int connect_port(struct run_state *r, unsigned port)
{
    struct nic_pacing p = {.how = NIC_PACE_LINE};

    r->port[port - 1].run = r;
    if (r->port[port - 1].feed != NULL)
        p = pacing_of(r->setup, port);
    return nic_port_connect(r->s.dev, port, &port_ops, &r->port[port - 1], p);
}

static int connect_card(struct run_state *r)
{
    struct nic_tap tap = {.done = tap_done, .paused = tap_paused, .ctx = r};
    unsigned ports = (unsigned)r->setup->cfg.port_count;
    int rc = nicdrv_rx_open(r->s.drv, 1, HOST_RING, host_rx, r);

    if (rc == 0)
        rc = locks_create(&r->s, TRIAL_WINDOWS, &r->locks);
    if (rc != 0)
        return cmd_fail(CMD_FAILED, "the host's queue: %s", strerror(-rc));
    nic_device_set_tap(r->s.dev, &tap);
    for (unsigned n = 1; rc == 0 && n <= ports; n++)
        rc = nicdrv_port_enable(r->s.drv, n, true);
    if (rc == 0 && reading_take(r->s.dev, &r->window[0].reading) != 0)
        rc = -ENOMEM;
    for (unsigned n = 1; rc == 0 && n <= ports; n++)
        rc = connect_port(r, n);
    return rc == 0 ? CMD_DONE : cmd_fail(CMD_FAILED, "the card's ports: %s", strerror(-rc));
}

static int load(struct run_state *r)
{
    const struct trial_setup *t = r->setup;
    struct nic_err err = {""};
    int status = object_open(&r->o, t->path, t->obj, t->maps_from);

    if (status != CMD_DONE)
        return status;
    if (session_open(&r->s, &t->cfg, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    nicbpf_xlate_opts(r->s.bpf, &t->xlate);
    status = object_load(&r->o, &r->s, false);
    if (status == CMD_DONE && t->maps_from != NULL && maps_load(r->o.bpf, t->maps_from, &err) != 0)
        status = cmd_fail(CMD_FAILED, "%s", err.msg);
    for (unsigned n = 1; status == CMD_DONE && n <= t->ports; n++)
        status = object_attach(&r->o, &r->s, n);
    return status;
}

/* Each port brings frames of its own; of a capture each begins at another place. */
static int open_feeds(struct run_state *r)
{
    struct feed_spec spec = r->setup->feed;
    struct nic_err err = {""};

    spec.parts = r->setup->ports;
    for (unsigned n = 1; n <= r->setup->ports; n++) {
        struct nic_pacing p = pacing_of(r->setup, n);

        spec.part = n - 1;
        if (p.rate == 0 && (p.how == NIC_PACE_PPS || p.how == NIC_PACE_BPS))
            continue;
        if (feed_open(&spec, &r->port[n - 1].feed, &err) != 0)
            return cmd_fail(spec.capture != NULL ? CMD_FAILED : CMD_USAGE, "%s", err.msg);
    }
    return CMD_DONE;
}

static int prepare(struct run_state *r)
{
    int status;

    r->latency = calloc(TRIAL_WINDOWS, sizeof(*r->latency));
    r->arrived = calloc(RECENT, sizeof(*r->arrived));
    if (r->latency == NULL || r->arrived == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    status = open_feeds(r);
    if (status == CMD_DONE)
        status = load(r);
    return status == CMD_DONE ? connect_card(r) : status;
}

static int stopped(struct run_state *r)
{
    struct nic_fault f;

    if (!nic_device_fault(r->s.dev, &f))
        return cmd_fail(CMD_FAILED, "%s: the card stopped for no known reason", r->o.path);
    cmd_fail(CMD_FAILED, "%s: the card stopped: %s", r->o.path, f.what);
    trap_report(stderr, &f);
    return CMD_FAILED;
}

static int stuck(const struct run_state *r)
{
    struct nic_stats s;

    nic_device_stats(r->s.dev, &s);
    if (r->done == 0 && s.drops[NIC_DROP_OVERSIZE] != 0)
        return cmd_fail(CMD_REFUSED,
                        "%s: every frame is longer than the port takes: up to %u bytes with FCS, "
                        "up to %u for a program of SEC(\"xdp.frags\")",
                        r->o.path, NIC_FRAME_LINEAR + FEED_FCS,
                        (unsigned)r->setup->cfg.port_frame_max + FEED_FCS);
    return cmd_fail(CMD_FAILED, "%s: no packet was given back for %u cycles", r->o.path, PATIENCE);
}

/* All packets so far were ended by the watchdog, and the others would take for ever. */
static int check_ended(const struct run_state *r)
{
    const struct nic_config *c = &r->setup->cfg;
    struct nic_stats s;

    if (c->run_watchdog < ENDED_CYCLES / r->setup->packets)
        return CMD_DONE;
    nic_device_stats(r->s.dev, &s);
    if (r->done == 0 || s.drops[NIC_DROP_WATCHDOG] < r->done)
        return CMD_DONE;
    return cmd_fail(CMD_FAILED,
                    "%s: the program of every packet so far (%" PRIu64
                    ") was ended after run.watchdog=%" PRIu64
                    " cycles: shorten its loops, or --set run.watchdog to less",
                    r->o.path, r->done, c->run_watchdog);
}

static uint64_t frames_given(const struct run_state *r)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < r->setup->ports; i++)
        n += r->port[i].feed != NULL ? feed_given(r->port[i].feed) : 0;
    return n;
}

/* Until `packets` have been given back in all, or `least` when as many frames were offered. */
static int run_until(struct run_state *r, uint64_t packets, uint64_t least, uint64_t frames)
{
    uint64_t seen = r->done, since = nic_device_cycles(r->s.dev);

    while (r->done < packets && (r->done < least || frames_given(r) < frames)) {
        uint64_t now = nic_device_cycles(r->s.dev);
        enum nic_stop stop = nicdrv_link_run(r->s.link, now + SLICE_CYCLES);

        if (stop != NIC_STOP_LIMIT && stop != NIC_STOP_IRQ)
            return stopped(r);
        if (r->done != seen) {
            if (seen == 0 && check_ended(r) != CMD_DONE)
                return CMD_FAILED;
            seen = r->done;
            since = now;
        } else if (now - since > PATIENCE) {
            return stuck(r);
        }
    }
    return CMD_DONE;
}

/*
 * Windows of so many packets. What comes while the first one runs may be so much more than the card
 * takes that the trial would not end: then that one, and all the others, have fewer.
 */
static int run_windows(struct run_state *r)
{
    const struct trial_setup *t = r->setup;
    uint64_t first = r->done; /* more than a window's may come at once */
    uint64_t packets = t->packets;

    for (unsigned w = 1; w <= TRIAL_WINDOWS; w++) {
        struct window *end = &r->window[w];
        int status;

        r->now = w - 1;
        status = run_until(r, first + packets * w / TRIAL_WINDOWS, first + WINDOW_LEAST,
                           w == 1 ? t->frames_most / TRIAL_WINDOWS : UINT64_MAX);
        if (status != CMD_DONE)
            return status;
        if (w == 1 && r->done - first < packets / TRIAL_WINDOWS)
            packets = (r->done - first) * TRIAL_WINDOWS;
        if (reading_take(r->s.dev, &end->reading) != 0)
            return cmd_fail(CMD_FAILED, "out of memory");
        locks_window(r->locks, w);
        end->program_insns = r->program_insns;
        memcpy(end->verdicts, r->verdicts, sizeof(end->verdicts));
    }
    return CMD_DONE;
}

/* ---- the result ---- */

const enum nic_drop_reason trial_losses[TRIAL_LOSSES] = {NIC_DROP_MAC_RATE,     NIC_DROP_NO_BUFFER,
                                                         NIC_DROP_NO_HOST_DESC, NIC_DROP_HOST_SHORT,
                                                         NIC_DROP_NO_COPY,      NIC_DROP_WATCHDOG};

static uint64_t lost_by(const struct window *w)
{
    uint64_t lost = 0;

    for (unsigned i = 0; i < TRIAL_LOSSES; i++)
        lost += w->reading.nic.drops[trial_losses[i]];
    return lost;
}

static uint64_t packets_by(const struct run_state *r, const struct window *w)
{
    uint64_t n = 0;

    for (unsigned e = 0; e < r->setup->cfg.engine_count; e++)
        n += w->reading.engine[e].packets;
    return n;
}

/* Time a packet took, window by window, shows where the run becomes steady. */
static unsigned warm_windows(const struct run_state *r, bool *steady)
{
    double pace[TRIAL_WINDOWS];
    unsigned cut;

    for (unsigned w = 0; w < TRIAL_WINDOWS; w++) {
        const struct nic_stats *a = &r->window[w].reading.nic, *b = &r->window[w + 1].reading.nic;
        uint64_t from = a->last_done_cycle != 0 ? a->last_done_cycle : b->first_rx_cycle;
        uint64_t packets = packets_by(r, &r->window[w + 1]) - packets_by(r, &r->window[w]);

        pace[w] = packets != 0 ? (double)(b->last_done_cycle - from) / (double)packets : 0;
    }
    cut = steady_cut(pace, TRIAL_WINDOWS);
    *steady = steady_from(pace, cut, TRIAL_WINDOWS);
    return cut;
}

static int conclude(struct run_state *r, struct trial *out)
{
    unsigned cut = warm_windows(r, &out->steady);
    const struct window *a = &r->window[cut], *b = &r->window[TRIAL_WINDOWS];

    if (model_make(r->s.dev, &a->reading, &b->reading, r->setup->pacing,
                   b->program_insns - a->program_insns, &out->model) != 0)
        return cmd_fail(CMD_FAILED, "out of memory");
    out->warm_up = (double)cut / TRIAL_WINDOWS;
    out->wire_bytes = feed_wire_bytes(r->port[0].feed);
    out->done = out->model.packets - out->model.drops[NIC_DROP_WATCHDOG];
    out->lost = lost_by(b) - lost_by(a);
    out->lost_ever = lost_by(b) - lost_by(&r->window[0]);
    for (unsigned v = 0; v < FW_VERDICTS; v++)
        out->verdicts[v] = b->verdicts[v] - a->verdicts[v];
    for (unsigned w = cut; w < TRIAL_WINDOWS; w++)
        hist_merge(&out->latency, &r->latency[w]);
    locks_between(r->locks, cut, TRIAL_WINDOWS, out->model.cycles, &out->locks);
    snprintf(out->program, sizeof(out->program), "%s", r->o.name);
    return CMD_DONE;
}

static void clean_up(struct run_state *r)
{
    if (r->s.dev != NULL)
        nic_device_set_tap(r->s.dev, NULL);
    object_close(&r->o);
    session_close(&r->s);
    for (unsigned n = 0; n < NIC_PORTS_MAX; n++)
        feed_close(r->port[n].feed);
    for (unsigned w = 0; w <= TRIAL_WINDOWS; w++)
        reading_free(&r->window[w].reading);
    locks_destroy(r->locks);
    free(r->latency);
    free(r->arrived);
    free(r);
}

int trial_run(const struct trial_setup *setup, struct trial *out)
{
    struct run_state *r = calloc(1, sizeof(*r));
    int status;

    memset(out, 0, sizeof(*out));
    if (r == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    r->setup = setup;
    status = prepare(r);
    if (status == CMD_DONE)
        status = run_windows(r);
    if (status == CMD_DONE)
        status = conclude(r, out);
    clean_up(r);
    return status;
}

void trial_free(struct trial *t)
{
    model_free(&t->model);
}

double trial_pps(const struct trial *t)
{
    return t->done == t->model.packets ? t->model.pps
                                       : t->model.pps * (double)t->done / (double)t->model.packets;
}

double trial_loss(const struct trial *t)
{
    return t->done + t->lost != 0 ? (double)t->lost / (double)(t->done + t->lost) : 0;
}
