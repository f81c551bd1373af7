/* SPDX-License-Identifier: BSD-3-Clause */
/* Work queue: who gets which packet, what may come back, order, watchdog. */
#include "wq.h"

static void test_fifo(void)
{
    open(NULL, 4, NIC_PACE_PPS);
    CU_ASSERT_EQUAL(get(2, 0), BUS_BLOCK);
    CU_ASSERT_EQUAL(get(0, 0), BUS_BLOCK);
    CU_ASSERT_EQUAL(get(3, 0), BUS_BLOCK);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_wake(&rig, 2)->data, 0);
    CU_ASSERT_EQUAL(rig_wake(&rig, 0)->data, 1);
    CU_ASSERT_EQUAL(rig_wake(&rig, 3)->data, 2);
    CU_ASSERT_EQUAL(rig_wake(&rig, 1)->count, 0);
    CU_ASSERT_EQUAL(rig_wake(&rig, 2)->count, 1);
    CU_ASSERT_EQUAL(get(1, 5000000), BUS_OK);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 1).seq, 3);
    rig_close(&rig);
}

/* 3 engines of 2 threads in clusters of one: most waiting, then shortest queue. */
static void test_clusters(void)
{
    static const char *const sets[] = {"engine.count=3", "engine.per_cluster=1", NULL};

    open(sets, 6, NIC_PACE_PPS);
    (void)get(2, 0);
    (void)get(4, 0);
    (void)get(5, 0);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_wake(&rig, 4)->data, 0); /* cluster 2 had two waiting */
    CU_ASSERT_EQUAL(rig_wake(&rig, 2)->data, 1); /* one each: the lower id */
    CU_ASSERT_EQUAL(rig_wake(&rig, 5)->data, 2);
    /* then nobody waits: 3, 4, 5 to clusters 0, 1, 2 */
    CU_ASSERT_EQUAL(get(0, 9000000), BUS_OK);
    CU_ASSERT_EQUAL(get(3, 9000000), BUS_OK);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 0).seq, 3);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 3).seq, 4);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 3).buf & ~0x3fffffu, NIC_CLUSTER_BASE + NIC_CLUSTER_STRIDE);
    CU_ASSERT_EQUAL(rig.dev->wq.ready[2].count, 1);
    rig_close(&rig);
}

static void test_who_may(void)
{
    open(NULL, 2, NIC_PACE_MAX);
    rig_run(&rig);
    CU_ASSERT_EQUAL(give(0, NIC_PKT_DROP, 1000), BUS_FAULT); /* holds nothing */
    CU_ASSERT_EQUAL(get(4, 1000), BUS_FAULT);                /* control core */
    CU_ASSERT_EQUAL(give(4, NIC_PKT_DROP, 1000), BUS_FAULT);
    CU_ASSERT_EQUAL(get(0, 1000), BUS_OK);
    CU_ASSERT_EQUAL(get(0, 1000), BUS_FAULT); /* holds one */
    CU_ASSERT_EQUAL(give(0, NIC_PKT_DROP, 1000), BUS_OK);
    CU_ASSERT_EQUAL(give(0, NIC_PKT_DROP, 1000), BUS_FAULT);
    rig_close(&rig);
}

/* Each row: a change to the descriptor and a command that must be refused. */
static void test_hostile(void)
{
    struct {
        int32_t buf, data, data_end;
        uint64_t cmd;
    } const bad[] = {
        {4096, 0, 0, NIC_PKT_DROP},
        {-1, 0, 0, NIC_PKT_DROP},
        {0, -257, 0, NIC_PKT_DROP},
        {0, 61, 0, NIC_PKT_DROP},                /* data > data_end */
        {0, 0, 4096 - 256 - 60 + 1, NIC_PKT_TX}, /* data_end past the buffer */
        {0, 60, 0, NIC_PKT_TX},                  /* nothing to send */
        {0, 60, 0, NIC_PKT_HOST},
        {0, INT32_MIN, 0, NIC_PKT_HOST},
        {0, 0, 0, 0},
        {0, 0, 0, 7},
        {0, 0, 0, UINT64_C(0x100000001)},
    };
    const unsigned n = sizeof(bad) / sizeof(bad[0]);

    open(NULL, n, NIC_PACE_MAX);
    rig_run(&rig);
    for (unsigned i = 0; i < n; i++) {
        struct nic_pkt pkt;

        CU_ASSERT_EQUAL(get(0, 1000 + i), BUS_OK);
        pkt = rig_pkt(&rig, 0);
        pkt.buf += (uint32_t)bad[i].buf;
        pkt.data += (uint32_t)bad[i].data;
        pkt.data_end += (uint32_t)bad[i].data_end;
        pkt.seq = 1234;
        pkt.port = 1;
        rig_set_pkt(&rig, 0, pkt);
        CU_ASSERT_EQUAL(rig_store(&rig, 0, PKT_CMD, 8, bad[i].cmd, 1000 + i), BUS_OK);
        CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_BAD_CMD), i + 1);
        CU_ASSERT_EQUAL(rig.log[i].cmd, NIC_PKT_DROP);
        CU_ASSERT_EQUAL(rig.log[i].len, 0);
        CU_ASSERT_EQUAL(rig.log[i].pkt.seq, i);
    }
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig.wire[0].sent, 0);
    CU_ASSERT_EQUAL(rig.dev->pool.nfree[0], 256);
    rig_close(&rig);
}

/* The whole buffer may be sent, and an empty frame may be dropped. */
static void test_extremes(void)
{
    struct nic_pkt pkt;

    open(NULL, 2, NIC_PACE_MAX);
    rig_run(&rig);
    (void)get(0, 1000);
    pkt = rig_pkt(&rig, 0);
    pkt.data = pkt.buf;
    pkt.data_end = pkt.buf_end;
    rig_set_pkt(&rig, 0, pkt);
    (void)give(0, NIC_PKT_TX, 1000);
    (void)get(0, 1001);
    pkt = rig_pkt(&rig, 0);
    pkt.data = pkt.data_end;
    rig_set_pkt(&rig, 0, pkt);
    (void)give(0, NIC_PKT_DROP, 1001);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_BAD_CMD), 0);
    CU_ASSERT_EQUAL(rig.wire[0].out[0].len, NIC_BUF_SIZE);
    rig_close(&rig);
}

static void test_tap(void)
{
    struct nic_engine_stats es;
    struct nic_pkt pkt;

    open(NULL, 1, NIC_PACE_MAX);
    rig_run(&rig);
    fake_set_insns(rig.dev->engine[1], 3, 500);
    (void)get(3, 1000);
    fake_set_insns(rig.dev->engine[1], 3, 523);
    pkt = rig_pkt(&rig, 3);
    pkt.verdict = 3;
    pkt.retval = 99;
    pkt.data += 2;
    rig_set_pkt(&rig, 3, pkt);
    (void)give(3, NIC_PKT_TX, 1417);
    CU_ASSERT_EQUAL(rig.done, 1);
    CU_ASSERT_EQUAL(rig.log[0].cycles, 417);
    CU_ASSERT_EQUAL(rig.log[0].insns, 23);
    CU_ASSERT_EQUAL(rig.log[0].cmd, NIC_PKT_TX);
    CU_ASSERT_EQUAL(rig.log[0].len, 58);
    CU_ASSERT_EQUAL(rig.log[0].first_byte, bytes[2]);
    CU_ASSERT_EQUAL(rig.log[0].pkt.verdict, 3);
    CU_ASSERT_EQUAL(rig.log[0].pkt.retval, 99);
    CU_ASSERT_EQUAL(nic_device_engine_stats(rig.dev, 1, &es), 0);
    CU_ASSERT_EQUAL(es.packets, 1);
    CU_ASSERT_EQUAL(es.insns, 7);
    CU_ASSERT_NOT_EQUAL(nic_device_engine_stats(rig.dev, 3, &es), 0);
    rig_close(&rig);
}

static void test_watermark(void)
{
    open(NULL, 4, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(reg(SEQ_NEXT), 0);
    CU_ASSERT_EQUAL(reg(SEQ_DONE), 0);
    rig_run(&rig);
    CU_ASSERT_EQUAL(reg(SEQ_NEXT), 4);
    CU_ASSERT_EQUAL(reg(SEQ_DONE), 0);
    for (uint32_t i = 0; i < 4; i++)
        (void)get(i, 1000);
    (void)give(1, NIC_PKT_DROP, 1000);
    (void)give(2, NIC_PKT_DROP, 1000);
    CU_ASSERT_EQUAL(reg(SEQ_DONE), 0);
    (void)give(0, NIC_PKT_DROP, 1000);
    CU_ASSERT_EQUAL(reg(SEQ_DONE), 3);
    (void)give(3, NIC_PKT_DROP, 1000);
    CU_ASSERT_EQUAL(reg(SEQ_DONE), 4);
    rig_close(&rig);
}

/* One at a time, on hart 0, in whatever pacing. */
static void test_ordered(void)
{
    static const char *const sets[] = {"run.ordered=1", NULL};
    static const enum nic_pace paces[] = {NIC_PACE_MAX, NIC_PACE_LINE, NIC_PACE_TRACE};

    for (unsigned p = 0; p < 3; p++) {
        open(sets, 3, paces[p]);
        CU_ASSERT_EQUAL(get(1, 0), BUS_BLOCK);
        CU_ASSERT_EQUAL(get(0, 0), BUS_BLOCK);
        rig_run(&rig);
        CU_ASSERT_EQUAL(rig_wake(&rig, 1)->count, 0);
        CU_ASSERT_EQUAL(rig_wake(&rig, 0)->count, 1);
        CU_ASSERT_EQUAL(reg(SEQ_NEXT), 1);
        (void)give(0, NIC_PKT_DROP, 50000);
        CU_ASSERT_EQUAL(get(0, 50001), BUS_BLOCK);
        rig_run(&rig);
        CU_ASSERT_EQUAL(rig_wake(&rig, 0)->count, 2);
        CU_ASSERT_EQUAL(rig_pkt(&rig, 0).tstamp_ns, 50000);
        CU_ASSERT_EQUAL(reg(SEQ_NEXT), 2);
        rig_close(&rig);
    }
}

/* Two ports, ordered: by time of arrival. */
static void test_ordered_ports(void)
{
    static const char *const sets[] = {"run.ordered=1", NULL};
    struct nic_frame late[2] = {frames[0], frames[1]}, early[2] = {frames[0], frames[1]};
    static const uint16_t want[] = {1, 2, 2, 1};

    late[1].tstamp_ns = 3000;
    early[1].tstamp_ns = 2000;
    rig_open(&rig, sets);
    rig_start(&rig);
    rig_play(&rig, 1, late, 2, NIC_PACE_TRACE, 0);
    rig_play(&rig, 2, early, 2, NIC_PACE_TRACE, 0);
    rig_enable(&rig, 1);
    rig_enable(&rig, 2);
    rig_run(&rig);
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(get(0, 50000 + i * 1000), BUS_OK);
        CU_ASSERT_EQUAL(rig_pkt(&rig, 0).port, want[i]);
        (void)give(0, NIC_PKT_DROP, 50000 + i * 1000);
        rig_run(&rig);
    }
    rig_close(&rig);
}

static void test_ordered_drop(void)
{
    static const char *const sets[] = {"run.ordered=1", NULL};
    static uint8_t big[9018];
    struct nic_frame f[3] = {frames[0], {.data = big, .len = sizeof(big)}, frames[0]};

    rig_open(&rig, sets);
    rig_start(&rig);
    rig_play(&rig, 1, f, 3, NIC_PACE_MAX, 0);
    rig_enable(&rig, 1);
    rig_run(&rig);
    (void)get(0, 1000);
    (void)give(0, NIC_PKT_DROP, 1000);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_OVERSIZE), 1);
    CU_ASSERT_EQUAL(get(0, 5000), BUS_OK);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 0).seq, 2);
    rig_close(&rig);
}

/* A port whose turn goes to a frame that is dropped does not hold up the other. */
static void two_ports_with_drop(const char *const *sets, unsigned hold)
{
    static uint8_t big[9018];
    struct nic_frame first[33], second[40];
    unsigned n = 0;

    for (unsigned i = 0; i < 32; i++)
        first[i] = frames[0];
    first[hold] = (struct nic_frame){.data = big, .len = sizeof(big)};
    for (unsigned i = 0; i < 40; i++)
        second[i] = frames[0];
    rig_open(&rig, sets);
    rig_start(&rig);
    rig_play(&rig, 1, first, hold + 1, NIC_PACE_MAX, 0);
    rig_play(&rig, 2, second, 40, NIC_PACE_MAX, 0);
    rig_enable(&rig, 1);
    rig_enable(&rig, 2);
    rig_run(&rig);
    for (uint64_t t = 1000; get(0, t) == BUS_OK; t += 1000, n++) {
        (void)give(0, NIC_PKT_DROP, t);
        rig_run(&rig);
    }
    CU_ASSERT_EQUAL(n, hold + 40);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_OVERSIZE), 1);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_BUFFER), 0);
    rig_close(&rig);
}

static void test_two_ports_drop(void)
{
    static const char *const ordered[] = {"run.ordered=1", NULL};
    static const char *const small[] = {"cluster.size=65536", NULL};

    for (unsigned hold = 0; hold < 32; hold++) {
        two_ports_with_drop(ordered, hold);
        two_ports_with_drop(small, hold);
    }
}

static void test_watchdog(void)
{
    static const char *const sets[] = {"run.watchdog=10000", NULL};
    struct nic_fault f;

    open(sets, 3, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 1000, false), NIC_STOP_IDLE);
    (void)get(0, 1000);
    (void)get(1, 2000);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 8000, false), NIC_STOP_LIMIT);
    (void)give(0, NIC_PKT_DROP, 8000);
    (void)get(0, 9000);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 11999, false), NIC_STOP_LIMIT);
    CU_ASSERT_FALSE(nic_device_fault(rig.dev, &f));
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_FATAL);
    CU_ASSERT_TRUE_FATAL(nic_device_fault(rig.dev, &f));
    CU_ASSERT_EQUAL(f.hart, 1);
    CU_ASSERT_EQUAL(f.cycles, 12000);
    CU_ASSERT_PTR_NOT_NULL(strstr(f.what, "held"));
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 0, NIC_BAR0_STATUS, 4), NIC_FW_FATAL);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_FATAL);
    rig_close(&rig);
}

#define SLACK (2 * ENGINE_RUN_AHEAD) /* until an interrupt has come */

static struct fake_interrupt *interrupt_of(uint32_t hart)
{
    return fake_interrupt(rig.dev->engine[device_hart_engine(rig.dev, hart)], hart);
}

static uint64_t ended(void)
{
    return rig_drops(&rig, NIC_DROP_WATCHDOG);
}

/* The program of a hart is interrupted and the packet counted; one that comes back by itself not.
 */
static void test_watchdog_interrupts(void)
{
    static const char *const sets[] = {"run.watchdog=10000", NULL};

    open(sets, 4, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 1000, false), NIC_STOP_IDLE);
    for (uint32_t hart = 0; hart < 3; hart++)
        interrupt_of(hart)->taken = true;
    fake_set_insns(rig.dev->engine[0], 1, 77);
    (void)get(0, 1000);
    (void)get(1, 1000);
    (void)get(2, 5000);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 10999, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(interrupt_of(1)->count, 0);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 11000, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(interrupt_of(0)->count, 1);
    CU_ASSERT_EQUAL(interrupt_of(1)->count, 1);
    CU_ASSERT_EQUAL(interrupt_of(1)->insns, 77);
    CU_ASSERT_EQUAL(interrupt_of(1)->now, 11000);
    CU_ASSERT_EQUAL(interrupt_of(2)->count, 0);
    interrupt_of(0)->pending = false; /* the trap was taken */
    (void)give(0, NIC_PKT_DROP, 11100);
    CU_ASSERT_EQUAL(ended(), 1);
    (void)give(1, NIC_PKT_DROP, 11200); /* before that */
    CU_ASSERT_EQUAL(ended(), 1);
    CU_ASSERT_FALSE(interrupt_of(1)->pending);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 15000, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(interrupt_of(2)->count, 1);
    interrupt_of(2)->pending = false;
    (void)give(2, NIC_PKT_DROP, 15001);
    (void)get(0, 15002); /* a packet of its own period */
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 25001, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(interrupt_of(0)->count, 1);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 25002, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(interrupt_of(0)->count, 2);
    interrupt_of(0)->pending = false;
    (void)give(0, NIC_PKT_REQUEUE, 25003); /* it is not dropped */
    CU_ASSERT_EQUAL(ended(), 2);
    rig_close(&rig);
}

/* Another period after the interrupt, and the device stops. */
static void test_watchdog_twice(void)
{
    static const char *const sets[] = {"run.watchdog=10000", NULL};
    struct nic_fault f;

    open(sets, 2, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 1000, false), NIC_STOP_IDLE);
    interrupt_of(1)->taken = true;
    (void)get(1, 1000);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 21000 + SLACK - 1, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_FATAL);
    CU_ASSERT_EQUAL(interrupt_of(1)->count, 1);
    CU_ASSERT_TRUE_FATAL(nic_device_fault(rig.dev, &f));
    CU_ASSERT_EQUAL(f.hart, 1);
    CU_ASSERT_EQUAL(f.cycles, 21000 + SLACK);
    CU_ASSERT_EQUAL(f.value, 20000 + SLACK);
    CU_ASSERT_EQUAL(ended(), 0);
    rig_close(&rig);
}

/*
 * Not as long as programs of others are ended, which may hold what the hart waits for in machine
 * mode. When its own was ended that is no reason.
 */
static void watchdog_waits(bool pending)
{
    static const char *const sets[] = {"run.watchdog=50000", NULL};
    uint64_t period = 50000 + SLACK, at = 1000 + 50000;

    open(sets, 6, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 1000, false), NIC_STOP_IDLE);
    interrupt_of(0)->taken = interrupt_of(1)->taken = true;
    (void)get(1, 1000);
    for (unsigned others = 0; others < 4 && pending; others++, at += period) {
        (void)get(0, at - 50000 + 10);
        CU_ASSERT_EQUAL(nic_device_run(rig.dev, at + 10, false), NIC_STOP_LIMIT);
        CU_ASSERT_EQUAL(interrupt_of(1)->count, others + 1);
        interrupt_of(0)->pending = false;
        (void)give(0, NIC_PKT_DROP, at + 11);
        CU_ASSERT_EQUAL(ended(), others + 1);
    }
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, at, false), NIC_STOP_LIMIT);
    (void)get(0, at + 1);
    (void)nic_device_run(rig.dev, at + 50001, false);
    interrupt_of(0)->pending = interrupt_of(1)->pending = false;
    (void)give(0, NIC_PKT_DROP, at + 50002);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_FATAL);
    CU_ASSERT_EQUAL(nic_device_cycles(rig.dev), at + period);
    rig_close(&rig);
}

static void test_watchdog_waits(void)
{
    watchdog_waits(true);
    watchdog_waits(false);
}

/* What a hart waits for its engine does not count, unless one has it that nobody watches. */
static void test_watchdog_own_time(void)
{
    static const char *const sets[] = {"run.watchdog=10000", NULL};
    struct nic_fault f;

    open(sets, 2, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 1000, false), NIC_STOP_IDLE);
    interrupt_of(0)->taken = interrupt_of(1)->taken = true;
    fake_set_waited(rig.dev->engine[0], 0, 700);
    (void)get(0, 1000);
    (void)get(1, 1000);
    fake_set_waited(rig.dev->engine[0], 0, 700 + 4000);
    fake_set_hog(rig.dev->engine[0], 1, 5000);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 11000, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(interrupt_of(0)->count, 0);
    CU_ASSERT_EQUAL(interrupt_of(1)->count, 1);
    fake_set_waited(rig.dev->engine[0], 0, 700 + 4500);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 15499, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(interrupt_of(0)->count, 0);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 15500, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(interrupt_of(0)->count, 1);
    interrupt_of(1)->pending = false;
    (void)give(1, NIC_PKT_DROP, 15600);
    fake_set_waited(rig.dev->engine[0], 0, 99999);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, 25500 + SLACK, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(interrupt_of(0)->count, 2); /* hart 1 was ended meanwhile */
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_FATAL);
    CU_ASSERT_TRUE_FATAL(nic_device_fault(rig.dev, &f));
    CU_ASSERT_EQUAL(f.hart, 0);
    CU_ASSERT_EQUAL(f.cycles, 35500 + 2 * SLACK);
    rig_close(&rig);
}

/* With nothing held the watchdog does not keep the device from being idle. */
static void test_watchdog_idle(void)
{
    open(NULL, 1, NIC_PACE_MAX);
    rig_run(&rig);
    (void)get(0, 1000);
    (void)give(0, NIC_PKT_DROP, 1001);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_IDLE);
    CU_ASSERT_EQUAL(nic_device_cycles(rig.dev), 1001);
    rig_close(&rig);
}

static const struct cunit_case cases[] = {
    {"longest waiting first", test_fifo},
    {"choice of cluster", test_clusters},
    {"who may ask and give", test_who_may},
    {"hostile descriptors", test_hostile},
    {"whole buffer, empty frame", test_extremes},
    {"tap and counters", test_tap},
    {"watermark", test_watermark},
    {"ordered", test_ordered},
    {"ordered, two ports", test_ordered_ports},
    {"ordered, a frame dropped on arrival", test_ordered_drop},
    {"a dropped frame passes its turn on", test_two_ports_drop},
    {"watchdog", test_watchdog},
    {"watchdog interrupts", test_watchdog_interrupts},
    {"watchdog, twice", test_watchdog_twice},
    {"watchdog and locks", test_watchdog_waits},
    {"watchdog and engines", test_watchdog_own_time},
    {"watchdog and idle", test_watchdog_idle},
    {NULL, NULL},
};

int main(void)
{
    wq_frames();
    return cunit_run("wq", cases);
}
