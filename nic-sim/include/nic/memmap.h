/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device's memory map as every engine, the DMA units and the BAR2 window
 * see it. Freestanding: shared by the simulator, the firmware and the driver.
 *
 * All device addresses are below 4 GiB, so the 32-bit fields of struct xdp_md
 * hold real device addresses.
 *
 *   region    base        shared by         size comes from
 *   local     0x10000000  one thread: the same address is private to each
 *                         hardware thread   config local.size (<= 64 KiB)
 *   mmio      0x18000000  all (some registers answer per hart)  64 KiB
 *   istore    0x20000000  all engines       config istore.size (<= 1 MiB, so
 *                         that one `jal` reaches any of it)
 *   cluster   0x30000000  all; stride 4 MiB, one per cluster: packet buffers
 *   sram      0x40000000  all engines       config sram.size
 *   dram      0x80000000  all engines       config dram.size (<= 2 GiB)
 *
 * Everything else faults. Executable: istore and dram.
 */
#ifndef NIC_MEMMAP_H
#define NIC_MEMMAP_H

#define NIC_LOCAL_BASE     0x10000000u
#define NIC_LOCAL_MAX      0x00010000u
#define NIC_MMIO_BASE      0x18000000u
#define NIC_MMIO_SIZE      0x00010000u
#define NIC_ISTORE_BASE    0x20000000u
#define NIC_ISTORE_MAX     0x00100000u
#define NIC_CLUSTER_BASE   0x30000000u
#define NIC_CLUSTER_STRIDE 0x00400000u
#define NIC_CLUSTERS_MAX   64u
#define NIC_SRAM_BASE      0x40000000u
#define NIC_SRAM_MAX       0x10000000u
#define NIC_DRAM_BASE      0x80000000u
#define NIC_DRAM_MAX       0x80000000u

#endif
