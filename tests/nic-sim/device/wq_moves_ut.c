/* SPDX-License-Identifier: BSD-3-Clause */
/* Work queue: packets that go back to it, to a hart of their own, or twice. */
#include "wq.h"

/* ---- back to the queue, and copies ---- */

static uint8_t *packet_byte(uint32_t hart)
{
    struct nic_pkt pkt = rig_pkt(&rig, hart);
    const struct pktbuf *b = &rig.dev->pool.buf[rig.dev->hart[hart].buf];

    return bufpool_mem(rig.dev, b) + (pkt.data - pkt.buf);
}

/* It comes back with what the hart wrote, its place in the order kept; the tap saw it before. */
static void test_requeue(void)
{
    struct nic_pkt pkt;

    bytes[0] = 7;
    open(NULL, 1, NIC_PACE_PPS);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(1, 1000000), BUS_OK);
    pkt = rig_pkt(&rig, 1);
    CU_ASSERT_EQUAL(pkt.tag, 0);
    pkt.cookie = 0x1234;
    pkt.tag = 99;
    pkt.data += 2;
    rig_set_pkt(&rig, 1, pkt);
    CU_ASSERT_EQUAL(give(1, NIC_PKT_REQUEUE, 1000000), BUS_OK);
    CU_ASSERT_EQUAL(rig.done, 1);
    CU_ASSERT_EQUAL(reg(SEQ_DONE), 0);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(0, 2000000), BUS_OK);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 0).seq, 0);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 0).cookie, 0x1234);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 0).tag, 99);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 0).data, pkt.data);
    CU_ASSERT_EQUAL(give(0, NIC_PKT_DROP, 2000000), BUS_OK);
    CU_ASSERT_EQUAL(rig.done, 1);
    CU_ASSERT_EQUAL(reg(SEQ_DONE), 1);
    rig_close(&rig);
}

/* Gives the packet that hart `from` holds to hart `to` alone. */
static void pass_to(uint32_t from, uint32_t to, uint64_t now)
{
    struct nic_pkt pkt = rig_pkt(&rig, from);

    pkt.tag = to;
    rig_set_pkt(&rig, from, pkt);
    CU_ASSERT_EQUAL(give(from, NIC_PKT_TO_HART, now), BUS_OK);
}

/* Of another cluster, whether it waits or not; nobody else gets it, and it comes first. */
static void test_to_hart(void)
{
    static const char *const sets[] = {"engine.count=2", "engine.per_cluster=1", NULL};

    open(sets, 3, NIC_PACE_PPS);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(0, 9000000), BUS_OK); /* seq 0 and 2 are in cluster 0, 1 in cluster 1 */
    pass_to(0, 3, 9000000);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(0, 9000010), BUS_OK);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 0).seq, 2);
    pass_to(0, 3, 9000020);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(0, 9000030), BUS_BLOCK);
    CU_ASSERT_EQUAL(get(1, 9000030), BUS_BLOCK);
    CU_ASSERT_EQUAL(get(3, 9000040), BUS_OK);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 3).seq, 0);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 3).buf & ~0x3fffffu, NIC_CLUSTER_BASE);
    CU_ASSERT_EQUAL(give(3, NIC_PKT_DROP, 9000050), BUS_OK);
    CU_ASSERT_EQUAL(get(3, 9000060), BUS_OK);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 3).seq, 2);
    CU_ASSERT_EQUAL(give(3, NIC_PKT_DROP, 9000070), BUS_OK);
    CU_ASSERT_EQUAL(get(3, 9000080), BUS_OK); /* then what was there for any of its cluster */
    CU_ASSERT_EQUAL(rig_pkt(&rig, 3).seq, 1);
    pass_to(3, 1, 9000090); /* which waits, behind hart 0 */
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_wake(&rig, 1)->data, 1);
    CU_ASSERT_EQUAL(give(1, NIC_PKT_DROP, 9000100), BUS_OK);
    CU_ASSERT_EQUAL(reg(SEQ_DONE), 3);
    rig_close(&rig);
}

/* No hart of that number; with run.ordered there is only hart 0. */
static void test_to_no_hart(void)
{
    static const char *const ordered[] = {"run.ordered=1", NULL};

    open(NULL, 1, NIC_PACE_PPS);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(1, 1000000), BUS_OK);
    pass_to(1, 4, 1000000);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_BAD_CMD), 1);
    CU_ASSERT_EQUAL(reg(SEQ_DONE), 1);
    rig_close(&rig);
    open(ordered, 1, NIC_PACE_PPS);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(0, 1000000), BUS_OK);
    pass_to(0, 2, 1000000);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(0, 2000000), BUS_OK);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 0).tag, 2);
    rig_close(&rig);
}

/* The copy is another buffer with the same bytes; both must come back before the seq is done. */
static void test_clone(void)
{
    struct nic_pkt pkt;

    bytes[0] = 7;
    open(NULL, 1, NIC_PACE_PPS);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(1, 1000000), BUS_OK);
    pkt = rig_pkt(&rig, 1);
    pkt.tag = 5;
    rig_set_pkt(&rig, 1, pkt);
    CU_ASSERT_EQUAL(give(1, NIC_PKT_CLONE, 1000000), BUS_OK);
    CU_ASSERT_EQUAL(rig.done, 0);
    *packet_byte(1) = 8;
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(0, 2000000), BUS_OK);
    CU_ASSERT_NOT_EQUAL(rig_pkt(&rig, 0).buf, pkt.buf);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 0).tag, 5);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 0).data_end - rig_pkt(&rig, 0).data, pkt.data_end - pkt.data);
    CU_ASSERT_EQUAL(*packet_byte(0), 7);
    CU_ASSERT_EQUAL(give(1, NIC_PKT_DROP, 2000000), BUS_OK);
    CU_ASSERT_EQUAL(rig.done, 1);
    CU_ASSERT_EQUAL(rig.log[0].first_byte, 8);
    CU_ASSERT_EQUAL(reg(SEQ_DONE), 0);
    CU_ASSERT_EQUAL(give(0, NIC_PKT_DROP, 2000000), BUS_OK);
    CU_ASSERT_EQUAL(rig.done, 1);
    CU_ASSERT_EQUAL(reg(SEQ_DONE), 1);
    rig_close(&rig);
}

/* No buffer for a copy, or a descriptor that cannot be: counted, and the hart keeps its packet. */
static void test_clone_refused(void)
{
    struct nic_pkt pkt;
    unsigned copies = 0;

    open(NULL, 1, NIC_PACE_PPS);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(1, 1000000), BUS_OK);
    do {
        CU_ASSERT_EQUAL(give(1, NIC_PKT_CLONE, 1000000), BUS_OK);
    } while (rig_drops(&rig, NIC_DROP_NO_COPY) == 0 && ++copies < 100000);
    CU_ASSERT_EQUAL(copies, rig.dev->pool.per_cluster - 1);
    pkt = rig_pkt(&rig, 1);
    pkt.data_end = pkt.buf_end + 1;
    rig_set_pkt(&rig, 1, pkt);
    CU_ASSERT_EQUAL(give(1, NIC_PKT_CLONE, 1000000), BUS_OK);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_BAD_CMD), 1);
    CU_ASSERT_EQUAL(give(1, NIC_PKT_DROP, 1000000), BUS_OK);
    rig_run(&rig);
    for (unsigned i = 0; i < copies; i++) {
        CU_ASSERT_EQUAL(get(1, 2000000), BUS_OK);
        CU_ASSERT_EQUAL(give(1, NIC_PKT_DROP, 2000000), BUS_OK);
    }
    CU_ASSERT_EQUAL(rig.dev->pool.nfree[0], rig.dev->pool.per_cluster);
    rig_close(&rig);
}

static const struct cunit_case cases[] = {
    {"back to the queue", test_requeue},
    {"to one hart", test_to_hart},
    {"to no hart", test_to_no_hart},
    {"a copy", test_clone},
    {"a copy that cannot be", test_clone_refused},
    {NULL, NULL},
};

int main(void)
{
    wq_frames();
    return cunit_run("wq moves", cases);
}
