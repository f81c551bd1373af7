/* SPDX-License-Identifier: BSD-3-Clause */
#include "cunit_main.h"

#include "fake_engine.h"
#include "rig.h"

#define RAISE (NIC_MMIO_BASE + NIC_MMIO_MSIX_RAISE)

static struct rig rig;

static void entry(unsigned vector, uint64_t addr, uint32_t data, uint32_t ctrl)
{
    const uint64_t at = NIC_BAR0_MSIX_ADDR + (uint64_t)vector * NIC_BAR0_MSIX_ADDR_STRIDE;

    /* as an operating system writes it: four words */
    nic_bar_write(rig.dev, 0, at, 4, addr & UINT32_MAX);
    nic_bar_write(rig.dev, 0, at + 4, 4, addr >> 32);
    nic_bar_write(rig.dev, 0, at + 8, 4, data);
    nic_bar_write(rig.dev, 0, at + 12, 4, ctrl);
}

static void raise(unsigned vector)
{
    CU_ASSERT_EQUAL(rig_store(&rig, 4, RAISE, 4, vector, 0), BUS_OK);
}

static void test_message(void)
{
    rig_open(&rig, NULL);
    entry(65, 0xfee00000123, 0x4041, 0);
    raise(65);
    CU_ASSERT_EQUAL(rig.irqs, 1);
    CU_ASSERT_EQUAL(rig.irq_vector, 65);
    CU_ASSERT_EQUAL(rig.irq_addr, 0xfee00000123);
    CU_ASSERT_EQUAL(rig.irq_data, 0x4041);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 0, NIC_BAR0_MSIX_ADDR + 65 * 16, 8), 0xfee00000123);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 0, NIC_BAR0_MSIX_DATA + 65 * 16, 8), 0x4041);
    raise(66);
    raise(0xffffffff);
    CU_ASSERT_EQUAL(rig.irqs, 1);
    rig_close(&rig);
}

static void test_mask(void)
{
    rig_open(&rig, NULL);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 0, NIC_BAR0_MSIX_CTRL, 4), 1); /* at reset */
    raise(0);
    raise(0);
    raise(64);
    CU_ASSERT_EQUAL(rig.irqs, 0);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 0, NIC_BAR0_MSIX_PBA, 8), 1);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 0, NIC_BAR0_MSIX_PBA + 8, 8), 1);
    entry(0, 0x1000, 7, 0);
    CU_ASSERT_EQUAL(rig.irqs, 1); /* both in one message */
    CU_ASSERT_EQUAL(rig.irq_data, 7);
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 0, NIC_BAR0_MSIX_PBA, 8), 0);
    entry(0, 0x1000, 7, 0);
    CU_ASSERT_EQUAL(rig.irqs, 1);
    entry(0, 0x1000, 7, 1);
    raise(0);
    CU_ASSERT_EQUAL(rig.irqs, 1);
    nic_bar_write(rig.dev, 0, NIC_BAR0_MSIX_PBA, 8, 0); /* read-only */
    CU_ASSERT_EQUAL(nic_bar_read(rig.dev, 0, NIC_BAR0_MSIX_PBA, 8), 1);
    rig_close(&rig);
}

static void test_stop(void)
{
    rig_open(&rig, NULL);
    entry(3, 0x1000, 7, 0);
    rig.dev->stop_on_irq = true;
    CU_ASSERT_EQUAL(rig_store(&rig, 4, RAISE, 4, 3, 0), BUS_STOP);
    rig.dev->irq_sent = false;
    rig.dev->stop_on_irq = false;
    CU_ASSERT_EQUAL(rig_store(&rig, 4, RAISE, 4, 3, 0), BUS_OK);
    rig_close(&rig);
}

static const struct cunit_case cases[] = {
    {"message", test_message},
    {"mask and pending", test_mask},
    {"ends the run", test_stop},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("msix", cases);
}
