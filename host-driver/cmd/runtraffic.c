/* SPDX-License-Identifier: BSD-3-Clause */
/* The traffic of nicsim run: ports, host queue, tap, and the loop that lets the card run. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/run.h"
#include "cmd/trap.h"
#include "traffic/number.h"

#define HOST_RING 4096u /* descriptors of the host RX queue */
/* Engine-cycles between looks at the clock and at signals: some tens of milliseconds. */
#define SLICE_ENGINE_CYCLES 4000000u
#define PROGRESS_AFTER_S    1.0
#define PROGRESS_EVERY_S    0.2

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    interrupted = number;
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- the wire, the host, the tap ---- */

static int port_next(void *ctx, struct nic_frame *f)
{
    struct run_port *p = ctx;

    return p->number == 1 ? traffic_port_ops.next(p->run->traffic, f) : 0;
}

static void write_frame(struct run *r, unsigned interface, uint64_t time_ns, uint64_t seq,
                        const void *data, uint32_t len)
{
    char comment[64];

    r->tally.frames_written++;
    if (r->pcapng == NULL)
        return;
    snprintf(comment, sizeof(comment), "%s packet %" PRIu64,
             verdict_name(r->recent[seq % RUN_RECENT]), seq);
    pcapng_write(r->pcapng, interface, time_ns, data, len, comment);
}

static void port_sent(void *ctx, const struct nic_frame *f)
{
    struct run_port *p = ctx;

    write_frame(p->run, p->number - 1, f->tstamp_ns, f->seq, f->data, f->len);
}

static const struct nic_port_ops port_ops = {.next = port_next, .sent = port_sent};

/* Behind the ports' interfaces comes the host's. The time is that of delivery. */
static void host_rx(void *ctx, unsigned queue, const struct nic_rx_cqe *cqe, const void *data)
{
    struct run *r = ctx;

    (void)queue;
    write_frame(r, (unsigned)r->cfg.port_count, nic_device_time_ns(r->s.dev), cqe->seq, data,
                cqe->len);
}

static void tap_done(void *ctx, const struct nic_pkt *pkt, enum nic_pkt_cmd cmd,
                     const uint8_t *data, uint32_t len, uint64_t cycles, uint64_t program_insns)
{
    struct run *r = ctx;

    (void)cmd;
    r->tally.done++;
    r->tally.verdicts[pkt->verdict < FW_VERDICTS ? pkt->verdict : 0]++;
    r->tally.program_insns += program_insns;
    if (r->recent != NULL)
        r->recent[pkt->seq % RUN_RECENT] = pkt->verdict;
    if (r->per_packet != NULL)
        perpacket_done(r->per_packet, pkt, data, len, cycles);
}

static void tap_dropped(void *ctx, uint64_t seq, enum nic_drop_reason why)
{
    static const char *const names[] = {
#define X(id, name, what) (name),
        NIC_DROP_REASONS(X)
#undef X
    };
    struct run *r = ctx;

    if (r->per_packet != NULL)
        perpacket_dropped(r->per_packet, seq, names[why]);
}

/* Ports open before anything is connected to them: commands take modelled time. */
static int enable_ports(struct run *r)
{
    for (unsigned n = 1; n <= r->cfg.port_count; n++) {
        int rc = nicdrv_port_enable(r->s.drv, n, true);

        if (rc != 0)
            return cmd_fail(CMD_FAILED, "port %u: %s", n, strerror(-rc));
    }
    return CMD_DONE;
}

static int connect_ports(struct run *r)
{
    for (unsigned n = 1; n <= r->cfg.port_count; n++) {
        struct run_port *p = &r->ports[n - 1];
        int rc;

        *p = (struct run_port){.run = r, .number = n};
        rc = nic_port_connect(r->s.dev, n, &port_ops, p, r->v->pacing);
        if (rc != 0)
            return cmd_fail(CMD_FAILED, "port %u: %s", n, strerror(-rc));
    }
    return CMD_DONE;
}

int run_connect(struct run *r)
{
    struct nic_tap tap = {.done = tap_done, .dropped = tap_dropped, .ctx = r};
    int rc = nicdrv_rx_open(r->s.drv, 1, HOST_RING, host_rx, r);

    if (rc != 0)
        return cmd_fail(CMD_FAILED, "host RX queue: %s", strerror(-rc));
    nic_device_set_tap(r->s.dev, &tap);
    return enable_ports(r);
}

/* ---- the loop ---- */

struct progress {
    bool on, shown;
    double start, last;
};

static void show_progress(struct progress *p, const struct run *r)
{
    struct nic_stats s;
    double t = now_s();

    if (!p->on || t - p->start < PROGRESS_AFTER_S || t - p->last < PROGRESS_EVERY_S)
        return;
    fprintf(stderr, "\r\033[K%" PRIu64 " packets in %.1f s, %.0f a second", r->tally.done,
            t - p->start, (double)r->tally.done / (t - p->start));
    nic_device_stats(r->s.dev, &s);
    if (s.drops[NIC_DROP_WATCHDOG] != 0)
        fprintf(stderr, "; %" PRIu64 " were ended after run.watchdog=%" PRIu64 " cycles",
                s.drops[NIC_DROP_WATCHDOG], r->cfg.run_watchdog);
    p->last = t;
    p->shown = true;
}

static int stopped(struct run *r, enum nic_stop stop)
{
    struct nic_fault f;

    if (stop == NIC_STOP_IDLE)
        return CMD_DONE;
    if (stop == NIC_STOP_ERROR) {
        const char *why = traffic_error(r->traffic);

        return cmd_fail(CMD_FAILED, "%s", why[0] != '\0' ? why : "the traffic source failed");
    }
    if (stop == NIC_STOP_FATAL && nic_device_fault(r->s.dev, &f)) {
        cmd_fail(CMD_FAILED, "%s: the card stopped: %s", r->path, f.what);
        trap_report(stderr, &f);
        return CMD_FAILED;
    }
    return cmd_fail(CMD_FAILED, "%s: the card stopped for no known reason", r->path);
}

static int run_slices(struct run *r, struct progress *p)
{
    uint64_t slice = SLICE_ENGINE_CYCLES / r->cfg.engine_count + 1;
    enum nic_stop stop;

    do {
        stop = nicdrv_link_run(r->s.link, nic_device_cycles(r->s.dev) + slice);
        show_progress(p, r);
        if (run_trace_print(r) != CMD_DONE)
            return CMD_FAILED;
    } while ((stop == NIC_STOP_LIMIT || stop == NIC_STOP_IRQ) && !interrupted);
    if (p->shown)
        fputs("\r\033[K", stderr);
    if (interrupted)
        return cmd_fail(CMD_FAILED, "interrupted after %" PRIu64 " packets", r->tally.done);
    return stopped(r, stop);
}

static int run_timed(struct run *r)
{
    struct sigaction act = {.sa_handler = on_signal}, old_int, old_term;
    struct progress p = {.on = isatty(STDERR_FILENO), .start = now_s()};
    int status;

    interrupted = 0;
    sigaction(SIGINT, &act, &old_int);
    sigaction(SIGTERM, &act, &old_term);
    status = run_slices(r, &p);
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    r->wall_s = now_s() - p.start;
    return status;
}

bool run_above_wire(const struct run *r)
{
    const struct traffic_stats *in = traffic_stats(r->traffic);
    struct nic_pacing p = r->v->pacing;
    double bits = in->frames != 0 ? 8 * (double)in->wire_bytes / (double)in->frames : 0;

    if (p.how == NIC_PACE_PPS)
        return (double)p.rate / 1000 * bits > (double)r->cfg.port_bps;
    return p.how == NIC_PACE_BPS && p.rate > r->cfg.port_bps;
}

/* Every frame that went in must have come out, or have been dropped with a reason. */
static int check_all_back(const struct run *r)
{
    uint64_t in = traffic_stats(r->traffic)->frames;
    const uint64_t *drops = r->model.drops;
    uint64_t out = r->tally.done + drops[NIC_DROP_OVERSIZE] + drops[NIC_DROP_MAC_RATE] +
                   drops[NIC_DROP_NO_BUFFER];

    if (in != out)
        return cmd_fail(CMD_FAILED,
                        "%s: the card went idle with %" PRIu64 " of %" PRIu64
                        " packets not given back",
                        r->path, in - out, in);
    return CMD_DONE;
}

int run_traffic(struct run *r)
{
    struct reading before = {0}, after = {0};
    int status = CMD_FAILED;

    if (reading_take(r->s.dev, &before) == 0) {
        status = connect_ports(r);
        if (status == CMD_DONE)
            status = run_timed(r);
        if (status == CMD_DONE && (reading_take(r->s.dev, &after) != 0 ||
                                   model_make(r->s.dev, &before, &after, r->v->pacing,
                                              r->tally.program_insns, &r->model) != 0))
            status = cmd_fail(CMD_FAILED, "out of memory");
        if (status == CMD_DONE)
            status = check_all_back(r);
    }
    reading_free(&before);
    reading_free(&after);
    return status;
}
