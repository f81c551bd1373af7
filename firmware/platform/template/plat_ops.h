/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Template: a platform to copy. The contract of each function is in
 * platform/platform.h; a comment here says what a real NIC puts in its place.
 * Until you replace them they work on registers of a NIC that does not exist.
 */
#ifndef FW_PLAT_OPS_H
#define FW_PLAT_OPS_H

#include "core/hart.h"

/* Your NIC's register block. One array stands for all of it here. */
enum template_reg {
    TEMPLATE_WORK,   /* pop a packet descriptor */
    TEMPLATE_RETURN, /* push one */
    TEMPLATE_HARTS,  /* geometry, seven of them */
    TEMPLATE_THREADS,
    TEMPLATE_PORTS,
    TEMPLATE_ISTORE,
    TEMPLATE_SRAM,
    TEMPLATE_DRAM,
    TEMPLATE_QUEUES,
    TEMPLATE_SEED,   /* entropy, or a constant */
    TEMPLATE_EVENTS, /* doorbells seen since the last read */
    TEMPLATE_STATUS,
    TEMPLATE_FATAL,
    TEMPLATE_SQ_IOVA, /* what the host wrote */
    TEMPLATE_CQ_IOVA,
    TEMPLATE_RING_SIZE,
    TEMPLATE_VECTOR,
    TEMPLATE_SQ_TAIL,
    TEMPLATE_CQ_HEAD,
    TEMPLATE_EVQ_HEAD, /* events that the host consumed */
    TEMPLATE_DMA_IOVA, /* one DMA channel */
    TEMPLATE_DMA_ADDR,
    TEMPLATE_DMA_LEN,
    TEMPLATE_DMA_GO,
    TEMPLATE_MSIX,
    TEMPLATE_SEQ_NEXT, /* grace period */
    TEMPLATE_SEQ_DONE,
    TEMPLATE_RSS,
    TEMPLATE_WAKE,         /* compare register of this hart's clock */
    TEMPLATE_PORT0 = 32,   /* cookie and enable of each port */
    TEMPLATE_FRAGS0 = 416, /* cookie of its packets in fragments */
    TEMPLATE_FRAME0 = 448, /* longest frame it takes */
    TEMPLATE_QUEUE0 = 64,  /* five of each host queue */
};
#define TEMPLATE_REGS ((volatile uint64_t *)(uintptr_t)0x18000000)

static inline void plat_pkt_get(void)
{
    /*
     * Wait for work (a queue register, an interrupt and wfi, polling a ring),
     * then fill *FW_PKT: buffer bounds, frame bounds, port, queue, hash, an
     * arrival number that grows, and the cookie of the port. The cookie has to
     * be the one of the moment of arrival, or at least be read once: the grace
     * period counts on a packet running the program it started with.
     */
    (void)TEMPLATE_REGS[TEMPLATE_WORK];
    __asm__ volatile("" : : : "memory");
}

static inline void plat_pkt_done(uint64_t cmd)
{
    /* Act on FW_PKT: release the buffer, queue it on a TX ring, or copy it to the host. */
    __asm__ volatile("" : : : "memory");
    TEMPLATE_REGS[TEMPLATE_RETURN] = cmd;
}

static inline void plat_pkt_window(uint64_t lo, uint64_t hi)
{
    /*
     * A RISC-V core with PMP and U mode sets a NAPOT or TOR entry here. Without
     * protection this is empty, and only the verifier stands behind programs.
     */
    (void)lo;
    (void)hi;
}

static inline void plat_frag_windows(const struct nic_frag *frag, uint32_t n)
{
    /* As plat_pkt_window; empty too where packets never have fragments. */
    (void)frag;
    (void)n;
}

static inline void plat_program_switch(uint64_t cookie)
{
    /*
     * An engine with its own instruction cache or fetch buffer: new code came by
     * DMA, which it does not see. The cookie holds a generation, so a change of
     * it is a change of program even at the same address.
     */
    if (FW_HART->cookie != cookie) {
        FW_HART->cookie = cookie;
        __asm__ volatile("fence.i" : : : "memory");
    }
}

static inline void plat_protect(uint64_t prog_lo, uint64_t stk_hi, uint64_t map_lo, uint64_t map_hi)
{
    /* As plat_pkt_window, once for each hart: program code, gates, stack and maps. */
    (void)prog_lo;
    (void)stk_hi;
    (void)map_lo;
    (void)map_hi;
}

#define PLAT_WATCHDOG ((uint64_t)1 << 63 | 7)

static inline void plat_watchdog_on(void)
{
    /*
     * A timer of the core's own will do: mtimecmp set by plat_pkt_get, its interrupt enabled here.
     * With mstatus.MIE clear it comes in user mode only, as the trap handler expects.
     */
    __asm__ volatile("csrs mie, %0" : : "r"((uint64_t)1 << 7));
}

static inline uint64_t plat_time_ns(void)
{
    /* The time CSR counts at a rate your device tree or manual names: scale to ns. */
    uint64_t ticks;
    __asm__ volatile("csrr %0, time" : "=r"(ticks));
    return ticks * 10;
}

/* ---- geometry: registers, fuses, or constants of your part ---- */

static inline void plat_wake(uint64_t ns)
{
    /* stimecmp of the Sstc extension, or a timer whose interrupt ends the wait for work. */
    TEMPLATE_REGS[TEMPLATE_WAKE] = ns;
}

static inline uint32_t plat_harts(void)
{
    return (uint32_t)TEMPLATE_REGS[TEMPLATE_HARTS];
}

static inline uint32_t plat_engine_of(uint32_t hart)
{
    return hart / (uint32_t)TEMPLATE_REGS[TEMPLATE_THREADS];
}

static inline uint32_t plat_ports(void)
{
    return (uint32_t)TEMPLATE_REGS[TEMPLATE_PORTS];
}

static inline uint32_t plat_local_bytes(void)
{
    return 0x4000; /* as plat_local_size */
}

static inline uint32_t plat_sram_bytes(void)
{
    return (uint32_t)TEMPLATE_REGS[TEMPLATE_SRAM];
}

static inline uint32_t plat_istore_bytes(void)
{
    return (uint32_t)TEMPLATE_REGS[TEMPLATE_ISTORE];
}

static inline uint64_t plat_dram_bytes(void)
{
    return TEMPLATE_REGS[TEMPLATE_DRAM];
}

static inline uint32_t plat_rxqs_max(void)
{
    return (uint32_t)TEMPLATE_REGS[TEMPLATE_QUEUES];
}

static inline uint64_t plat_seed(void)
{
    return TEMPLATE_REGS[TEMPLATE_SEED];
}

/* ---- control core ---- */

static inline uint32_t plat_event_wait(void)
{
    /* wfi until the doorbell interrupt, then read and clear what rang. */
    return (uint32_t)TEMPLATE_REGS[TEMPLATE_EVENTS];
}

static inline void plat_set_status(enum nic_fw_status status)
{
    /* READY tells the host that it may give commands. */
    __asm__ volatile("fence rw, rw" : : : "memory");
    TEMPLATE_REGS[TEMPLATE_STATUS] = status;
}

static inline void plat_fatal(uint64_t value)
{
    TEMPLATE_REGS[TEMPLATE_FATAL] = value;
}

static inline struct plat_admin plat_admin(void)
{
    return (struct plat_admin){
        .sq_iova = TEMPLATE_REGS[TEMPLATE_SQ_IOVA],
        .cq_iova = TEMPLATE_REGS[TEMPLATE_CQ_IOVA],
        .entries = (uint32_t)TEMPLATE_REGS[TEMPLATE_RING_SIZE],
        .vector = (uint32_t)TEMPLATE_REGS[TEMPLATE_VECTOR],
    };
}

static inline uint32_t plat_sq_tail(void)
{
    return (uint32_t)TEMPLATE_REGS[TEMPLATE_SQ_TAIL];
}

static inline uint32_t plat_evq_head(void)
{
    return (uint32_t)TEMPLATE_REGS[TEMPLATE_EVQ_HEAD];
}

static inline uint32_t plat_cq_head(void)
{
    return (uint32_t)TEMPLATE_REGS[TEMPLATE_CQ_HEAD];
}

static inline int plat_dma(uint64_t go, uint64_t iova, uint64_t addr, uint32_t len)
{
    /*
     * Start a transfer and wait for it. If DMA is not coherent with the cores'
     * caches, clean (to the host) or invalidate (to the device) the range here.
     */
    TEMPLATE_REGS[TEMPLATE_DMA_IOVA] = iova;
    TEMPLATE_REGS[TEMPLATE_DMA_ADDR] = addr;
    TEMPLATE_REGS[TEMPLATE_DMA_LEN] = len;
    __asm__ volatile("" : : : "memory");
    TEMPLATE_REGS[TEMPLATE_DMA_GO] = go;
    int failed = (int)TEMPLATE_REGS[TEMPLATE_DMA_GO];
    __asm__ volatile("" : : : "memory");
    return failed ? FW_EFAULT : 0;
}

static inline int plat_dma_read(void *dst, uint64_t iova, uint32_t len)
{
    return plat_dma(1, iova, (uint64_t)(uintptr_t)dst, len);
}

static inline int plat_dma_write(uint64_t iova, const void *src, uint32_t len)
{
    return plat_dma(2, iova, (uint64_t)(uintptr_t)src, len);
}

static inline void plat_msix(uint32_t vector)
{
    TEMPLATE_REGS[TEMPLATE_MSIX] = vector;
}

static inline void plat_code_ready(void)
{
    /* The control core's own fetch; the datapath fences in plat_program_switch. */
    __asm__ volatile("fence.i" : : : "memory");
}

static inline uint64_t plat_seq_next(void)
{
    /*
     * A NIC that does not number packets counts, in each hart's line of shared
     * SRAM, packets taken and given back: next is a snapshot of all of them.
     */
    return TEMPLATE_REGS[TEMPLATE_SEQ_NEXT];
}

static inline uint64_t plat_seq_done(void)
{
    return TEMPLATE_REGS[TEMPLATE_SEQ_DONE];
}

static inline void plat_port_cookie(uint32_t port, uint64_t cookie, uint64_t frags)
{
    TEMPLATE_REGS[TEMPLATE_FRAGS0 + port - 1] = frags;
    TEMPLATE_REGS[TEMPLATE_PORT0 + 2 * (port - 1)] = cookie;
}

static inline void plat_port_frame_max(uint32_t port, uint32_t bytes)
{
    /* The MAC's MTU. Where packets never have fragments it stays at what one buffer takes. */
    TEMPLATE_REGS[TEMPLATE_FRAME0 + port - 1] = bytes;
}

static inline void plat_port_enable(uint32_t port, uint32_t on)
{
    TEMPLATE_REGS[TEMPLATE_PORT0 + 2 * (port - 1) + 1] = on;
}

static inline void plat_rss_queues(uint32_t queues)
{
    TEMPLATE_REGS[TEMPLATE_RSS] = queues;
}

static inline void plat_rxq_off(uint32_t queue)
{
    TEMPLATE_REGS[TEMPLATE_QUEUE0 + 5 * queue + 4] = 0;
}

static inline void plat_rxq_on(uint32_t queue, const struct fw_rxq_spec *spec)
{
    volatile uint64_t *reg = &TEMPLATE_REGS[TEMPLATE_QUEUE0 + 5 * queue];
    plat_rxq_off(queue);
    reg[0] = spec->ring_iova;
    reg[1] = spec->cq_iova;
    reg[2] = spec->entries;
    reg[3] = spec->vector;
    reg[4] = 1;
}

#endif
