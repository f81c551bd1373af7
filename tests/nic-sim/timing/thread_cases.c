/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads of one engine: what they hide of each other's waiting, and who is next. */
#include "timing.h"

/*
 * Costs as in engine_cases.c. Every thread runs the prologue: P = 6 each. Taking the engine
 * from another thread costs 3.
 */
#define LATENCIES "dram.latency=40 dram.service=1 sram.latency=10 sram.service=1 "
/* Hart 0: two loads from DRAM. Hart 1: two from shared SRAM. Hart 2: three divides. */
#define THREE_KINDS                                                                                \
    "beq a0 zero 28; addi t0 zero 1; beq a0 t0 32; "                                               \
    "divu t1 s1 s2; divu t1 s1 s2; divu t1 s1 s2; park; "                                          \
    "ld t2 0 s0; ld t2 0 s0; park; "                                                               \
    "ld t2 0 s2; ld t2 0 s2"

const struct timing_case timing_thread_cases[] = {
    /*
     * t0: 0..13 (6, branch 7), loads at 13, has the engine till 15, value at 13 + 1 + 40 = 54.
     * t1: switch, 18..34 (6, 2, 1, 7), loads at 34, till 36, value at 34 + 1 + 10 = 45.
     * t2: switch, 39..116 (6, 2, 1, 2, 3 x 22), parks. Both others are ready; t0 is next in turn.
     * t0: switch, loads at 119, till 121, value at 160. t1: switch, loads at 124, till 126, value
     * at 135; nobody is ready before: 9 of SRAM. It parks; 25 of DRAM; t0: switch, parks at 163.
     */
    {"the next in turn", .set = "engine.threads=3 engine.policy=0 " LATENCIES, .code = THREE_KINDS,
     .cause[0] = {ISSUE = 3 * PROLOGUE + (2 + 4) + (2 + 1 + 2 + 4) + (2 + 1 + 2 + 3),
                  BRANCH = 2 * 5, DEP = 3 * 21, SWITCH = 5 * 3, SRAM = 9, DRAM = 25}},
    /*
     * As above to 116. t1 is ready since 45, t0 since 54: t1 is first. t1: switch, loads at 119,
     * till 121, value at 130. t0: switch, loads at 124, till 126, value at 165. 4 of SRAM; t1:
     * switch, 133, parks. 32 of DRAM; t0: switch, parks at 168.
     */
    {"the one that is ready longest", .set = "engine.threads=3 engine.policy=1 " LATENCIES,
     .code = THREE_KINDS,
     .cause[0] = {ISSUE = 3 * PROLOGUE + (2 + 4) + (2 + 1 + 2 + 4) + (2 + 1 + 2 + 3),
                  BRANCH = 2 * 5, DEP = 3 * 21, SWITCH = 6 * 3, SRAM = 4, DRAM = 32}},
    {NULL},
};
