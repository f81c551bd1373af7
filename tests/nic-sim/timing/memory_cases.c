/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads, stores and atomics beyond local SRAM; banks; several threads and engines at one memory. */
#include "timing.h"

static uint64_t dram_busy(const struct nic_stats *s)
{
    return s->dram.busy_cycles;
}

static uint64_t dram_accesses(const struct nic_stats *s)
{
    return s->dram.accesses;
}

/*
 * Unloaded: cluster SRAM 5 + 40 = 45, shared SRAM 3 + 70 = 73, DRAM 10 + 100 = 110 cycles from the
 * issue of a load, of which 2 are the issue; registers 13. Banks: 4, 8, 4, of 64 bytes.
 * P = PROLOGUE = 6; store 3, atomic 4, switch 3.
 */
const struct timing_case timing_memory_cases[] = {
    /* ---- one thread ---- */

    /* P, 3 x 2, 3 x (45 - 2) */
    {"three loads from cluster SRAM", .code = "ld t0 0 s3; ld t0 64 s3; ld t0 0 s3",
     .cause[0] = {ISSUE = PROLOGUE + 6, CLUST = 3 * 43}},
    /* P, 3 x 2, 3 x (73 - 2) */
    {"three loads from shared SRAM", .code = "ld t0 0 s2; ld t0 0 s2; ld t0 64 s2",
     .cause[0] = {ISSUE = PROLOGUE + 6, SRAM = 3 * 71}},
    /* P, 3 x 2, 3 x (110 - 2); 3 x 10 of its banks' time */
    {"three loads from DRAM", .code = "ld t0 0 s0; ld t0 0 s0; ld t0 64 s0",
     .cause[0] = {ISSUE = PROLOGUE + 6, DRAM = 3 * 108},
     .count = {{"accesses", dram_accesses, 3}, {"busy", dram_busy, 30}}},
    /* One of each, and a register (HARTS, 4 bytes): P, 4 x 2, 43 + 71 + 108 + 11 */
    {"one of each", .code = "ld t0 0 s3; ld t0 0 s2; ld t0 0 s0; lw t0 16 s4",
     .cause[0] = {ISSUE = PROLOGUE + 8, CLUST = 43, SRAM = 71, DRAM = 108, REGIST = 11}},
    /* Nobody waits for stores: P, 3 x 3 */
    {"stores are posted", .code = "sd s1 0 s0; sd s1 64 s0; sd s1 0 s2",
     .cause[0] = {ISSUE = PROLOGUE + 9}},
    /* But they hold their bank: issued at 6, 9, 12, bank till 16, 26, 36; the load at 15 has it
     * till 46, value at 146. P, 9, 2, waits from 17 */
    {"a load behind three stores in its bank",
     .code = "sd s1 0 s0; sd s1 8 s0; sd s1 256 s0; ld t0 16 s0",
     .cause[0] = {ISSUE = PROLOGUE + 11, DRAM = 146 - 17}},
    /* The same in four banks: bank 3 is free, value at 15 + 110. Waits from 17 */
    {"a load beside three stores", .code = "sd s1 0 s0; sd s1 64 s0; sd s1 128 s0; ld t0 192 s0",
     .cause[0] = {ISSUE = PROLOGUE + 11, DRAM = 125 - 17}},
    /* A word across two lines is the first line's: the store at 6 has bank 0 till 16, the load of
     * bytes 60..67 at 9 till 26: 126. Waits from 11 */
    {"across two lines", .code = "sd s1 0 s0; ld t0 60 s0",
     .cause[0] = {ISSUE = PROLOGUE + 5, DRAM = 126 - 11}},
    /* P, 4, 110 - 4 */
    {"an atomic", .code = "amoadd.d t0 s1 s0", .cause[0] = {ISSUE = PROLOGUE + 4, ATOMIC = 106}},
    /* Nobody waits for one without result: P, 4 x 4 */
    {"atomics without result",
     .code = "amoadd.d zero s1 s0; amoadd.d zero s1 s0; amoadd.d zero s1 s0; amoadd.d zero s1 s0",
     .cause[0] = {ISSUE = PROLOGUE + 16}},
    /* Issued at 6, 10, 14: bank till 16, 26, 36; the load at 18: 46, value at 146, waits from 20 */
    {"a load behind atomics on one word",
     .code = "amoadd.d zero s1 s0; amoadd.d zero s1 s0; amoadd.d zero s1 s0; ld t0 0 s0",
     .cause[0] = {ISSUE = PROLOGUE + 14, DRAM = 146 - 20}},
    /* P, lr 4 + 106, sc 4 + 106, bnez 2 (it was stored), */
    {"a reservation in DRAM", .code = "lr.d t0 s0; sc.d t1 s1 s0; bne t1 zero -8",
     .cause[0] = {ISSUE = PROLOGUE + 10, ATOMIC = 2 * 106}},
    /* DRAM as fast as SRAM is not slower than it: 3 + 70; 0 + 0: done as it is issued */
    {"memory in no time", .set = "dram.latency=0 dram.service=0",
     .code = "ld t0 0 s0; ld t0 0 s0; amoadd.d t0 s1 s0", .cause[0] = {ISSUE = PROLOGUE + 8}},

    /* ---- locks ---- */

    /*
     * A lock by amoswap, free: P, addi 1, amoswap 4 + 106, bnez 2; freed by a store 3.
     */
    {"a free lock", .code = "addi t0 zero 1; amoswap.d t1 t0 s0; bne t1 zero -4; sd zero 0 s0",
     .cause[0] = {ISSUE = PROLOGUE + 1 + 4 + 2 + 3, ATOMIC = 106}},
    /*
     * Two engines want it; both ask at 15 (6, addi 1, jal 8), the first engine first: its bank till
     * 25, the other's till 35. Engine 0 has its answer at 125: bnez 2, frees it at 127, parks at
     * 130. Engine 1: at 135 it is taken: bnez 2 and 5; the pause, issue 1, waits 11 till 154;
     * amoswap: bank till 164, at 264 it is free; bnez 2, store 3: 269.
     */
    {"a lock that another engine has", .set = "engine.count=2",
     .code = "addi t0 zero 1; jal zero 8; pause; amoswap.d t1 t0 s0; bne t1 zero -8; sd zero 0 s0",
     .cause[0] = {ISSUE = PROLOGUE + 1 + 2 + 4 + 2 + 3, BRANCH = 6, ATOMIC = 106},
     .cause[1] = {ISSUE = PROLOGUE + 1 + 2 + 4 + 2 + 1 + 4 + 2 + 3, BRANCH = 6 + 5, LOCK = 11,
                  ATOMIC = 116 + 106}},

    /* ---- several engines ---- */

    /* Both issue at 6; engine 0's has the bank till 16, engine 1's till 26: 116 and 126 */
    {"two engines, one bank", .set = "engine.count=2", .code = "ld t0 0 s0",
     .cause[0] = {ISSUE = PROLOGUE + 2, DRAM = 108},
     .cause[1] = {ISSUE = PROLOGUE + 2, DRAM = 118}},
    /* Each its own line, a0 x 64 (slli 1, add 1): at 8, no conflict: 118 for both */
    {"two engines, two banks", .set = "engine.count=2",
     .code = "slli t1 a0 6; add t1 t1 s0; ld t0 0 t1",
     .cause[0] = {ISSUE = PROLOGUE + 4, DRAM = 108},
     .cause[1] = {ISSUE = PROLOGUE + 4, DRAM = 108}},
    /* Each its own cluster SRAM (4 MiB apart), and shared SRAM for both: at 8, bank 8 + 5 + 40 =
     * 53; then at 53 one SRAM bank: 3 + 70 = 126, and 129 */
    {"two engines, their clusters and shared SRAM", .set = "engine.count=2",
     .code = "slli t1 a0 22; add t1 t1 s3; ld t0 0 t1; ld t0 0 s2",
     .cause[0] = {ISSUE = PROLOGUE + 6, CLUST = 43, SRAM = 71},
     .cause[1] = {ISSUE = PROLOGUE + 6, CLUST = 43, SRAM = 74}},
    /*
     * A bank saturated by four engines, each 3 loads of one line, without latency: each load waits
     * for the three others. At 6: bank till 16, 26, 36, 46, answered then. Next loads at 16, 26,
     * 36, 46: the bank is free at 46: till 56, 66, 76, 86; then 96, 106, 116, 126. The bank is
     * never idle: 12 x 10 after 6. Little: 4 in the queue = 1 per 10 cycles x 40 cycles.
     */
    {"four engines saturate a bank", .set = "engine.count=4 dram.latency=0",
     .code = "ld t0 0 s0; ld t0 0 s0; ld t0 0 s0",
     .cause[0] = {ISSUE = PROLOGUE + 6, DRAM = 96 - 12},
     .cause[1] = {ISSUE = PROLOGUE + 6, DRAM = 106 - 12},
     .cause[2] = {ISSUE = PROLOGUE + 6, DRAM = 116 - 12},
     .cause[3] = {ISSUE = PROLOGUE + 6, DRAM = 126 - 12},
     .count = {{"accesses", dram_accesses, 12}, {"busy", dram_busy, 120}}},
    /*
     * The same with 100 of latency: 4 loads every 110 cycles, since a load takes 110 and waits at
     * most 30: L = 4 = 4 / (110 + w) x (110 + w). First loads 116, 126, 136, 146; then each engine
     * finds the bank free: +110 each.
     */
    {"four engines do not saturate a bank", .set = "engine.count=4",
     .code = "ld t0 0 s0; ld t0 0 s0; ld t0 0 s0",
     .cause[0] = {ISSUE = PROLOGUE + 6, DRAM = 108 + 2 * 108},
     .cause[1] = {ISSUE = PROLOGUE + 6, DRAM = 118 + 2 * 108},
     .cause[2] = {ISSUE = PROLOGUE + 6, DRAM = 128 + 2 * 108},
     .cause[3] = {ISSUE = PROLOGUE + 6, DRAM = 138 + 2 * 108},
     .count = {{"accesses", dram_accesses, 12}, {"busy", dram_busy, 120}}},
    {.name = NULL},
};
