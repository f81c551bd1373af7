/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The simulated NIC. All state hangs from the handle; several devices can live
 * in one process. Not thread-safe: one thread drives a device. Deterministic:
 * same configuration, inputs and register accesses give the same packets,
 * memory and cycles. Nothing here reads a clock or a file.
 *
 * Modelled time is counted in engine cycles from reset.
 */
#ifndef NIC_DEVICE_H
#define NIC_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nic/config.h"
#include "nic/err.h"
#include "nic/pcie.h"
#include "nic/pkt.h"
#include "nic/port.h"

struct nic_device;

/*
 * Creates a device in reset. Copies *cfg; borrows *host and host_ctx (may be
 * NULL: then every DMA faults) until destroy. -EINVAL, -ENOMEM.
 */
int nic_device_create(const struct nic_config *cfg, const struct nic_host_ops *host, void *host_ctx,
                      struct nic_device **out, struct nic_err *err);
void nic_device_destroy(struct nic_device *dev); /* NULL is allowed */

const struct nic_config *nic_device_config(const struct nic_device *dev);

/* ---- PCIe: what a driver can do ---- */

/* A register access of 4 or 8 bytes in BAR 0 or 2, naturally aligned; others read as all ones. */
uint64_t nic_bar_read(struct nic_device *dev, unsigned bar, uint64_t offset, unsigned bytes);
void nic_bar_write(struct nic_device *dev, unsigned bar, uint64_t offset, unsigned bytes,
                   uint64_t value);
/* A burst through BAR2, inside the window. -EFAULT where the window shows no memory. */
int nic_bar_copy_in(struct nic_device *dev, uint64_t offset, const void *src, size_t len);
int nic_bar_copy_out(struct nic_device *dev, uint64_t offset, void *dst, size_t len);

/* ---- the wire ---- */

/* Connects port (from 1); borrows ops and ctx until destroy or the next connect. -EINVAL. */
int nic_port_connect(struct nic_device *dev, unsigned port, const struct nic_port_ops *ops,
                     void *ctx, struct nic_pacing pacing);

/* ---- time ---- */

enum nic_stop {
    NIC_STOP_IDLE,  /* nothing left to do: every hart waits, no event but alarms is pending */
    NIC_STOP_IRQ,   /* an MSI-X message was sent since the call began */
    NIC_STOP_LIMIT, /* the cycle limit was reached */
    NIC_STOP_FATAL, /* firmware failed: see nic_device_fault */
    NIC_STOP_HALT,  /* the watched word was written (nic_device_watch) */
    NIC_STOP_ERROR, /* a port source failed: see nic_device_source_error */
};

/*
 * Runs until one of enum nic_stop. `until` is a limit in cycles since reset,
 * UINT64_MAX for none. `stop_on_irq` false: interrupts do not end the call.
 */
enum nic_stop nic_device_run(struct nic_device *dev, uint64_t until, bool stop_on_irq);

/*
 * Alarms that harts have set (WAKE_NS) do not keep a device from being idle, but for those up to
 * this cycle since reset; 0 at creation.
 */
void nic_device_linger(struct nic_device *dev, uint64_t until);

uint64_t nic_device_cycles(const struct nic_device *dev);
uint64_t nic_device_time_ns(const struct nic_device *dev); /* from run.clock_ns */
/* Negative errno of the source that failed, or 0. */
int nic_device_source_error(const struct nic_device *dev);

/* ---- bare programs (nicsim boot, tests) ---- */

/* Stops nic_device_run with NIC_STOP_HALT when a nonzero 32/64-bit store hits `addr`. */
void nic_device_watch(struct nic_device *dev, uint64_t addr);
uint64_t nic_device_watch_value(const struct nic_device *dev);
/* Copies to and from device memory (not local SRAM), for loaders and signatures. -EFAULT. */
int nic_mem_write(struct nic_device *dev, uint64_t addr, const void *src, size_t len);
int nic_mem_read(struct nic_device *dev, uint64_t addr, void *dst, size_t len);

/*
 * The model of the code at `addr` (instruction store), which no real card would ask for: cycles[i]
 * != 0 is what the words from i up to the next such one cost, however few the engine's
 * instructions are; less than these cost is as if nothing was said. Holds until that memory
 * changes. -EFAULT, -ENOMEM.
 */
int nic_device_code_costs(struct nic_device *dev, uint64_t addr, const uint32_t *cycles,
                          uint32_t words);

/* ---- observation ---- */

struct nic_fault {
    const char *what; /* "illegal instruction", "firmware called FATAL", "hart spins", ... */
    uint32_t hart, engine, thread;
    uint64_t pc, cause, tval, value;
    uint64_t x[32];
    uint64_t cycles;
};
/* The fault that stopped the device; false when there is none. */
bool nic_device_fault(const struct nic_device *dev, struct nic_fault *out);

/*
 * Registers, pc and place of `hart` (the control core is the last one), for the report of a
 * program that hangs: out->what is NULL. -EINVAL for no such hart.
 */
int nic_device_hart(const struct nic_device *dev, uint32_t hart, struct nic_fault *out);

/* Why the hardware dropped a frame, one row each. */
#define NIC_DROP_REASONS(X)                                                                        \
    X(OVERSIZE, "oversize", "longer than the port takes (PORT_FRAME_MAX)")                         \
    X(MAC_RATE, "mac_rate", "more packets a second than the MAC takes (port.max_pps)")             \
    X(NO_BUFFER, "no_buffer", "no free packet buffer on arrival")                                  \
    X(NO_HOST_DESC, "no_host_desc", "host RX queue had no descriptor or was off")                  \
    X(HOST_SHORT, "host_short", "host buffer shorter than the frame")                              \
    X(DMA_FAULT, "dma_fault", "host buffer or ring outside the mapped ranges")                     \
    X(BAD_PORT, "bad_port", "sent to a port that does not exist")                                  \
    X(NO_COPY, "no_copy", "copy of a packet for which no buffer was free")                         \
    X(BAD_CMD, "bad_cmd", "firmware gave back a descriptor the hardware cannot use")               \
    X(WATCHDOG, "watchdog", "program took longer than run.watchdog: ended, counted as XDP_ABORTED")
enum nic_drop_reason {
#define X(id, name, what) NIC_DROP_##id,
    NIC_DROP_REASONS(X)
#undef X
        NIC_DROP_COUNT
};

/* Why a cycle went: nic/causes.def. */
enum nic_cause {
#define NIC_CAUSE(id, name, what) NIC_CAUSE_##id,
#include "nic/causes.def"
    NIC_CAUSES
};
/* "local SRAM", and what it means; NULL past the last. */
const char *nic_cause_name(unsigned cause);
const char *nic_cause_what(unsigned cause);

struct nic_engine_stats {
    uint64_t packets;           /* given back */
    uint64_t insns;             /* retired, all code */
    uint64_t program_insns;     /* retired in program code */
    uint64_t busy_cycles;       /* issuing */
    uint64_t switch_cycles;     /* switching threads */
    uint64_t stall_cycles;      /* every thread waits for memory */
    uint64_t idle_cycles;       /* every thread waits for a packet or event */
    uint64_t cause[NIC_CAUSES]; /* the same cycles again, by enum nic_cause */
};
/* Of one hardware thread; the causes' sum is that of its engine. */
struct nic_thread_stats {
    uint64_t insns, program_insns;
    uint64_t cause[NIC_CAUSES];
};
struct nic_mem_stats {
    uint64_t accesses, busy_cycles; /* service time, summed over banks */
    uint32_t banks;
};
/* The cache in front of DRAM, and the channels behind it. */
struct nic_cache_stats {
    uint64_t hits, misses, written_back; /* accesses; accesses; lines */
    struct nic_mem_stats channel;        /* accesses: lines read and written back */
};
struct nic_stats {
    uint64_t cycles;          /* since reset */
    uint64_t first_rx_cycle;  /* arrival of the first packet */
    uint64_t last_done_cycle; /* the last packet given back */
    uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, host_packets, host_bytes;
    uint64_t order_waited; /* packets that were done before another one that came before them */
    uint64_t order_lost;   /* packets that lost their place: sequencer.timeout */
    uint64_t drops[NIC_DROP_COUNT];
    struct nic_mem_stats cluster, sram, dram; /* cluster: all of them together */
    struct nic_mem_stats atomic;              /* dram.atomic_units: what they did */
    struct nic_cache_stats dram_cache;        /* all 0 without one */
    uint64_t mac_busy_cycles;                 /* of the busiest port, receive side, at line rate */
    uint64_t pcie_busy_cycles;                /* of the busier direction */
    uint64_t dma_faults;
};

/*
 * Sees every frame once. `seq` numbers all frames that the MAC takes from its source, from 0,
 * so also those that it drops on arrival.
 */
struct nic_tap {
    /* The hart gives the packet back; `cycles` since it got it. */
    void (*done)(void *ctx, const struct nic_pkt *pkt, enum nic_pkt_cmd cmd, const uint8_t *data,
                 uint32_t len, uint64_t cycles, uint64_t program_insns);
    /* Dropped on arrival (oversize, no buffer): no hart sees it. May be NULL. */
    void (*dropped)(void *ctx, uint64_t seq, enum nic_drop_reason why);
    /*
     * A hart waits for a lock: its atomic at `addr`, made at cycle `from`, found it taken, and it
     * pauses until `until`, before it tries again. May be NULL.
     */
    void (*paused)(void *ctx, uint64_t addr, uint64_t from, uint64_t until);
    void *ctx;
};
void nic_device_set_tap(struct nic_device *dev, const struct nic_tap *tap); /* copied; NULL = off */

void nic_device_stats(const struct nic_device *dev, struct nic_stats *out);
/* Memories of nic_stats: cluster, sram, dram, atomic. */
enum nic_memory {
    NIC_MEMORY_CLUSTER, /* cluster 0's banks, then cluster 1's */
    NIC_MEMORY_SRAM,
    NIC_MEMORY_DRAM,
    NIC_MEMORY_ATOMIC,
    NIC_MEMORIES,
};
/* Service time of one bank, in cycles since reset; 0 of one that there is not. */
uint64_t nic_device_bank_busy(const struct nic_device *dev, enum nic_memory memory, uint32_t bank);
/* Engine e (0..count-1); e == count is the control core. -EINVAL past that. */
int nic_device_engine_stats(const struct nic_device *dev, unsigned e, struct nic_engine_stats *out);
/* Thread t of that engine. -EINVAL. */
int nic_device_thread_stats(const struct nic_device *dev, unsigned e, unsigned t,
                            struct nic_thread_stats *out);

#endif
