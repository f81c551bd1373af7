/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Micro-programs and what they cost, worked out on paper: each case is data, and
 * its comment the derivation. One runner (timing_ut.c) runs them all on a bare
 * device and compares every cycle of every engine, by cause.
 */
#ifndef TESTS_TIMING_H
#define TESTS_TIMING_H

#include <stdint.h>

#include "nic/device.h"

enum { TIMING_ENGINES = 4, TIMING_COUNTS = 8, TIMING_FRAMES = 4 };

/* A figure of struct nic_stats that a case states. */
struct timing_count {
    const char *name; /* NULL: the end */
    uint64_t (*get)(const struct nic_stats *s);
    uint64_t want;
};

/*
 * `set` applies on top of `common` (timing_ut.c): "key=value key=value". `code` is asm.h's; every
 * hart runs it and then parks, and the run ends when all have. Before it
 *
 *     s0 = DRAM   s1 = local SRAM   s2 = shared SRAM   s3 = cluster SRAM 0   s4 = registers
 *
 * at a cost of PROLOGUE issue cycles; a0 = hart id. `cause` is that of each engine, exact, those
 * not named 0: their sum is the cycle in which its last thread parked.
 */
struct timing_case {
    const char *name, *set, *code;
    uint64_t cause[TIMING_ENGINES][NIC_CAUSES];
    struct timing_count count[TIMING_COUNTS];
    /* Frames that come by port 1 at line rate, their bytes without FCS; and when frames have left
     * by it, in cycles. */
    uint32_t frame[TIMING_FRAMES];
    uint64_t sent[TIMING_FRAMES];
};
enum { PROLOGUE = 6 };

/* Short names for the tables. */
#define ISSUE  [NIC_CAUSE_ISSUE]
#define DEP    [NIC_CAUSE_DEPENDENCY]
#define BRANCH [NIC_CAUSE_BRANCH]
#define LOCAL  [NIC_CAUSE_LOCAL]
#define CLUST  [NIC_CAUSE_CLUSTER]
#define SRAM   [NIC_CAUSE_SRAM]
#define DRAM   [NIC_CAUSE_DRAM]
#define ATOMIC [NIC_CAUSE_ATOMIC]
#define REGIST [NIC_CAUSE_REGISTER]
#define LOCK   [NIC_CAUSE_LOCK]
#define SWITCH [NIC_CAUSE_SWITCH]
#define IDLE   [NIC_CAUSE_IDLE]

/* One table a file, each ended by a case without name. */
extern const struct timing_case timing_engine_cases[]; /* straight code, branches, results */
extern const struct timing_case timing_thread_cases[]; /* who has the engine */
extern const struct timing_case timing_memory_cases[]; /* banks, atomics, locks */
extern const struct timing_case timing_io_cases[];     /* DMA, link, wire */
extern const struct timing_case timing_cache_cases[];  /* in front of DRAM */

#endif
