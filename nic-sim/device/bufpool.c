/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet buffers fill the cluster SRAMs; each cluster has a stack of free ones
 * (last freed, first used: fewer host cache lines in play). Outstanding packets
 * are a list in order of arrival, so its head is the watermark. A packet of
 * several buffers is known by its first; the others' own fields mean nothing.
 *
 * A cluster with fewer engines than the others uses as many buffers fewer: packets
 * leave in order of arrival, so every buffer is used equally often, and a cluster
 * whose engines had more of them each would hold up the rest.
 */
#include "device/dev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void buf_init(const struct nic_device *dev, struct pktbuf *b, uint32_t id)
{
    uint32_t cluster = id / dev->pool.per_cluster, nth = id % dev->pool.per_cluster;

    memset(b, 0, sizeof(*b));
    b->id = id;
    b->prev = DEV_NONE;
    b->next = DEV_NONE;
    b->pkt.buf = NIC_CLUSTER_BASE + cluster * NIC_CLUSTER_STRIDE + nth * NIC_BUF_SIZE;
    b->pkt.buf_end = b->pkt.buf + NIC_BUF_SIZE;
}

int bufpool_create(struct nic_device *dev)
{
    struct bufpool *pool = &dev->pool;

    pool->per_cluster = (uint32_t)(dev->cfg.cluster_size / NIC_BUF_SIZE);
    pool->total = pool->per_cluster * dev->mem.clusters;
    pool->buf = aligned_alloc(sizeof(*pool->buf), pool->total * sizeof(*pool->buf));
    pool->free = calloc(pool->total, sizeof(*pool->free));
    pool->nfree = calloc(dev->mem.clusters, sizeof(*pool->nfree));
    pool->gather = calloc(1, NIC_CHAIN_BYTES);
    if (pool->buf == NULL || pool->free == NULL || pool->nfree == NULL || pool->gather == NULL)
        return -ENOMEM;
    bufpool_reset(dev);
    return 0;
}

void bufpool_destroy(struct nic_device *dev)
{
    free(dev->pool.buf);
    free(dev->pool.free);
    free(dev->pool.nfree);
    free(dev->pool.gather);
}

/* Buffers of the cluster; enough for the longest frame in any case. */
static uint32_t share_of(const struct nic_device *dev, unsigned cluster)
{
    const struct bufpool *pool = &dev->pool;
    uint64_t most = dev->cfg.engine_per_cluster;
    uint64_t here = dev->cfg.engine_count - cluster * most;
    uint32_t least = NIC_FRAGS_MAX + 1, n = pool->per_cluster;

    if (dev->mem.clusters == 1 || here >= most)
        return n;
    n = (uint32_t)((n * here + most - 1) / most);
    least = least < pool->per_cluster ? least : pool->per_cluster;
    return n > least ? n : least;
}

/* The stack's top is the lowest buffer. */
static void stack_up(struct bufpool *pool, unsigned cluster, uint32_t share)
{
    uint32_t base = cluster * pool->per_cluster;

    for (uint32_t i = 0; i < share; i++)
        pool->free[base + i] = base + share - 1 - i;
    pool->nfree[cluster] = share;
    pool->available += share;
}

void bufpool_reset(struct nic_device *dev)
{
    struct bufpool *pool = &dev->pool;

    for (uint32_t i = 0; i < pool->total; i++)
        buf_init(dev, &pool->buf[i], i);
    pool->available = 0;
    for (unsigned c = 0; c < dev->mem.clusters; c++)
        stack_up(pool, c, share_of(dev, c));
    pool->empty_cycles = 0;
    pool->oldest = DEV_NONE;
    pool->newest = DEV_NONE;
    pool->outstanding = 0;
    pool->seq = 0;
}

static uint32_t take(struct nic_device *dev, unsigned cluster)
{
    struct bufpool *pool = &dev->pool;

    if (--pool->available == 0)
        pool->empty_from = dev->now;
    return pool->free[cluster * pool->per_cluster + --pool->nfree[cluster]];
}

static void give(struct nic_device *dev, uint32_t id)
{
    struct bufpool *pool = &dev->pool;
    uint32_t cluster = bufpool_cluster(&pool->buf[id]);

    if (pool->available++ == 0)
        pool->empty_cycles += dev->now - pool->empty_from;
    pool->free[cluster * pool->per_cluster + pool->nfree[cluster]++] = id;
}

struct pktbuf *bufpool_get(struct nic_device *dev, unsigned cluster, uint32_t frags)
{
    struct pktbuf *b;

    if (dev->pool.nfree[cluster] <= frags)
        return NULL;
    b = &dev->pool.buf[take(dev, cluster)];
    b->frags = (uint8_t)frags;
    b->hart = DEV_NONE;
    for (uint32_t i = 0; i < frags; i++)
        b->frag[i] = take(dev, cluster);
    return b;
}

static void give_frags(struct nic_device *dev, struct pktbuf *b, uint32_t keep)
{
    while (b->frags > keep)
        give(dev, b->frag[--b->frags]);
}

/*
 * Freed last, used first: where the next frame goes is fetched from the host's
 * memory meanwhile. With thousands of buffers in turn it is in none of its caches.
 */
static void fetch_ahead(struct nic_device *dev, const struct pktbuf *b)
{
    const uint8_t *mem = bufpool_mem(dev, b);

    for (unsigned i = 0; i <= NIC_PKT_HEADROOM; i += HOST_LINE)
        __builtin_prefetch(mem + i, 1);
}

void bufpool_put(struct nic_device *dev, struct pktbuf *b)
{
    fetch_ahead(dev, b);
    give_frags(dev, b, 0);
    give(dev, b->id);
}

void bufpool_trim(struct nic_device *dev, struct pktbuf *b)
{
    give_frags(dev, b, b->pkt.frags);
}

const uint8_t *bufpool_gather(struct nic_device *dev, const struct pktbuf *b)
{
    uint32_t at = b->pkt.data_end - b->pkt.data;

    memcpy(dev->pool.gather, bufpool_mem(dev, b) + (b->pkt.data - b->pkt.buf), at);
    for (uint32_t i = 0; i < b->pkt.frags; i++) {
        const struct pktbuf *from = bufpool_frag(dev, b, i);
        const struct nic_frag *f = &b->pkt.frag[i];

        memcpy(dev->pool.gather + at, bufpool_mem(dev, from) + (f->data - from->pkt.buf), f->len);
        at += f->len;
    }
    return dev->pool.gather;
}

void bufpool_seq_start(struct nic_device *dev, struct pktbuf *b)
{
    struct bufpool *pool = &dev->pool;

    b->pkt.seq = pool->seq++;
    b->told = false;
    b->prev = pool->newest;
    b->next = DEV_NONE;
    if (pool->newest != DEV_NONE)
        pool->buf[pool->newest].next = b->id;
    else
        pool->oldest = b->id;
    pool->newest = b->id;
    pool->outstanding++;
}

void bufpool_seq_join(struct nic_device *dev, struct pktbuf *copy, struct pktbuf *b)
{
    struct bufpool *pool = &dev->pool;

    copy->told = true;
    copy->prev = b->id;
    copy->next = b->next;
    if (b->next != DEV_NONE)
        pool->buf[b->next].prev = copy->id;
    else
        pool->newest = copy->id;
    b->next = copy->id;
    pool->outstanding++;
}

uint64_t bufpool_seq_skip(struct nic_device *dev)
{
    return dev->pool.seq++;
}

void bufpool_seq_done(struct nic_device *dev, struct pktbuf *b)
{
    struct bufpool *pool = &dev->pool;

    if (b->prev != DEV_NONE)
        pool->buf[b->prev].next = b->next;
    else
        pool->oldest = b->next;
    if (b->next != DEV_NONE)
        pool->buf[b->next].prev = b->prev;
    else
        pool->newest = b->prev;
    pool->outstanding--;
}

uint64_t bufpool_watermark(const struct nic_device *dev)
{
    const struct bufpool *pool = &dev->pool;

    return pool->oldest == DEV_NONE ? pool->seq : pool->buf[pool->oldest].pkt.seq;
}

uint64_t bufpool_starved(void *ctx)
{
    const struct nic_device *dev = ctx;
    const struct bufpool *pool = &dev->pool;

    return pool->empty_cycles + (pool->available == 0 ? dev->now - pool->empty_from : 0);
}
