/* SPDX-License-Identifier: BSD-3-Clause */
/* BAR0, BAR2, the engines' registers, reset. */
#include "cunit_main.h"

#include <errno.h>
#include <string.h>

#include "fake_engine.h"
#include "rig.h"

static struct rig rig;

static uint64_t rd(uint64_t off, unsigned bytes)
{
    return nic_bar_read(rig.dev, 0, off, bytes);
}

static void wr(uint64_t off, unsigned bytes, uint64_t v)
{
    nic_bar_write(rig.dev, 0, off, bytes, v);
}

static void test_identity(void)
{
    static const char *const sets[] = {"engine.count=20", "engine.threads=3", NULL};

    rig_open(&rig, sets);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ID, 4), NIC_ID_MAGIC);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ID, 8), 0x13143494e); /* with VERSION */
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ENGINES, 4), 20);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_THREADS, 4), 3);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_CLUSTERS, 4), 3);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_PORTS, 4), 2);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_LOCAL_SIZE, 4), 16384);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ISTORE_SIZE, 4), 1048576);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_SRAM_SIZE, 4), 4194304);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_RXQS_MAX, 4), 16);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_DRAM_SIZE, 8), 1073741824);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_CLOCK_HZ, 8), 1000000000);
    wr(NIC_BAR0_ENGINES, 4, 1);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ENGINES, 4), 20);
    rig_close(&rig);
}

static void test_bad_access(void)
{
    rig_open(&rig, NULL);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ID, 2), UINT64_MAX);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ID + 1, 4), UINT32_MAX);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ID + 4, 8), UINT64_MAX);
    CU_ASSERT_EQUAL(rd(0x60, 4), UINT32_MAX);
    CU_ASSERT_EQUAL(rd(0x60, 8), UINT64_MAX);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_DB_ADM_SQ, 4), UINT32_MAX);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_SIZE, 4), UINT32_MAX);
    CU_ASSERT_EQUAL(rd(UINT64_MAX - 3, 4), UINT32_MAX);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 1, 0, 4), UINT32_MAX);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 7, 0, 8), UINT64_MAX);
    for (uint64_t off = 0; off < NIC_BAR0_SIZE + 64; off += 4) { /* nothing falls over */
        (void)rd(off, 4);
        (void)rd(off, 8);
        if (off != NIC_BAR0_CTRL)
            wr(off, 4, 0xa5a5a5a5);
        if (off != NIC_BAR0_CTRL)
            wr(off, 8, 0xa5a5a5a5a5a5a5a5);
    }
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ID, 4), NIC_ID_MAGIC);
    rig_close(&rig);
}

static void test_halves(void)
{
    rig_open(&rig, NULL);
    wr(NIC_BAR0_BOOT_PC, 8, 0x1122334455667788);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_BOOT_PC, 4), 0x55667788);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_BOOT_PC + 4, 4), 0x11223344);
    wr(NIC_BAR0_BOOT_PC + 4, 4, 0xaabbccdd);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_BOOT_PC, 8), 0xaabbccdd55667788);
    wr(NIC_BAR0_BOOT_PC, 4, 1);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_BOOT_PC, 8), 0xaabbccdd00000001);
    wr(NIC_BAR0_ADM_SIZE, 8, 0x700000040); /* two registers at once */
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ADM_SIZE, 4), 64);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ADM_VECTOR, 4), 7);
    wr(NIC_BAR0_ADM_SIZE, 4, 65);
    wr(NIC_BAR0_ADM_SIZE, 4, 0);
    wr(NIC_BAR0_ADM_SIZE, 4, 8192);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ADM_SIZE, 4), 64);
    rig_close(&rig);
}

static void test_window(void)
{
    const uint8_t text[5] = "nicsi";
    uint8_t back[5];

    rig_open(&rig, NULL);
    wr(NIC_BAR0_WINDOW, 8, NIC_DRAM_BASE + 0x345678); /* aligned down */
    CU_ASSERT_EQUAL(rd(NIC_BAR0_WINDOW, 8), NIC_DRAM_BASE + 0x300000);
    CU_ASSERT_EQUAL(nic_bar_copy_in(rig.dev, NIC_BAR2_SIZE - 5, text, 5), 0);
    CU_ASSERT_EQUAL(nic_bar_copy_in(rig.dev, NIC_BAR2_SIZE - 4, text, 5), -EFAULT);
    CU_ASSERT_EQUAL(nic_bar_copy_in(rig.dev, UINT64_MAX, text, 5), -EFAULT);
    CU_ASSERT_EQUAL(nic_mem_read(rig.dev, NIC_DRAM_BASE + 0x3ffffb, back, 5), 0);
    CU_ASSERT_EQUAL(memcmp(back, text, 5), 0);
    nic_bar_write(rig.dev, 2, 8, 8, 0x1122334455667788);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 2, 8, 8), 0x1122334455667788);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 2, 12, 4), 0x11223344);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 2, 9, 4), UINT32_MAX);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 2, NIC_BAR2_SIZE, 4), UINT32_MAX);
    CU_ASSERT_EQUAL(fake_invalidated(rig.dev->code).count, 2);
    rig_close(&rig);
}

static void test_window_nothing(void)
{
    static const uint64_t empty[] = {0,
                                     NIC_LOCAL_BASE,
                                     NIC_MMIO_BASE,
                                     NIC_CLUSTER_BASE + NIC_CLUSTER_STRIDE,
                                     NIC_DRAM_BASE + 1073741824,
                                     0x100000000,
                                     0xfffffffffff00000};
    uint8_t b[8] = {0};

    rig_open(&rig, NULL);
    for (unsigned i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        wr(NIC_BAR0_WINDOW, 8, empty[i]);
        CU_ASSERT_EQUAL(nic_bar_copy_in(rig.dev, 0, b, 8), -EFAULT);
        CU_ASSERT_EQUAL(nic_bar_copy_out(rig.dev, 0, b, 8), -EFAULT);
        CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 2, 0, 8), UINT64_MAX);
    }
    rig_close(&rig);
}

static void test_doorbell_event(void)
{
    const uint64_t event = NIC_MMIO_BASE + NIC_MMIO_CTL_EVENT;
    uint64_t v;

    rig_open(&rig, NULL);
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, event, 8, &v, 0), BUS_FAULT); /* not the control core */
    CU_ASSERT_EQUAL(rig_load(&rig, 4, event, 8, &v, 0), BUS_BLOCK);
    wr(NIC_BAR0_DB_ADM_SQ, 4, 3);
    CU_ASSERT_EQUAL(rig_wake(&rig, 4)->count, 1);
    CU_ASSERT_EQUAL(rig_wake(&rig, 4)->data, NIC_EVENT_ADMIN);
    CU_ASSERT_EQUAL(rig_wake(&rig, 4)->when, 400); /* one way over the link */
    wr(NIC_BAR0_DB_ADM_SQ, 4, 4);
    wr(NIC_BAR0_DB_ADM_CQ, 4, 2);
    CU_ASSERT_EQUAL(rig_wake(&rig, 4)->count, 1);
    CU_ASSERT_EQUAL(rig_load(&rig, 4, event, 8, &v, 500), BUS_OK);
    CU_ASSERT_EQUAL(v, NIC_EVENT_ADMIN | NIC_EVENT_CQ);
    CU_ASSERT_EQUAL(rig_load(&rig, 4, event, 8, &v, 500), BUS_BLOCK);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, NIC_MMIO_BASE + NIC_MMIO_ADM_SQ_TAIL, 4, &v, 500), BUS_OK);
    CU_ASSERT_EQUAL(v, 4);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, NIC_MMIO_BASE + NIC_MMIO_ADM_CQ_HEAD, 4, &v, 500), BUS_OK);
    CU_ASSERT_EQUAL(v, 2);
    rig_close(&rig);
}

/* Every word of the register space at every width: only what regs.def lists answers. */
static void test_mmio_strict(void)
{
    unsigned readable = 0;
    uint64_t v;

    rig_open(&rig, NULL);
    rig_start(&rig);
    for (uint64_t off = 0; off < NIC_MMIO_SIZE + 64; off++)
        for (unsigned bytes = 1; bytes <= 8; bytes *= 2)
            if (rig_load(&rig, 1, NIC_MMIO_BASE + off, bytes, &v, 0) == BUS_OK) {
                uint32_t index = 0;
                const struct reg_row *row = regmap_mmio(&rig.dev->regs, off, &index);

                readable++;
                CU_ASSERT_PTR_NOT_NULL_FATAL(row);
                CU_ASSERT_EQUAL(row->bytes, bytes);
                CU_ASSERT_EQUAL(row->offset + (index << row->shift), off);
                CU_ASSERT_NOT_EQUAL(row->access, REG_WO);
            }
    /* 24 RO/RW registers and DMA_STATUS; 8 for each of 2 ports; 5 for each of 16 queues */
    CU_ASSERT_EQUAL(readable, 25 + 8 * 2 + 5 * 16);
    rig_close(&rig);
}

static void test_mmio_write(void)
{
    static const uint64_t read_only[] = {
        NIC_MMIO_WQ_GET,     NIC_MMIO_HARTS,        NIC_MMIO_SEED,           NIC_MMIO_CTL_EVENT,
        NIC_MMIO_DMA_STATUS, NIC_MMIO_PKT_SEQ_NEXT, NIC_MMIO_PORT_RX_PACKETS};
    uint64_t v;

    rig_open(&rig, NULL);
    rig_start(&rig);
    for (unsigned i = 0; i < sizeof(read_only) / sizeof(read_only[0]); i++) {
        CU_ASSERT_EQUAL(rig_store(&rig, 0, NIC_MMIO_BASE + read_only[i], 8, 0, 0), BUS_FAULT);
        CU_ASSERT_EQUAL(rig_store(&rig, 0, NIC_MMIO_BASE + read_only[i], 4, 0, 0), BUS_FAULT);
    }
    CU_ASSERT_EQUAL(rig_load(&rig, 0, NIC_MMIO_BASE + NIC_MMIO_PKT_CMD, 8, &v, 0), BUS_FAULT);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, NIC_MMIO_BASE + NIC_MMIO_RSS_QUEUES, 4, 8, 0), BUS_OK);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, NIC_MMIO_BASE + NIC_MMIO_RSS_QUEUES, 4, 0, 0), BUS_OK);
    CU_ASSERT_EQUAL(rig_store(&rig, 0, NIC_MMIO_BASE + NIC_MMIO_RSS_QUEUES, 4, 17, 0), BUS_OK);
    CU_ASSERT_EQUAL(rig_load(&rig, 0, NIC_MMIO_BASE + NIC_MMIO_RSS_QUEUES, 4, &v, 0), BUS_OK);
    CU_ASSERT_EQUAL(v, 8);
    CU_ASSERT_EQUAL(rig_store(&rig, 4, NIC_MMIO_BASE + NIC_MMIO_FW_STATUS, 4, NIC_FW_READY, 0),
                    BUS_OK);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_STATUS, 4), NIC_FW_READY);
    rig_close(&rig);
}

static void test_fatal(void)
{
    struct nic_fault f;

    rig_open(&rig, NULL);
    wr(NIC_BAR0_BOOT_PC, 8, NIC_DRAM_BASE);
    rig_start(&rig);
    CU_ASSERT_FALSE(nic_device_fault(rig.dev, &f));
    CU_ASSERT_EQUAL(rig_store(&rig, 3, NIC_MMIO_BASE + NIC_MMIO_FATAL, 8, 42, 700), BUS_STOP);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_FATAL);
    CU_ASSERT_TRUE_FATAL(nic_device_fault(rig.dev, &f));
    CU_ASSERT_EQUAL(f.hart, 3);
    CU_ASSERT_EQUAL(f.engine, 1);
    CU_ASSERT_EQUAL(f.thread, 1);
    CU_ASSERT_EQUAL(f.value, 42);
    CU_ASSERT_EQUAL(f.cycles, 700);
    CU_ASSERT_EQUAL(f.pc, NIC_DRAM_BASE);
    CU_ASSERT_EQUAL(f.x[10], 3);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_STATUS, 4), NIC_FW_FATAL);
    wr(NIC_BAR0_CTRL, 4, 0);
    CU_ASSERT_FALSE(nic_device_fault(rig.dev, &f));
    CU_ASSERT_EQUAL(rd(NIC_BAR0_STATUS, 4), NIC_FW_RESET);
    CU_ASSERT_EQUAL(nic_device_hart(rig.dev, 4, &f), 0);
    CU_ASSERT_EQUAL(nic_device_hart(rig.dev, 5, &f), -EINVAL);
    rig_close(&rig);
}

static void test_spin(void)
{
    struct nic_fault f;

    rig_open(&rig, NULL);
    rig_start(&rig);
    fake_set_parked(rig.dev->engine[0], 2);
    fake_set_parked(rig.dev->engine[1], 2);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_IDLE);
    fake_set_parked(rig.dev->engine[2], 1); /* the control core too */
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_FATAL);
    CU_ASSERT_TRUE(nic_device_fault(rig.dev, &f));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.what, "spins"));
    rig_close(&rig);

    rig_open(&rig, NULL);
    wr(NIC_BAR0_CTRL, 4, NIC_CTRL_RUN | NIC_CTRL_BARE);
    fake_set_parked(rig.dev->engine[0], 2);
    fake_set_parked(rig.dev->engine[1], 2);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_FATAL);
    rig_close(&rig);
}

/* Everything but memory contents and the clock. */
static void test_reset(void)
{
    static const uint8_t byte = 0x5a;
    uint8_t back = 0;

    rig_open(&rig, NULL);
    wr(NIC_BAR0_BOOT_PC, 8, NIC_DRAM_BASE);
    wr(NIC_BAR0_ADM_SIZE, 4, 16);
    wr(NIC_BAR0_MSIX_CTRL, 4, 0);
    CU_ASSERT_EQUAL(nic_mem_write(rig.dev, NIC_SRAM_BASE, &byte, 1), 0);
    rig_start(&rig);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_CTRL, 4), NIC_CTRL_RUN);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ADM_SIZE, 4), 16);
    rig_enable(&rig, 1);
    wr(NIC_BAR0_CTRL, 4, 0);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_CTRL, 4), 0);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_BOOT_PC, 8), 0);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_ADM_SIZE, 4), 0);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_MSIX_CTRL, 4), 1);
    CU_ASSERT_FALSE(rig.dev->port[0].enabled);
    CU_ASSERT_EQUAL(nic_mem_read(rig.dev, NIC_SRAM_BASE, &back, 1), 0);
    CU_ASSERT_EQUAL(back, byte);
    rig_close(&rig);
}

static void test_time(void)
{
    static const char *const sets[] = {"engine.clock_hz=800M", "run.clock_ns=1000", NULL};

    rig_open(&rig, sets);
    CU_ASSERT_EQUAL(rd(NIC_BAR0_TIME_NS, 8), 1000);
    rig.dev->now = 4;
    CU_ASSERT_EQUAL(rd(NIC_BAR0_TIME_NS, 8), 1005);
    CU_ASSERT_EQUAL(nic_device_time_ns(rig.dev), 1005);
    CU_ASSERT_EQUAL(clock_ns(rig.dev, UINT64_C(800000000) * 3600 + 1), 1000 + 3600000000001);
    CU_ASSERT_EQUAL(clock_ns_to_cycles(rig.dev, 1), 1);
    CU_ASSERT_EQUAL(clock_ns_to_cycles(rig.dev, 5), 4);
    CU_ASSERT_EQUAL(clock_ns_to_cycles(rig.dev, 6), 5); /* rounded up */
    rig_close(&rig);
}

static void test_create_refuses(void)
{
    struct nic_config c = {0};
    struct nic_device *dev = (struct nic_device *)&c;
    struct nic_err err = {""};

    CU_ASSERT_EQUAL(nic_device_create(&c, NULL, NULL, &dev, &err), -EINVAL);
    CU_ASSERT_PTR_NULL(dev);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "engine.count"));
    nic_device_destroy(NULL);
}

static const struct cunit_case cases[] = {
    {"identity and sizes", test_identity},
    {"bad accesses", test_bad_access},
    {"halves and pairs", test_halves},
    {"BAR2", test_window},
    {"BAR2 on nothing", test_window_nothing},
    {"doorbells and events", test_doorbell_event},
    {"engine registers: only those", test_mmio_strict},
    {"engine registers: writes", test_mmio_write},
    {"FATAL", test_fatal},
    {"all spin", test_spin},
    {"reset", test_reset},
    {"time", test_time},
    {"create refuses", test_create_refuses},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("bar", cases);
}
