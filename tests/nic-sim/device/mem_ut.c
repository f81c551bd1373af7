/* SPDX-License-Identifier: BSD-3-Clause */
#include "cunit_main.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fake_engine.h"
#include "rig.h"

static struct rig rig;

static uint64_t timed(uint64_t addr, enum bus_op op, uint64_t now)
{
    struct bus_req r = {.addr = addr, .now = now, .bytes = 8, .op = (uint8_t)op};

    CU_ASSERT_EQUAL(bus_access(rig.dev, &r), BUS_OK);
    return r.done;
}

/* generic: sram latency 60, service 1, 8 banks; dram 150, 2, 16; cluster 30, 1, 4 */
static void test_time(void)
{
    rig_open(&rig, NULL);
    CU_ASSERT_EQUAL(timed(NIC_SRAM_BASE, BUS_LOAD, 100), 161);
    CU_ASSERT_EQUAL(timed(NIC_SRAM_BASE + 8, BUS_LOAD, 100), 162);   /* same bank, waits */
    CU_ASSERT_EQUAL(timed(NIC_SRAM_BASE + 64, BUS_LOAD, 100), 161);  /* next bank */
    CU_ASSERT_EQUAL(timed(NIC_SRAM_BASE + 512, BUS_LOAD, 100), 163); /* bank 0 again */
    CU_ASSERT_EQUAL(timed(NIC_SRAM_BASE, BUS_LOAD, 200), 261);
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE, BUS_STORE, 100), 252);
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE + 1024, BUS_AMO_ADD, 101), 254);
    CU_ASSERT_EQUAL(timed(NIC_CLUSTER_BASE, BUS_LOAD, 5), 36);
    CU_ASSERT_EQUAL(timed(NIC_ISTORE_BASE, BUS_LOAD, 5), 66);
    rig_close(&rig);
}

static void test_time_odd_banks(void)
{
    static const char *const sets[] = {"dram.banks=3", NULL};

    rig_open(&rig, sets);
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE, BUS_LOAD, 0), 152);
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE + 64, BUS_LOAD, 0), 152);
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE + 128, BUS_LOAD, 0), 152);
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE + 192, BUS_LOAD, 0), 154);
    rig_close(&rig);
}

static void test_functional(void)
{
    static const char *const sets[] = {"run.functional=1", NULL};

    rig_open(&rig, sets);
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE, BUS_LOAD, 7), 7);
    CU_ASSERT_EQUAL(timed(NIC_DRAM_BASE, BUS_LOAD, 7), 7);
    CU_ASSERT_EQUAL(timed(NIC_CLUSTER_BASE, BUS_STORE, 9), 9);
    rig_close(&rig);
}

static void test_stats(void)
{
    struct nic_stats s;

    rig_open(&rig, NULL);
    timed(NIC_DRAM_BASE, BUS_LOAD, 0);
    timed(NIC_DRAM_BASE, BUS_LOAD, 0);
    timed(NIC_CLUSTER_BASE, BUS_LOAD, 0);
    nic_device_stats(rig.dev, &s);
    CU_ASSERT_EQUAL(s.dram.accesses, 2);
    CU_ASSERT_EQUAL(s.dram.busy_cycles, 4);
    CU_ASSERT_EQUAL(s.dram.banks, 16);
    CU_ASSERT_EQUAL(nic_device_bank_busy(rig.dev, NIC_MEMORY_DRAM, 0), 4);
    CU_ASSERT_EQUAL(nic_device_bank_busy(rig.dev, NIC_MEMORY_DRAM, 1), 0);
    CU_ASSERT_EQUAL(nic_device_bank_busy(rig.dev, NIC_MEMORY_DRAM, 16), 0);
    CU_ASSERT_EQUAL(nic_device_bank_busy(rig.dev, NIC_MEMORY_ATOMIC, 0), 0);
    CU_ASSERT_EQUAL(s.cluster.accesses, 1);
    CU_ASSERT_EQUAL(s.sram.accesses, 0);
    rig_close(&rig);
}

static void test_widths(void)
{
    uint64_t v;

    rig_open(&rig, NULL);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, NIC_DRAM_BASE, 8, 0x8877665544332211, 0), BUS_OK);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, NIC_DRAM_BASE + 1, 1, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(v, 0x22);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, NIC_DRAM_BASE + 1, 2, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(v, 0x3322);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, NIC_DRAM_BASE + 3, 4, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(v, 0x77665544);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, NIC_DRAM_BASE + 2, 2, 0xabcdef, 0), BUS_OK);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, NIC_DRAM_BASE, 8, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(v, 0x88776655cdef2211);
    rig_close(&rig);
}

static void test_ends(void)
{
    const uint64_t cluster_end = NIC_CLUSTER_BASE + 1048576, sram_end = NIC_SRAM_BASE + 4194304;
    const uint64_t bad[] = {0,
                            NIC_LOCAL_BASE,
                            NIC_ISTORE_BASE + 1048576 - 4,
                            cluster_end - 7,
                            cluster_end,
                            NIC_CLUSTER_BASE + NIC_CLUSTER_STRIDE, /* there is one cluster */
                            sram_end - 4,
                            sram_end,
                            NIC_DRAM_BASE - 4,
                            NIC_DRAM_BASE + 1073741824 - 1,
                            NIC_DRAM_BASE + 1073741824,
                            0xfffffffc,
                            0x100000000,
                            0x180000000,
                            UINT64_MAX,
                            UINT64_MAX - 7};
    uint64_t v;

    rig_open(&rig, NULL);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT_EQUAL(rig_load(&rig, 0, bad[i], 8, &v, 0), BUS_FAULT);
        CU_ASSERT_EQUAL(rig_store(&rig, 0, bad[i], 8, 0, 0), BUS_FAULT);
    }
    CU_ASSERT_EQUAL(rig_load(&rig, 0, NIC_DRAM_BASE + 1073741824 - 8, 8, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, cluster_end - 8, 8, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, NIC_ISTORE_BASE, 8, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, NIC_ISTORE_BASE, 8, 0, 0), BUS_FAULT);
    rig_close(&rig);
}

static uint64_t amo(enum bus_op op, unsigned bytes, uint64_t mem, uint64_t arg)
{
    uint64_t v = arg, after;

    (void)rig_store(&rig, 0, NIC_SRAM_BASE, 8, mem, 0);
    CU_ASSERT_EQUAL(rig_op(&rig, 0, op, NIC_SRAM_BASE, bytes, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(v, bytes == 4 ? (uint32_t)mem : mem);
    (void)rig_load(&rig, 0, NIC_SRAM_BASE, 8, &after, 0);
    return after;
}

static void test_amo(void)
{
    rig_open(&rig, NULL);
    CU_ASSERT_EQUAL(amo(BUS_AMO_SWAP, 8, 1, 2), 2);
    CU_ASSERT_EQUAL(amo(BUS_AMO_ADD, 8, UINT64_MAX, 3), 2);
    CU_ASSERT_EQUAL(amo(BUS_AMO_ADD, 4, 0x5ffffffff, 1), 0x500000000);
    CU_ASSERT_EQUAL(amo(BUS_AMO_XOR, 8, 0xff, 0x0f), 0xf0);
    CU_ASSERT_EQUAL(amo(BUS_AMO_AND, 8, 0xff, 0x0f), 0x0f);
    CU_ASSERT_EQUAL(amo(BUS_AMO_OR, 8, 0xf0, 0x0f), 0xff);
    CU_ASSERT_EQUAL(amo(BUS_AMO_MIN, 8, (uint64_t)-5, 3), (uint64_t)-5);
    CU_ASSERT_EQUAL(amo(BUS_AMO_MAX, 8, (uint64_t)-5, 3), 3);
    CU_ASSERT_EQUAL(amo(BUS_AMO_MINU, 8, (uint64_t)-5, 3), 3);
    CU_ASSERT_EQUAL(amo(BUS_AMO_MAXU, 8, (uint64_t)-5, 3), (uint64_t)-5);
    /* 32 bits: signed and unsigned by bit 31, whatever is above in the argument */
    CU_ASSERT_EQUAL(amo(BUS_AMO_MIN, 4, 0x80000000, 3), 0x80000000);
    CU_ASSERT_EQUAL(amo(BUS_AMO_MAX, 4, 0x80000000, 3), 3);
    CU_ASSERT_EQUAL(amo(BUS_AMO_MINU, 4, 0x80000000, 0xffffffff00000003), 3);
    CU_ASSERT_EQUAL(amo(BUS_AMO_MAXU, 4, 0x80000000, 0xffffffff00000003), 0x80000000);
    rig_close(&rig);
}

static void test_amo_refused(void)
{
    uint64_t v = 0;

    rig_open(&rig, NULL);
    CU_ASSERT_EQUAL(rig_op(&rig, 0, BUS_AMO_ADD, NIC_SRAM_BASE + 4, 8, &v, 0), BUS_FAULT);
    CU_ASSERT_EQUAL(rig_op(&rig, 0, BUS_AMO_ADD, NIC_SRAM_BASE + 2, 4, &v, 0), BUS_FAULT);
    CU_ASSERT_EQUAL(rig_op(&rig, 0, BUS_AMO_ADD, NIC_ISTORE_BASE, 8, &v, 0), BUS_FAULT);
    CU_ASSERT_EQUAL(rig_op(&rig, 0, BUS_LR, NIC_MMIO_BASE, 8, &v, 0), BUS_FAULT);
    CU_ASSERT_EQUAL(rig_op(&rig, 0, BUS_AMO_ADD, NIC_MMIO_BASE + NIC_MMIO_DMA_IOVA, 8, &v, 0),
                    BUS_FAULT);
    rig_close(&rig);
}

static uint64_t lr(uint32_t hart, uint64_t addr)
{
    uint64_t v = 0;

    CU_ASSERT_EQUAL(rig_op(&rig, hart, BUS_LR, addr, 8, &v, 0), BUS_OK);
    return v;
}

static uint64_t sc(uint32_t hart, uint64_t addr, uint64_t v)
{
    CU_ASSERT_EQUAL(rig_op(&rig, hart, BUS_SC, addr, 8, &v, 0), BUS_OK);
    return v;
}

static void test_lr_sc(void)
{
    const uint64_t a = NIC_DRAM_BASE + 4096, b = a + 64;
    uint64_t v;

    rig_open(&rig, NULL);
    CU_ASSERT_EQUAL(sc(0, a, 1), 1); /* no reservation */
    lr(0, a);
    CU_ASSERT_EQUAL(sc(0, a, 5), 0);
    CU_ASSERT_EQUAL(sc(0, a, 6), 1); /* used up */
    CU_ASSERT_EQUAL(lr(1, a), 5);
    CU_ASSERT_EQUAL(sc(1, b, 6), 1); /* another block, and it is gone */
    CU_ASSERT_EQUAL(sc(1, a, 6), 1);
    lr(0, a);
    lr(1, a);
    lr(2, b);
    (void)rig_store(&rig, 3, a + 32, 1, 0, 0); /* same block: both lose */
    CU_ASSERT_EQUAL(sc(0, a, 7), 1);
    CU_ASSERT_EQUAL(sc(1, a, 7), 1);
    CU_ASSERT_EQUAL(sc(2, b, 7), 0);
    lr(0, a);
    lr(1, a);
    CU_ASSERT_EQUAL(sc(1, a, 8), 0); /* an SC is a store too */
    CU_ASSERT_EQUAL(sc(0, a, 9), 1);
    lr(0, b);
    (void)rig_store(&rig, 3, b - 4, 8, 0, 0); /* reaches into the block */
    CU_ASSERT_EQUAL(sc(0, b, 9), 1);
    lr(0, a);
    CU_ASSERT_EQUAL(nic_mem_write(rig.dev, a + 60, &v, 1), 0); /* so does the host */
    CU_ASSERT_EQUAL(sc(0, a, 9), 1);
    CU_ASSERT_EQUAL(rig.dev->mem.map.reservations, 0);
    rig_close(&rig);
}

static void test_watch(void)
{
    const uint64_t tohost = NIC_DRAM_BASE + 0x1000;

    rig_open(&rig, NULL);
    nic_device_watch(rig.dev, tohost);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, tohost, 8, 0, 0), BUS_OK);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, tohost, 1, 1, 0), BUS_OK);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, tohost + 8, 8, 1, 0), BUS_OK);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, tohost, 4, 0xf00000003, 0), BUS_STOP);
    CU_ASSERT_EQUAL(nic_device_watch_value(rig.dev), 3);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, tohost, 8, 0xf00000003, 0), BUS_STOP);
    CU_ASSERT_EQUAL(nic_device_watch_value(rig.dev), 0xf00000003);
    rig_close(&rig);
}

static void test_code_pages(void)
{
    uint8_t word[4] = {1, 2, 3, 4};
    struct fake_invalidate inv;

    rig_open(&rig, NULL);
    CU_ASSERT_PTR_NULL(bus_code_page(rig.dev, NIC_SRAM_BASE));
    CU_ASSERT_PTR_NULL(bus_code_page(rig.dev, NIC_CLUSTER_BASE));
    CU_ASSERT_PTR_NULL(bus_code_page(rig.dev, NIC_MMIO_BASE));
    CU_ASSERT_PTR_NULL(bus_code_page(rig.dev, NIC_ISTORE_BASE + 1048576));
    CU_ASSERT_PTR_NULL(bus_code_page(rig.dev, UINT64_MAX - 4095));
    CU_ASSERT_EQUAL(nic_mem_write(rig.dev, NIC_ISTORE_BASE + 4100, word, 4), 0);
    CU_ASSERT_EQUAL(memcmp(bus_code_page(rig.dev, NIC_ISTORE_BASE + 4096) + 4, word, 4), 0);
    inv = fake_invalidated(rig.dev->code);
    CU_ASSERT_EQUAL(inv.count, 1);
    CU_ASSERT_EQUAL(inv.addr, NIC_ISTORE_BASE + 4100);
    CU_ASSERT_EQUAL(inv.len, 4);
    CU_ASSERT_EQUAL(nic_mem_write(rig.dev, NIC_SRAM_BASE, word, 4), 0);
    CU_ASSERT_EQUAL(fake_invalidated(rig.dev->code).count, 1);
    CU_ASSERT_EQUAL(nic_mem_write(rig.dev, NIC_DRAM_BASE, word, 4), 0);
    CU_ASSERT_EQUAL(fake_invalidated(rig.dev->code).count, 2);
    rig_close(&rig);
}

static long resident_kib(void)
{
    long total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fscanf(f, "%ld %ld", &total, &resident), 2);
    fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Two gigabytes of DRAM, touched once a megabyte: 4 KiB each and no more. */
static void test_sparse(void)
{
    static const char *const sets[] = {"dram.size=2147483648", NULL};
    long before;

    rig_open(&rig, sets);
    before = resident_kib();
    for (uint64_t at = 0; at < 2147483648; at += 1048576)
        CU_ASSERT_EQUAL(rig_store(&rig, 0, NIC_DRAM_BASE + at, 8, at + 1, 0), BUS_OK);
    CU_ASSERT_TRUE(resident_kib() - before < 2048 * 4 + 4096);
    rig_close(&rig);
}

static const struct cunit_case cases[] = {
    {"banks, latency, service", test_time},
    {"banks not a power of two", test_time_odd_banks},
    {"functional: no time", test_functional},
    {"counters", test_stats},
    {"widths and alignment", test_widths},
    {"ends of regions", test_ends},
    {"AMO", test_amo},
    {"AMO refused", test_amo_refused},
    {"LR and SC", test_lr_sc},
    {"watched word", test_watch},
    {"code pages and invalidation", test_code_pages},
    {"sparse", test_sparse},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("mem", cases);
}
