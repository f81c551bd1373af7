/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Register offsets, expanded from regs.def: NIC_BAR0_<name> and
 * NIC_MMIO_<name>; element i of an array is at NIC_..._<name> + i * NIC_..._<name>_STRIDE.
 * Freestanding.
 */
#ifndef NIC_REGS_H
#define NIC_REGS_H

enum nic_reg_offset {
#define NIC_REG(space, name, offset, bytes, access, what) NIC_##space##_##name = (offset),
#define NIC_REG_ARRAY(space, name, offset, bytes, access, stride, count, what)                     \
    NIC_##space##_##name = (offset), NIC_##space##_##name##_STRIDE = (stride),                     \
    NIC_##space##_##name##_COUNT = (count),
#include "nic/regs.def"
};

#define NIC_ID_MAGIC     0x3143494eu
#define NIC_REGS_VERSION 1u
#define NIC_BAR0_SIZE    0x4000u
#define NIC_BAR2_SIZE    0x100000u /* bytes of device memory the window shows */
#define NIC_PORTS_MAX    16u
#define NIC_RXQS_LIMIT   64u
#define NIC_VECTORS      66u /* 64 RX queues, admin, events */
#define NIC_DMA_MAX      0x1000000u
#define NIC_CTRL_RUN     1u
#define NIC_CTRL_BARE    2u /* with RUN: bare programs, which expect no further hart */

enum nic_fw_status {
    NIC_FW_RESET = 0,
    NIC_FW_BOOTING = 1,
    NIC_FW_READY = 2,
    NIC_FW_FATAL = 3,
};

enum nic_ctl_event {
    NIC_EVENT_ADMIN = 1u << 0, /* DB_ADM_SQ was written */
    NIC_EVENT_CQ = 1u << 1,    /* DB_ADM_CQ was written */
    NIC_EVENT_WAKE = 1u << 2,  /* the control core's WAKE_NS has come */
};

#define NIC_WAKE_NEVER 0xffffffffffffffffu /* WAKE_NS: no alarm */

enum nic_dma_cmd {
    NIC_DMA_READ = 1,  /* host to device */
    NIC_DMA_WRITE = 2, /* device to host */
};

#endif
