/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports: arrival into packet memory, drops, transmit. */
#include "cunit_main.h"

#include <errno.h>
#include <string.h>

#include "fake_engine.h"
#include "rig.h"

#define WQ_GET  (NIC_MMIO_BASE + NIC_MMIO_WQ_GET)
#define PKT_CMD (NIC_MMIO_BASE + NIC_MMIO_PKT_CMD)

static struct rig rig;
static uint8_t bytes[9018];

static struct nic_frame frame(uint32_t len)
{
    return (struct nic_frame){.data = bytes, .len = len};
}

static enum bus_result get(uint32_t hart, uint64_t now)
{
    uint64_t v;

    return rig_load(&rig, hart, WQ_GET, 8, &v, now);
}

static void test_descriptor(void)
{
    static const char *const sets[] = {"run.clock_ns=5000", NULL};
    struct nic_frame f = frame(100);
    struct nic_pkt pkt;
    uint8_t back[356];

    rig_open(&rig, sets);
    rig_start(&rig);
    memset(back, 0xee, sizeof(back));
    CU_ASSERT_EQUAL(nic_mem_write(rig.dev, NIC_CLUSTER_BASE, back, sizeof(back)), 0);
    rig_play(&rig, 2, &f, 1, NIC_PACE_LINE, 0);
    (void)rig_store(&rig, 4, NIC_MMIO_BASE + NIC_MMIO_PORT_COOKIE + 64, 8, 0xc00c1e, 0);
    rig_enable(&rig, 2);
    CU_ASSERT_EQUAL(get(1, 0), BUS_BLOCK);
    rig_run(&rig);
    pkt = rig_pkt(&rig, 1);
    CU_ASSERT_EQUAL(pkt.buf, NIC_CLUSTER_BASE);
    CU_ASSERT_EQUAL(pkt.buf_end, NIC_CLUSTER_BASE + NIC_BUF_SIZE);
    CU_ASSERT_EQUAL(pkt.data, pkt.buf + 256);
    CU_ASSERT_EQUAL(pkt.data_end, pkt.data + 100);
    CU_ASSERT_EQUAL(pkt.data_meta, pkt.data);
    CU_ASSERT_EQUAL(pkt.port, 2);
    CU_ASSERT_EQUAL(pkt.seq, 0);
    CU_ASSERT_EQUAL(pkt.cookie, 0xc00c1e);
    /* 124 bytes of wire at 100 Gbit/s: 9.92 ns, and the clock started at 5 us */
    CU_ASSERT_EQUAL(pkt.tstamp_ns, 5009);
    /* 200 ns into packet memory, 10 cycles of register read */
    CU_ASSERT_EQUAL(rig_wake(&rig, 1)->when, 9 + 200 + 10);
    CU_ASSERT_EQUAL(rig_wake(&rig, 1)->data, 0);
    CU_ASSERT_EQUAL(nic_mem_read(rig.dev, pkt.buf, back, sizeof(back)), 0);
    for (unsigned i = 0; i < 256; i++)
        CU_ASSERT_EQUAL(back[i], 0);
    CU_ASSERT_EQUAL(memcmp(back + 256, bytes, 100), 0);
    rig_close(&rig);
}

static void test_sizes(void)
{
    const struct nic_frame f[] = {
        frame(1),   frame(14), frame(1514), frame(NIC_FRAME_LINEAR), frame(NIC_FRAME_LINEAR + 1),
        frame(9018)};
    struct nic_stats s;

    rig_open(&rig, NULL);
    rig_start(&rig);
    rig_play(&rig, 1, f, 6, NIC_PACE_MAX, 0);
    rig_enable(&rig, 1);
    rig_run(&rig);
    nic_device_stats(rig.dev, &s);
    CU_ASSERT_EQUAL(s.rx_packets, 4);
    CU_ASSERT_EQUAL(s.rx_bytes, 1 + 14 + 1514 + NIC_FRAME_LINEAR);
    CU_ASSERT_EQUAL(s.drops[NIC_DROP_OVERSIZE], 2);
    CU_ASSERT_EQUAL(rig.dropped, 2);
    CU_ASSERT_EQUAL(rig.drop_seq, 5);
    CU_ASSERT_EQUAL(rig.drop_why, NIC_DROP_OVERSIZE);
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(get(i, nic_device_cycles(rig.dev)), BUS_OK);
        CU_ASSERT_EQUAL(rig_pkt(&rig, i).seq, i);
        CU_ASSERT_EQUAL(rig_pkt(&rig, i).data_end - rig_pkt(&rig, i).data, f[i].len);
    }
    rig_close(&rig);
}

/* 16 buffers; at line rate the 17th frame finds none; at max it waits on the wire. */
static void test_no_buffer(void)
{
    static const char *const sets[] = {"cluster.size=65536", NULL};
    struct nic_frame f[20];
    uint64_t v;

    for (unsigned i = 0; i < 20; i++)
        f[i] = frame(60);
    rig_open(&rig, sets);
    rig_start(&rig);
    rig_play(&rig, 1, f, 20, NIC_PACE_LINE, 0);
    rig_enable(&rig, 1);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_BUFFER), 4);
    CU_ASSERT_EQUAL(rig.drop_seq, 19);
    CU_ASSERT_EQUAL(rig.wire[0].at, 20);
    rig_close(&rig);

    rig_open(&rig, sets);
    rig_start(&rig);
    rig_play(&rig, 1, f, 20, NIC_PACE_MAX, 0);
    rig_enable(&rig, 1);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_BUFFER), 0);
    CU_ASSERT_EQUAL(rig.wire[0].at, 17);
    for (unsigned i = 0; i < 20; i++) {
        CU_ASSERT_EQUAL(rig_load(&rig, 0, WQ_GET, 8, &v, 1000 + i), BUS_OK);
        CU_ASSERT_EQUAL(v, i);
        (void)rig_store(&rig, 0, PKT_CMD, 8, NIC_PKT_DROP, 1000 + i);
        rig_run(&rig);
    }
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_BUFFER), 0);
    CU_ASSERT_EQUAL(rig.done, 20);
    rig_close(&rig);
}

static void test_enable(void)
{
    const struct nic_frame f[] = {frame(60), frame(61)};
    struct nic_stats s;
    uint64_t v;

    rig_open(&rig, NULL);
    rig_start(&rig);
    rig_play(&rig, 1, f, 2, NIC_PACE_PPS, 1000000); /* a millisecond apart */
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig.wire[0].at, 0); /* frames wait on the wire */
    rig_enable(&rig, 1);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 500000, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(nic_device_cycles(rig.dev), 500000);
    (void)rig_store(&rig, 0, NIC_MMIO_BASE + NIC_MMIO_PORT_ENABLE, 4, 0, 500000);
    rig_run(&rig);
    nic_device_stats(rig.dev, &s);
    CU_ASSERT_EQUAL(s.rx_packets, 1);
    rig_enable(&rig, 1);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(0, 2000000), BUS_OK);
    (void)rig_store(&rig, 0, PKT_CMD, 8, NIC_PKT_DROP, 2000000);
    CU_ASSERT_EQUAL(get(0, 2000001), BUS_OK);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 0).data_end - rig_pkt(&rig, 0).data, 61);
    (void)rig_load(&rig, 0, NIC_MMIO_BASE + NIC_MMIO_PORT_RX_PACKETS, 8, &v, 2000002);
    CU_ASSERT_EQUAL(v, 2);
    (void)rig_load(&rig, 0, NIC_MMIO_BASE + NIC_MMIO_PORT_RX_BYTES, 8, &v, 2000002);
    CU_ASSERT_EQUAL(v, 121);
    rig_close(&rig);
}

static void test_connect_refused(void)
{
    struct nic_port_ops ops = {0};
    struct nic_pacing pacing = {NIC_PACE_MAX, 0};

    rig_open(&rig, NULL);
    CU_ASSERT_EQUAL(nic_port_connect(rig.dev, 0, &ops, NULL, pacing), -EINVAL);
    CU_ASSERT_EQUAL(nic_port_connect(rig.dev, 3, &ops, NULL, pacing), -EINVAL);
    pacing.how = NIC_PACE_PPS;
    CU_ASSERT_EQUAL(nic_port_connect(rig.dev, 1, &ops, NULL, pacing), -EINVAL);
    pacing.how = (enum nic_pace)77;
    CU_ASSERT_EQUAL(nic_port_connect(rig.dev, 1, &ops, NULL, pacing), -EINVAL);
    pacing.how = NIC_PACE_MAX;
    CU_ASSERT_EQUAL(nic_port_connect(rig.dev, 1, &ops, NULL, pacing), 0);
    rig_start(&rig);
    rig_enable(&rig, 1);
    rig_run(&rig);
    rig_close(&rig);
}

static void test_source_fails(void)
{
    struct nic_frame f[] = {frame(60), frame(60)};

    rig_open(&rig, NULL);
    rig_start(&rig);
    rig.wire[0].end = -EIO;
    rig_play(&rig, 1, f, 1, NIC_PACE_LINE, 0);
    rig_enable(&rig, 1);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_ERROR);
    CU_ASSERT_EQUAL(nic_device_source_error(rig.dev), -EIO);
    rig_run(&rig); /* what had arrived is still there */
    CU_ASSERT_EQUAL(get(0, 10000), BUS_OK);
    rig_close(&rig);

    rig_open(&rig, NULL);
    rig_start(&rig);
    f[1].len = 0;
    rig_play(&rig, 1, f, 2, NIC_PACE_LINE, 0);
    rig_enable(&rig, 1);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_ERROR);
    CU_ASSERT_EQUAL(nic_device_source_error(rig.dev), -EINVAL);
    rig_close(&rig);
}

static void send(uint32_t hart, uint16_t port, uint64_t now)
{
    struct nic_pkt pkt;

    CU_ASSERT_EQUAL(get(hart, now), BUS_OK);
    pkt = rig_pkt(&rig, hart);
    pkt.port = port;
    pkt.data += 4;
    rig_set_pkt(&rig, hart, pkt);
    CU_ASSERT_EQUAL(rig_store(&rig, hart, PKT_CMD, 8, NIC_PKT_TX, now), BUS_OK);
}

/* Frames of 1514 - 4 bytes: 1534 bytes of wire, 122.72 ns each. */
static void test_tx(void)
{
    struct nic_frame f[4];
    struct nic_stats s;

    for (unsigned i = 0; i < 4; i++)
        f[i] = frame(1514);
    rig_open(&rig, NULL);
    rig_start(&rig);
    rig_play(&rig, 2, NULL, 0, NIC_PACE_MAX, 0);
    rig_play(&rig, 1, f, 4, NIC_PACE_MAX, 0);
    rig_enable(&rig, 1);
    rig_run(&rig);
    send(0, 2, 1000);
    send(1, 2, 1000);
    send(2, 1, 1000);
    send(3, 3, 1000); /* no such port */
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig.wire[1].sent, 2);
    CU_ASSERT_EQUAL(rig.wire[0].sent, 1);
    CU_ASSERT_EQUAL(rig.wire[1].out[0].tstamp_ns, 1122);
    CU_ASSERT_EQUAL(rig.wire[1].out[1].tstamp_ns, 1245);
    CU_ASSERT_EQUAL(rig.wire[1].out[1].seq, 1);
    CU_ASSERT_EQUAL(rig.wire[1].out[0].len, 1510);
    CU_ASSERT_EQUAL(rig.wire[1].first_byte[0], bytes[4]);
    CU_ASSERT_EQUAL(rig.wire[0].out[0].tstamp_ns, 1122);
    nic_device_stats(rig.dev, &s);
    CU_ASSERT_EQUAL(s.tx_packets, 3);
    CU_ASSERT_EQUAL(s.tx_bytes, 3 * 1510);
    CU_ASSERT_EQUAL(s.drops[NIC_DROP_BAD_PORT], 1);
    CU_ASSERT_EQUAL(rig.dev->pool.nfree[0], 256); /* nothing leaks */
    rig_close(&rig);
}

/* A buffer on its way out is not used for a new frame. */
static void test_tx_holds_buffer(void)
{
    static const char *const sets[] = {"cluster.size=65536", "port.bps=1000000", NULL};
    struct nic_frame f[18];

    for (unsigned i = 0; i < 18; i++)
        f[i] = frame(60);
    rig_open(&rig, sets);
    rig_start(&rig);
    rig_play(&rig, 1, f, 18, NIC_PACE_MAX, 0);
    rig_enable(&rig, 1);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 10000, false), NIC_STOP_IDLE);
    send(0, 1, 10000); /* 640 bits at 1 Mbit/s: 640 us */
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 600000, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(rig.wire[0].at, 17);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig.wire[0].at, 18);
    rig_close(&rig);
}

static void test_mac_busy(void)
{
    struct nic_frame f[100];
    struct nic_stats s;

    for (unsigned i = 0; i < 100; i++)
        f[i] = frame(60);
    rig_open(&rig, NULL);
    rig_start(&rig);
    rig_play(&rig, 1, f, 100, NIC_PACE_LINE, 0);
    rig_enable(&rig, 1);
    rig_run(&rig);
    nic_device_stats(rig.dev, &s);
    CU_ASSERT_EQUAL(s.mac_busy_cycles, 672);
    CU_ASSERT_EQUAL(s.first_rx_cycle, 6);
    rig_close(&rig);
}

static const struct cunit_case cases[] = {
    {"descriptor, headroom, times", test_descriptor},
    {"frame sizes, oversize", test_sizes},
    {"no buffer", test_no_buffer},
    {"enable and disable", test_enable},
    {"connect refuses", test_connect_refused},
    {"a source that fails", test_source_fails},
    {"transmit", test_tx},
    {"transmit holds its buffer", test_tx_holds_buffer},
    {"receive side's busy time", test_mac_busy},
    {NULL, NULL},
};

int main(void)
{
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + 1);
    return cunit_run("mac", cases);
}
