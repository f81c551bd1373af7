/* SPDX-License-Identifier: BSD-3-Clause */
/* Transmit side of the ports: one frame after the other at line rate. */
#include "device/dev.h"

void mac_send(struct nic_device *dev, struct pktbuf *b, uint64_t now)
{
    struct port *p;
    uint64_t wire;

    if (b->pkt.port < 1 || b->pkt.port > dev->cfg.port_count) {
        device_drop(dev, NIC_DROP_BAD_PORT);
        bufpool_put(dev, b);
        return;
    }
    p = &dev->port[b->pkt.port - 1];
    if (p->tx_free < now) {
        p->tx_free = now;
        p->tx_rest = 0;
    }
    wire = pacer_wire_bits(bufpool_frame_len(b)) * dev->cfg.engine_clock_hz;
    p->tx_free += pacer_divide(wire, dev->cfg.port_bps, &p->tx_rest);
    clock_push(dev, p->tx_free, EVENT_TX, b->id);
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
    mac_kick(dev, now);
}
