/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters and the fault log, in shared SRAM: a line per engine, so that engines
 * rarely meet on one, added to by atomics whose result nobody waits for.
 */
#ifndef FW_COUNTERS_H
#define FW_COUNTERS_H

#include "fw/admin.h"

#define FW_COUNTER_LINES 64u /* engine e uses line e % 64 */

struct fw_counter_line {
    _Alignas(128) struct fw_counters c;
};

struct fw_stats {
    struct fw_counter_line line[FW_COUNTER_LINES];
    uint64_t faults; /* ever recorded; the next goes to slot faults % FW_FAULT_LOG */
    struct fw_fault fault[FW_FAULT_LOG];
};

static inline void fw_count(uint64_t *counter, uint64_t n)
{
    (void)__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

void fw_stats_sum(const struct fw_stats *st, struct fw_counters *out);
void fw_stats_fault(struct fw_stats *st, const struct fw_fault *f);
/* Newest first; unused places are zero. */
void fw_stats_faults(const struct fw_stats *st, struct fw_fault_log *out);

#endif
