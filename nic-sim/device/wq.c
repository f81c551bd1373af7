/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work queues, one a cluster: packets ready in its SRAM, and its harts that
 * wait in WQ_GET, the longest-waiting first. Also what a hart may do with the
 * packet it holds (PKT_CMD).
 */
#include "device/dev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void ring_push(struct ring *ring, uint32_t v)
{
    uint32_t i = ring->head + ring->count++;

    ring->slot[i < ring->cap ? i : i - ring->cap] = v;
}

static uint32_t ring_pop(struct ring *ring)
{
    uint32_t v = ring->slot[ring->head];

    ring->head = ring->head + 1 == ring->cap ? 0 : ring->head + 1;
    ring->count--;
    return v;
}

/* Takes v out; false: it is not there. */
static bool ring_remove(struct ring *ring, uint32_t v)
{
    uint32_t n = ring->count;
    bool found = false;

    for (uint32_t i = 0; i < n; i++) { /* once round, all but v */
        uint32_t at = ring_pop(ring);

        if (at == v && !found)
            found = true;
        else
            ring_push(ring, at);
    }
    return found;
}

static int ring_create(struct ring *ring, uint32_t cap)
{
    ring->cap = cap;
    ring->slot = calloc(cap, sizeof(*ring->slot));
    return ring->slot == NULL ? -ENOMEM : 0;
}

/* wq.rank: most waiting harts, then shortest queue. */
#define RANK_EMPTY   UINT32_MAX
#define RANK_READY   UINT64_C(1)
#define RANK_WAITING ((uint64_t)1 << 32)

static void ready_push(struct wq *wq, unsigned cluster, uint32_t buf)
{
    ring_push(&wq->ready[cluster], buf);
    wq->rank[cluster] -= RANK_READY;
}

/* What the next hart will want is fetched from the host's memory meanwhile. */
static void fetch_ahead(struct nic_device *dev, const struct ring *ready)
{
    const struct pktbuf *next = &dev->pool.buf[ready->slot[ready->head]];

    __builtin_prefetch(next);
    __builtin_prefetch((const uint8_t *)next + HOST_LINE);
    __builtin_prefetch(bufpool_mem(dev, next) + NIC_PKT_HEADROOM);
}

static uint32_t ready_pop(struct nic_device *dev, unsigned cluster)
{
    struct ring *ready = &dev->wq.ready[cluster];
    uint32_t buf = ring_pop(ready);

    dev->wq.rank[cluster] += RANK_READY;
    if (ready->count != 0)
        fetch_ahead(dev, ready);
    return buf;
}

static void waiting_push(struct wq *wq, unsigned cluster, uint32_t hart)
{
    ring_push(&wq->waiting[cluster], hart);
    wq->rank[cluster] += RANK_WAITING;
}

static uint32_t waiting_pop(struct wq *wq, unsigned cluster)
{
    wq->rank[cluster] -= RANK_WAITING;
    return ring_pop(&wq->waiting[cluster]);
}

/* The hart does not wait any more; false: it did not. */
static bool waiting_remove(struct nic_device *dev, uint32_t hart)
{
    unsigned cluster = dev->hart[hart].cluster;
    bool found = ring_remove(&dev->wq.waiting[cluster], hart);

    dev->wq.rank[cluster] -= found ? RANK_WAITING : 0;
    return found;
}

int wq_create(struct nic_device *dev)
{
    struct wq *wq = &dev->wq;
    uint32_t harts = (uint32_t)dev->cfg.engine_per_cluster * dev->threads;
    unsigned n = dev->mem.clusters;

    wq->ready = calloc(n, sizeof(*wq->ready));
    wq->waiting = calloc(n, sizeof(*wq->waiting));
    wq->rank = calloc(n, sizeof(*wq->rank));
    if (wq->ready == NULL || wq->waiting == NULL || wq->rank == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++)
        if (ring_create(&wq->ready[i], dev->pool.per_cluster) != 0 ||
            ring_create(&wq->waiting[i], harts) != 0)
            return -ENOMEM;
    return 0;
}

void wq_destroy(struct nic_device *dev)
{
    struct wq *wq = &dev->wq;

    for (unsigned i = 0; i < dev->mem.clusters && wq->ready != NULL && wq->waiting != NULL; i++) {
        free(wq->ready[i].slot);
        free(wq->waiting[i].slot);
    }
    free(wq->ready);
    free(wq->waiting);
    free(wq->rank);
}

void wq_reset(struct nic_device *dev)
{
    for (unsigned i = 0; i < dev->mem.clusters; i++) {
        dev->wq.ready[i].count = 0;
        dev->wq.waiting[i].count = 0;
        dev->wq.rank[i] = RANK_EMPTY;
    }
    dev->wq.held = 0;
    dev->wq.watchdog_armed = false;
}

/* Of equal ones the lowest id. */
unsigned wq_choose(const struct nic_device *dev, uint32_t frags)
{
    unsigned best = DEV_NONE, n = dev->cfg.run_ordered ? 1 : dev->mem.clusters;
    uint64_t highest = 0; /* no rank is 0 */

    if (dev->pool.available <= frags)
        return DEV_NONE;
    for (unsigned i = 0; i < n; i++) {
        if (dev->pool.nfree[i] > frags && dev->wq.rank[i] > highest) {
            highest = dev->wq.rank[i];
            best = i;
        }
    }
    return best;
}

/* ---- hand-out ---- */

static void hand_out(struct nic_device *dev, uint32_t id, const struct pktbuf *b, uint64_t now)
{
    struct hart *h = &dev->hart[id];
    struct engine *e = dev->engine[h->engine];

    memcpy(engine_local(e, id), &b->pkt, sizeof(b->pkt));
    h->buf = b->id;
    h->since = h->watched = now;
    h->insns = engine_hart_program_insns(e, id);
    dev->wq.held++;
    h->waited = engine_hart_waited(e, id);
    watchdog_arm(dev, now);
}

/* Its hart takes it now, or before any other packet. */
static void own_ready(struct nic_device *dev, struct pktbuf *b, uint64_t now)
{
    struct hart *h = &dev->hart[b->hart];
    uint32_t id = b->hart;

    if (waiting_remove(dev, id)) {
        hand_out(dev, id, b, now);
        device_wake(dev, id, b->pkt.seq, now + dev->mmio_latency);
        return;
    }
    b->behind = DEV_NONE;
    if (h->first == DEV_NONE)
        h->first = b->id;
    else
        dev->pool.buf[h->last].behind = b->id;
    h->last = b->id;
}

static uint32_t own_pop(struct nic_device *dev, struct hart *h)
{
    uint32_t buf = h->first;

    h->first = dev->pool.buf[buf].behind;
    return buf;
}

void wq_ready(struct nic_device *dev, uint32_t buf, uint64_t now)
{
    struct pktbuf *b = &dev->pool.buf[buf];
    unsigned cluster = bufpool_cluster(b);
    struct wq *wq = &dev->wq;
    uint32_t id;

    if (b->hart != DEV_NONE) {
        own_ready(dev, b, now);
        return;
    }
    if (wq->waiting[cluster].count == 0) {
        ready_push(wq, cluster, buf);
        return;
    }
    id = waiting_pop(wq, cluster);
    hand_out(dev, id, b, now);
    device_wake(dev, id, b->pkt.seq, now + dev->mmio_latency);
}

bool wq_wake(struct nic_device *dev, uint32_t id, uint64_t now)
{
    if (!waiting_remove(dev, id))
        return false;
    wake_descriptor(dev, id);
    device_wake(dev, id, NIC_WAKE, now + dev->mmio_latency);
    return true;
}

/* A hart that asks while it holds a packet, or that has no cluster, faults. */
enum bus_result wq_get(struct nic_device *dev, struct bus_req *r)
{
    struct hart *h = &dev->hart[r->hart];
    struct wq *wq = &dev->wq;
    const struct pktbuf *b;
    bool own = h->first != DEV_NONE;

    if (r->hart >= dev->harts || h->buf != DEV_NONE)
        return BUS_FAULT;
    if (dev->cfg.run_ordered && r->hart != 0)
        return BUS_BLOCK;
    if (!own && wq->ready[h->cluster].count == 0) {
        waiting_push(wq, h->cluster, r->hart);
        wake_wait(dev, r->hart, r->now);
        return BUS_BLOCK;
    }
    if (wake_take(dev, r->hart)) {
        wake_descriptor(dev, r->hart);
        r->data = NIC_WAKE;
        return BUS_OK;
    }
    b = &dev->pool.buf[own ? own_pop(dev, h) : ready_pop(dev, h->cluster)];
    hand_out(dev, r->hart, b, r->now);
    r->data = b->pkt.seq;
    return BUS_OK;
}

/* ---- give-back ---- */

/* Takes what the hart may change; everything else stays as the hardware made it. */
static void read_back(struct pktbuf *b, const struct nic_pkt *given, bool requeue)
{
    b->pkt.data = given->data;
    b->pkt.data_end = given->data_end;
    b->pkt.data_meta = given->data_meta;
    b->pkt.port = given->port;
    b->pkt.queue = given->queue;
    b->pkt.retval = given->retval;
    b->pkt.verdict = given->verdict;
    b->pkt.frags = given->frags;
    memcpy(b->pkt.frag, given->frag, sizeof(b->pkt.frag));
    if (requeue) {
        b->pkt.cookie = given->cookie;
        b->pkt.tag = given->tag;
    }
}

/* Each in its own buffer; the hart may have given some up, or moved their ends. */
static bool frags_usable(struct nic_device *dev, const struct pktbuf *b,
                         const struct nic_pkt *given)
{
    if (given->frags > b->frags)
        return false;
    for (uint32_t i = 0; i < given->frags; i++) {
        uint32_t buf = bufpool_frag(dev, b, i)->pkt.buf;
        const struct nic_frag *f = &given->frag[i];

        if (f->len == 0 || f->len > NIC_BUF_SIZE || f->data < buf ||
            f->data - buf > NIC_BUF_SIZE - f->len)
            return false;
    }
    return true;
}

static bool usable(struct nic_device *dev, const struct pktbuf *b, const struct nic_pkt *given,
                   uint64_t cmd)
{
    if (cmd < NIC_PKT_DROP || cmd > NIC_PKT_TO_HART ||
        (cmd == NIC_PKT_TO_HART && given->tag >= dev->harts))
        return false;
    if (given->buf != b->pkt.buf || given->data < b->pkt.buf || given->data_end > b->pkt.buf_end ||
        given->data > given->data_end || !frags_usable(dev, b, given))
        return false;
    return cmd == NIC_PKT_DROP || given->data < given->data_end;
}

/* Once a packet: what the first program made of it. */
static void tell_tap(struct nic_device *dev, const struct hart *h, uint32_t hart, struct pktbuf *b,
                     enum nic_pkt_cmd cmd, bool ok, uint64_t now)
{
    uint32_t len;

    if (dev->tap.done == NULL || b->told)
        return;
    b->told = true;
    len = ok ? bufpool_frame_len(b) : 0;
    dev->tap.done(dev->tap.ctx, &b->pkt, cmd,
                  len != 0 ? bufpool_frame(dev, b) : bufpool_mem(dev, b), len, now - h->since,
                  engine_hart_program_insns(dev->engine[h->engine], hart) - h->insns);
}

/* Cycles in which `len` bytes are copied within packet memory, 64 at a time. */
static uint64_t copy_cycles(uint32_t len)
{
    return len / 64 + 1;
}

static void clone_frags(struct nic_device *dev, const struct pktbuf *b, const struct nic_pkt *given,
                        struct pktbuf *copy)
{
    for (uint32_t i = 0; i < given->frags; i++) {
        const struct pktbuf *from = bufpool_frag(dev, b, i), *to = bufpool_frag(dev, copy, i);
        const struct nic_frag *f = &given->frag[i];
        uint32_t at = f->data - from->pkt.buf;

        memcpy(bufpool_mem(dev, to) + at, bufpool_mem(dev, from) + at, f->len);
        mem_packet_touched(dev, to, to->pkt.buf + at, f->len);
        copy->pkt.frag[i].data = to->pkt.buf + at;
    }
}

static void clone(struct nic_device *dev, const struct pktbuf *b, const struct nic_pkt *given,
                  struct pktbuf *copy, uint64_t now)
{
    uint32_t low = given->data_meta >= b->pkt.buf && given->data_meta < given->data
                       ? given->data_meta
                       : given->data;
    uint32_t at = copy->pkt.buf, from = b->pkt.buf;

    memcpy(bufpool_mem(dev, copy) + (low - from), bufpool_mem(dev, b) + (low - from),
           given->data_end - low);
    mem_packet_touched(dev, copy, low - from + at, given->data_end - low);
    copy->pkt = b->pkt;
    copy->ingress = b->ingress;
    read_back(copy, given, true);
    copy->pkt.buf = at;
    copy->pkt.buf_end = at + NIC_BUF_SIZE;
    copy->pkt.data = given->data - from + at;
    copy->pkt.data_end = given->data_end - from + at;
    copy->pkt.data_meta = low - from + at;
    clone_frags(dev, b, given, copy);
    clock_push(dev, now + copy_cycles(bufpool_frame_len(copy) + given->data - low), EVENT_RX,
               copy->id);
}

/* The hart keeps its packet, whatever becomes of the copy. */
static void command_clone(struct nic_device *dev, struct pktbuf *b, const struct nic_pkt *given,
                          uint64_t now)
{
    struct pktbuf *copy;

    if (!usable(dev, b, given, NIC_PKT_CLONE)) {
        device_drop(dev, NIC_DROP_BAD_CMD);
        return;
    }
    copy = bufpool_get(dev, bufpool_cluster(b), given->frags);
    if (copy == NULL) {
        device_drop(dev, NIC_DROP_NO_COPY);
        return;
    }
    clone(dev, b, given, copy, now);
    bufpool_seq_join(dev, copy, b);
    sequencer_join(dev, copy, b);
}

enum bus_result wq_command(struct nic_device *dev, struct bus_req *r)
{
    struct hart *h = &dev->hart[r->hart];
    uint64_t cmd = r->data;
    struct nic_pkt given;
    struct pktbuf *b;
    bool ok;

    if (h->buf == DEV_NONE)
        return BUS_FAULT;
    b = &dev->pool.buf[h->buf];
    memcpy(&given, engine_local(dev->engine[h->engine], r->hart), sizeof(given));
    if (cmd == NIC_PKT_CLONE) {
        command_clone(dev, b, &given, r->now);
        return BUS_OK;
    }
    read_back(b, &given, cmd == NIC_PKT_REQUEUE || cmd == NIC_PKT_TO_HART);
    if (h->warned)
        watchdog_over(dev, r->hart, cmd);
    ok = usable(dev, b, &given, cmd);
    if (!ok) {
        device_drop(dev, NIC_DROP_BAD_CMD);
        cmd = NIC_PKT_DROP;
    }
    tell_tap(dev, h, r->hart, b, (enum nic_pkt_cmd)cmd, ok, r->now);
    if (ok && b->frags != b->pkt.frags)
        bufpool_trim(dev, b);
    h->buf = DEV_NONE;
    r->held = dev->overhead;
    dev->wq.held--;
    b->hart = cmd == NIC_PKT_TO_HART && !dev->cfg.run_ordered ? given.tag : DEV_NONE;
    if (cmd == NIC_PKT_REQUEUE || cmd == NIC_PKT_TO_HART) {
        clock_push(dev, r->now + 1, EVENT_RX, b->id);
        mac_kick(dev, r->now); /* fragments may have been given up */
        return BUS_OK;
    }
    bufpool_seq_done(dev, b);
    dev->engine_packets[h->engine]++;
    dev->stats.last_done_cycle = r->now;
    sequencer_done(dev, b, (enum nic_pkt_cmd)cmd, r->now);
    mac_kick(dev, r->now);
    return BUS_OK;
}
