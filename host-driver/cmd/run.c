/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim run: boot, load, run packets through the NIC, report. */
#include "cmd/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bpflog.h"
#include "cmd/cmd.h"

#define MAP_ENTRIES_SHOWN 8u

static int open_traffic(struct run *r, struct nic_err *err)
{
    if (r->v->read != NULL)
        return traffic_open_capture(r->v->read, &r->traffic, err);
    return traffic_open_gen(r->v->gen, &r->traffic, err);
}

/* At the rate of a trace the program's clock shows the trace's time. */
static void set_clock(struct run *r)
{
    struct nic_frame first;

    if (r->v->pacing.how == NIC_PACE_TRACE && !r->v->clock && traffic_peek(r->traffic, &first) == 1)
        r->cfg.run_clock_ns = first.tstamp_ns;
}

static int check_usage(const struct run_values *v)
{
    if ((v->read == NULL) == (v->gen == NULL))
        return cmd_fail(CMD_USAGE, "run: give the packets: either -r FILE or --gen SPEC "
                                   "(see nicsim run --help)");
    if (v->gen != NULL && v->pacing.how == NIC_PACE_TRACE)
        return cmd_fail(CMD_USAGE, "run: --rate trace needs a capture (-r)");
    return CMD_DONE;
}

/* A wrong generator text is usage; a capture that cannot be read is not. */
static int open_inputs(struct run *r)
{
    struct nic_err err = {""};
    int status = check_usage(r->v);

    if (status != CMD_DONE)
        return status;
    if (devopts_apply(&r->v->dev, &r->cfg, &err) != 0)
        return cmd_fail(CMD_USAGE, "run: %s", err.msg);
    if (r->v->ordered)
        r->cfg.run_ordered = 1;
    if (open_traffic(r, &err) != 0)
        return cmd_fail(r->v->gen != NULL ? CMD_USAGE : CMD_FAILED, "%s", err.msg);
    set_clock(r);
    return object_open(&r->o, r->path, &r->v->obj, r->v->maps_from);
}

static int open_capture_out(struct run *r, struct nic_err *err)
{
    char text[NIC_PORTS_MAX + 1][16];
    const char *names[NIC_PORTS_MAX + 1];
    unsigned ports = (unsigned)r->cfg.port_count;

    for (unsigned i = 0; i <= ports; i++) {
        snprintf(text[i], sizeof(text[i]), i < ports ? "port%u" : "host0", i + 1);
        names[i] = text[i];
    }
    r->recent = calloc(RUN_RECENT, 1);
    if (r->recent == NULL)
        return nic_err_set(err, -ENOMEM, "%s: out of memory", r->v->write);
    return pcapng_create(r->v->write, "nicsim " NICSIM_VERSION, names, ports + 1, &r->pcapng, err);
}

static int open_outputs(struct run *r)
{
    struct nic_err err = {""};
    int rc = 0;

    if (r->v->write != NULL)
        rc = open_capture_out(r, &err);
    if (rc == 0 && r->v->per_packet != NULL)
        rc = perpacket_create(r->v->per_packet, r->traffic, &r->per_packet, &err);
    return rc == 0 ? CMD_DONE : cmd_fail(CMD_FAILED, "%s", err.msg);
}

static int load(struct run *r)
{
    struct nic_err err = {""};
    int status;

    if (session_open(&r->s, &r->cfg, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    nicbpf_xlate_opts(r->s.bpf, &r->v->dev.xlate);
    status = object_load(&r->o, &r->s, r->v->verbose);
    if (status == CMD_DONE && r->v->maps_from != NULL &&
        maps_load(r->o.bpf, r->v->maps_from, &err) != 0)
        status = cmd_fail(CMD_FAILED, "%s", err.msg);
    if (status == CMD_DONE)
        status = run_tables(r);
    if (status == CMD_DONE)
        status = run_trace_start(r);
    if (status == CMD_DONE)
        status = object_attach(&r->o, &r->s, 1);
    if (status == CMD_DONE)
        nicbpf_prog(r->s.bpf, r->o.fd, &r->view);
    return status;
}

/* All or nothing: when the second fails, the first is already there, whole. */
static int commit_outputs(struct run *r)
{
    struct nic_err err = {""};
    int rc = 0;

    if (r->pcapng != NULL)
        rc = pcapng_commit(r->pcapng, &err);
    r->pcapng = NULL;
    if (rc != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    if (r->per_packet != NULL)
        rc = perpacket_commit(r->per_packet, &err);
    r->per_packet = NULL;
    return rc == 0 ? CMD_DONE : cmd_fail(CMD_FAILED, "%s", err.msg);
}

static int report(struct run *r)
{
    struct map_dump *maps = NULL;
    struct nic_err err = {""};
    size_t count = 0;
    int status = CMD_DONE;

    if ((r->v->maps || !r->v->json) && maps_read(r->o.bpf, &maps, &count, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s: %s", r->path, err.msg);
    status = commit_outputs(r);
    if (status == CMD_DONE && r->v->json)
        status = report_json(r, maps, count);
    else if (status == CMD_DONE)
        report_print(r, maps, count);
    maps_free(maps, count);
    return status;
}

static int run_all(struct run *r)
{
    int status = open_inputs(r);

    if (status == CMD_DONE)
        status = open_outputs(r);
    if (status == CMD_DONE)
        status = load(r);
    if (status == CMD_DONE)
        status = run_connect(r);
    if (status == CMD_DONE)
        status = run_traffic(r);
    if (status == CMD_DONE)
        status = report(r);
    return status;
}

/* The card still runs while it is shut down: it must not write to what is gone. */
static void clean_up(struct run *r)
{
    if (r->s.dev != NULL)
        nic_device_set_tap(r->s.dev, NULL);
    perpacket_abort(r->per_packet);
    pcapng_abort(r->pcapng);
    r->pcapng = NULL;
    object_close(&r->o);
    session_close(&r->s);
    traffic_close(r->traffic);
    model_free(&r->model);
    free(r->recent);
}

static int run_main(const struct cmd *self, int argc, char **argv)
{
    static struct run_values v; /* zero; too large for small stacks */
    struct run *r;
    const char *path;
    int status;

    if (!cmd_parse(self, argc, argv, &v, &path, 1, 1, &status))
        return status;
    r = calloc(1, sizeof(*r));
    if (r == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    bpflog_start(v.verbose);
    r->v = &v;
    r->path = path;
    status = run_all(r);
    clean_up(r);
    free(r);
    return status;
}

const struct cmd cmd_run = {
    .name = "run",
    .args = "PROG.o (-r FILE | --gen SPEC)",
    .brief = "run packets through an XDP program on the NIC, and report",
    .about =
        "Boots the simulated card, verifies and translates the XDP program, loads it, attaches "
        "it to port 1 and sends the packets through it. The report tells what became of "
        "the packets, what the maps hold, and how fast the modelled card was (modelled "
        "figures), apart from how fast the simulator was on this machine (host figures).",
    .opts = run_opts,
    .examples = run_examples,
    .main = run_main,
};
