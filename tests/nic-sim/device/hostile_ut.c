/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Firmware and a host that do anything at all: random accesses of random harts,
 * random BAR writes, random descriptors. Nothing may break, no buffer may get
 * lost, and the same seed must lead to the same state.
 */
#include "cunit_main.h"
#include "dice.h"

#include <string.h>

#include "fake_engine.h"
#include "rig.h"

enum { STEPS = 20000, SEEDS = 12 };

static struct rig rig;
static uint8_t bytes[10000];
static struct nic_frame frames[20000];

static uint64_t state;

static uint64_t rnd(uint64_t n)
{
    return dice64(&state) % n;
}

static uint64_t value(void)
{
    static const uint64_t some[] = {0,
                                    1,
                                    2,
                                    3,
                                    4,
                                    8,
                                    64,
                                    4096,
                                    UINT32_MAX,
                                    UINT64_MAX,
                                    RIG_IOVA,
                                    RIG_IOVA + 4096,
                                    NIC_SRAM_BASE,
                                    NIC_DRAM_BASE,
                                    NIC_LOCAL_BASE,
                                    NIC_ISTORE_BASE};

    return rnd(8) == 0 ? state : some[rnd(sizeof(some) / sizeof(some[0]))];
}

static uint64_t address(void)
{
    static const uint64_t base[] = {NIC_LOCAL_BASE,   NIC_MMIO_BASE, NIC_ISTORE_BASE,
                                    NIC_CLUSTER_BASE, NIC_SRAM_BASE, NIC_DRAM_BASE};

    switch (rnd(4)) {
    case 0:
        return base[rnd(6)] + rnd(8192);
    case 1:
        return rnd(50) == 0 ? state : NIC_MMIO_BASE + rnd(0x800) * 4;
    case 2:
        return NIC_MMIO_BASE + rnd(0x1a) * 8;
    default:
        return NIC_MMIO_BASE + (rnd(2) != 0 ? NIC_MMIO_WQ_GET : NIC_MMIO_PKT_CMD);
    }
}

static void descriptor(uint32_t hart)
{
    struct nic_pkt pkt = rig_pkt(&rig, hart);

    pkt.data += (uint32_t)rnd(3) * 100;
    pkt.data_end = rnd(4) == 0 ? (uint32_t)state : pkt.data_end;
    pkt.port = (uint16_t)rnd(4);
    pkt.queue = (uint16_t)rnd(20);
    if (rnd(3) == 0)
        pkt.frags = (uint8_t)rnd(4);
    if (rnd(8) == 0)
        pkt.frag[rnd(NIC_FRAGS_MAX)].len = (uint32_t)value();
    if (rnd(8) == 0)
        pkt.frag[rnd(NIC_FRAGS_MAX)].data += (uint32_t)value();
    rig_set_pkt(&rig, hart, pkt);
}

/* A hart in a blocking read makes no accesses. */
static bool asleep(uint32_t hart)
{
    const struct hart *h = &rig.dev->hart[hart];

    for (unsigned c = 0; c < rig.dev->mem.clusters; c++) {
        const struct ring *ring = &rig.dev->wq.waiting[c];

        for (uint32_t i = 0; i < ring->count; i++)
            if (ring->slot[(ring->head + i) % ring->cap] == hart)
                return true;
    }
    return h->dma.hart_waits || h->waits_event;
}

static void access(uint64_t now)
{
    static const unsigned widths[] = {1, 2, 4, 4, 8, 8, 8};
    uint32_t hart = (uint32_t)rnd(rig.dev->harts + 1);
    uint64_t addr = address(), v = rnd(2) != 0 ? rnd(5) : value();
    unsigned width = widths[rnd(7)];
    unsigned op = rnd(8) == 0 ? (unsigned)rnd(BUS_SC + 1) : (unsigned)rnd(2);

    if (asleep(hart) || addr == NIC_MMIO_BASE + NIC_MMIO_FATAL)
        return;
    if (rnd(3) == 0)
        descriptor(hart);
    (void)rig_op(&rig, hart, (enum bus_op)op, addr, width, &v, now);
}

static void put(uint32_t hart, uint64_t reg, unsigned width, uint64_t v, uint64_t now)
{
    (void)rig_store(&rig, hart, NIC_MMIO_BASE + reg, width, v, now);
}

/* What sane firmware does, so that the random rest meets a device at work. */
static void sensible(uint64_t now)
{
    uint32_t hart = (uint32_t)rnd(rig.dev->harts + 1);
    uint64_t q = rnd(4), v;

    if (asleep(hart))
        return;
    switch (rnd(8)) {
    case 0:
        put(hart, NIC_MMIO_DMA_IOVA, 8, RIG_IOVA + rnd(RIG_HOST), now);
        put(hart, NIC_MMIO_DMA_ADDR, 8, NIC_SRAM_BASE + rnd(10000), now);
        put(hart, NIC_MMIO_DMA_LEN, 4, rnd(5000), now);
        put(hart, NIC_MMIO_DMA_CMD, 4, 1 + rnd(2), now);
        (void)rig_load(&rig, hart, NIC_MMIO_BASE + NIC_MMIO_DMA_STATUS, 4, &v, now);
        break;
    case 1:
        put(hart, NIC_MMIO_RXQ_RING + q * 64, 8, RIG_IOVA + q * 1024, now);
        put(hart, NIC_MMIO_RXQ_CQ + q * 64, 8, RIG_IOVA + 8192 + q * 1024, now);
        put(hart, NIC_MMIO_RXQ_SIZE + q * 64, 4, UINT64_C(1) << rnd(7), now);
        put(hart, NIC_MMIO_RXQ_ENABLE + q * 64, 4, rnd(8) != 0, now);
        break;
    case 2: {
        struct nic_rx_desc d = {.iova = RIG_IOVA + 16384 + rnd(40000), .len = (uint32_t)rnd(9000)};

        memcpy(rig.host + q * 1024 + rnd(64) * sizeof(d), &d, sizeof(d));
        nic_bar_write(rig.dev, 0, NIC_BAR0_DB_RX + q * 4, 4, rig.dev->rxq[q].head + rnd(8));
        break;
    }
    case 3:
        put(hart, NIC_MMIO_RSS_QUEUES, 4, 4, now);
        break;
    case 4:
        put(hart, NIC_MMIO_PORT_FRAME_MAX + rnd(2) * 64, 4, rnd(20000), now);
        break;
    default:
        if (rig.dev->hart[hart].buf == DEV_NONE)
            (void)rig_load(&rig, hart, NIC_MMIO_BASE + NIC_MMIO_WQ_GET, 8, &v, now);
        else
            put(hart, NIC_MMIO_PKT_CMD, 8, 1 + rnd(rnd(8) == 0 ? 5 : 3), now);
        break;
    }
}

static void host(void)
{
    uint64_t off = rnd(NIC_BAR0_SIZE / 4) * 4;

    if (off != NIC_BAR0_CTRL)
        nic_bar_write(rig.dev, 0, off, rnd(2) != 0 ? 4 : 8, value());
    nic_bar_write(rig.dev, 2, rnd(NIC_BAR2_SIZE + 64), 4, value());
    nic_bar_write(rig.dev, 0, NIC_BAR0_DB_RX + rnd(64) * 4, 4, rnd(16));
}

static uint64_t buffers_of(uint32_t id)
{
    return 1 + rig.dev->pool.buf[id].frags;
}

/* Of packets that are done, but not one that came before them. */
static uint64_t buffers_waiting(const struct sequence *s)
{
    uint64_t sum = 0;

    for (uint32_t id = s->first; id != DEV_NONE; id = rig.dev->pool.buf[id].place.next)
        sum += rig.dev->pool.buf[id].cmd != 0 ? buffers_of(id) : 0;
    return sum;
}

static uint64_t buffers_free(void)
{
    uint64_t sum = 0;

    for (unsigned c = 0; c < rig.dev->mem.clusters; c++) {
        const struct ring *ready = &rig.dev->wq.ready[c];

        sum += rig.dev->pool.nfree[c];
        for (uint32_t i = 0; i < ready->count; i++)
            sum += buffers_of(ready->slot[(ready->head + i) % ready->cap]);
    }
    for (uint32_t i = 0; i <= rig.dev->harts; i++)
        sum += rig.dev->hart[i].buf != DEV_NONE ? buffers_of(rig.dev->hart[i].buf) : 0;
    for (unsigned p = 0; p < rig.dev->cfg.port_count; p++)
        sum += buffers_waiting(&rig.dev->port[p].order);
    return sum;
}

/* Adds the packets that the host got, few or none in a run, to *hosted. */
static uint64_t run(uint64_t seed, uint64_t *hosted)
{
    static const char *const sets[] = {"engine.count=3", "engine.per_cluster=2",
                                       "cluster.size=65536", "sequencer.timeout=2000", NULL};
    struct nic_stats s;
    uint64_t all;

    state = seed * 0x9e3779b97f4a7c15u + 1;
    rig_open(&rig, sets);
    all = rig.dev->pool.available;
    rig_start(&rig);
    for (unsigned p = 1; p <= 2; p++)
        rig_play(&rig, p, frames, sizeof(frames) / sizeof(frames[0]),
                 p == 1 ? NIC_PACE_MAX : NIC_PACE_LINE, 0);
    for (unsigned i = 0; i < STEPS; i++) {
        uint64_t now = nic_device_cycles(rig.dev) + rnd(50);

        if (i % 512 == 0) {
            rig_enable(&rig, 1);
            rig_enable(&rig, 2);
        }
        if (rnd(3) == 0)
            access(now);
        else
            sensible(now);
        if (rnd(40) == 0)
            host();
        CU_ASSERT_NOT_EQUAL_FATAL(nic_device_run(rig.dev, now, false), NIC_STOP_FATAL);
    }
    rig_run(&rig);
    CU_ASSERT_EQUAL(buffers_free(), all);
    nic_device_stats(rig.dev, &s);
    CU_ASSERT_TRUE(rig.done > 200 && s.tx_packets > 50);
    *hosted += s.host_packets;
    for (unsigned i = 0; i < NIC_DROP_COUNT; i++)
        state = (state ^ s.drops[i]) * 0x100000001b3u;
    state = (state ^ s.cycles ^ s.rx_packets << 20 ^ s.tx_packets << 40) * 0x100000001b3u;
    rig_close(&rig);
    return state;
}

static void test_random(void)
{
    uint64_t hosted = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint64_t first = run(seed, &hosted);

        CU_ASSERT_EQUAL(run(seed, &hosted), first);
    }
    CU_ASSERT_TRUE(hosted > 100);
}

static const struct cunit_case cases[] = {
    {"random firmware and host", test_random},
    {NULL, NULL},
};

int main(void)
{
    for (unsigned i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
        frames[i] = (struct nic_frame){.data = bytes, .len = 60 + i * 31 % 9500};
    return cunit_run("hostile", cases);
}
