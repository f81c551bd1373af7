/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the device asks of the host side of the link. Addresses are IOVAs; the
 * link checks them against the ranges the driver mapped and refuses the rest.
 */
#ifndef NIC_PCIE_H
#define NIC_PCIE_H

#include <stddef.h>
#include <stdint.h>

struct nic_host_ops {
    /* 0 or -EFAULT: the whole range must be mapped (and writable), else nothing is moved. */
    int (*dma_read)(void *ctx, uint64_t iova, void *dst, size_t len);
    int (*dma_write)(void *ctx, uint64_t iova, const void *src, size_t len);
    /* An unmasked vector fired: the message of its table entry. Must not call into the device. */
    void (*msix)(void *ctx, unsigned vector, uint64_t addr, uint32_t data);
    /*
     * Memory for the device's DRAM: `bytes` of zeroes, borrowed until the device is destroyed;
     * NULL for want of it. For a host that shows DRAM to others (mmap of a BAR). An op of NULL:
     * the device takes memory of its own.
     */
    void *(*dram)(void *ctx, uint64_t bytes);
};

#endif
