/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's view: BAR 0 registers and the BAR 2 window on device memory. A
 * 4-byte access may take half of an 8-byte register, an 8-byte one two 4-byte
 * registers; what is not there reads as all ones and ignores writes.
 */
#include "device/dev.h"

#include <errno.h>
#include <string.h>

#define ALL_ONES   UINT64_MAX
#define DB_RX_SPAN (NIC_RXQS_LIMIT * NIC_BAR0_DB_RX_STRIDE)

static uint64_t read_msix(const struct nic_device *dev, uint32_t reg, uint32_t index)
{
    const struct msix *m = &dev->msix;

    switch (reg) {
    case NIC_BAR0_MSIX_ADDR:
        return m->addr[index];
    case NIC_BAR0_MSIX_DATA:
        return m->data[index];
    case NIC_BAR0_MSIX_CTRL:
        return m->masked[index];
    case NIC_BAR0_MSIX_PBA:
        return m->pending[index];
    default:
        return ALL_ONES;
    }
}

static bool read_constant(const struct nic_device *dev, uint32_t reg, uint64_t *v)
{
    switch (reg) {
    case NIC_BAR0_ID:
        *v = NIC_ID_MAGIC;
        return true;
    case NIC_BAR0_VERSION:
        *v = NIC_REGS_VERSION;
        return true;
    case NIC_BAR0_ENGINES:
        *v = dev->engines;
        return true;
    case NIC_BAR0_THREADS:
        *v = dev->threads;
        return true;
    case NIC_BAR0_CLUSTERS:
        *v = dev->mem.clusters;
        return true;
    case NIC_BAR0_PORTS:
        *v = dev->cfg.port_count;
        return true;
    case NIC_BAR0_LOCAL_SIZE:
        *v = dev->cfg.local_size;
        return true;
    case NIC_BAR0_ISTORE_SIZE:
        *v = dev->cfg.istore_size;
        return true;
    case NIC_BAR0_SRAM_SIZE:
        *v = dev->cfg.sram_size;
        return true;
    case NIC_BAR0_RXQS_MAX:
        *v = dev->cfg.host_rx_queues;
        return true;
    case NIC_BAR0_DRAM_SIZE:
        *v = dev->cfg.dram_size;
        return true;
    case NIC_BAR0_CLOCK_HZ:
        *v = dev->cfg.engine_clock_hz;
        return true;
    default:
        return false;
    }
}

static uint64_t read_state(const struct nic_device *dev, uint32_t reg, uint32_t index)
{
    switch (reg) {
    case NIC_BAR0_CTRL:
        return (dev->running ? NIC_CTRL_RUN : 0u) | (dev->bare ? NIC_CTRL_BARE : 0u);
    case NIC_BAR0_STATUS:
        return dev->fw_status;
    case NIC_BAR0_BOOT_PC:
        return dev->boot_pc;
    case NIC_BAR0_WINDOW:
        return dev->window;
    case NIC_BAR0_TIME_NS:
        return clock_ns(dev, dev->now);
    case NIC_BAR0_DMA_FAULTS:
        return dev->stats.dma_faults;
    case NIC_BAR0_ADM_SQ_BASE:
        return dev->adm_sq_base;
    case NIC_BAR0_ADM_CQ_BASE:
        return dev->adm_cq_base;
    case NIC_BAR0_ADM_SIZE:
        return dev->adm_size;
    case NIC_BAR0_ADM_VECTOR:
        return dev->adm_vector;
    default:
        return read_msix(dev, reg, index);
    }
}

/* A whole register. */
static uint64_t reg_read(const struct nic_device *dev, const struct reg_row *row, uint32_t index)
{
    uint64_t v;

    if (row->access == REG_WO)
        return ALL_ONES;
    return read_constant(dev, row->offset, &v) ? v : read_state(dev, row->offset, index);
}

static void write_ctrl(struct nic_device *dev, uint64_t v)
{
    bool run = (v & NIC_CTRL_RUN) != 0;

    if (!run)
        device_reset(dev);
    else if (!dev->running)
        device_start(dev, (v & NIC_CTRL_BARE) != 0);
}

static bool ring_size_valid(uint64_t v)
{
    return v >= 2 && v <= 4096 && (v & (v - 1)) == 0;
}

static void write_admin(struct nic_device *dev, uint32_t reg, uint64_t v)
{
    switch (reg) {
    case NIC_BAR0_ADM_SQ_BASE:
        dev->adm_sq_base = v;
        break;
    case NIC_BAR0_ADM_CQ_BASE:
        dev->adm_cq_base = v;
        break;
    case NIC_BAR0_ADM_SIZE:
        if (ring_size_valid(v))
            dev->adm_size = (uint32_t)v;
        break;
    case NIC_BAR0_ADM_VECTOR:
        dev->adm_vector = (uint32_t)v;
        break;
    case NIC_BAR0_DB_ADM_SQ:
        dev->adm_sq_tail = (uint32_t)v;
        ctl_doorbell(dev, NIC_EVENT_ADMIN);
        break;
    case NIC_BAR0_DB_EVQ:
        dev->evq_head = (uint32_t)v;
        break;
    case NIC_BAR0_DB_ADM_CQ:
        dev->adm_cq_head = (uint32_t)v;
        ctl_doorbell(dev, NIC_EVENT_CQ);
        break;
    default:
        break;
    }
}

static void reg_write(struct nic_device *dev, const struct reg_row *row, uint32_t index, uint64_t v)
{
    if (row->access == REG_RO)
        return;
    switch (row->offset) {
    case NIC_BAR0_CTRL:
        write_ctrl(dev, v);
        break;
    case NIC_BAR0_BOOT_PC:
        dev->boot_pc = v;
        break;
    case NIC_BAR0_WINDOW:
        dev->window = v & ~(uint64_t)(NIC_BAR2_SIZE - 1);
        break;
    case NIC_BAR0_DB_RX:
        hostq_doorbell(dev, index, (uint32_t)v);
        break;
    case NIC_BAR0_MSIX_ADDR:
        dev->msix.addr[index] = v;
        break;
    case NIC_BAR0_MSIX_DATA:
        dev->msix.data[index] = (uint32_t)v;
        break;
    case NIC_BAR0_MSIX_CTRL:
        msix_mask(dev, index, (uint32_t)v);
        break;
    default:
        write_admin(dev, row->offset, v);
        break;
    }
}

static uint32_t read_word(const struct nic_device *dev, uint64_t offset)
{
    uint32_t index = 0;
    const struct reg_row *row = regmap_bar0(&dev->regs, offset, &index);
    uint64_t v;

    if (row == NULL)
        return UINT32_MAX;
    v = reg_read(dev, row, index);
    return (uint32_t)(row->bytes == 8 && offset % 8 != 0 ? v >> 32 : v);
}

static uint64_t bar0_read(const struct nic_device *dev, uint64_t offset, unsigned bytes)
{
    uint64_t low = read_word(dev, offset);

    return bytes == 4 ? low : low | (uint64_t)read_word(dev, offset + 4) << 32;
}

/* Half of an 8-byte register keeps the other half. */
static void write_half(struct nic_device *dev, const struct reg_row *row, uint32_t index,
                       bool upper, uint32_t v)
{
    uint64_t old = reg_read(dev, row, index);

    if (upper)
        reg_write(dev, row, index, (old & UINT32_MAX) | (uint64_t)v << 32);
    else
        reg_write(dev, row, index, (old & ~(uint64_t)UINT32_MAX) | v);
}

/* 8 bytes that are no register of 8 are two words. */
static void bar0_write(struct nic_device *dev, uint64_t offset, unsigned bytes, uint64_t v)
{
    uint32_t index = 0;
    const struct reg_row *row = regmap_bar0(&dev->regs, offset, &index);

    if (bytes == 8 && (row == NULL || row->bytes != 8)) {
        bar0_write(dev, offset, 4, (uint32_t)v);
        bar0_write(dev, offset + 4, 4, v >> 32);
    } else if (row != NULL && row->bytes == bytes) {
        reg_write(dev, row, index, bytes == 8 ? v : (uint32_t)v);
    } else if (row != NULL) {
        write_half(dev, row, index, offset % 8 != 0, (uint32_t)v);
    }
}

static bool access_valid(uint64_t offset, unsigned bytes)
{
    return (bytes == 4 || bytes == 8) && offset % bytes == 0;
}

uint64_t nic_bar_read(struct nic_device *dev, unsigned bar, uint64_t offset, unsigned bytes)
{
    uint64_t v = 0;

    if (access_valid(offset, bytes)) {
        if (bar == 0)
            return bar0_read(dev, offset, bytes);
        if (bar == 2 && nic_bar_copy_out(dev, offset, &v, bytes) == 0)
            return v;
    }
    return bytes == 4 ? UINT32_MAX : ALL_ONES;
}

void nic_bar_write(struct nic_device *dev, unsigned bar, uint64_t offset, unsigned bytes,
                   uint64_t value)
{
    if (!access_valid(offset, bytes))
        return;
    if (bar == 0 && bytes == 4 && offset - NIC_BAR0_DB_RX < DB_RX_SPAN) /* every packet received */
        hostq_doorbell(dev, (uint32_t)(offset - NIC_BAR0_DB_RX) / NIC_BAR0_DB_RX_STRIDE,
                       (uint32_t)value);
    else if (bar == 0)
        bar0_write(dev, offset, bytes, value);
    else if (bar == 2)
        (void)nic_bar_copy_in(dev, offset, &value, bytes);
}

/* ---- device memory from outside ---- */

static bool in_window(uint64_t offset, size_t len)
{
    return offset <= NIC_BAR2_SIZE && len <= NIC_BAR2_SIZE - offset;
}

int nic_bar_copy_in(struct nic_device *dev, uint64_t offset, const void *src, size_t len)
{
    return in_window(offset, len) ? nic_mem_write(dev, dev->window + offset, src, len) : -EFAULT;
}

int nic_bar_copy_out(struct nic_device *dev, uint64_t offset, void *dst, size_t len)
{
    return in_window(offset, len) ? nic_mem_read(dev, dev->window + offset, dst, len) : -EFAULT;
}

int nic_mem_write(struct nic_device *dev, uint64_t addr, const void *src, size_t len)
{
    struct mem_region *m = mem_find(dev, addr, len);

    if (m == NULL)
        return -EFAULT;
    memcpy(m->mem + (addr - m->base), src, len);
    mem_touched(dev, m, addr, len);
    return 0;
}

int nic_mem_read(struct nic_device *dev, uint64_t addr, void *dst, size_t len)
{
    struct mem_region *m = mem_find(dev, addr, len);

    if (m == NULL)
        return -EFAULT;
    memcpy(dst, m->mem + (addr - m->base), len);
    return 0;
}
