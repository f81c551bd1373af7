/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a wire port is connected to. The device pulls frames from the source
 * and pushes sent frames to the sink; neither may call back into the device.
 */
#ifndef NIC_PORT_H
#define NIC_PORT_H

#include <stdbool.h>
#include <stdint.h>

struct nic_frame {
    const uint8_t *data; /* lent until the next call on the same port */
    uint32_t len;        /* bytes, without FCS; 1 .. 65535 */
    uint64_t tstamp_ns;  /* source: capture time (NIC_PACE_TRACE); sink: modelled time */
    uint64_t seq;        /* sink: arrival number on the device; source: not read */
};

struct nic_port_ops {
    /* Next frame into *f: 1 = a frame, 0 = end of stream, negative errno = the source failed. */
    int (*next)(void *ctx, struct nic_frame *f);
    /* A frame left by this port. May be NULL. */
    void (*sent)(void *ctx, const struct nic_frame *f);
};

enum nic_pace {
    NIC_PACE_MAX,   /* next frame as soon as a buffer is free: never drops for want of one */
    NIC_PACE_LINE,  /* back to back at the port's bit rate, with preamble, FCS and gap */
    NIC_PACE_PPS,   /* rate = frames a second */
    NIC_PACE_BPS,   /* rate = bits a second on the wire (with the 20 bytes of overhead and FCS) */
    NIC_PACE_TRACE, /* at the frames' timestamps, relative to the first */
};

struct nic_pacing {
    enum nic_pace how;
    uint64_t rate; /* NIC_PACE_PPS: milli-packets a second; NIC_PACE_BPS: bits a second */
};

#endif
