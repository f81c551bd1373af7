/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs that do not end by themselves: run.watchdog ends them, their packets are dropped and
 * counted, and the card goes on. argv: nicfw.elf, the blob of progs.S.
 */
#include <string.h>

#include "cunit_main.h"
#include "fw/bpf.h"
#include "fw/events.h"
#include "nic/csr.h"
#include "nic/memmap.h"
#include "rig.h"

#define WATCHDOG 20000u
#define DEEDS    7u /* of P_ENDLESS */

static const char *elf, *blob;
static struct rig rig;
static uint32_t map;

/* P_ENDLESS at port 1. */
static void start(unsigned engines, unsigned threads)
{
    struct nic_config cfg = rig_config(engines, threads);
    cfg.run_watchdog = WATCHDOG;
    rig_start(&rig, &cfg, elf);
    map = rig_map(&rig, FW_MAP_ARRAY, 4, 16, 1);
    CU_ASSERT_EQUAL_FATAL(rig_attach(&rig, rig_program(&rig, blob, P_ENDLESS, map), 1, 1), 0);
}

static uint64_t ended(void)
{
    struct nic_stats s;
    nic_device_stats(rig.dev, &s);
    return s.drops[NIC_DROP_WATCHDOG];
}

static uint32_t deed;

static uint32_t that_deed(uint32_t n)
{
    (void)n;
    return deed;
}

static void check_value(uint32_t count)
{
    uint32_t value[4];
    CU_ASSERT_EQUAL(rig_lookup(&rig, map, 0, value, sizeof(value)), 0);
    CU_ASSERT_EQUAL(value[0], 0); /* the lock is free */
    CU_ASSERT_EQUAL(value[2], count);
}

/* Each kind by itself: reported as a fault of its own cause, in the program. */
static void test_each(void)
{
    start(1, 2);
    for (deed = 1; deed < DEEDS; deed++) {
        rig_traffic(&rig, 3, 64, that_deed);
        struct fw_counters c = rig_counters(&rig);
        struct fw_fault_log log = rig_faults(&rig);
        CU_ASSERT_EQUAL(c.watchdog, 3 * deed);
        CU_ASSERT_EQUAL(c.program_faults, 3 * deed);
        CU_ASSERT_EQUAL(c.verdict[FW_XDP_ABORTED], 3 * deed);
        CU_ASSERT_EQUAL(ended(), 3 * deed);
        CU_ASSERT_EQUAL(log.last[0].cause, NIC_MCAUSE_WATCHDOG);
        CU_ASSERT_EQUAL(log.last[0].tval, 0);
        CU_ASSERT_TRUE(log.last[0].pc > NIC_ISTORE_BASE + P_ENDLESS * PROG_SLOT);
    }
    check_value(0);
    rig_stop(&rig);
}

static uint32_t any_deed(uint32_t n)
{
    return n % DEEDS;
}

/* All together, on several engines: those that wait for a lock get it, and count. */
static void test_together(void)
{
    start(2, 4);
    rig_traffic(&rig, 10 * DEEDS, 64, any_deed);
    struct fw_counters c = rig_counters(&rig);
    CU_ASSERT_EQUAL(c.verdict[FW_XDP_DROP] + c.verdict[FW_XDP_ABORTED], 10 * DEEDS);
    CU_ASSERT_TRUE(c.watchdog >= 10 * (DEEDS - 1));
    CU_ASSERT_EQUAL(c.watchdog, c.verdict[FW_XDP_ABORTED]);
    CU_ASSERT_EQUAL(c.watchdog, ended());
    check_value((uint32_t)c.verdict[FW_XDP_DROP]);
    deed = 0;
    rig_traffic(&rig, 100, 64, that_deed);
    CU_ASSERT_EQUAL(rig_counters(&rig).verdict[FW_XDP_DROP], c.verdict[FW_XDP_DROP] + 100);
    rig_stop(&rig);
}

/* How many of the first records are under way, and how many were discarded. */
static void count_records(uint32_t records, uint32_t *busy, uint32_t *discarded)
{
    *busy = *discarded = 0;
    for (uint32_t i = 0; i < records; i++) {
        uint32_t len = 0;
        uint64_t at = NIC_DRAM_BASE + FW_RINGBUF_DATA + i * 24;
        CU_ASSERT_EQUAL(nic_mem_read(rig.dev, at, &len, sizeof(len)), 0);
        CU_ASSERT_EQUAL(len & 0xff, 16);
        *busy += (len & FW_RINGBUF_BUSY) != 0;
        *discarded += (len & FW_RINGBUF_DISCARD) != 0;
    }
}

/* What a program that is ended had reserved is discarded: a consumer does not wait there for ever.
 */
static void test_records(void)
{
    struct nic_config cfg = rig_config(1, 2);
    uint32_t busy, discarded;
    uint64_t produced = 0;
    cfg.run_watchdog = 10 * WATCHDOG;
    rig_start(&rig, &cfg, elf);
    uint32_t ring = rig_map(&rig, FW_MAP_RINGBUF, 0, 0, 4096);
    CU_ASSERT_EQUAL_FATAL(rig_attach(&rig, rig_program(&rig, blob, P_HOARD, ring), 1, 1), 0);
    static const uint32_t deeds[] = {3, 0x108, 0, 5};
    for (unsigned i = 0; i < 4; i++) {
        deed = deeds[i];
        rig_traffic(&rig, 2, 64, that_deed);
    }
    CU_ASSERT_EQUAL(nic_mem_read(rig.dev, NIC_DRAM_BASE + FW_RINGBUF_PRODUCER, &produced, 8), 0);
    CU_ASSERT_EQUAL(produced, 2 * (3 + 8 + 5) * 24);
    count_records(2 * (3 + 8 + 5), &busy, &discarded);
    CU_ASSERT_EQUAL(busy, 0);
    CU_ASSERT_EQUAL(discarded, 2 * (3 + 8 + 5));
    CU_ASSERT_EQUAL(rig_counters(&rig).watchdog, 6);
    CU_ASSERT_EQUAL(rig_counters(&rig).program_faults, 8);
    rig_stop(&rig);
}

/* The same frames, the same end, to the cycle. */
static void test_again(void)
{
    struct fw_fault_log log[2];
    uint64_t cycles[2];
    for (unsigned i = 0; i < 2; i++) {
        start(2, 2);
        rig_traffic(&rig, 3 * DEEDS, 64, any_deed);
        cycles[i] = nic_device_cycles(rig.dev);
        log[i] = rig_faults(&rig);
        rig_stop(&rig);
    }
    CU_ASSERT_EQUAL(cycles[0], cycles[1]);
    CU_ASSERT_EQUAL(memcmp(&log[0], &log[1], sizeof(log[0])), 0);
}

static const struct cunit_case cases[] = {
    {"each kind", test_each},
    {"all together", test_together},
    {"records of ring buffers", test_records},
    {"again", test_again},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    elf = argv[1];
    blob = argv[2];
    return cunit_run("firmware: watchdog", cases);
}
