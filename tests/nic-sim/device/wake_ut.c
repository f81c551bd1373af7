/* SPDX-License-Identifier: BSD-3-Clause */
/* Alarms of harts (WAKE_NS): when WQ_GET and CTL_EVENT answer without work, and that no run waits.
 */
#include "cunit_main.h"

#include "fake_engine.h"
#include "rig.h"

#define WAKE_NS   (NIC_MMIO_BASE + NIC_MMIO_WAKE_NS)
#define WQ_GET    (NIC_MMIO_BASE + NIC_MMIO_WQ_GET)
#define CTL_EVENT (NIC_MMIO_BASE + NIC_MMIO_CTL_EVENT)
#define PKT_CMD   (NIC_MMIO_BASE + NIC_MMIO_PKT_CMD)
#define CONTROL   4u /* the control core's hart id */

static struct rig rig;
static uint8_t bytes[60];
static const struct nic_frame frame = {.data = bytes, .len = 60};

static void alarm(uint32_t hart, uint64_t ns, uint64_t now)
{
    CU_ASSERT_EQUAL(rig_store(&rig, hart, WAKE_NS, 8, ns, now), BUS_OK);
}

static enum bus_result ask(uint32_t hart, uint64_t *v, uint64_t now)
{
    return rig_load(&rig, hart, hart == CONTROL ? CTL_EVENT : WQ_GET, 8, v, now);
}

/* Runs with alarms up to `cycle`; the run ends idle. */
static void linger(uint64_t cycle)
{
    nic_device_linger(rig.dev, cycle);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_IDLE);
}

static void begin(const char *const *sets)
{
    rig_open(&rig, sets);
    rig_start(&rig);
}

static void test_waiting(void)
{
    uint64_t v;
    begin(NULL);
    for (uint32_t hart = 0; hart <= CONTROL; hart++)
        CU_ASSERT_EQUAL(ask(hart, &v, 0), BUS_BLOCK);
    alarm(1, 5000, 10);
    alarm(CONTROL, 7000, 10);
    linger(4999);
    CU_ASSERT_EQUAL(rig_wake(&rig, 1)->count, 0);
    linger(5000);
    CU_ASSERT_EQUAL(rig_wake(&rig, 1)->count, 1);
    CU_ASSERT_EQUAL(rig_wake(&rig, 1)->data, NIC_WAKE);
    CU_ASSERT_EQUAL(rig_wake(&rig, 1)->when, 5000 + rig.dev->mmio_latency);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 1).seq, NIC_WAKE);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 1).cookie, NIC_WAKE);
    CU_ASSERT_EQUAL(rig_pkt(&rig, 1).data_end, 0);
    CU_ASSERT_EQUAL(rig_store(&rig, 1, PKT_CMD, 8, NIC_PKT_DROP, 6000), BUS_FAULT); /* holds none */
    linger(9000);
    CU_ASSERT_EQUAL(rig_wake(&rig, CONTROL)->data, NIC_EVENT_WAKE);
    CU_ASSERT_EQUAL(rig_wake(&rig, 1)->count, 1); /* once */
    CU_ASSERT_EQUAL(rig_wake(&rig, 0)->count, 0);
    rig_close(&rig);
}

/* A new store takes the place of the one before; all ones take it away. */
static void test_again(void)
{
    uint64_t v;
    begin(NULL);
    for (uint32_t hart = 0; hart < 3; hart++)
        CU_ASSERT_EQUAL(ask(hart, &v, 0), BUS_BLOCK);
    for (uint32_t hart = 0; hart < 3; hart++)
        alarm(hart, 5000, 10);
    alarm(0, 8000, 20);
    alarm(1, NIC_WAKE_NEVER, 20);
    alarm(2, UINT64_MAX - 1, 20); /* beyond counting */
    linger(7999);
    CU_ASSERT_EQUAL(rig_wake(&rig, 0)->count, 0);
    linger(UINT64_MAX);
    CU_ASSERT_EQUAL(rig_wake(&rig, 0)->when, 8000 + rig.dev->mmio_latency);
    CU_ASSERT_EQUAL(rig_wake(&rig, 1)->count + rig_wake(&rig, 2)->count, 0);
    rig_close(&rig);
}

/* The clock does not start at 0, and a nanosecond is no cycle: never too early. */
static void test_clock(void)
{
    static const char *const sets[] = {"run.clock_ns=1000000", "engine.clock_hz=700000000", NULL};
    uint64_t v;
    begin(sets);
    CU_ASSERT_EQUAL(ask(0, &v, 0), BUS_BLOCK);
    CU_ASSERT_EQUAL(ask(1, &v, 0), BUS_BLOCK);
    alarm(0, 1000101, 5);
    alarm(1, 999999, 5); /* before the beginning: at once */
    linger(10000);
    CU_ASSERT_EQUAL(rig_wake(&rig, 0)->when, 71 + rig.dev->mmio_latency); /* 70.7 cycles */
    CU_ASSERT_EQUAL(rig_wake(&rig, 1)->when, 6 + rig.dev->mmio_latency);
    rig_close(&rig);
}

/* A hart at work hears of it when it asks, before a packet, but not twice in a row. */
static void test_busy(void)
{
    uint64_t v;
    begin(NULL);
    rig_play(&rig, 1, &frame, 1, NIC_PACE_MAX, 0);
    rig_enable(&rig, 1);
    CU_ASSERT_EQUAL(ask(3, &v, 0), BUS_BLOCK);
    alarm(3, 1, 1);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_wake(&rig, 3)->data, NIC_WAKE);
    alarm(3, 1, 5000);
    linger(6000); /* goes off while it is at work */
    CU_ASSERT_EQUAL(ask(3, &v, 7000), BUS_OK);
    CU_ASSERT_EQUAL(v, 0); /* the packet: an alarm was its last answer */
    CU_ASSERT_EQUAL(rig_store(&rig, 3, PKT_CMD, 8, NIC_PKT_DROP, 8000), BUS_OK);
    CU_ASSERT_EQUAL(ask(3, &v, 9000), BUS_BLOCK); /* still due: as the next event, */
    CU_ASSERT_EQUAL(rig_wake(&rig, 3)->count, 1);
    linger(0); /* which alone is no reason to go on */
    CU_ASSERT_EQUAL(rig_wake(&rig, 3)->count, 1);
    linger(10000);
    CU_ASSERT_EQUAL(rig_wake(&rig, 3)->count, 2);
    rig_close(&rig);
}

static void test_control(void)
{
    uint64_t v;
    begin(NULL);
    alarm(CONTROL, 100, 10);
    linger(200);
    nic_bar_write(rig.dev, 0, NIC_BAR0_DB_ADM_SQ, 4, 1);
    CU_ASSERT_EQUAL(ask(CONTROL, &v, 300), BUS_OK);
    CU_ASSERT_EQUAL(v, NIC_EVENT_ADMIN | NIC_EVENT_WAKE);
    CU_ASSERT_EQUAL(ask(CONTROL, &v, 400), BUS_BLOCK);
    linger(UINT64_MAX);
    CU_ASSERT_EQUAL(rig_wake(&rig, CONTROL)->count, 0);
    rig_close(&rig);
}

static void test_bad(void)
{
    uint64_t v;
    begin(NULL);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, WAKE_NS, 8, &v, 0), BUS_FAULT); /* write only */
    CU_ASSERT_EQUAL(rig_store(&rig, 0, WAKE_NS, 4, 1, 0), BUS_FAULT);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, WAKE_NS + 4, 4, 1, 0), BUS_FAULT);
    for (uint32_t i = 0; i < 10000; i++) /* one event a hart, however often */
        alarm(i % 5, 1000 + i, 0);
    CU_ASSERT_EQUAL(rig.dev->clock.wakes, 5);
    CU_ASSERT_EQUAL(rig.dev->clock.events, 5);
    rig_close(&rig);
}

static const struct cunit_case cases[] = {
    {"waiting harts", test_waiting},
    {"stored again", test_again},
    {"units", test_clock},
    {"harts at work", test_busy},
    {"the control core", test_control},
    {"bad use", test_bad},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("alarms", cases);
}
