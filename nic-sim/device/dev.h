/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device's parts, private to nic-sim/device. One part a file; each section
 * below names it. Everything hangs from struct nic_device; all arrays are
 * allocated by nic_device_create, none on the packet path.
 */
#ifndef NIC_DEV_H
#define NIC_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/host.h"
#include "device/port.h"
#include "engine/engine.h"
#include "engine/turns.h"
#include "nic/device.h"
#include "nic/memmap.h"
#include "nic/regs.h"

__extension__ typedef unsigned __int128 dev_u128; /* products of rates and times */

#define DEV_NONE  UINT32_MAX
#define DEV_NEVER UINT64_MAX

/* ---- regmap.c: regs.def as tables ---- */

enum reg_access { REG_RO, REG_WO, REG_RW, REG_RB };

struct reg_row {
    uint32_t offset, count; /* count 1: not an array */
    uint8_t shift;          /* elements are 1 << shift bytes apart */
    uint8_t bytes, access;  /* access: enum reg_access */
};
#define REG_MMIO_SPAN 0x1800u /* bytes of the MMIO region that hold registers */
#define REG_NO_ROW    0xffu

struct regmap {
    uint8_t bar0[NIC_BAR0_SIZE / 4]; /* row of each 4-byte word */
    uint8_t mmio[REG_MMIO_SPAN / 4];
};
void regmap_build(struct regmap *map);
/* The row that holds `offset`, NULL when there is none; *index = array element. */
const struct reg_row *regmap_bar0(const struct regmap *map, uint64_t offset, uint32_t *index);
const struct reg_row *regmap_mmio(const struct regmap *map, uint64_t offset, uint32_t *index);

/* ---- mem.c: memory regions (struct mem_region: engine/region.h) ---- */

/* memfine.c: DRAM with service times finer than dram.service */
struct fine_bank {
    uint64_t free, busy, accesses; /* from when on, and for how long: thousandths of a cycle */
};
struct mem_fine {
    bool on;
    uint64_t load, atomic; /* service, thousandths of a cycle */
    uint64_t queue;        /* dram.queue */
    uint32_t banks, units;
    struct fine_bank *bank; /* the banks, then the units */
};

struct mem {
    struct mem_fine fine;
    struct region_map map; /* dram, sram and the clusters */
    struct mem_region dram, sram, istore;
    struct mem_region cluster[NIC_CLUSTERS_MAX];
    unsigned clusters;
    uint8_t *packets;    /* the memory of all clusters */
    uint32_t *resv_hart; /* harts with a live LR reservation */
    uint32_t *resv_slot; /* hart -> its place in resv_hart, DEV_NONE */
    uint64_t *resv_block;
};
int mem_create(struct nic_device *dev);
void mem_destroy(struct nic_device *dev);
void mem_reset(struct nic_device *dev); /* timing, reservations and counters; contents stay */
/* The region (not local, not registers) that holds all of [addr, addr+len); NULL. */
struct mem_region *mem_find(struct nic_device *dev, uint64_t addr, uint64_t len);
enum bus_result mem_access(struct nic_device *dev, struct mem_region *m, struct bus_req *r);
/* Something other than a hart changed memory: drops reservations and predecoded code. */
void mem_touched(struct nic_device *dev, struct mem_region *m, uint64_t addr, uint64_t len);

int memfine_create(struct nic_device *dev);
void memfine_destroy(struct nic_device *dev);
void memfine_reset(struct nic_device *dev);
/* Sets r->done as mem_time would, for an access to DRAM when mem.fine.on; clears r->posted when
 * the hart must wait all the same. */
void memfine_access(struct nic_device *dev, struct mem_region *m, struct bus_req *r, bool writes);
void memfine_stats(const struct nic_device *dev, struct nic_stats *out);
/* When mem.fine.on: of a bank, or of a unit for atomics, that there is. */
uint64_t memfine_bank_busy(const struct nic_device *dev, bool unit, uint32_t bank);

/* ---- clock.c: events ---- */

enum event_kind {
    EVENT_PORT,     /* arg: port. Its next frame is due */
    EVENT_RX,       /* arg: buffer. The frame is in packet memory */
    EVENT_TX,       /* arg: buffer. Its last bit left */
    EVENT_HOST,     /* arg: buffer. It is in host memory */
    EVENT_DMA,      /* arg: hart. Its transfer is done */
    EVENT_WATCHDOG, /* a hart may have held a packet too long */
    EVENT_WAKE,     /* arg: hart. Its WAKE_NS has come */
};
struct event {
    uint64_t time, order; /* equal times: in the order they were pushed */
    uint32_t kind, arg;
};
/*
 * Events of a kind that mostly come in the order of their times: a frame's after the one before
 * it. They are kept in a queue, one that comes before its last in the heap with all the others.
 */
enum { CLOCK_LANES = 3 };
struct lane {
    struct event *slot; /* `lane_cap` of them, a ring */
    uint32_t head, count;
};
struct clock {
    struct event *heap;
    struct lane lane[CLOCK_LANES];
    uint32_t events, cap; /* in the heap */
    uint32_t wakes;       /* of those: EVENT_WAKE */
    uint32_t lane_cap;
    uint32_t first_lane; /* where the first event is: CLOCK_LANES is the heap */
    uint64_t first;      /* its time; DEV_NEVER: there is none */
    uint64_t order;
};
int clock_create(struct nic_device *dev);
void clock_destroy(struct nic_device *dev);
void clock_reset(struct nic_device *dev);
void clock_push(struct nic_device *dev, uint64_t time, enum event_kind kind, uint32_t arg);
void clock_remove(struct nic_device *dev, enum event_kind kind, uint32_t arg);
struct event clock_pop(struct nic_device *dev); /* there is one */
uint32_t clock_pending(const struct clock *c);  /* events that are to come */
/* The kind of the first one, if there is any. */
bool clock_first_is(const struct nic_device *dev, enum event_kind kind);
uint64_t clock_ns(const struct nic_device *dev, uint64_t cycle);
uint64_t clock_ns_to_cycles(const struct nic_device *dev, uint64_t ns); /* rounded up */

/* ---- bufpool.c: packet buffers and the order of packets ---- */

/* Of a packet in the order of those of its ingress port. */
struct place {
    uint32_t prev, next; /* DEV_NONE */
};

/* Two cache lines: packets by the thousand go round, and each passes by here six times. */
struct pktbuf {
    struct nic_pkt pkt; /* as the hardware made it; at give-back with the hart's changes */
    uint32_t id;
    uint32_t prev, next;          /* outstanding packets by seq */
    uint32_t hart;                /* NIC_PKT_TO_HART: for whom; DEV_NONE */
    uint32_t behind;              /* the one after it in a queue of a hart or a transmitter */
    struct place place;           /* sequencer.c */
    uint32_t gen, slot;           /* EVENT_HOST: RX queue generation and descriptor count */
    uint32_t frag[NIC_FRAGS_MAX]; /* buffers of its fragments; [0, frags) are its own */
    uint8_t ingress;              /* pkt.port as it came */
    uint8_t frags;                /* pkt.frags may be less until the packet is given back */
    uint8_t cmd;                  /* enum nic_pkt_cmd once it is done in its place, else 0 */
    bool placed : 1;              /* has a place */
    bool told : 1;                /* the tap has seen it, or need not */
};
_Static_assert(sizeof(struct pktbuf) == 128, "two cache lines");
struct bufpool {
    struct pktbuf *buf;
    uint32_t per_cluster, total;
    uint32_t *free;          /* per_cluster entries for each cluster: stacks */
    uint32_t *nfree;         /* of each cluster */
    uint32_t oldest, newest; /* outstanding packets, DEV_NONE */
    uint8_t *gather;         /* NIC_CHAIN_BYTES: a frame of several buffers in one piece */
    uint32_t outstanding;
    uint32_t available;                /* free ones of all clusters */
    uint64_t empty_from, empty_cycles; /* since when there is none; cycles without, before that */
    uint64_t seq;                      /* of the next frame */
};
int bufpool_create(struct nic_device *dev);
void bufpool_destroy(struct nic_device *dev);
void bufpool_reset(struct nic_device *dev);
/* A buffer, and those of `frags` fragments: all of them, or NULL. */
struct pktbuf *bufpool_get(struct nic_device *dev, unsigned cluster, uint32_t frags);
void bufpool_put(struct nic_device *dev, struct pktbuf *b);
/* Gives the buffers back that pkt.frags has no more use for. */
void bufpool_trim(struct nic_device *dev, struct pktbuf *b);
/* The bytes of several buffers, in one piece; lent until the next call. */
const uint8_t *bufpool_gather(struct nic_device *dev, const struct pktbuf *b);
void bufpool_seq_start(struct nic_device *dev, struct pktbuf *b); /* takes the next seq */
/* The copy of an outstanding packet: the same seq, done on its own. */
void bufpool_seq_join(struct nic_device *dev, struct pktbuf *copy, struct pktbuf *b);
uint64_t bufpool_seq_skip(struct nic_device *dev); /* the same for a frame dropped on arrival */
void bufpool_seq_done(struct nic_device *dev, struct pktbuf *b);
uint64_t bufpool_starved(void *dev); /* engine_bus.starved */
uint64_t bufpool_watermark(const struct nic_device *dev);

/* ---- wq.c: work queues, one a cluster ---- */

struct ring {
    uint32_t *slot;
    uint32_t cap, head, count;
};
struct wq {
    struct ring *ready;   /* buffers, one ring a cluster */
    struct ring *waiting; /* harts, longest-waiting first */
    uint64_t *rank;       /* of each cluster: the highest is the best one for a packet */
    uint32_t held;        /* packets that harts hold */
    bool watchdog_armed;
};
int wq_create(struct nic_device *dev);
void wq_destroy(struct nic_device *dev);
void wq_reset(struct nic_device *dev);
/* The cluster for a frame with that many fragments, DEV_NONE. */
unsigned wq_choose(const struct nic_device *dev, uint32_t frags);
void wq_ready(struct nic_device *dev, uint32_t buf, uint64_t now); /* EVENT_RX */
enum bus_result wq_get(struct nic_device *dev, struct bus_req *r);
enum bus_result wq_command(struct nic_device *dev, struct bus_req *r); /* PKT_CMD */
/* A hart that waits in WQ_GET is answered without a packet; false: it does not wait there. */
bool wq_wake(struct nic_device *dev, uint32_t hart, uint64_t now);

/* ---- watchdog.c: harts that hold a packet for too long ---- */

void watchdog_due(struct nic_device *dev, uint64_t now); /* EVENT_WATCHDOG */
/* A hart that was warned gives its packet back. */
void watchdog_over(struct nic_device *dev, uint32_t hart, uint64_t cmd);

/* ---- wake.c: alarms of harts ---- */

void wake_set(struct nic_device *dev, uint32_t hart, uint64_t ns, uint64_t now); /* WAKE_NS */
void wake_due(struct nic_device *dev, uint32_t hart, uint64_t now);              /* EVENT_WAKE */
/* A hart asks for work, and there is some: does it get its alarm first? Never twice in a row. */
bool wake_take(struct nic_device *dev, uint32_t hart);
/* It waits, now that there is none. */
void wake_wait(struct nic_device *dev, uint32_t hart, uint64_t now);
/* The descriptor of no packet, in local SRAM. */
void wake_descriptor(struct nic_device *dev, uint32_t hart);

/* ---- rss.c ---- */

#define RSS_INPUT 36u /* bytes: IPv6 addresses and ports */
struct rss {
    uint32_t table[RSS_INPUT][256];
};
void rss_init(struct rss *rss);
/* Of addresses and ports: `len` is a multiple of four, up to RSS_INPUT. */
uint32_t rss_toeplitz(const struct rss *rss, const uint8_t *input, unsigned len);
uint32_t rss_hash(const struct rss *rss, const uint8_t *frame, uint32_t len);

/* ---- harts ---- */

struct hart {
    _Alignas(HOST_LINE) uint32_t buf; /* the packet it holds, DEV_NONE */
    uint32_t first, last;             /* packets that are for it alone, DEV_NONE */
    uint32_t engine;                  /* the control core's is the last one */
    uint64_t since, insns;
    uint64_t watched; /* start of its watchdog period: `since`, or after a warning */
    uint32_t cluster; /* of its engine */
    uint64_t waited;  /* engine_hart_waited by then */
    bool warned;      /* got the watchdog's interrupt for this packet */
    bool waits_event; /* control core: in CTL_EVENT */
    bool wake_armed;  /* has an EVENT_WAKE */
    bool wake_due;    /* had it while it did not wait */
    bool woke;        /* its last answer was that */
    struct dma_channel dma;
    uint64_t ended; /* programs that the watchdog had ended by then */
};
_Static_assert(offsetof(struct hart, dma) <= HOST_LINE, "one line a packet");

/* ---- device.c ---- */

struct nic_device {
    struct nic_config cfg;
    struct nic_host_ops host;
    void *host_ctx;
    struct nic_tap tap;
    struct engine_bus bus;
    struct code_cache *code;

    uint64_t now;
    bool running, bare; /* CTRL bits */
    bool stop_on_irq, irq_sent;
    uint64_t linger; /* alarms up to this cycle are work */
    bool stopped;    /* on `fault` */
    bool halted, source_failed;
    int source_error;
    uint64_t watch_value;
    uint64_t mmio_latency, port_latency; /* cycles */

    struct engine **engine; /* cfg.engine_count of them, then the control core */
    uint64_t *engine_packets;
    struct hart *hart; /* harts + 1 */
    uint32_t engines, harts, threads;

    struct mem mem;
    struct clock clock;
    struct turns turns; /* of the engines; seat: number */
    struct bufpool pool;
    struct wq wq;
    struct rss rss;
    struct port port[NIC_PORTS_MAX];
    uint32_t waiting; /* bit i: port i's frame waits for a buffer, or for a packet (ordered) */
    uint32_t next_kick;
    uint64_t mac_next, mac_rest; /* port.max_pps: cycle from which a frame is taken, fraction */
    struct division mac_gap;
    uint64_t overhead; /* datapath.overhead, cycles */
    struct pcie pcie;
    struct hostq rxq[NIC_RXQS_LIMIT];
    struct msix msix;
    uint64_t *dma_free; /* cycle at which each DMA engine is free */
    struct regmap regs;

    /* registers without a part of their own */
    uint64_t boot_pc, window;
    uint64_t adm_sq_base, adm_cq_base;
    uint32_t adm_size, adm_vector, adm_sq_tail, adm_cq_head, evq_head;
    uint32_t fw_status, events, rss_queues;

    struct nic_fault fault;
    struct nic_stats stats; /* counters only; nic_device_stats adds the rest */
};

/* Looks at the packet that a hart holds since `since`, unless it looks at another before. */
static inline void watchdog_arm(struct nic_device *dev, uint64_t since)
{
    if (dev->wq.watchdog_armed)
        return;
    dev->wq.watchdog_armed = true;
    clock_push(dev, since + dev->cfg.run_watchdog, EVENT_WATCHDOG, 0);
}

static inline uint64_t clock_next_event(const struct nic_device *dev)
{
    return dev->clock.first;
}

/* ---- of every packet: short enough to stand where they are used ---- */

static inline uint32_t bufpool_cluster(const struct pktbuf *b)
{
    return (b->pkt.buf - NIC_CLUSTER_BASE) / NIC_CLUSTER_STRIDE;
}

static inline uint8_t *bufpool_mem(struct nic_device *dev, const struct pktbuf *b)
{
    return dev->mem.cluster[bufpool_cluster(b)].mem + b->pkt.buf % NIC_CLUSTER_STRIDE;
}
_Static_assert(NIC_CLUSTER_BASE % NIC_CLUSTER_STRIDE == 0, "an offset is a remainder");

static inline struct pktbuf *bufpool_frag(struct nic_device *dev, const struct pktbuf *b,
                                          uint32_t i)
{
    return &dev->pool.buf[b->frag[i]];
}

/* Of a usable packet, fragments included. */
static inline uint32_t bufpool_frame_len(const struct pktbuf *b)
{
    uint32_t len = b->pkt.data_end - b->pkt.data;

    for (uint32_t i = 0; i < b->pkt.frags; i++)
        len += b->pkt.frag[i].len;
    return len;
}

/* The bytes of it, in one piece; lent until the next call. */
static inline const uint8_t *bufpool_frame(struct nic_device *dev, const struct pktbuf *b)
{
    return b->pkt.frags != 0 ? bufpool_gather(dev, b)
                             : bufpool_mem(dev, b) + (b->pkt.data - b->pkt.buf);
}

static inline uint32_t device_hart_engine(const struct nic_device *dev, uint32_t hart)
{
    return dev->hart[hart].engine;
}

static inline uint8_t *device_local(struct nic_device *dev, uint32_t hart)
{
    return engine_local(dev->engine[device_hart_engine(dev, hart)], hart);
}

/* As mem_touched, for packet memory, which holds no code. */
static inline void mem_packet_touched(struct nic_device *dev, const struct pktbuf *b, uint32_t addr,
                                      uint32_t len)
{
    if (dev->mem.map.reservations != 0)
        mem_touched(dev, &dev->mem.cluster[bufpool_cluster(b)], addr, len);
}

/* Is there a cluster for a frame with that many fragments? */
static inline bool wq_room(const struct nic_device *dev, uint32_t frags)
{
    if (dev->pool.available <= frags)
        return false;
    return (frags == 0 && !dev->cfg.run_ordered) || wq_choose(dev, frags) != DEV_NONE;
}

/* A buffer is free or a packet is done: a port that waits for that may go on. */
static inline void mac_kick(struct nic_device *dev, uint64_t now)
{
    if (dev->waiting != 0 && dev->pool.available != 0)
        mac_resume(dev, now);
}

/* CTRL: releases the harts, or resets everything but memory contents and the clock. */
void device_start(struct nic_device *dev, bool bare);
void device_reset(struct nic_device *dev);
void device_engine(struct nic_device *dev, uint32_t engine); /* its next action changed */
void device_wake(struct nic_device *dev, uint32_t hart, uint64_t data, uint64_t when);
void device_drop(struct nic_device *dev, enum nic_drop_reason why);

/* ---- bus.c, mmio.c, ctl.c ---- */

enum bus_result bus_access(void *ctx, struct bus_req *r);
const uint8_t *bus_code_page(void *ctx, uint64_t page);
void bus_paused(void *ctx, uint64_t addr, uint64_t from, uint64_t until);
uint64_t bus_time_ns(void *ctx, uint64_t cycle);
enum bus_result mmio_access(struct nic_device *dev, struct bus_req *r);
enum bus_result ctl_event(struct nic_device *dev, struct bus_req *r); /* CTL_EVENT read */
void ctl_doorbell(struct nic_device *dev, uint32_t event);
bool ctl_wake(struct nic_device *dev, uint64_t now); /* as wq_wake, for CTL_EVENT */

/* ---- fault.c ---- */

/* Stops the device for good (until reset); the first fault stays. */
void fault_hart(struct nic_device *dev, const char *what, uint32_t hart, uint64_t value);
void fault_engine(struct nic_device *dev, uint32_t engine); /* reports engine_fault, if any */
bool fault_spinning(struct nic_device *dev);                /* every hart spins: a fault */

#endif
