/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transmit side of the ports: one frame after the other at line rate. Those that
 * wait are in a queue for each port they came from, served in turn.
 */
#include "device/dev.h"

void tx_reset(struct nic_device *dev)
{
    for (unsigned i = 0; i < NIC_PORTS_MAX; i++) {
        struct transmitter *t = &dev->port[i].tx;

        *t = (struct transmitter){.frame = DEV_NONE};
        for (unsigned from = 0; from < NIC_PORTS_MAX; from++)
            t->queue[from].first = DEV_NONE;
    }
}

static void enqueue(struct nic_device *dev, struct transmitter *t, struct pktbuf *b)
{
    unsigned from = b->ingress - 1u;
    struct txqueue *q = &t->queue[from];

    b->behind = DEV_NONE;
    if (q->first == DEV_NONE)
        q->first = b->id;
    else
        dev->pool.buf[q->last].behind = b->id;
    q->last = b->id;
    t->backlog |= 1u << from;
}
_Static_assert(NIC_PORTS_MAX <= 32, "a bit of struct transmitter.backlog each");

/* The next queue in turn that is not empty. */
static struct pktbuf *dequeue(struct nic_device *dev, struct transmitter *t)
{
    uint32_t later = t->backlog >> t->turn << t->turn;
    unsigned from = (unsigned)__builtin_ctz(later != 0 ? later : t->backlog);
    struct txqueue *q = &t->queue[from];
    struct pktbuf *b = &dev->pool.buf[q->first];

    q->first = b->behind;
    if (q->first == DEV_NONE)
        t->backlog &= ~(1u << from);
    t->turn = (from + 1) % NIC_PORTS_MAX;
    return b;
}

/* An idle transmitter begins with the next frame; the fraction of a cycle is kept only back to
 * back. */
static void begin(struct nic_device *dev, struct transmitter *t, uint64_t now)
{
    struct pktbuf *b;
    uint64_t wire;

    if (t->frame != DEV_NONE || t->backlog == 0)
        return;
    b = dequeue(dev, t);
    if (t->free < now) {
        t->free = now;
        t->rest = 0;
    }
    wire = pacer_wire_bits(bufpool_frame_len(b)) * dev->cfg.engine_clock_hz;
    t->free += pacer_divide(&t->wire, wire, dev->cfg.port_bps, &t->rest);
    t->frame = b->id;
    clock_push(dev, t->free, EVENT_TX, b->id);
}

void mac_send(struct nic_device *dev, struct pktbuf *b, uint64_t now)
{
    struct transmitter *t;

    if (b->pkt.port < 1 || b->pkt.port > dev->cfg.port_count) {
        device_drop(dev, NIC_DROP_BAD_PORT);
        bufpool_put(dev, b);
        return;
    }
    t = &dev->port[b->pkt.port - 1].tx;
    enqueue(dev, t, b);
    begin(dev, t, now);
}

void mac_sent(struct nic_device *dev, uint32_t buf, uint64_t now)
{
    struct pktbuf *b = &dev->pool.buf[buf];
    struct port *p = &dev->port[b->pkt.port - 1];
    struct nic_frame f = {
        .data = bufpool_frame(dev, b),
        .len = bufpool_frame_len(b),
        .tstamp_ns = clock_ns(dev, now),
        .seq = b->pkt.seq,
    };

    p->tx_packets++;
    p->tx_bytes += f.len;
    if (p->ops != NULL && p->ops->sent != NULL)
        p->ops->sent(p->ctx, &f);
    bufpool_put(dev, b);
    p->tx.frame = DEV_NONE;
    begin(dev, &p->tx, now);
    mac_kick(dev, now);
}
