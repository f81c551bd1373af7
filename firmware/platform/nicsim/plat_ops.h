/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulated NIC's registers (nic/regs.def) behind the functions of platform.h. */
#ifndef FW_PLAT_OPS_H
#define FW_PLAT_OPS_H

#include "core/layout.h"
#include "nic/csr.h"
#include "plat_asm.h"

_Static_assert(PLAT_ASM_LOCAL_SIZE == NIC_MMIO_M_LOCAL_SIZE, "plat_asm.h");
_Static_assert(PLAT_ASM_FATAL == NIC_MMIO_FATAL, "plat_asm.h");

#define PLAT_CSR_WRITE(csr, value)                                                                 \
    __asm__ volatile("csrw %0, %1" : : "i"(csr), "r"((uint64_t)(value)) : "memory")

/* Not plain volatile loads: clang 19 narrows one whose upper part is not used, and registers have a
 * width. */
static inline uint64_t plat_reg_read64(uint32_t offset)
{
    const volatile uint64_t *reg = (const volatile uint64_t *)(uintptr_t)(NIC_MMIO_BASE + offset);
    uint64_t value;
    __asm__ volatile("ld %0, %1" : "=r"(value) : "m"(*reg));
    return value;
}

static inline uint32_t plat_reg_read32(uint32_t offset)
{
    const volatile uint32_t *reg = (const volatile uint32_t *)(uintptr_t)(NIC_MMIO_BASE + offset);
    uint32_t value;
    __asm__ volatile("lw %0, %1" : "=r"(value) : "m"(*reg));
    return value;
}

static inline void plat_reg_write64(uint32_t offset, uint64_t value)
{
    *(volatile uint64_t *)(uintptr_t)(NIC_MMIO_BASE + offset) = value;
}

static inline void plat_reg_write32(uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)(NIC_MMIO_BASE + offset) = value;
}

/* The compiler must not move plain accesses across what the hardware does to memory. */
static inline void plat_barrier(void)
{
    __asm__ volatile("" : : : "memory");
}

/* ---- datapath ---- */

static inline void plat_pkt_get(void)
{
    (void)plat_reg_read64(NIC_MMIO_WQ_GET);
    plat_barrier();
}

static inline void plat_pkt_done(uint64_t cmd)
{
    plat_barrier();
    plat_reg_write64(NIC_MMIO_PKT_CMD, cmd);
}

static inline void plat_pkt_window(uint64_t lo, uint64_t hi)
{
    PLAT_CSR_WRITE(NIC_CSR_PKT_LO, lo);
    PLAT_CSR_WRITE(NIC_CSR_PKT_HI, hi);
}

static inline void plat_frag_windows(const struct nic_frag *frag, uint32_t n)
{
    _Static_assert(NIC_FRAGS_MAX == 2, "a pair of bounds for each");
    PLAT_CSR_WRITE(NIC_CSR_FR1_LO, frag[0].data);
    PLAT_CSR_WRITE(NIC_CSR_FR1_HI, n > 0 ? (uint64_t)frag[0].data + frag[0].len : 0);
    PLAT_CSR_WRITE(NIC_CSR_FR2_LO, frag[1].data);
    PLAT_CSR_WRITE(NIC_CSR_FR2_HI, n > 1 ? (uint64_t)frag[1].data + frag[1].len : 0);
}

/*
 * Engines fetch through a code cache they share, and the device drops what DMA
 * or the BAR2 window overwrites: a hart cannot see stale code. A NIC with a
 * private fetch buffer per engine does what platform/template shows.
 */
static inline void plat_program_switch(uint64_t cookie)
{
    (void)cookie;
}

static inline void plat_protect(uint64_t prog_lo, uint64_t stk_hi, uint64_t map_lo, uint64_t map_hi)
{
    PLAT_CSR_WRITE(NIC_CSR_PROG_LO, prog_lo);
    PLAT_CSR_WRITE(NIC_CSR_PROG_HI, FW_PROG_HI);
    PLAT_CSR_WRITE(NIC_CSR_GATE_LO, FW_GATE_LO);
    PLAT_CSR_WRITE(NIC_CSR_GATE_HI, FW_GATE_LO + FW_GATE_BYTES);
    PLAT_CSR_WRITE(NIC_CSR_STK_LO, FW_STK_LO);
    PLAT_CSR_WRITE(NIC_CSR_STK_HI, stk_hi);
    PLAT_CSR_WRITE(NIC_CSR_MAP_LO, map_lo);
    PLAT_CSR_WRITE(NIC_CSR_MAP_HI, map_hi);
}

#define PLAT_WATCHDOG NIC_MCAUSE_WATCHDOG

static inline void plat_watchdog_on(void)
{
    __asm__ volatile("csrs mie, %0" : : "r"(1u << NIC_IRQ_WATCHDOG));
}

static inline uint64_t plat_time_ns(void)
{
    uint64_t ns;
    __asm__ volatile("csrr %0, time" : "=r"(ns));
    return ns;
}

static inline void plat_wake(uint64_t ns)
{
    plat_reg_write64(NIC_MMIO_WAKE_NS, ns);
}

/* ---- geometry ---- */

static inline uint32_t plat_harts(void)
{
    return plat_reg_read32(NIC_MMIO_HARTS);
}

static inline uint32_t plat_engine_of(uint32_t hart)
{
    return hart / plat_reg_read32(NIC_MMIO_M_THREADS);
}

static inline uint32_t plat_ports(void)
{
    return plat_reg_read32(NIC_MMIO_M_PORTS);
}

static inline uint32_t plat_local_bytes(void)
{
    return plat_reg_read32(NIC_MMIO_M_LOCAL_SIZE);
}

static inline uint32_t plat_sram_bytes(void)
{
    return plat_reg_read32(NIC_MMIO_M_SRAM_SIZE);
}

static inline uint32_t plat_istore_bytes(void)
{
    return plat_reg_read32(NIC_MMIO_M_ISTORE_SIZE);
}

static inline uint64_t plat_dram_bytes(void)
{
    return plat_reg_read64(NIC_MMIO_M_DRAM_SIZE);
}

static inline uint32_t plat_rxqs_max(void)
{
    return plat_reg_read32(NIC_MMIO_M_RXQS_MAX);
}

static inline uint64_t plat_seed(void)
{
    return plat_reg_read64(NIC_MMIO_SEED);
}

/* ---- control core ---- */

static inline uint32_t plat_event_wait(void)
{
    return (uint32_t)plat_reg_read64(NIC_MMIO_CTL_EVENT);
}

static inline void plat_set_status(enum nic_fw_status status)
{
    __asm__ volatile("fence rw, rw" : : : "memory");
    plat_reg_write32(NIC_MMIO_FW_STATUS, status);
}

static inline void plat_fatal(uint64_t value)
{
    plat_reg_write64(NIC_MMIO_FATAL, value);
}

static inline struct plat_admin plat_admin(void)
{
    return (struct plat_admin){
        .sq_iova = plat_reg_read64(NIC_MMIO_M_ADM_SQ_BASE),
        .cq_iova = plat_reg_read64(NIC_MMIO_M_ADM_CQ_BASE),
        .entries = plat_reg_read32(NIC_MMIO_M_ADM_SIZE),
        .vector = plat_reg_read32(NIC_MMIO_M_ADM_VECTOR),
    };
}

static inline uint32_t plat_sq_tail(void)
{
    return plat_reg_read32(NIC_MMIO_ADM_SQ_TAIL);
}

static inline uint32_t plat_evq_head(void)
{
    return plat_reg_read32(NIC_MMIO_EVQ_HEAD);
}

static inline uint32_t plat_cq_head(void)
{
    return plat_reg_read32(NIC_MMIO_ADM_CQ_HEAD);
}

static inline int plat_dma(enum nic_dma_cmd cmd, uint64_t iova, uint64_t addr, uint32_t len)
{
    plat_reg_write64(NIC_MMIO_DMA_IOVA, iova);
    plat_reg_write64(NIC_MMIO_DMA_ADDR, addr);
    plat_reg_write32(NIC_MMIO_DMA_LEN, len);
    plat_barrier();
    plat_reg_write32(NIC_MMIO_DMA_CMD, cmd);
    int status = (int)plat_reg_read32(NIC_MMIO_DMA_STATUS);
    plat_barrier();
    return status;
}

static inline int plat_dma_read(void *dst, uint64_t iova, uint32_t len)
{
    return plat_dma(NIC_DMA_READ, iova, (uint64_t)(uintptr_t)dst, len);
}

static inline int plat_dma_write(uint64_t iova, const void *src, uint32_t len)
{
    return plat_dma(NIC_DMA_WRITE, iova, (uint64_t)(uintptr_t)src, len);
}

static inline void plat_msix(uint32_t vector)
{
    plat_reg_write32(NIC_MMIO_MSIX_RAISE, vector);
}

static inline void plat_code_ready(void)
{
    __asm__ volatile("fence.i" : : : "memory");
}

static inline uint64_t plat_seq_next(void)
{
    return plat_reg_read64(NIC_MMIO_PKT_SEQ_NEXT);
}

static inline uint64_t plat_seq_done(void)
{
    return plat_reg_read64(NIC_MMIO_PKT_SEQ_DONE);
}

static inline void plat_port_cookie(uint32_t port, uint64_t cookie, uint64_t frags)
{
    uint32_t at = (port - 1) * NIC_MMIO_PORT_COOKIE_STRIDE;
    plat_reg_write64(NIC_MMIO_PORT_COOKIE_FRAGS + at, frags);
    plat_reg_write64(NIC_MMIO_PORT_COOKIE + at, cookie);
}

static inline void plat_port_frame_max(uint32_t port, uint32_t bytes)
{
    plat_reg_write32(NIC_MMIO_PORT_FRAME_MAX + (port - 1) * NIC_MMIO_PORT_FRAME_MAX_STRIDE, bytes);
}

static inline void plat_port_enable(uint32_t port, uint32_t on)
{
    plat_reg_write32(NIC_MMIO_PORT_ENABLE + (port - 1) * NIC_MMIO_PORT_ENABLE_STRIDE, on);
}

static inline void plat_rss_queues(uint32_t queues)
{
    plat_reg_write32(NIC_MMIO_RSS_QUEUES, queues);
}

static inline void plat_rxq_off(uint32_t queue)
{
    plat_reg_write32(NIC_MMIO_RXQ_ENABLE + queue * NIC_MMIO_RXQ_ENABLE_STRIDE, 0);
}

static inline void plat_rxq_on(uint32_t queue, const struct fw_rxq_spec *spec)
{
    uint32_t at = queue * NIC_MMIO_RXQ_RING_STRIDE;
    plat_rxq_off(queue);
    plat_reg_write64(NIC_MMIO_RXQ_RING + at, spec->ring_iova);
    plat_reg_write64(NIC_MMIO_RXQ_CQ + at, spec->cq_iova);
    plat_reg_write32(NIC_MMIO_RXQ_SIZE + at, spec->entries);
    plat_reg_write32(NIC_MMIO_RXQ_VECTOR + at, spec->vector);
    plat_reg_write32(NIC_MMIO_RXQ_ENABLE + at, 1);
}

#endif
