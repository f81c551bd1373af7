/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the firmware asks of the NIC it runs on. A platform is a folder with
 * three headers, chosen by the include path; nothing else in firmware/ touches
 * a device register:
 *
 *   plat_asm.h   the two assembler macros of boot.S and trap.S
 *   plat_mem.h   plat_ptr(): device address to pointer; plat_cpu(): the processor programs see;
 *                plat_relax(): between two looks at a lock;
 *                PLAT_FOLLOWED: order of loads of addresses
 *   plat_ops.h   the inline functions below, all of them
 *
 * platform/nicsim is the simulated NIC, platform/template the one to copy.
 *
 * Datapath, on the harts:
 *   void plat_pkt_get(void)            waits for a packet; its struct nic_pkt is then at FW_PKT
 *   void plat_pkt_done(cmd)            gives FW_PKT back: enum nic_pkt_cmd
 *   void plat_pkt_window(lo, hi)       what a program may touch of the packet
 *   void plat_frag_windows(frag, n)    and of its fragments: n of NIC_FRAGS_MAX struct nic_frag
 *   void plat_program_switch(cookie)   called before each program run: a hart whose instruction
 *                                      fetch can be stale fences here when the cookie changed
 *   void plat_protect(fw_prog_lo, stk_hi, map_lo, map_hi)   the fixed windows of this hart
 *   void plat_watchdog_on(void)        programs on this hart that take too long trap from now on,
 *                                      with mcause PLAT_WATCHDOG: a value that does not come,
 *                                      where a NIC has no such thing
 *   uint64_t plat_time_ns(void)        time since boot of the NIC
 *   void plat_wake(ns)                 at that time plat_pkt_get() gives this hart a descriptor
 * with cookie NIC_WAKE and no packet, or plat_event_wait() on the control core NIC_EVENT_WAKE,
 * once; UINT64_MAX: never
 *
 * Geometry: plat_harts() (the control core is hart number plat_harts()), plat_engine_of(hart),
 *   plat_ports(), plat_local_bytes(), plat_istore_bytes(), plat_sram_bytes(), plat_dram_bytes(),
 *   plat_rxqs_max(), plat_seed()
 *
 * Control core:
 *   uint32_t plat_event_wait(void)     sleeps until a doorbell: enum nic_ctl_event
 *   void plat_set_status(enum nic_fw_status)
 *   void plat_fatal(value)             stops the device with a report
 *   struct plat_admin plat_admin(void) ring addresses, size and vector as the host set them
 *   uint32_t plat_sq_tail(void), plat_cq_head(void)   the admin doorbells
 *   uint32_t plat_evq_head(void)       events the host consumed; any hart
 *   int plat_dma_read(dst, iova, len)  host to device; 0, FW_EFAULT, or FW_EINVAL (device side)
 *   int plat_dma_write(iova, src, len) device to host; these
 *                                      two and plat_msix: any hart, each has its own channel
 *   void plat_msix(vector)
 *   void plat_code_ready(void)         new code is in the instruction store: make it fetchable
 *   uint64_t plat_seq_next(void), plat_seq_done(void)   the grace period of packets in flight
 *   void plat_port_cookie(port, cookie, frags)   ports from 1; frags: that of packets in fragments
 *   void plat_port_frame_max(port, bytes), plat_port_enable(port, on)
 *   void plat_rss_queues(n)
 *   void plat_rxq_on(queue, const struct fw_rxq_spec *), plat_rxq_off(queue)
 */
#ifndef FW_PLATFORM_H
#define FW_PLATFORM_H

#include <stdint.h>

#include "fw/admin.h"
#include "fw/bpf.h"
#include "nic/memmap.h"
#include "nic/pkt.h"
#include "nic/regs.h"

struct plat_admin {
    uint64_t sq_iova, cq_iova;
    uint32_t entries; /* as the host wrote it: not checked */
    uint32_t vector;
};

#include "plat_mem.h"
#include "plat_ops.h"

#endif
