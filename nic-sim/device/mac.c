/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive side of the ports: pulls frames from the source at the port's pace
 * and puts them into packet memory. Sources are called from device events only.
 */
#include "device/dev.h"

#include <errno.h>
#include <string.h>

void mac_reset(struct nic_device *dev)
{
    for (unsigned i = 0; i < NIC_PORTS_MAX; i++) {
        struct port *p = &dev->port[i];

        p->enabled = false;
        p->timed = false;
        p->cookie = 0;
        p->cookie_frags = 0;
        mac_frame_max(dev, i, NIC_FRAME_LINEAR);
        p->rx_packets = p->rx_bytes = p->tx_packets = p->tx_bytes = 0;
        p->rx_busy = p->rx_rest = 0;
    }
    dev->waiting = 0;
    dev->next_kick = 0;
    dev->mac_next = dev->mac_rest = 0;
}

void mac_frame_max(struct nic_device *dev, unsigned port, uint32_t bytes)
{
    uint32_t most = (uint32_t)dev->cfg.port_frame_max;

    dev->port[port].frame_max = bytes < most ? bytes : most;
}

static void waits(struct nic_device *dev, unsigned port, bool on)
{
    dev->waiting = (dev->waiting & ~(1u << port)) | (uint32_t)on << port;
}
_Static_assert(NIC_PORTS_MAX <= 32, "a bit each");

static void schedule(struct nic_device *dev, unsigned port, uint64_t now)
{
    waits(dev, port, false);
    clock_remove(dev, EVENT_PORT, port);
    clock_push(dev, now, EVENT_PORT, port);
}

void mac_enable(struct nic_device *dev, unsigned port, bool on, uint64_t now)
{
    struct port *p = &dev->port[port];

    if (p->enabled == on)
        return;
    p->enabled = on;
    waits(dev, port, false);
    p->timed = false;
    if (!on) {
        clock_remove(dev, EVENT_PORT, port);
        return;
    }
    pacer_start(&p->pacer, now);
    if (p->ops != NULL)
        schedule(dev, port, now);
}

static bool pacing_valid(struct nic_pacing pacing)
{
    switch (pacing.how) {
    case NIC_PACE_MAX:
    case NIC_PACE_LINE:
    case NIC_PACE_TRACE:
        return true;
    case NIC_PACE_PPS:
    case NIC_PACE_BPS:
        return pacing.rate != 0;
    default:
        return false;
    }
}

int nic_port_connect(struct nic_device *dev, unsigned port, const struct nic_port_ops *ops,
                     void *ctx, struct nic_pacing pacing)
{
    struct port *p;

    if (port < 1 || port > dev->cfg.port_count || !pacing_valid(pacing))
        return -EINVAL;
    p = &dev->port[port - 1];
    p->ops = ops;
    p->ctx = ctx;
    p->have_frame = false;
    p->timed = false;
    p->ended = ops == NULL || ops->next == NULL;
    waits(dev, port - 1, false);
    pacer_init(&p->pacer, &dev->cfg, pacing);
    pacer_start(&p->pacer, dev->now);
    clock_remove(dev, EVENT_PORT, port - 1);
    if (p->enabled && !p->ended)
        schedule(dev, port - 1, dev->now);
    return 0;
}

/* Fragments of a frame that a port takes. */
static uint32_t frags_of(uint32_t len)
{
    return len <= NIC_FRAME_LINEAR ? 0 : (len - NIC_FRAME_LINEAR + NIC_BUF_SIZE - 1) / NIC_BUF_SIZE;
}

/* Has the next frame ready; false at the end of the stream. */
static bool pull(struct nic_device *dev, struct port *p)
{
    int rc;

    if (p->have_frame)
        return true;
    if (p->ended)
        return false;
    rc = p->ops->next(p->ctx, &p->frame);
    if (rc > 0 && (p->frame.len < NIC_FRAME_MIN || p->frame.len > UINT16_MAX))
        rc = -EINVAL;
    p->have_frame = rc > 0;
    p->frags = frags_of(p->frame.len);
    p->timed = false;
    p->ended = rc <= 0;
    if (rc < 0) {
        dev->source_error = rc;
        dev->source_failed = true;
    }
    return p->have_frame;
}

/* The turn that the frame took goes to another port that waits. */
static void drop_arrival(struct nic_device *dev, enum nic_drop_reason why, uint64_t now)
{
    uint64_t seq = bufpool_seq_skip(dev);

    device_drop(dev, why);
    if (dev->tap.dropped != NULL)
        dev->tap.dropped(dev->tap.ctx, seq, why);
    mac_kick(dev, now);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void store_frags(struct nic_device *dev, struct pktbuf *b, const struct nic_frame *f)
{
    uint32_t at = NIC_FRAME_LINEAR;

    b->pkt.frags = b->frags;
    for (uint32_t i = 0; i < b->frags; i++) {
        const struct pktbuf *to = bufpool_frag(dev, b, i);
        uint32_t len = least(f->len - at, NIC_BUF_SIZE);

        memcpy(bufpool_mem(dev, to), f->data + at, len);
        mem_packet_touched(dev, to, to->pkt.buf, len);
        b->pkt.frag[i] = (struct nic_frag){.data = to->pkt.buf, .len = len};
        at += len;
    }
}

/*
 * The headroom is cleared so that no byte of the buffer's last packet can be
 * read through it; what lies behind the frame is not the packet's window. Of
 * lengths they know something about, compilers make `rep stos` and `rep movs`,
 * which take longer to start than a frame takes to copy.
 */
static void store_frame(struct nic_device *dev, struct pktbuf *b, const struct nic_frame *f)
{
    uint8_t *mem = bufpool_mem(dev, b);
    uint32_t len = least(f->len, NIC_FRAME_LINEAR);

    for (unsigned i = 0; i < NIC_PKT_HEADROOM; i += 64)
        memset(mem + i, 0, 64);                    /* a few stores */
    memmove(mem + NIC_PKT_HEADROOM, f->data, len); /* a call */
    mem_packet_touched(dev, b, b->pkt.buf, NIC_PKT_HEADROOM + len);
    store_frags(dev, b, f);
}

static void describe(struct nic_device *dev, unsigned port, struct pktbuf *b, uint64_t now)
{
    const struct port *p = &dev->port[port];
    struct nic_pkt *pkt = &b->pkt;

    pkt->data = pkt->buf + NIC_PKT_HEADROOM;
    pkt->data_end = pkt->data + least(p->frame.len, NIC_FRAME_LINEAR);
    pkt->data_meta = pkt->data;
    pkt->port = (uint16_t)(port + 1);
    b->ingress = (uint8_t)pkt->port;
    pkt->hash = rss_hash(&dev->rss, p->frame.data, p->frame.len);
    pkt->queue = dev->rss_queues == 1 ? 0 : (uint16_t)(pkt->hash % dev->rss_queues);
    pkt->retval = 0;
    pkt->tstamp_ns = clock_ns(dev, now);
    pkt->cookie = b->frags == 0 ? p->cookie : p->cookie_frags;
    pkt->verdict = 0;
    pkt->tag = 0;
}

/* ---- packets a second that the MAC takes, of all ports (port.max_pps) ---- */

#define MAC_FIFO 64u /* frames that wait there for their turn */

static bool has_ceiling(const struct nic_device *dev)
{
    return dev->cfg.port_max_pps != 0 && !dev->cfg.run_functional;
}

/* The cycle at which a frame that is there at `now` would be taken. */
static uint64_t mac_turn(const struct nic_device *dev, uint64_t now)
{
    return has_ceiling(dev) && dev->mac_next > now ? dev->mac_next : now;
}

static bool mac_overrun(const struct nic_device *dev, uint64_t now)
{
    return has_ceiling(dev) &&
           (mac_turn(dev, now) - now) * dev->cfg.port_max_pps > MAC_FIFO * dev->cfg.engine_clock_hz;
}

/* Takes a turn: the cycle of it. */
static uint64_t mac_take(struct nic_device *dev, uint64_t now)
{
    uint64_t turn = mac_turn(dev, now);

    if (!has_ceiling(dev))
        return now;
    if (dev->mac_next < now)
        dev->mac_rest = 0;
    dev->mac_next = turn + pacer_divide(&dev->mac_gap, dev->cfg.engine_clock_hz,
                                        dev->cfg.port_max_pps, &dev->mac_rest);
    return turn;
}

static void arrive(struct nic_device *dev, unsigned port, uint64_t now)
{
    struct port *p = &dev->port[port];
    unsigned cluster = wq_choose(dev, p->frags);
    struct pktbuf *b;
    uint64_t turn;

    if (dev->pool.seq == 0)
        dev->stats.first_rx_cycle = now;
    p->rx_busy +=
        pacer_divide(&p->pacer.wire, pacer_wire_bits(p->frame.len) * dev->cfg.engine_clock_hz,
                     dev->cfg.port_bps, &p->rx_rest);
    if (mac_overrun(dev, now)) {
        drop_arrival(dev, NIC_DROP_MAC_RATE, now);
        return;
    }
    turn = mac_take(dev, now);
    if (p->frame.len > p->frame_max) {
        drop_arrival(dev, NIC_DROP_OVERSIZE, now);
        return;
    }
    if (cluster == DEV_NONE) {
        drop_arrival(dev, NIC_DROP_NO_BUFFER, now);
        return;
    }
    b = bufpool_get(dev, cluster, p->frags);
    store_frame(dev, b, &p->frame);
    describe(dev, port, b, now);
    bufpool_seq_start(dev, b);
    sequencer_enter(dev, b, now);
    p->rx_packets++;
    p->rx_bytes += p->frame.len;
    clock_push(dev, turn + dev->port_latency, EVENT_RX, b->id);
}

/* Fragments for which the port's next frame needs buffers: none when it will be dropped. */
static uint32_t frags_needed(const struct port *p)
{
    return p->frame.len <= p->frame_max ? p->frags : 0;
}

static bool must_wait(const struct nic_device *dev, const struct port *p)
{
    if (dev->cfg.run_ordered && dev->pool.outstanding != 0)
        return true;
    return p->pacer.pacing.how == NIC_PACE_MAX && p->frame.len <= p->frame_max &&
           !wq_room(dev, p->frags);
}

/* Has the next frame and the cycle at which it is due. */
static bool next_frame(struct nic_device *dev, struct port *p)
{
    if (!pull(dev, p))
        return false;
    if (!p->timed)
        p->due = pacer_next(&p->pacer, p->frame.len, p->frame.tstamp_ns);
    p->timed = true;
    return true;
}

/* Not before the next frame is due, and at the rate "max" not before the MAC would take it. */
static uint64_t next_turn(const struct nic_device *dev, const struct port *p, uint64_t now)
{
    uint64_t due = p->due > now ? p->due : now;

    return p->pacer.pacing.how == NIC_PACE_MAX ? mac_turn(dev, due) : due;
}

void mac_step(struct nic_device *dev, unsigned port, uint64_t now)
{
    struct port *p = &dev->port[port];

    if (!p->enabled || !next_frame(dev, p))
        return;
    if (next_turn(dev, p, now) <= now && !must_wait(dev, p)) {
        arrive(dev, port, now);
        p->have_frame = false;
        mac_kick(dev, now); /* a packet of several buffers may have left some for others */
        if (!next_frame(dev, p))
            return;
    }
    if (p->due <= now && must_wait(dev, p))
        waits(dev, port, true);
    else
        clock_push(dev, next_turn(dev, p, now), EVENT_PORT, port);
}

/* The waiting port whose frame is due first (ordered), else the next in turn. */
static unsigned next_waiting(const struct nic_device *dev)
{
    uint32_t later = dev->waiting >> dev->next_kick << dev->next_kick;
    unsigned best = (unsigned)__builtin_ctz(later != 0 ? later : dev->waiting);

    if (!dev->cfg.run_ordered)
        return best;
    best = (unsigned)__builtin_ctz(dev->waiting);
    for (unsigned i = best + 1; i < dev->cfg.port_count; i++)
        if ((dev->waiting >> i & 1u) != 0 && dev->port[i].due < dev->port[best].due)
            best = i;
    return best;
}

void mac_resume(struct nic_device *dev, uint64_t now)
{
    unsigned port;

    if (dev->cfg.run_ordered && dev->pool.outstanding != 0)
        return;
    port = next_waiting(dev);
    if (!wq_room(dev, frags_needed(&dev->port[port])))
        return;
    waits(dev, port, false);
    dev->next_kick = port + 1 == dev->cfg.port_count ? 0 : port + 1;
    clock_push(dev, now, EVENT_PORT, port);
}
