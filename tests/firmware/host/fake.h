/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A NIC of plain arrays, so that the firmware's portable sources run in a test
 * program. One per process: the firmware's platform functions have no handle.
 */
#ifndef TESTS_FIRMWARE_FAKE_H
#define TESTS_FIRMWARE_FAKE_H

#include <stdint.h>

#include "admin/ctl.h"
#include "platform/platform.h"

#define FAKE_HOST_IOVA  0x7000000000u
#define FAKE_HOST_BYTES 0x400000u
#define FAKE_HANDLES    0x40001000u /* device address of the map descriptors */
#define FAKE_PROG_LO    0x20004000u
#define FAKE_PROG_BYTES 0x10000u
#define FAKE_SRAM_LO    0x40010000u /* of shared SRAM, for maps */
#define FAKE_SRAM_BYTES 0x10000u
#define FAKE_PORTS      2u
#define FAKE_RXQS       4u
#define FAKE_CPUS       4u

struct fake_nic {
    uint8_t *dram, *istore, *sram, *host;
    uint64_t dram_bytes;
    struct plat_admin admin;
    uint32_t sq_tail, cq_head;
    uint32_t cq_head_after_wait; /* the host consumes up to here while the firmware waits */
    uint32_t waits, msix, code_ready;
    uint64_t seq_next, seq_done, seq_polls; /* every poll completes a packet */
    uint64_t cookie[NIC_PORTS_MAX], cookie_frags[NIC_PORTS_MAX];
    uint32_t frame_max[NIC_PORTS_MAX];
    uint64_t test_cookie; /* of the program that PROG_TEST ran last */
    uint32_t enabled[NIC_PORTS_MAX];
    uint32_t rss, rxq_on[NIC_RXQS_LIMIT];
    struct fw_rxq_spec rxq[NIC_RXQS_LIMIT];

    /* What another hart does at this moment: called wherever the firmware follows an address. */
    void (*meanwhile)(void);
    /* The firmware waits for another hart. */
    void (*relax)(void);

    uint8_t test_buf[NIC_CHAIN_BYTES];
    uint32_t evq_head;
    uint64_t time_ns;
    struct fw_evq evq;
    struct fw_stats stats;
    struct fw_trace trace;
    uint32_t fib;
    struct fw_map map[FW_MAPS_MAX];
    struct fw_ctl ctl;
};
extern struct fake_nic fake;
extern _Thread_local uint32_t fake_cpu; /* which hart the calling thread is */

/* A NIC with this much DRAM, its firmware initialised. */
void fake_start(uint64_t dram_bytes);
void fake_stop(void);

/* Host memory at an IOVA. */
void *fake_host(uint64_t iova);

/* A map, checked to exist. */
struct fw_map *fake_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries,
                        uint32_t flags);

#endif
