/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When the next frame's last byte arrives. All in integers: what a division
 * leaves is carried to the next frame, so rates are exact over any number of
 * frames. Except for NIC_PACE_MAX a frame never ends sooner after the one
 * before it than the wire needs to carry it.
 */
#include "device/dev.h"

#include <string.h>

#define TRACE_MAX_NS 100000000000000000u /* three years; more would overflow the product */

void pacer_init(struct pacer *p, const struct nic_config *cfg, struct nic_pacing pacing)
{
    memset(p, 0, sizeof(*p));
    p->pacing = pacing;
    p->bps = cfg->port_bps;
    p->hz = cfg->engine_clock_hz;
}

void pacer_start(struct pacer *p, uint64_t now)
{
    p->time = now;
    p->base = now;
    p->rest = 0;
    p->wire_rest = 0;
    p->started = false;
}

static uint64_t trace_time(struct pacer *p, uint64_t tstamp_ns)
{
    uint64_t ns;

    if (!p->started)
        p->ts0 = tstamp_ns;
    ns = tstamp_ns > p->ts0 ? tstamp_ns - p->ts0 : 0;
    ns = ns < TRACE_MAX_NS ? ns : TRACE_MAX_NS;
    return p->base + ns / 1000000000u * p->hz + ns % 1000000000u * p->hz / 1000000000u;
}

static uint64_t scheduled(struct pacer *p, uint32_t len, uint64_t tstamp_ns)
{
    uint64_t bits = pacer_wire_bits(len);

    switch (p->pacing.how) {
    case NIC_PACE_LINE:
        return p->time; /* the wire is the limit */
    case NIC_PACE_PPS:
        return p->started ? p->time + pacer_divide(&p->rate, p->hz * 1000, p->pacing.rate, &p->rest)
                          : p->time;
    case NIC_PACE_BPS:
        return p->time + pacer_divide(&p->rate, bits * p->hz, p->pacing.rate, &p->rest);
    case NIC_PACE_TRACE:
    default:
        return trace_time(p, tstamp_ns);
    }
}

uint64_t pacer_next(struct pacer *p, uint32_t len, uint64_t tstamp_ns)
{
    uint64_t when, wire = 0;

    if (p->pacing.how == NIC_PACE_MAX)
        return p->time;
    when = scheduled(p, len, tstamp_ns);
    if (p->pacing.how == NIC_PACE_LINE || p->started)
        wire = pacer_divide(&p->wire, pacer_wire_bits(len) * p->hz, p->bps, &p->wire_rest);
    if (when <= p->time + wire)
        when = p->time + wire;
    else
        p->wire_rest = 0; /* the wire was idle in between */
    p->started = true;
    p->time = when;
    return when;
}
