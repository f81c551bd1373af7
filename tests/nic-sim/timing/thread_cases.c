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

    /* ---- hiding latency ---- */

    /*
     * Each thread its own line: slli 1, add 1, load 2. t0: loads at 8, till 10, value at 118. t1:
     * switch, 13..21, load, till 23, 131. t2: 26..34, 36, 144. t3: 39..47, 49, 157. Nobody is
     * ready till 118: 69. t0: switch, 121, parks. t1: 10 more, 134; t2: 10, 147; t3: 10, 160.
     */
    {"four threads, a load each", .set = "engine.threads=4",
     .code = "slli t1 a0 6; add t1 t1 s0; ld t0 0 t1",
     .cause[0] = {ISSUE = 4 * (PROLOGUE + 4), SWITCH = 7 * 3, DRAM = 69 + 3 * 10}},
    /* Without switch cost: values at 118, 128, 138, 148; the engine is free at 40: 78 + 3 x 10 */
    {"four threads, switching for nothing", .set = "engine.threads=4 engine.switch_cycles=0",
     .code = "slli t1 a0 6; add t1 t1 s0; ld t0 0 t1",
     .cause[0] = {ISSUE = 4 * (PROLOGUE + 4), DRAM = 78 + 3 * 10}},
    /*
     * One thread: three rounds of a divide 22, a load 2 + 18, addi 1, bnez 2 (twice 5 more).
     */
    {"one thread, work and loads in turn", .set = "dram.latency=20 dram.service=0",
     .code = "addi t0 zero 3; divu t1 s1 s2; ld t2 0 s0; addi t0 t0 -1; bne t0 zero -12",
     .cause[0] = {ISSUE = PROLOGUE + 1 + 3 * 6, DEP = 3 * 21, BRANCH = 2 * 5, DRAM = 3 * 18}},
    /*
     * Two threads: the divide of one hides the load of the other. t0: 0..29, load, 31 (value at
     * 49). t1: switch, 34..63, load, 65 (83). t0: switch, 68: 1, 7, 22: load at 98, 100 (118). t1:
     * switch, 103: load at 133, 135 (153). t0: 138: load at 168, 170 (188). t1: 173: load at 203,
     * 205 (223). t0: 208, 1, 2: parks at 211. Nobody till 223: 12. t1: switch, 226, 1, 2: 229.
     */
    {"two threads, work and loads in turn",
     .set = "engine.threads=2 dram.latency=20 dram.service=0",
     .code = "addi t0 zero 3; divu t1 s1 s2; ld t2 0 s0; addi t0 t0 -1; bne t0 zero -12",
     .cause[0] = {ISSUE = 2 * (PROLOGUE + 1 + 3 * 6), DEP = 2 * 3 * 21, BRANCH = 2 * 2 * 5,
                  SWITCH = 7 * 3, DRAM = 12}},
    /*
     * A bank that takes 50 an access: threads do not help. Loads at 6, 14, 22, 30; answered at 56,
     * 106, 156, 206; the engine is free at 32.
     */
    {"four threads at a slow bank",
     .set = "engine.threads=4 engine.switch_cycles=0 dram.latency=0 dram.service=50",
     .code = "ld t0 0 s0", .cause[0] = {ISSUE = 4 * (PROLOGUE + 2), DRAM = 24 + 3 * 50}},
    /*
     * t0: 6, pause 1, ready at 7 + 11 = 18. t1: switch, 10..17, ready at 28. 1 till 18; t0: switch,
     * addi, 22, parks. 6 till 28; t1: switch, addi: 32.
     */
    {"two threads that pause", .set = "engine.threads=2", .code = "pause; addi t0 zero 1",
     .cause[0] = {ISSUE = 2 * (PROLOGUE + 2), SWITCH = 9, LOCK = 7}},
    {.name = NULL},
};
