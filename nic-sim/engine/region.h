/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory beyond local SRAM: its bytes and its time, shared by the engine, which
 * makes plain accesses there by itself, and the device, which owns it and makes
 * all the others. Private to nic-sim.
 */
#ifndef NIC_REGION_H
#define NIC_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/cache.h"
#include "nic/memmap.h"

#define HOST_LINE    64u /* bytes of a host's cache line */
#define REGION_BLOCK 64u /* bytes: bank interleaving and LR/SC reservation set */

struct mem_bank {
    uint64_t free;     /* cycle from which on it is */
    uint64_t accesses; /* that it served, or will */
};

struct mem_region {
    uint8_t *mem;
    uint64_t base, size; /* device address, bytes; at least 4096 */
    uint64_t latency, service;
    struct mem_bank *bank;
    uint32_t banks, mask;    /* mask: banks - 1 when a power of two, else 0 */
    struct mem_cache *cache; /* answers instead of `latency`; NULL: none */
    bool lent;               /* mem is the host's */
    uint8_t cause;           /* enum nic_cause of waiting for it */
};

/*
 * The regions in which loads, stores and AMOs have no effect but on memory, by
 * the upper bits of the address; and what makes a store there more than that.
 */
enum { REGION_SHIFT = 22, REGION_SLOTS = 1 << (32 - REGION_SHIFT) };
_Static_assert(NIC_CLUSTER_STRIDE >> REGION_SHIFT == 1, "a slot belongs to one region");

struct region_map {
    struct mem_region *slot[REGION_SLOTS]; /* NULL: ask the bus */
    uint64_t watch;                        /* a store here is the bus's; UINT64_MAX: nowhere */
    uint32_t reservations;                 /* live ones: not 0 makes every store the bus's */
};

/*
 * An access at `offset` issued at `now` waits for its bank (64-byte interleave) and
 * occupies it for `service` cycles: the cycle at which that ends. One that crosses a
 * 64-byte line is charged to the bank of its first byte.
 */
static inline uint64_t mem_bank(struct mem_region *m, uint64_t offset, uint64_t now)
{
    uint32_t line = (uint32_t)(offset / REGION_BLOCK);
    struct mem_bank *bank = &m->bank[m->mask != 0 ? line & m->mask : line % m->banks];
    uint64_t start = bank->free > now ? bank->free : now;

    bank->free = start + m->service;
    bank->accesses++;
    return start + m->service;
}

/* When one that has had its bank at `at` is answered: `latency` later, or as its cache says. */
static inline uint64_t mem_answer(struct mem_region *m, uint64_t offset, uint64_t at, bool writes)
{
    return m->cache == NULL ? at + m->latency : mem_cache_done(m->cache, offset, at, writes);
}

/* The cycle at which an access is done: the whole timing model of a memory. */
static inline uint64_t mem_time(struct mem_region *m, uint64_t offset, uint64_t now, bool writes)
{
    return mem_answer(m, offset, mem_bank(m, offset, now), writes);
}

#endif
