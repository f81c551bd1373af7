/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports: their pace, their receive and transmit sides, the order of what came by each. Part of
 * dev.h, which includes it. */
#ifndef NIC_DEV_PORT_H
#define NIC_DEV_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "nic/config.h"
#include "nic/device.h"
#include "nic/pkt.h"
#include "nic/port.h"
#include "nic/regs.h"

struct pktbuf;

/* ---- pacer.c, mac.c, tx.c: ports ---- */

/* The last division of its kind: most frames are as long as the one before. */
struct division {
    uint64_t num, den;
    uint64_t whole, part; /* num / den, num % den; den 0: none yet */
};
struct pacer {
    struct nic_pacing pacing;
    uint64_t bps, hz;
    uint64_t time;      /* cycle of the last frame's arrival */
    uint64_t rest;      /* what `rate` carries over */
    uint64_t wire_rest; /* of wire times, in 1/bps cycles */
    struct division wire, rate;
    uint64_t ts0, base; /* trace: first timestamp and its cycle */
    bool started;
};
/* num / den, with what is left of it carried in *rest (< den). */
static inline uint64_t pacer_divide(struct division *last, uint64_t num, uint64_t den,
                                    uint64_t *rest)
{
    bool more;

    if (num != last->num || den != last->den)
        *last = (struct division){.num = num, .den = den, .whole = num / den, .part = num % den};
    /* both rests are less than den, so they make one more at most; their sum may not fit */
    more = *rest >= den - last->part;
    *rest = more ? *rest - (den - last->part) : *rest + last->part;
    return last->whole + more;
}

#define WIRE_FCS      4u
#define WIRE_MIN      64u /* with FCS: IEEE 802.3 minFrameSize */
#define WIRE_OVERHEAD 20u /* preamble, start delimiter, inter-packet gap */

/* Bits a frame of `len` bytes (without FCS) takes on the wire. */
static inline uint64_t pacer_wire_bits(uint32_t len)
{
    uint64_t frame = (uint64_t)len + WIRE_FCS;

    return ((frame < WIRE_MIN ? WIRE_MIN : frame) + WIRE_OVERHEAD) * 8;
}

void pacer_init(struct pacer *p, const struct nic_config *cfg, struct nic_pacing pacing);
void pacer_start(struct pacer *p, uint64_t now); /* receive was switched on */
/* Cycle of arrival of the last byte of the next frame. */
uint64_t pacer_next(struct pacer *p, uint32_t len, uint64_t tstamp_ns);

/* Frames for a port that came by one port, in the order in which they are to leave. */
struct txqueue {
    uint32_t first, last; /* by pktbuf.behind; DEV_NONE, meaningless */
};
struct transmitter {
    uint64_t free, rest; /* cycle at which the last frame ended or will, fraction */
    struct division wire;
    uint32_t frame;                      /* being sent, DEV_NONE */
    uint32_t backlog;                    /* bit i: queue[i] is not empty */
    unsigned turn;                       /* the queue to look at first */
    struct txqueue queue[NIC_PORTS_MAX]; /* by ingress port, from 0 */
};
/* sequencer.c: the packets that came by a port and have not left, in order of arrival. */
struct sequence {
    uint32_t first, last; /* DEV_NONE */
    uint32_t waiting;     /* are done, but one before them is not */
    uint64_t since;       /* when one last left, or when the first of these was done */
};

struct port {
    const struct nic_port_ops *ops;
    void *ctx;
    struct pacer pacer;
    struct nic_frame frame; /* the next one, when have_frame */
    uint64_t due;
    uint32_t frags; /* fragments of it, if the port takes it */
    bool have_frame, timed, ended, enabled;
    uint64_t cookie, cookie_frags;
    uint32_t frame_max;
    uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
    uint64_t rx_busy; /* cycles of wire time received */
    uint64_t rx_rest;
    struct transmitter tx;
    struct sequence order;
};
void mac_reset(struct nic_device *dev);
void mac_enable(struct nic_device *dev, unsigned port, bool on, uint64_t now);
void mac_frame_max(struct nic_device *dev, unsigned port, uint32_t bytes);
void mac_step(struct nic_device *dev, unsigned port, uint64_t now); /* EVENT_PORT */
void mac_resume(struct nic_device *dev, uint64_t now);              /* mac_kick: there is one */
void mac_send(struct nic_device *dev, struct pktbuf *b, uint64_t now);
void mac_sent(struct nic_device *dev, uint32_t buf, uint64_t now); /* EVENT_TX */
void tx_reset(struct nic_device *dev);

/* ---- sequencer.c: what came by a port leaves in the order in which it came ---- */

void sequencer_reset(struct nic_device *dev);
void sequencer_enter(struct nic_device *dev, struct pktbuf *b, uint64_t now); /* it has arrived */
/* A copy of `b` leaves right after it. */
void sequencer_join(struct nic_device *dev, struct pktbuf *copy, const struct pktbuf *b);
/* Done: sends it off as `cmd` says (DROP, TX, HOST) when its turn comes. */
void sequencer_done(struct nic_device *dev, struct pktbuf *b, enum nic_pkt_cmd cmd, uint64_t now);

#endif
