/* SPDX-License-Identifier: BSD-3-Clause */
/* Host RX queues: rings, doorbells, phase, faults. */
#include "cunit_main.h"

#include <string.h>

#include "fake_engine.h"
#include "rig.h"

#define WQ_GET  (NIC_MMIO_BASE + NIC_MMIO_WQ_GET)
#define PKT_CMD (NIC_MMIO_BASE + NIC_MMIO_PKT_CMD)
#define RXQ(name, q)                                                                               \
    (NIC_MMIO_BASE + NIC_MMIO_RXQ_##name + (uint64_t)(q) * NIC_MMIO_RXQ_##name##_STRIDE)

enum { RING = 0x1000, CQ = 0x2000, BUFS = 0x4000, ENTRIES = 4, Q = 5, VECTOR = 9 };

static struct rig rig;
static uint8_t bytes[200];
static struct nic_frame frames[64];

static void set(uint64_t addr, unsigned len, uint64_t v)
{
    CU_ASSERT_EQUAL(rig_store(&rig, 4, addr, len, v, nic_device_cycles(rig.dev)), BUS_OK);
}

static void desc(unsigned slot, uint64_t iova, uint32_t len)
{
    struct nic_rx_desc d = {.iova = iova, .len = len};

    memcpy(rig.host + RING + slot * sizeof(d), &d, sizeof(d));
}

static struct nic_rx_cqe cqe(unsigned slot)
{
    struct nic_rx_cqe c;

    memcpy(&c, rig.host + CQ + slot * sizeof(c), sizeof(c));
    return c;
}

static void doorbell(uint32_t posted)
{
    nic_bar_write(rig.dev, 0, NIC_BAR0_DB_RX + Q * NIC_BAR0_DB_RX_STRIDE, 4, posted);
}

static void enable(uint32_t size)
{
    set(RXQ(RING, Q), 8, RIG_IOVA + RING);
    set(RXQ(CQ, Q), 8, RIG_IOVA + CQ);
    set(RXQ(SIZE, Q), 4, size);
    set(RXQ(VECTOR, Q), 4, VECTOR);
    set(RXQ(ENABLE, Q), 4, 1);
}

static void open(unsigned packets)
{
    rig_open(&rig, NULL);
    rig_start(&rig);
    nic_bar_write(rig.dev, 0, NIC_BAR0_MSIX_CTRL + VECTOR * 16, 4, 0);
    rig_play(&rig, 1, frames, packets, NIC_PACE_MAX, 0);
    rig_enable(&rig, 1);
    rig_run(&rig);
    for (unsigned i = 0; i < ENTRIES; i++)
        desc(i, RIG_IOVA + BUFS + i * 256, 256);
}

/* The next packet to queue q, without its first 4 bytes. */
static void to_host(uint16_t q)
{
    uint64_t v, now = nic_device_cycles(rig.dev);
    struct nic_pkt pkt;

    CU_ASSERT_EQUAL(rig_load(&rig, 0, WQ_GET, 8, &v, now), BUS_OK);
    pkt = rig_pkt(&rig, 0);
    pkt.data += 4;
    pkt.queue = q;
    pkt.port = 77; /* means nothing here */
    rig_set_pkt(&rig, 0, pkt);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, PKT_CMD, 8, NIC_PKT_HOST, now), BUS_OK);
}

static void deliver(uint16_t q)
{
    to_host(q);
    rig_run(&rig);
}

static void test_deliver(void)
{
    struct nic_stats s;

    open(1);
    enable(ENTRIES);
    doorbell(4);
    deliver(Q);
    CU_ASSERT_EQUAL(memcmp(rig.host + BUFS, bytes + 4, 60), 0);
    CU_ASSERT_EQUAL(cqe(0).len, 60);
    CU_ASSERT_EQUAL(cqe(0).seq, 0);
    CU_ASSERT_EQUAL(cqe(0).port, 1);
    CU_ASSERT_EQUAL(cqe(0).index, 0);
    CU_ASSERT_EQUAL(cqe(0).phase, 1);
    CU_ASSERT_EQUAL(rig.irqs, 1);
    CU_ASSERT_EQUAL(rig.irq_vector, VECTOR);
    nic_device_stats(rig.dev, &s);
    CU_ASSERT_EQUAL(s.host_packets, 1);
    CU_ASSERT_EQUAL(s.host_bytes, 60);
    CU_ASSERT_EQUAL(rig.dev->pool.nfree[0], 256);
    rig_close(&rig);
}

/*
 * gen 4 x16, 252.064 Gbit/s: the frame is 84 bytes on the link (2.67 ns), the
 * completion 56 (1.78): 3 + 2 cycles, and 400 ns of latency.
 */
static void test_time(void)
{
    uint64_t before;

    open(1);
    enable(ENTRIES);
    doorbell(4);
    before = nic_device_cycles(rig.dev);
    deliver(Q);
    CU_ASSERT_EQUAL(nic_device_cycles(rig.dev) - before, 5 + 400);
    rig_close(&rig);
}

/* 12 packets through a ring of 4: the phase flips with each turn. */
static void test_phase(void)
{
    open(12);
    enable(ENTRIES);
    for (uint32_t i = 0; i < 12; i++) {
        doorbell(i + 4);
        deliver(Q);
        CU_ASSERT_EQUAL(cqe(i % 4).phase, i / 4 % 2 == 0 ? 1 : 0);
        CU_ASSERT_EQUAL(cqe(i % 4).seq, i);
        CU_ASSERT_EQUAL(cqe(i % 4).index, i % 4);
    }
    CU_ASSERT_EQUAL(rig.irqs, 12);
    rig_close(&rig);
}

/* The free-running count passes 2^32. */
static void test_doorbell_wrap(void)
{
    open(8);
    enable(ENTRIES);
    rig.dev->rxq[Q].head = UINT32_MAX - 1; /* as after that many packets */
    rig.dev->rxq[Q].tail = UINT32_MAX - 1;
    doorbell(2);
    for (unsigned i = 0; i < 4; i++)
        deliver(Q);
    CU_ASSERT_EQUAL(rig.irqs, 4);
    CU_ASSERT_EQUAL(cqe(2).seq, 0);
    CU_ASSERT_EQUAL(cqe(3).seq, 1);
    CU_ASSERT_EQUAL(cqe(0).seq, 2);
    CU_ASSERT_EQUAL(cqe(3).phase, 0);
    CU_ASSERT_EQUAL(cqe(0).phase, 1);
    deliver(Q);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_HOST_DESC), 1);
    rig_close(&rig);
}

static void test_doorbell_lies(void)
{
    open(6);
    enable(ENTRIES);
    doorbell(5); /* more than the ring holds */
    deliver(Q);
    doorbell(0xffffffff);
    deliver(Q);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_HOST_DESC), 2);
    nic_bar_write(rig.dev, 0, NIC_BAR0_DB_RX + 40 * 4, 4, 4); /* a queue it has not */
    doorbell(1);
    deliver(Q);
    deliver(Q);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_HOST_DESC), 3);
    CU_ASSERT_EQUAL(rig.irqs, 1);
    rig_close(&rig);
}

static void test_off(void)
{
    open(5);
    deliver(Q);
    deliver(16); /* host.rx_queues is 16 */
    deliver(0xffff);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_HOST_DESC), 3);
    enable(3); /* not a power of two */
    doorbell(1);
    deliver(Q);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_HOST_DESC), 4);
    enable(ENTRIES);
    doorbell(1);
    to_host(Q); /* and is switched off before it is there */
    set(RXQ(ENABLE, Q), 4, 0);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_HOST_DESC), 5);
    CU_ASSERT_EQUAL(rig.irqs, 0);
    CU_ASSERT_EQUAL(rig.dev->pool.nfree[0], 256);
    rig_close(&rig);
}

/* A frame that does not fit leaves the descriptor to the next. */
static void test_short(void)
{
    open(2);
    enable(ENTRIES);
    desc(0, RIG_IOVA + BUFS, 59);
    doorbell(1);
    deliver(Q);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_HOST_SHORT), 1);
    desc(0, RIG_IOVA + BUFS, 60);
    deliver(Q);
    CU_ASSERT_EQUAL(rig.irqs, 1);
    CU_ASSERT_EQUAL(cqe(0).seq, 1);
    rig_close(&rig);
}

static void test_faults(void)
{
    open(3);
    enable(ENTRIES);
    desc(0, RIG_IOVA + RIG_HOST - 59, 256); /* the buffer leaves the mapped range */
    doorbell(4);
    deliver(Q);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_DMA_FAULT), 1);
    set(RXQ(ENABLE, Q), 4, 0);
    set(RXQ(RING, Q), 8, 0x1234);
    set(RXQ(ENABLE, Q), 4, 1);
    doorbell(4);
    deliver(Q);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_DMA_FAULT), 2);
    set(RXQ(ENABLE, Q), 4, 0);
    set(RXQ(RING, Q), 8, RIG_IOVA + RING);
    set(RXQ(CQ, Q), 8, 0x1234);
    set(RXQ(ENABLE, Q), 4, 1);
    desc(0, RIG_IOVA + BUFS, 256);
    doorbell(4);
    deliver(Q);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_DMA_FAULT), 3);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 0, NIC_BAR0_DMA_FAULTS, 8), 3);
    CU_ASSERT_EQUAL(rig.irqs, 0);
    CU_ASSERT_EQUAL(rig.dev->pool.nfree[0], 256);
    rig_close(&rig);
}

/* Enabling again starts over: index 0, phase 1. */
static void test_restart(void)
{
    open(7);
    enable(ENTRIES);
    doorbell(4);
    for (unsigned i = 0; i < 4; i++)
        deliver(Q);
    doorbell(6);
    deliver(Q);
    CU_ASSERT_EQUAL(cqe(0).phase, 0);
    set(RXQ(ENABLE, Q), 4, 0);
    set(RXQ(ENABLE, Q), 4, 1);
    deliver(Q);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_HOST_DESC), 1);
    doorbell(1);
    deliver(Q);
    CU_ASSERT_EQUAL(cqe(0).phase, 1);
    CU_ASSERT_EQUAL(cqe(0).seq, 6);
    rig_close(&rig);
}

static void test_registers(void)
{
    uint64_t v;

    open(0);
    enable(ENTRIES);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, RXQ(SIZE, Q), 4, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(v, ENTRIES);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, RXQ(ENABLE, Q), 4, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(v, 1);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, RXQ(RING, Q), 8, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(v, RIG_IOVA + RING);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, RXQ(CQ, 16), 8, &v, 0), BUS_FAULT);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, RXQ(CQ, 16), 8, 0, 0), BUS_FAULT);
    set(RXQ(SIZE, 6), 4, 5);
    set(RXQ(ENABLE, 6), 4, 1);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, RXQ(ENABLE, 6), 4, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(v, 0);
    rig_close(&rig);
}

static const struct cunit_case cases[] = {
    {"deliver", test_deliver},
    {"time", test_time},
    {"phase flips", test_phase},
    {"doorbell wraps", test_doorbell_wrap},
    {"doorbell lies", test_doorbell_lies},
    {"queue off or not there", test_off},
    {"host buffer too short", test_short},
    {"DMA faults", test_faults},
    {"restart", test_restart},
    {"registers", test_registers},
    {NULL, NULL},
};

int main(void)
{
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i + 1);
    for (unsigned i = 0; i < 64; i++)
        frames[i] = (struct nic_frame){.data = bytes, .len = 64};
    return cunit_run("hostq", cases);
}
