/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of several buffers: who gets buffers when there are few. */
#include "frags.h"

/* ---- who gets buffers ---- */

/* 16 buffers: five long frames, then one short; what comes too early is dropped whole. */
static void test_no_buffer(void)
{
    struct nic_frame f[9];

    for (unsigned i = 0; i < 9; i++)
        f[i] = frame(i == 6 ? 60 : 9216);
    open(small, f, 9, NIC_PACE_LINE);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_BUFFER), 3);
    CU_ASSERT_EQUAL(buffers_out(), 16);
    for (unsigned i = 0; i < 6; i++) {
        CU_ASSERT_EQUAL(get(0), BUS_OK);
        CU_ASSERT_EQUAL(rig_pkt(&rig, 0).seq, i < 5 ? i : 6);
        check_bytes(i < 5 ? 9216 : 60);
        give(0, NIC_PKT_DROP);
    }
    finish();
}

/* At max pace nothing is lost: the next frame waits until all its buffers are there. */
static void test_wait(void)
{
    static const uint32_t lengths[] = {9216, 60, 3521, 3520, 7616, 7617};
    enum { COUNT = 600 };
    static struct nic_frame f[COUNT];
    uint64_t length_sum = 0;

    for (unsigned i = 0; i < COUNT; i++) {
        f[i] = frame(lengths[i * 7 / 3 % 6]);
        length_sum += f[i].len;
    }
    open(small, f, COUNT, NIC_PACE_MAX);
    for (unsigned i = 0; i < COUNT; i++) {
        CU_ASSERT_EQUAL_FATAL(get(0), BUS_OK);
        CU_ASSERT_EQUAL(rig_pkt(&rig, 0).seq, i);
        check_bytes(f[i].len);
        length_sum -= f[i].len;
        give(0, i % 3 == 0 ? NIC_PKT_TX : NIC_PKT_DROP);
        rig_run(&rig);
    }
    CU_ASSERT_EQUAL(length_sum, 0);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_BUFFER), 0);
    finish();
}

/* Long frames of one port and short ones of another: each gets its turn, and all come. */
static void test_turns(void)
{
    enum { COUNT = 200 };
    static struct nic_frame f[COUNT], g[COUNT];
    unsigned longs = 0, in_between = 0;

    for (unsigned i = 0; i < COUNT; i++) {
        f[i] = frame(9216);
        g[i] = frame(60);
    }
    open(small, f, COUNT, NIC_PACE_MAX);
    rig_play(&rig, 2, g, COUNT, NIC_PACE_MAX, 0);
    rig_enable(&rig, 2);
    rig_run(&rig);
    for (unsigned i = 0; i < 2 * COUNT; i++) {
        CU_ASSERT_EQUAL_FATAL(get(0), BUS_OK);
        longs += rig_pkt(&rig, 0).frags != 0;
        in_between += i == COUNT ? longs : 0;
        give(0, NIC_PKT_DROP);
        rig_run(&rig);
    }
    CU_ASSERT_EQUAL(longs, COUNT);
    CU_ASSERT_TRUE(in_between > COUNT / 4 && in_between < COUNT);
    finish();
}

/* The bound falls while a long frame waits on the wire: it is dropped, and the next one comes. */
static void test_bound_falls(void)
{
    struct nic_frame f[7];

    for (unsigned i = 0; i < 7; i++)
        f[i] = frame(i < 6 ? 9216 : 60);
    open(small, f, 7, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(wire.at, 6);
    store(PORT1 + NIC_MMIO_PORT_FRAME_MAX, 4, NIC_FRAME_LINEAR);
    for (unsigned i = 0; i < 6; i++) {
        CU_ASSERT_EQUAL_FATAL(get(0), BUS_OK);
        give(0, NIC_PKT_DROP);
        rig_run(&rig);
    }
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_OVERSIZE), 1);
    CU_ASSERT_EQUAL(seen.len, 60);
    finish();
}

/* A million packets of all kinds, given back in all ways. */
static void test_million(void)
{
    enum { COUNT = 1000000 };
    static struct nic_frame f[1024];

    for (unsigned i = 0; i < 1024; i++)
        f[i] = frame(i % 8 == 0 ? 7617 : i % 8 < 5 ? 3521 + i % 5 : 60);
    open_many(NULL, f, 1024, COUNT, NIC_PACE_MAX);
    for (unsigned i = 0; i < COUNT; i++) {
        struct nic_pkt pkt;

        CU_ASSERT_EQUAL_FATAL(get(0), BUS_OK);
        pkt = rig_pkt(&rig, 0);
        if (i % 16 == 3 && pkt.frags != 0)
            pkt.frags--;
        if (i % 16 == 9)
            pkt.frags = 3;
        rig_set_pkt(&rig, 0, pkt);
        give(0, i % 32 == 7 ? NIC_PKT_TX : NIC_PKT_DROP);
        rig_run(&rig);
    }
    CU_ASSERT_EQUAL(seen.done, COUNT);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_BAD_CMD), COUNT / 16);
    finish();
}

static const struct cunit_case cases[] = {
    {"no buffer", test_no_buffer}, {"waiting for buffers", test_wait},
    {"turns", test_turns},         {"the bound falls", test_bound_falls},
    {"a million", test_million},   {NULL, NULL},
};

int main(void)
{
    frags_bytes();
    return cunit_run("fragments, buffers", cases);
}
