/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of several buffers: arrival, the ways out, what a hart may do to them. */
#include "frags.h"

/* ---- arrival ---- */

static void test_arrival(void)
{
    static const struct {
        uint32_t len, frags, last;
    } row[] = {{3519, 0, 0}, {3520, 0, 0},    {3521, 1, 1},    {4096, 1, 576},
               {7615, 1, 0}, {7616, 1, 4096}, {7617, 2, 1},    {9000, 2, 1384},
               {9018, 2, 0}, {9215, 2, 0},    {9216, 2, 1600}, {9217, 9, 0}};

    for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct nic_frame f = frame(row[i].len);

        open(NULL, &f, 1, NIC_PACE_MAX);
        if (row[i].frags == 9) {
            CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_OVERSIZE), 1);
            finish();
            continue;
        }
        CU_ASSERT_EQUAL(get(0), BUS_OK);
        CU_ASSERT_EQUAL(rig_pkt(&rig, 0).frags, row[i].frags);
        CU_ASSERT_EQUAL(rig_pkt(&rig, 0).cookie, row[i].frags != 0 ? FRAGS : COOKIE);
        if (row[i].last != 0)
            CU_ASSERT_EQUAL(rig_pkt(&rig, 0).frag[row[i].frags - 1].len, row[i].last);
        CU_ASSERT_EQUAL(buffers_out(), 1 + row[i].frags);
        check_bytes(row[i].len);
        give(0, NIC_PKT_DROP);
        CU_ASSERT_EQUAL(seen.len, row[i].len);
        CU_ASSERT_EQUAL(memcmp(seen.data, bytes, row[i].len), 0);
        finish();
    }
}

static uint64_t frame_max(void)
{
    uint64_t v = 0;

    CU_ASSERT_EQUAL(rig_load(&rig, 4, PORT1 + NIC_MMIO_PORT_FRAME_MAX, 4, &v, 0), BUS_OK);
    return v;
}

/* Firmware that knows nothing of fragments gets none; the configuration is the upper bound. */
static void test_frame_max(void)
{
    static const char *const standard[] = {"port.frame_max=1518", NULL};
    struct nic_frame f[] = {frame(1518), frame(1519), frame(3521)};

    rig_open(&rig, NULL);
    rig_start(&rig);
    CU_ASSERT_EQUAL(frame_max(), NIC_FRAME_LINEAR);
    store(PORT1 + NIC_MMIO_PORT_FRAME_MAX, 4, 60);
    CU_ASSERT_EQUAL(frame_max(), 60);
    store(PORT1 + NIC_MMIO_PORT_FRAME_MAX, 4, 9217);
    CU_ASSERT_EQUAL(frame_max(), NIC_FRAME_MAX);
    rig_close(&rig);
    rig_open(&rig, standard);
    CU_ASSERT_EQUAL(frame_max(), 1518);
    rig_close(&rig);
    open(standard, f, 3, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_OVERSIZE), 2);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    give(0, NIC_PKT_DROP);
    finish();
}

/* ---- the ways out ---- */

static void test_send(void)
{
    struct nic_frame f = frame(9216);
    struct nic_pkt pkt;

    open(NULL, &f, 1, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    pkt = rig_pkt(&rig, 0);
    pkt.data += 10; /* both ends of every piece move */
    pkt.data_end -= 20;
    pkt.frag[0].data += 30;
    pkt.frag[0].len -= 70;
    pkt.frag[1].len += 5;
    rig_set_pkt(&rig, 0, pkt);
    give(0, NIC_PKT_TX);
    rig_run(&rig);
    CU_ASSERT_EQUAL(wire.sent, 1);
    CU_ASSERT_EQUAL(wire.len, 9216 - 30 - 70 + 5);
    CU_ASSERT_EQUAL(memcmp(wire.data, bytes + 10, 3490), 0);
    CU_ASSERT_EQUAL(memcmp(wire.data + 3490, bytes + 3520 + 30, 4026), 0);
    CU_ASSERT_EQUAL(memcmp(wire.data + 3490 + 4026, bytes + 7616, 1600), 0);
    CU_ASSERT_EQUAL(seen.len, wire.len);
    CU_ASSERT_EQUAL(memcmp(seen.data, wire.data, wire.len), 0);
    finish();
}

static void host_queue(uint32_t buffer)
{
    struct nic_rx_desc d = {.iova = RIG_IOVA + 16384, .len = buffer};

    memcpy(rig.host, &d, sizeof(d));
    store(NIC_MMIO_BASE + NIC_MMIO_RXQ_RING, 8, RIG_IOVA);
    store(NIC_MMIO_BASE + NIC_MMIO_RXQ_CQ, 8, RIG_IOVA + 4096);
    store(NIC_MMIO_BASE + NIC_MMIO_RXQ_SIZE, 4, 4);
    store(NIC_MMIO_BASE + NIC_MMIO_RXQ_ENABLE, 4, 1);
    nic_bar_write(rig.dev, 0, NIC_BAR0_DB_RX, 4, 1);
}

static void test_host(void)
{
    struct nic_frame f = frame(9018);
    struct nic_rx_cqe cqe;

    open(NULL, &f, 1, NIC_PACE_MAX);
    host_queue(9018);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    give(0, NIC_PKT_HOST);
    rig_run(&rig);
    memcpy(&cqe, rig.host + 4096, sizeof(cqe));
    CU_ASSERT_EQUAL(cqe.len, 9018);
    CU_ASSERT_EQUAL(cqe.phase, 1);
    CU_ASSERT_EQUAL(memcmp(rig.host + 16384, bytes, 9018), 0);
    finish();
    open(NULL, &f, 1, NIC_PACE_MAX);
    host_queue(9017);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    give(0, NIC_PKT_HOST);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_HOST_SHORT), 1);
    finish();
}

/* ---- what a hart may do ---- */

/* Buffers that a packet has no more use for are free at once, not when the frame has left. */
static void test_give_up(void)
{
    struct nic_frame f = frame(9000);
    struct nic_pkt pkt;

    for (uint8_t keep = 0; keep <= 2; keep++) {
        open(NULL, &f, 1, NIC_PACE_MAX);
        CU_ASSERT_EQUAL(get(0), BUS_OK);
        pkt = rig_pkt(&rig, 0);
        pkt.frags = keep;
        rig_set_pkt(&rig, 0, pkt);
        give(0, NIC_PKT_REQUEUE);
        CU_ASSERT_EQUAL(buffers_out(), 1u + keep);
        rig_run(&rig);
        CU_ASSERT_EQUAL(get(0), BUS_OK);
        CU_ASSERT_EQUAL(rig_pkt(&rig, 0).frags, keep);
        give(0, NIC_PKT_TX);
        CU_ASSERT_EQUAL(buffers_out(), 1u + keep);
        rig_run(&rig);
        CU_ASSERT_EQUAL(wire.len, keep == 2 ? 9000u : 3520u + keep * 4096u);
        CU_ASSERT_EQUAL(memcmp(wire.data, bytes, wire.len), 0);
        finish();
    }
}

/* Each row: a change to a packet with one fragment that must be refused, whatever the command. */
static void test_hostile(void)
{
    static const struct {
        uint8_t frags;
        int32_t data;
        uint32_t len;
    } bad[] = {
        {2, 0, 100},        {255, 0, 100},     {1, 0, 0},           {1, 0, 4097},
        {1, 0, UINT32_MAX}, {1, 1, 4096},      {1, 4096, 1},        {1, -1, 1},
        {1, -4096, 4096},   {1, INT32_MIN, 1}, {1, -1, UINT32_MAX},
    };
    struct nic_frame f = frame(4000);

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (enum nic_pkt_cmd cmd = NIC_PKT_DROP; cmd <= NIC_PKT_CLONE; cmd++) {
            struct nic_pkt pkt;

            open(NULL, &f, 1, NIC_PACE_MAX);
            CU_ASSERT_EQUAL(get(0), BUS_OK);
            pkt = rig_pkt(&rig, 0);
            pkt.frags = bad[i].frags;
            pkt.frag[0].data += (uint32_t)bad[i].data;
            pkt.frag[0].len = bad[i].len;
            pkt.frag[1] = pkt.frag[0];
            rig_set_pkt(&rig, 0, pkt);
            give(0, cmd);
            CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_BAD_CMD), 1);
            if (cmd == NIC_PKT_CLONE) /* the hart still has it */
                give(0, NIC_PKT_DROP);
            rig_run(&rig);
            CU_ASSERT_EQUAL(wire.sent, 0);
            finish();
        }
    }
}

/* Only what is still in use is looked at. */
static void test_unused(void)
{
    struct nic_frame f = frame(4000);
    struct nic_pkt pkt;

    open(NULL, &f, 1, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    pkt = rig_pkt(&rig, 0);
    pkt.frags = 0;
    memset(pkt.frag, 0xff, sizeof(pkt.frag));
    rig_set_pkt(&rig, 0, pkt);
    give(0, NIC_PKT_TX);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_BAD_CMD), 0);
    CU_ASSERT_EQUAL(wire.len, 3520);
    finish();
}

static void test_clone(void)
{
    struct nic_frame f = frame(9216);
    struct nic_pkt pkt, copy;

    open(NULL, &f, 1, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    pkt = rig_pkt(&rig, 0);
    pkt.frag[0].data += 3;
    pkt.frag[0].len -= 3;
    rig_set_pkt(&rig, 0, pkt);
    give(0, NIC_PKT_CLONE);
    CU_ASSERT_EQUAL(buffers_out(), 6);
    give(0, NIC_PKT_DROP); /* the packet goes, the copy stays */
    CU_ASSERT_EQUAL(buffers_out(), 3);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(1), BUS_OK);
    copy = rig_pkt(&rig, 1);
    CU_ASSERT_EQUAL(copy.frags, 2);
    for (unsigned i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(copy.frag[i].len, pkt.frag[i].len);
        CU_ASSERT_NOT_EQUAL(copy.frag[i].data, pkt.frag[i].data);
    }
    give(1, NIC_PKT_TX);
    rig_run(&rig);
    CU_ASSERT_EQUAL(wire.len, 9213);
    CU_ASSERT_EQUAL(memcmp(wire.data, bytes, 3520), 0);
    CU_ASSERT_EQUAL(memcmp(wire.data + 3520, bytes + 3523, 9216 - 3523), 0);
    finish();
}

/* A copy gets all its buffers or none. */
static void test_clone_refused(void)
{
    struct nic_frame f = frame(9216);
    unsigned copies = 0;

    open(small, &f, 1, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    do {
        give(0, NIC_PKT_CLONE);
    } while (rig_drops(&rig, NIC_DROP_NO_COPY) == 0 && ++copies < 100);
    CU_ASSERT_EQUAL(copies, 4); /* five packets of three, and one buffer is left */
    CU_ASSERT_EQUAL(buffers_out(), 15);
    give(0, NIC_PKT_DROP);
    rig_run(&rig);
    for (unsigned i = 0; i < copies; i++) {
        CU_ASSERT_EQUAL(get(1), BUS_OK);
        give(1, NIC_PKT_DROP);
    }
    finish();
}

static const struct cunit_case cases[] = {
    {"arrival", test_arrival},
    {"longest frame", test_frame_max},
    {"sent", test_send},
    {"to the host", test_host},
    {"buffers given up", test_give_up},
    {"hostile fragments", test_hostile},
    {"fragments that are none", test_unused},
    {"a copy", test_clone},
    {"a copy that cannot be", test_clone_refused},
    {NULL, NULL},
};

int main(void)
{
    frags_bytes();
    return cunit_run("fragments", cases);
}
