/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Order: threads finish packets in any order, but what came in by one port leaves
 * in the order in which it came, to whatever port or host queue. A packet that is
 * done waits until all before it are; dropped ones only give up their place. A
 * packet that others wait for longer than sequencer.timeout loses its place, which
 * is looked at when a packet of its port comes or is done: it leaves when it will.
 *
 * The places of a port are a list in order of arrival. Those that wait need no
 * other memory than the buffers they have.
 */
#include "device/dev.h"

void sequencer_reset(struct nic_device *dev)
{
    for (unsigned i = 0; i < NIC_PORTS_MAX; i++)
        dev->port[i].order = (struct sequence){.first = DEV_NONE, .last = DEV_NONE};
}

static struct sequence *sequence_of(struct nic_device *dev, const struct pktbuf *b)
{
    return &dev->port[b->ingress - 1].order;
}

/* A place behind that of `after`, DEV_NONE: the first one. */
static void take_place(struct nic_device *dev, struct pktbuf *b, uint32_t after)
{
    struct sequence *s = sequence_of(dev, b);
    uint32_t *next = after == DEV_NONE ? &s->first : &dev->pool.buf[after].place.next;

    b->place = (struct place){.prev = after, .next = *next};
    b->placed = true;
    b->cmd = 0;
    if (*next == DEV_NONE)
        s->last = b->id;
    else
        dev->pool.buf[*next].place.prev = b->id;
    *next = b->id;
}

static void leave_place(struct nic_device *dev, struct pktbuf *b)
{
    struct sequence *s = sequence_of(dev, b);
    const struct place *p = &b->place;

    *(p->prev == DEV_NONE ? &s->first : &dev->pool.buf[p->prev].place.next) = p->next;
    *(p->next == DEV_NONE ? &s->last : &dev->pool.buf[p->next].place.prev) = p->prev;
    b->placed = false;
}

static void leave(struct nic_device *dev, struct pktbuf *b, uint8_t cmd, uint64_t now)
{
    switch (cmd) {
    case NIC_PKT_TX:
        mac_send(dev, b, now);
        break;
    case NIC_PKT_HOST:
        hostq_send(dev, b, now);
        break;
    default:
        bufpool_put(dev, b);
        break;
    }
}

/* Sends off what need not wait any more; what remains waits since now if something left. */
static void drain(struct nic_device *dev, struct sequence *s, uint64_t now)
{
    while (s->first != DEV_NONE && dev->pool.buf[s->first].cmd != 0) {
        struct pktbuf *b = &dev->pool.buf[s->first];

        leave_place(dev, b);
        s->waiting--;
        s->since = now;
        leave(dev, b, b->cmd, now);
    }
}

/* Since the first packet did not come up, others have waited too long for it. */
static void give_up(struct nic_device *dev, struct sequence *s, uint64_t now)
{
    uint64_t timeout = dev->cfg.sequencer_timeout;

    if (s->waiting == 0 || timeout == 0 || now - s->since < timeout)
        return;
    leave_place(dev, &dev->pool.buf[s->first]);
    dev->stats.order_lost++;
    s->since = now;
    drain(dev, s, now);
}

void sequencer_enter(struct nic_device *dev, struct pktbuf *b, uint64_t now)
{
    struct sequence *s = sequence_of(dev, b);

    b->placed = false;
    if (dev->cfg.sequencer_enabled == 0)
        return;
    give_up(dev, s, now);
    take_place(dev, b, s->last);
}

void sequencer_join(struct nic_device *dev, struct pktbuf *copy, const struct pktbuf *b)
{
    copy->placed = false;
    if (b->placed)
        take_place(dev, copy, b->id);
}

static void wait(struct nic_device *dev, struct sequence *s, struct pktbuf *b, uint8_t cmd,
                 uint64_t now)
{
    b->cmd = cmd;
    if (s->waiting++ == 0)
        s->since = now;
    if (s->first != b->id)
        dev->stats.order_waited++;
}

void sequencer_done(struct nic_device *dev, struct pktbuf *b, enum nic_pkt_cmd cmd, uint64_t now)
{
    struct sequence *s = sequence_of(dev, b);

    if (!b->placed) {
        leave(dev, b, (uint8_t)cmd, now);
        return;
    }
    if (s->first == b->id)
        s->since = now;
    if (cmd == NIC_PKT_DROP || (s->first == b->id && s->waiting == 0)) {
        leave_place(dev, b);
        leave(dev, b, (uint8_t)cmd, now);
    } else {
        wait(dev, s, b, (uint8_t)cmd, now);
    }
    if (s->waiting == 0)
        return;
    drain(dev, s, now);
    give_up(dev, s, now);
}
