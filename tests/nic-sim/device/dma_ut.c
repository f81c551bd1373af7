/* SPDX-License-Identifier: BSD-3-Clause */
/* DMA channels and the link's time model. */
#include "cunit_main.h"

#include <errno.h>
#include <string.h>

#include "fake_engine.h"
#include "rig.h"

#define REG(name) (NIC_MMIO_BASE + NIC_MMIO_##name)

static struct rig rig;

static void start(uint32_t hart, uint64_t iova, uint64_t addr, uint32_t len, unsigned cmd,
                  uint64_t now)
{
    CU_ASSERT_EQUAL(rig_store(&rig, hart, REG(DMA_IOVA), 8, iova, now), BUS_OK);
    CU_ASSERT_EQUAL(rig_store(&rig, hart, REG(DMA_ADDR), 8, addr, now), BUS_OK);
    CU_ASSERT_EQUAL(rig_store(&rig, hart, REG(DMA_LEN), 4, len, now), BUS_OK);
    CU_ASSERT_EQUAL(rig_store(&rig, hart, REG(DMA_CMD), 4, cmd, now), BUS_OK);
}

/* Runs the transfer to its end; its status. */
static uint64_t finish(uint32_t hart)
{
    uint64_t v;

    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_load(&rig, hart, REG(DMA_STATUS), 4, &v, nic_device_cycles(rig.dev)),
                    BUS_OK);
    return v;
}

static uint64_t once(uint64_t iova, uint64_t addr, uint32_t len, unsigned cmd)
{
    start(0, iova, addr, len, cmd, nic_device_cycles(rig.dev));
    return finish(0);
}

static void fill(void)
{
    for (unsigned i = 0; i < RIG_HOST; i++)
        rig.host[i] = (uint8_t)(i * 13 + 1);
}

static void test_read_write(void)
{
    static const uint64_t addrs[] = {NIC_SRAM_BASE + 3, NIC_DRAM_BASE + 4096, NIC_ISTORE_BASE,
                                     NIC_CLUSTER_BASE + 64};
    uint8_t back[1000];

    rig_open(&rig, NULL);
    for (unsigned i = 0; i < 4; i++) {
        fill();
        CU_ASSERT_EQUAL(once(RIG_IOVA + 5, addrs[i], 1000, NIC_DMA_READ), 0);
        CU_ASSERT_EQUAL(nic_mem_read(rig.dev, addrs[i], back, 1000), 0);
        CU_ASSERT_EQUAL(memcmp(back, rig.host + 5, 1000), 0);
        memset(rig.host, 0, RIG_HOST);
        CU_ASSERT_EQUAL(once(RIG_IOVA + 77, addrs[i], 1000, NIC_DMA_WRITE), 0);
        CU_ASSERT_EQUAL(memcmp(back, rig.host + 77, 1000), 0);
    }
    CU_ASSERT_EQUAL(fake_invalidated(rig.dev->code).count, 2); /* istore and dram, on reads */
    rig_close(&rig);
}

/* Each hart reaches its own local SRAM. */
static void test_local(void)
{
    rig_open(&rig, NULL);
    fill();
    for (uint32_t hart = 0; hart <= 4; hart++) {
        start(hart, RIG_IOVA + hart, NIC_LOCAL_BASE + 16000, 384, NIC_DMA_READ, 0);
        CU_ASSERT_EQUAL(finish(hart), 0);
    }
    for (uint32_t hart = 0; hart <= 4; hart++)
        CU_ASSERT_EQUAL(memcmp(device_local(rig.dev, hart) + 16000, rig.host + hart, 384), 0);
    CU_ASSERT_EQUAL(once(RIG_IOVA, NIC_LOCAL_BASE + 16000, 385, NIC_DMA_READ), EINVAL);
    CU_ASSERT_EQUAL(once(RIG_IOVA, NIC_LOCAL_BASE - 1, 4, NIC_DMA_READ), EINVAL);
    rig_close(&rig);
}

static void test_ranges(void)
{
    struct nic_stats s;

    rig_open(&rig, NULL);
    CU_ASSERT_EQUAL(once(RIG_IOVA, NIC_SRAM_BASE, 0, NIC_DMA_READ), EINVAL);
    CU_ASSERT_EQUAL(once(RIG_IOVA, NIC_DRAM_BASE, NIC_DMA_MAX + 1, NIC_DMA_READ), EINVAL);
    CU_ASSERT_EQUAL(once(RIG_IOVA, 0, 4, NIC_DMA_READ), EINVAL);
    CU_ASSERT_EQUAL(once(RIG_IOVA, NIC_MMIO_BASE, 4, NIC_DMA_READ), EINVAL);
    CU_ASSERT_EQUAL(once(RIG_IOVA, NIC_SRAM_BASE + 4194304 - 3, 4, NIC_DMA_READ), EINVAL);
    CU_ASSERT_EQUAL(once(RIG_IOVA, NIC_DRAM_BASE + 1073741824 - 3, 4, NIC_DMA_READ), EINVAL);
    CU_ASSERT_EQUAL(once(RIG_IOVA, UINT64_MAX - 1, 4, NIC_DMA_READ), EINVAL);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 0, NIC_BAR0_DMA_FAULTS, 8), 0);
    CU_ASSERT_EQUAL(once(RIG_IOVA - 1, NIC_SRAM_BASE, 4, NIC_DMA_READ), EFAULT);
    CU_ASSERT_EQUAL(once(RIG_IOVA + RIG_HOST - 3, NIC_SRAM_BASE, 4, NIC_DMA_WRITE), EFAULT);
    CU_ASSERT_EQUAL(once(0, NIC_SRAM_BASE, 4, NIC_DMA_WRITE), EFAULT);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 0, NIC_BAR0_DMA_FAULTS, 8), 3);
    nic_device_stats(rig.dev, &s);
    CU_ASSERT_EQUAL(s.dma_faults, 3);
    CU_ASSERT_EQUAL(once(RIG_IOVA, NIC_SRAM_BASE, 4, NIC_DMA_WRITE), 0);
    rig_close(&rig);
}

static void test_no_host(void)
{
    struct nic_config c;
    struct nic_err err;

    memset(&rig, 0, sizeof(rig));
    nic_config_init(&c);
    CU_ASSERT_EQUAL_FATAL(nic_device_create(&c, NULL, NULL, &rig.dev, &err), 0);
    CU_ASSERT_EQUAL(once(0, NIC_SRAM_BASE, 4, NIC_DMA_READ), EFAULT);
    CU_ASSERT_EQUAL(once(0, NIC_SRAM_BASE, 4, NIC_DMA_WRITE), EFAULT);
    rig_close(&rig);
}

static void test_misuse(void)
{
    uint64_t v;

    rig_open(&rig, NULL);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, REG(DMA_STATUS), 4, &v, 0), BUS_OK); /* none yet */
    CU_ASSERT_EQUAL(v, 0);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, REG(DMA_CMD), 4, 0, 0), BUS_FAULT);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, REG(DMA_CMD), 4, 3, 0), BUS_FAULT);
    start(0, RIG_IOVA, NIC_SRAM_BASE, 64, NIC_DMA_READ, 0);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, REG(DMA_CMD), 4, NIC_DMA_READ, 1), BUS_FAULT);
    /* the registers may be set for the next one meanwhile */
    fill();
    CU_ASSERT_EQUAL(rig_store(&rig, 0, REG(DMA_ADDR), 8, 0, 1), BUS_OK);
    CU_ASSERT_EQUAL(finish(0), 0);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, NIC_SRAM_BASE, 1, &v, 2000), BUS_OK);
    CU_ASSERT_EQUAL(v, 1);
    rig_close(&rig);
}

/*
 * gen 4 x16: 252.064 Gbit/s. 4096 bytes are 16 TLPs of 256 + 24: 4480 bytes,
 * 142.19 ns: 143 cycles. A read also takes 400 ns there and 400 back.
 */
static void test_time(void)
{
    uint64_t v;

    rig_open(&rig, NULL);
    start(0, RIG_IOVA, NIC_DRAM_BASE, 4096, NIC_DMA_READ, 1000);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, REG(DMA_STATUS), 4, &v, 1000), BUS_BLOCK);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_wake(&rig, 0)->count, 1);
    CU_ASSERT_EQUAL(rig_wake(&rig, 0)->data, 0);
    CU_ASSERT_EQUAL(rig_wake(&rig, 0)->when, 1000 + 400 + 143 + 400 + 10);
    rig_close(&rig);

    rig_open(&rig, NULL);
    start(0, RIG_IOVA, NIC_DRAM_BASE, 4096, NIC_DMA_WRITE, 1000);
    start(1, RIG_IOVA, NIC_DRAM_BASE, 4096, NIC_DMA_WRITE, 1000); /* one after the other */
    start(2, RIG_IOVA, NIC_DRAM_BASE, 4096, NIC_DMA_READ, 1000);  /* the other direction */
    for (uint32_t hart = 0; hart < 3; hart++)
        CU_ASSERT_EQUAL(rig_load(&rig, hart, REG(DMA_STATUS), 4, &v, 1000), BUS_BLOCK);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_wake(&rig, 0)->when, 1000 + 143 + 400 + 10);
    CU_ASSERT_EQUAL(rig_wake(&rig, 1)->when, 1000 + 286 + 400 + 10);
    CU_ASSERT_EQUAL(rig_wake(&rig, 2)->when, 1000 + 943 + 10);
    rig_close(&rig);
}

/* Lengths that come again, in any order: 64 Gbit/s after coding, 24 bytes for each 256. */
static void test_time_known(void)
{
    static const char *const sets[] = {"pcie.gen=3", "pcie.lanes=8", "pcie.payload=256",
                                       "pcie.header=24", NULL};
    uint64_t bad = 0;

    rig_open(&rig, sets);
    for (uint64_t i = 0, len = 1; i < 200000; i++, len = (len * 1103515245 + 12345) % 9216) {
        uint64_t bytes = i % 3 == 0 ? len : i % 7 * 16;
        double bits = 8.0 * (double)(bytes + (bytes + 255) / 256 * 24);
        double exact = bits * 1e9 / (7877e6 * 8);
        uint64_t got = pcie_cycles(rig.dev, bytes);

        bad += (double)got < exact - 1e-6 || (double)got >= exact + 1;
    }
    CU_ASSERT_EQUAL(bad, 0);
    rig_close(&rig);
}

/* gen 1 x1: 2 Gbit/s. 1 byte with 24 of header: 100 ns. */
static void test_time_slow(void)
{
    static const char *const sets[] = {"pcie.gen=1", "pcie.lanes=1", NULL};
    struct nic_stats s;

    rig_open(&rig, sets);
    CU_ASSERT_EQUAL(pcie_cycles(rig.dev, 1), 100);
    CU_ASSERT_EQUAL(pcie_cycles(rig.dev, 256), 1120);
    CU_ASSERT_EQUAL(pcie_cycles(rig.dev, 257), 1220);
    start(0, RIG_IOVA, NIC_DRAM_BASE, 257, NIC_DMA_WRITE, 0);
    rig_run(&rig);
    nic_device_stats(rig.dev, &s);
    CU_ASSERT_EQUAL(s.pcie_busy_cycles, 1220);
    rig_close(&rig);
}

static void test_functional(void)
{
    static const char *const sets[] = {"run.functional=1", NULL};

    rig_open(&rig, sets);
    start(0, RIG_IOVA, NIC_DRAM_BASE, 4096, NIC_DMA_READ, 77);
    CU_ASSERT_EQUAL(finish(0), 0);
    CU_ASSERT_EQUAL(nic_device_cycles(rig.dev), 77);
    rig_close(&rig);
}

static const struct cunit_case cases[] = {
    {"read and write", test_read_write},
    {"local SRAM", test_local},
    {"outside ranges", test_ranges},
    {"no host", test_no_host},
    {"misuse", test_misuse},
    {"time on the link", test_time},
    {"time on a slow link", test_time_slow},
    {"time of lengths that come again", test_time_known},
    {"functional", test_functional},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("dma", cases);
}
