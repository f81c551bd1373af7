/* SPDX-License-Identifier: BSD-3-Clause */
/* Order of what leaves: the sequencer, and the transmitter's turns. */
#include "cunit_main.h"

#include <string.h>

#include "fake_engine.h"
#include "rig.h"

#define WQ_GET  (NIC_MMIO_BASE + NIC_MMIO_WQ_GET)
#define PKT_CMD (NIC_MMIO_BASE + NIC_MMIO_PKT_CMD)

enum { HARTS = 8, FRAME = 60 };

static struct rig rig;
static uint8_t bytes[2][HARTS][FRAME];
static struct nic_frame frames[2][HARTS];

/* Both ports bring `count` frames; hart h gets the h-th of all that arrive. */
static void open(const char *const *sets, unsigned ports, unsigned count)
{
    static const char *const eight[] = {"engine.count=4", NULL};

    rig_open(&rig, sets != NULL ? sets : eight);
    rig_start(&rig);
    for (unsigned p = 0; p < ports; p++) {
        for (unsigned i = 0; i < HARTS; i++)
            frames[p][i] = (struct nic_frame){.data = bytes[p][i], .len = FRAME};
        rig_play(&rig, p + 1, frames[p], count, NIC_PACE_MAX, 0);
        rig_enable(&rig, p + 1);
    }
    rig_run(&rig);
    for (unsigned h = 0; h < ports * count; h++) {
        uint64_t v;

        CU_ASSERT_EQUAL_FATAL(rig_load(&rig, h, WQ_GET, 8, &v, nic_device_cycles(rig.dev)), BUS_OK);
        CU_ASSERT_EQUAL(rig_pkt(&rig, h).seq, h);
    }
}

static void give(uint32_t hart, enum nic_pkt_cmd cmd, uint64_t now)
{
    CU_ASSERT_EQUAL(rig_store(&rig, hart, PKT_CMD, 8, cmd, now), BUS_OK);
}

static void give_to(uint32_t hart, uint16_t port, uint64_t now)
{
    struct nic_pkt pkt = rig_pkt(&rig, hart);

    pkt.port = port;
    rig_set_pkt(&rig, hart, pkt);
    give(hart, NIC_PKT_TX, now);
}

static uint64_t count(uint64_t what)
{
    struct nic_stats s;

    nic_device_stats(rig.dev, &s);
    return what == 0 ? s.order_waited : s.order_lost;
}

static void expect(unsigned port, const char *seqs)
{
    const struct rig_wire *w = &rig.wire[port - 1];

    CU_ASSERT_EQUAL(w->sent, strlen(seqs));
    for (unsigned i = 0; i < w->sent && seqs[i] != '\0'; i++)
        CU_ASSERT_EQUAL(w->out[i].seq, (uint64_t)(seqs[i] - '0'));
}

static void test_order(void)
{
    open(NULL, 1, 4);
    give(3, NIC_PKT_TX, 2000);
    give(1, NIC_PKT_TX, 2100);
    give(2, NIC_PKT_TX, 2200);
    rig_run(&rig);
    expect(1, "");
    give(0, NIC_PKT_TX, 3000);
    rig_run(&rig);
    expect(1, "0123");
    /* 84 bytes on a wire of 100 Gbit/s: 6.72 ns each, from 3000 on */
    CU_ASSERT_EQUAL(rig.wire[0].out[0].tstamp_ns, 3006);
    CU_ASSERT_EQUAL(rig.wire[0].out[3].tstamp_ns, 3026);
    CU_ASSERT_EQUAL(count(0), 3);
    CU_ASSERT_EQUAL(count(1), 0);
    rig_close(&rig);
}

static void test_off(void)
{
    static const char *const sets[] = {"engine.count=4", "sequencer.enabled=0", NULL};

    open(sets, 1, 4);
    give(3, NIC_PKT_TX, 2000);
    give(1, NIC_PKT_TX, 2100);
    give(0, NIC_PKT_TX, 2200);
    give(2, NIC_PKT_TX, 2300);
    rig_run(&rig);
    expect(1, "3102");
    CU_ASSERT_EQUAL(count(0), 0);
    rig_close(&rig);
}

/* A dropped one keeps nobody waiting, and its buffer is free at once. */
static void test_drop(void)
{
    uint32_t free_before;

    open(NULL, 1, 5);
    give(2, NIC_PKT_TX, 2000);
    give(4, NIC_PKT_TX, 2000);
    free_before = rig.dev->pool.available;
    give(1, NIC_PKT_DROP, 2100); /* in the middle */
    CU_ASSERT_EQUAL(rig.dev->pool.available, free_before + 1);
    rig_run(&rig);
    expect(1, "");
    give(0, NIC_PKT_DROP, 2200); /* the first */
    rig_run(&rig);
    expect(1, "2");
    give(3, NIC_PKT_DROP, 2300);
    rig_run(&rig);
    expect(1, "24");
    CU_ASSERT_EQUAL(rig.dev->port[0].order.first, DEV_NONE);
    CU_ASSERT_EQUAL(rig.dev->pool.available, rig.dev->pool.total);
    rig_close(&rig);
}

/* What another port brought has an order of its own; the ports' frames arrive in turn. */
static void test_ports(void)
{
    open(NULL, 2, 2);
    CU_ASSERT_EQUAL_FATAL(rig_pkt(&rig, 0).port, 1);
    CU_ASSERT_EQUAL_FATAL(rig_pkt(&rig, 1).port, 2);
    CU_ASSERT_EQUAL_FATAL(rig_pkt(&rig, 2).port, 1);
    give_to(3, 1, 2000);
    give_to(1, 1, 2100);
    give_to(2, 2, 2200);
    rig_run(&rig);
    expect(1, "13");
    expect(2, "");
    give_to(0, 2, 2300);
    rig_run(&rig);
    expect(2, "02");
    rig_close(&rig);
}

/* Packet 0 is in no hurry: after 500 cycles the others go without it, once somebody is done. */
static void test_timeout(void)
{
    static const char *const sets[] = {"engine.count=4", "sequencer.timeout=500", NULL};

    open(sets, 1, 4);
    give(1, NIC_PKT_TX, 2000);
    give(2, NIC_PKT_TX, 2499);
    rig_run(&rig);
    expect(1, "");
    give(3, NIC_PKT_TX, 2500);
    rig_run(&rig);
    expect(1, "123");
    give(0, NIC_PKT_TX, 3000);
    rig_run(&rig);
    expect(1, "1230");
    CU_ASSERT_EQUAL(count(1), 1);
    CU_ASSERT_EQUAL(count(0), 3);
    rig_close(&rig);
}

static void test_no_timeout(void)
{
    static const char *const sets[] = {"engine.count=4", "sequencer.timeout=0", NULL};

    open(sets, 1, 2);
    give(1, NIC_PKT_TX, 2000);
    give(0, NIC_PKT_TX, 50000000);
    rig_run(&rig);
    expect(1, "01");
    CU_ASSERT_EQUAL(count(1), 0);
    rig_close(&rig);
}

/* A copy leaves behind its packet and before the next, whenever it is done; so does what went
 * back into the work queue. */
static void test_copies(void)
{
    uint64_t v;

    open(NULL, 1, 2);
    give(0, NIC_PKT_CLONE, 2000);
    give(1, NIC_PKT_TX, 2010);
    give(0, NIC_PKT_REQUEUE, 2020);
    rig_run(&rig);
    expect(1, "");
    CU_ASSERT_EQUAL(rig_load(&rig, 4, WQ_GET, 8, &v, 3000), BUS_OK); /* the copy */
    CU_ASSERT_EQUAL(rig_load(&rig, 5, WQ_GET, 8, &v, 3000), BUS_OK);
    give(5, NIC_PKT_TX, 3100);
    rig_run(&rig);
    expect(1, "0");
    give(4, NIC_PKT_TX, 3200);
    rig_run(&rig);
    expect(1, "001");
    rig_close(&rig);
}

/* A packet that the host cannot have is dropped when its turn comes. */
static void test_to_host(void)
{
    open(NULL, 1, 3);
    give(1, NIC_PKT_HOST, 2000); /* no queue is on */
    give(2, NIC_PKT_TX, 2000);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_HOST_DESC), 0);
    give(0, NIC_PKT_TX, 2100);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_HOST_DESC), 1);
    rig_run(&rig);
    expect(1, "02");
    rig_close(&rig);
}

/* Port 1's frames are there first, port 2's too before the first has left: then they take turns. */
static void test_turns(void)
{
    open(NULL, 2, 4); /* 0, 2, 4, 6 came by port 1 */
    for (uint32_t h = 0; h < HARTS; h += 2)
        give_to(h, 1, 2000);
    for (uint32_t h = 1; h < HARTS; h += 2)
        give_to(h, 1, 2001);
    rig_run(&rig);
    expect(1, "01234567");
    rig_close(&rig);
}

/* One port may have as much as it likes while nobody else wants the transmitter. */
static void test_no_turns(void)
{
    open(NULL, 2, 3); /* 0, 2, 4: port 1; 1, 3, 5: port 2 */
    give_to(0, 1, 2000);
    give_to(2, 1, 2000);
    give_to(4, 1, 2000);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 2009, false), NIC_STOP_LIMIT);
    give_to(1, 1, 2010); /* one of port 1's left at 2006.72, the next one is on the wire */
    give_to(3, 1, 2010);
    rig_run(&rig);
    expect(1, "02143");
    give_to(5, 2, 3000);
    rig_run(&rig);
    expect(2, "5");
    rig_close(&rig);
}

static const struct cunit_case cases[] = {
    {"what came by a port leaves in order", test_order},
    {"as it is done when switched off", test_off},
    {"dropped ones give up their place", test_drop},
    {"each port has its own order", test_ports},
    {"who lets others wait loses his place", test_timeout},
    {"or never", test_no_timeout},
    {"copies and requeued packets", test_copies},
    {"packets for the host", test_to_host},
    {"ports take turns at a transmitter", test_turns},
    {"when both have something to send", test_no_turns},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("order and turns", cases);
}
