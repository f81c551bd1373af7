/* SPDX-License-Identifier: BSD-3-Clause */
/* What all harts share: one object in shared SRAM, zeroed by the control core at boot. */
#ifndef FW_FIRMWARE_H
#define FW_FIRMWARE_H

#include "admin/ctl.h"
#include "datapath/counters.h"
#include "events/queue.h"
#include "helpers/cookie.h"
#include "helpers/trace.h"
#include "maps/map.h"

struct firmware {
    struct fw_stats stats;
    struct fw_trace trace;
    struct fw_evq evq;
    struct fw_cookie_keys cookies;    /* secrets of SYN cookies, the same for all harts */
    uint32_t fib;                     /* device address of the forwarding tables, 0 = none */
    struct fw_ctl ctl;                /* the control core's own */
    struct fw_counters test_counters; /* of its test runs: kept out of the datapath's */
};

extern struct firmware fw_shared;

/* The map descriptors, not zeroed: fw_maps_init makes them empty. */
extern struct fw_map fw_map_table[FW_MAPS_MAX];

/* Place of a descriptor in the table; FW_MAPS_MAX or more for what is none (low bits rotate to the
 * top). */
static inline uint64_t fw_map_index(uint64_t addr)
{
    uint64_t at = addr - (uint64_t)(uintptr_t)fw_map_table;
    return at >> FW_MAP_SHIFT | at << (64 - FW_MAP_SHIFT);
}

/* The descriptor at an address that a program gave, in use or not; NULL when it is none. */
static inline struct fw_map *fw_map_at(uint64_t addr)
{
    return fw_map_index(addr) < FW_MAPS_MAX ? (struct fw_map *)(uintptr_t)addr : NULL;
}

_Noreturn void fw_datapath(void);

/* On any hart, between packets: runs what is due of its timers, and sets its alarm to the next. */
void fw_timers_run(void);

#endif
