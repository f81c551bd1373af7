/* SPDX-License-Identifier: BSD-3-Clause */
/* What presets of real cards ask for: fractions of a cycle, units for atomics, limits of the MAC.
 */
#include "cunit_main.h"

#include "fake_engine.h"
#include "rig.h"

#define WQ_GET  (NIC_MMIO_BASE + NIC_MMIO_WQ_GET)
#define PKT_CMD (NIC_MMIO_BASE + NIC_MMIO_PKT_CMD)

static struct rig rig;
static uint8_t bytes[60];

static struct bus_req request(uint64_t addr, enum bus_op op, uint64_t now)
{
    struct bus_req r = {.addr = addr, .now = now, .bytes = 8, .op = (uint8_t)op};

    CU_ASSERT_EQUAL(bus_access(rig.dev, &r), BUS_OK);
    return r;
}

static uint64_t timed(uint64_t addr, enum bus_op op, uint64_t now)
{
    return request(addr, op, now).done;
}

/* 2.25 cycles a load on a bank, answers at whole cycles; latency 150, 16 banks. */
static void test_fractions(void)
{
    static const char *const sets[] = {"dram.service_milli=2250", NULL};
    struct nic_stats s;

    rig_open(&rig, sets);
    CU_ASSERT_PTR_NULL(rig.dev->bus.regions);                                 /* engines must ask */
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE, BUS_LOAD, 10), 10 + 150 + 3);        /* 12.25 */
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE + 8, BUS_LOAD, 10), 10 + 150 + 5);    /* 14.5 */
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE, BUS_AMO_ADD, 10), 10 + 150 + 7);     /* 16.75: as a load */
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE, BUS_STORE, 10), 10 + 150 + 9);       /* 19 */
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE + 64, BUS_LOAD, 10), 10 + 150 + 3);   /* another bank */
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE + 1024, BUS_LOAD, 19), 19 + 150 + 3); /* free again */
    nic_device_stats(rig.dev, &s);
    CU_ASSERT_EQUAL(s.dram.accesses, 6);
    CU_ASSERT_EQUAL(s.dram.busy_cycles, 13); /* 6 x 2.25 */
    CU_ASSERT_EQUAL(s.atomic.accesses, 0);
    rig_close(&rig);
}

/* A unit that makes an addition in 3.22 cycles, wherever it is: 1000 of them in 3220. */
static void test_atomic_unit(void)
{
    static const char *const sets[] = {"dram.atomic_milli=3220", "dram.atomic_units=1", NULL};
    struct nic_stats s;
    uint64_t done = 0;

    rig_open(&rig, sets);
    for (unsigned i = 0; i < 1000; i++)
        done = timed(NIC_DRAM_BASE + (uint64_t)i * 64, BUS_AMO_ADD, 0);
    CU_ASSERT_EQUAL(done, 3220 + 150);
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE, BUS_LOAD, 0), 2 + 150); /* banks are free */
    nic_device_stats(rig.dev, &s);
    CU_ASSERT_EQUAL(s.atomic.accesses, 1000);
    CU_ASSERT_EQUAL(s.atomic.busy_cycles, 3220);
    CU_ASSERT_EQUAL(s.atomic.banks, 1);
    CU_ASSERT_EQUAL(nic_device_bank_busy(rig.dev, NIC_MEMORY_ATOMIC, 0), 3220);
    CU_ASSERT_EQUAL(nic_device_bank_busy(rig.dev, NIC_MEMORY_ATOMIC, 1), 0);
    CU_ASSERT_EQUAL(nic_device_bank_busy(rig.dev, NIC_MEMORY_DRAM, 0), 2);
    CU_ASSERT_EQUAL(s.dram.accesses, 1);
    rig_close(&rig);
}

static void test_functional(void)
{
    static const char *const sets[] = {"dram.service_milli=2250", "run.functional=1",
                                       "datapath.overhead=100", NULL};

    rig_open(&rig, sets);
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE, BUS_LOAD, 10), 10);
    CU_ASSERT_EQUAL(rig.dev->overhead, 0);
    rig_close(&rig);
}

/* Two posted additions wait; the third's hart waits until there is room: when the first is done. */
static void test_queue(void)
{
    static const char *const sets[] = {"dram.queue=2", NULL};

    rig_open(&rig, sets);
    for (unsigned i = 0; i < 5; i++) {
        struct bus_req r = {.addr = NIC_DRAM_BASE, .bytes = 8, .op = BUS_AMO_ADD, .posted = true};

        CU_ASSERT_EQUAL(bus_access(rig.dev, &r), BUS_OK);
        CU_ASSERT_EQUAL(r.posted, i < 3); /* one in service, two that wait */
        if (i >= 3)
            CU_ASSERT_EQUAL(r.done, 2 * (i - 2));
    }
    rig_close(&rig);
}

static void play(const char *const *sets, struct nic_frame *f, unsigned count, enum nic_pace how,
                 uint64_t rate)
{
    for (unsigned i = 0; i < count; i++)
        f[i] = (struct nic_frame){.data = bytes, .len = sizeof(bytes)};
    rig_open(&rig, sets);
    rig_start(&rig);
    rig_play(&rig, 1, f, count, how, rate);
    rig_enable(&rig, 1);
}

/* 10 M packets a second at 1 GHz: one every 100 cycles, 200 ns of latency behind it. */
static void test_mac_max(void)
{
    static const char *const sets[] = {"port.max_pps=10M", NULL};
    struct nic_frame f[4];

    play(sets, f, 4, NIC_PACE_MAX, 0);
    for (uint32_t h = 0; h < 4; h++) {
        uint64_t v;

        CU_ASSERT_EQUAL(rig_load(&rig, h, WQ_GET, 8, &v, 0), BUS_BLOCK);
    }
    rig_run(&rig);
    for (uint32_t h = 0; h < 4; h++)
        CU_ASSERT_EQUAL(rig_wake(&rig, h)->when, 100 * h + 200 + 10);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_MAC_RATE), 0);
    rig_close(&rig);
}

/* Twice as many as it takes: 64 wait in the MAC, then every second one is dropped. */
static void test_mac_overrun(void)
{
    static const char *const sets[] = {"port.max_pps=10M", NULL};
    static struct nic_frame f[1000];
    struct nic_stats s;

    play(sets, f, 1000, NIC_PACE_PPS, 20000000000); /* a thousandth of a packet a second */
    rig_run(&rig);
    nic_device_stats(rig.dev, &s);
    CU_ASSERT_EQUAL(s.rx_packets + s.drops[NIC_DROP_MAC_RATE] + s.drops[NIC_DROP_NO_BUFFER], 1000);
    CU_ASSERT_TRUE(s.drops[NIC_DROP_MAC_RATE] >= 434 && s.drops[NIC_DROP_MAC_RATE] <= 437);
    rig_close(&rig);
}

static void test_overhead(void)
{
    static const char *const sets[] = {"datapath.overhead=321", NULL};
    struct nic_frame f[1];
    struct bus_req r = {
        .addr = PKT_CMD, .data = NIC_PKT_DROP, .now = 1000, .bytes = 8, .op = BUS_STORE};
    uint64_t v;

    play(sets, f, 1, NIC_PACE_MAX, 0);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, WQ_GET, 8, &v, 900), BUS_OK);
    (void)bus_access(rig.dev, &r);
    CU_ASSERT_EQUAL(r.held, 321);
    rig_close(&rig);
}

static const struct cunit_case cases[] = {
    {"fractions of a cycle", test_fractions},
    {"a unit for atomics", test_atomic_unit},
    {"functional: no time", test_functional},
    {"posted accesses wait in a queue", test_queue},
    {"packets a second: the source waits", test_mac_max},
    {"packets a second: too many", test_mac_overrun},
    {"overhead of a packet", test_overhead},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("cards", cases);
}
