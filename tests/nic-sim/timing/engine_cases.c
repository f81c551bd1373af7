/* SPDX-License-Identifier: BSD-3-Clause */
/* Straight code, chains of results, branches, threads: nothing beyond local SRAM. */
#include "timing.h"

/*
 * alu 1, mul 5, div 22, branch 2 (taken 7), jump 8, load 2 and 3 more until the value is there,
 * store 3, atomic 4, csr 6, system 11, switch 3. P = PROLOGUE = 6.
 */
const struct timing_case timing_engine_cases[] = {
    /* P */
    {"nothing", .code = "", .cause[0] = {ISSUE = PROLOGUE}},
    /* P + 4 x 1 */
    {"a chain of additions", .code = "addi t0 zero 1; add t0 t0 t0; add t0 t0 t0; add t0 t0 t0",
     .cause[0] = {ISSUE = PROLOGUE + 4}},
    /* P + 3 x 1; each multiply 4 beyond that: 3 x 4 */
    {"a chain of multiplies", .code = "mul t0 s1 s1; mul t0 t0 t0; mul t0 t0 t0",
     .cause[0] = {ISSUE = PROLOGUE + 3, DEP = 12}},
    /* Without a scoreboard it does not matter that nobody needs them. */
    {"multiplies that nobody needs", .code = "mul t0 s1 s1; mul t1 s1 s1; mul t2 s1 s1",
     .cause[0] = {ISSUE = PROLOGUE + 3, DEP = 12}},
    /* P + 2; 21 beyond that, twice */
    {"a chain of divides", .code = "divu t0 s1 s2; remu t0 t0 s1",
     .cause[0] = {ISSUE = PROLOGUE + 2, DEP = 42}},
    /* P, store 3, 3 loads of 2; 3 each until the value is there */
    {"local loads hold the engine", .code = "sd s1 0 s1; ld t0 0 s1; ld t0 0 t0; ld t1 8 s1",
     .cause[0] = {ISSUE = PROLOGUE + 3 + 6, LOCAL = 9}},
    /* P, 4 of issue, and 3 until the old value is there */
    {"a local atomic", .code = "amoadd.d t0 s2 s1", .cause[0] = {ISSUE = PROLOGUE + 4, LOCAL = 3}},
    /* P, lr 4 + 3, sc 4 (it answers at once) */
    {"a local reservation", .code = "lr.d t0 s1; sc.d t1 s2 s1",
     .cause[0] = {ISSUE = PROLOGUE + 8, LOCAL = 3}},
    /* P, csr 6, fence 11 */
    {"csr and fence", .code = "csrrs t0 0xb00 zero; fence 255",
     .cause[0] = {ISSUE = PROLOGUE + 17}},

    /* ---- branches ---- */

    /* P, 1, then 2 not taken, 1 */
    {"a branch not taken", .code = "addi t0 zero 1; beq t0 zero 8; addi t0 t0 1",
     .cause[0] = {ISSUE = PROLOGUE + 4}},
    /* P, 1, then 2 and 5 more for being taken, over the next, 1 */
    {"a branch taken", .code = "addi t0 zero 1; bne t0 zero 8; mul t0 t0 t0; addi t0 t0 1",
     .cause[0] = {ISSUE = PROLOGUE + 4, BRANCH = 5}},
    /* P, 1; 10 times 1 + 2, 9 of them taken: 9 x 5 */
    {"a loop of ten", .code = "addi t0 zero 10; addi t0 t0 -1; bne t0 zero -4",
     .cause[0] = {ISSUE = PROLOGUE + 1 + 30, BRANCH = 45}},
    /*
     * P, 1; 8 rounds of andi 1, beqz 2 (taken in the 4 even ones: 5), in the 4 odd ones the addi
     * it skips 1, addi 1, bnez 2 (taken 7 times: 5)
     */
    {"every other time",
     .code = "addi t0 zero 8; andi t1 t0 1; beq t1 zero 8; addi t2 t2 1; addi t0 t0 -1; "
             "bne t0 zero -16",
     .cause[0] = {ISSUE = PROLOGUE + 1 + 8 * (1 + 2 + 1 + 2) + 4, BRANCH = (4 + 7) * 5}},
    /* P, jal 8 (2 as a branch, 6 more); auipc 1, jalr 8 */
    {"call and return", .code = "jal ra 8; addi t0 t0 1; auipc t1 0; jalr ra 8 t1",
     .cause[0] = {ISSUE = PROLOGUE + 2 + 1 + 2, BRANCH = 12}},
    /* Costs that would make a loop free count 1: P x 0, addi 0; 5 x (0 + 0), taken 4 x 1 */
    {"no loop is free", .set = "cost.alu=0 cost.branch=0 cost.branch_taken=0",
     .code = "addi t0 zero 5; addi t0 t0 -1; bne t0 zero -4", .cause[0] = {BRANCH = 4}},

    /* ---- results that need not be waited for at once: engine.scoreboard=1 ---- */

    /* P, 1 + 1, and the second waits 4 for the first; park needs nothing */
    {"a multiply and who needs it", .set = "engine.scoreboard=1",
     .code = "mul t0 s1 s1; add t1 t0 t0", .cause[0] = {ISSUE = PROLOGUE + 2, DEP = 4}},
    /* P, 3: nobody needs the products, so nobody waits */
    {"independent multiplies overlap", .set = "engine.scoreboard=1",
     .code = "mul t0 s1 s1; mul t1 s1 s1; mul t2 s1 s1", .cause[0] = {ISSUE = PROLOGUE + 3}},
    /* P, 3 x 1, the last two wait 4 each */
    {"a chain of multiplies waits", .set = "engine.scoreboard=1",
     .code = "mul t0 s1 s1; mul t0 t0 t0; mul t0 t0 t0",
     .cause[0] = {ISSUE = PROLOGUE + 3, DEP = 8}},
    /* Issued at 6, there at 6 + 1 + 4 = 11; three additions until 10; waits 1 */
    {"work between a multiply and its use", .set = "engine.scoreboard=1",
     .code = "mul t0 s1 s1; addi t1 zero 1; addi t2 zero 2; addi t3 zero 3; add t4 t0 t1",
     .cause[0] = {ISSUE = PROLOGUE + 5, DEP = 1}},
    /* P, 2 + 1, waits 3 */
    {"load and use", .set = "engine.scoreboard=1", .code = "ld t0 0 s1; addi t0 t0 1",
     .cause[0] = {ISSUE = PROLOGUE + 3, LOCAL = 3}},
    /* Loads at 6, 8, 10: there at 11, 13, 15. add (t0) waits none at 12; add (t1) at 13; (t2) 15: 1
     */
    {"three loads, then their uses", .set = "engine.scoreboard=1",
     .code = "ld t0 0 s1; ld t1 8 s1; ld t2 16 s1; add t3 t0 t0; add t3 t3 t1; add t3 t3 t2",
     .cause[0] = {ISSUE = PROLOGUE + 9, LOCAL = 1}},
    /* P, 3 pointer loads of 2, the last two wait 3 for their address */
    {"a chain of loads", .set = "engine.scoreboard=1",
     .code = "ld t0 0 s1; add t0 t0 s1; ld t1 0 t0; add t1 t1 s1; ld t2 0 t1",
     .cause[0] = {ISSUE = PROLOGUE + 8, LOCAL = 6}},
    /* The load at 6 is there at 11, the multiply (8) at 8 + 1 + 4 = 13: waits from 9 for the later
     * one, which is the multiply's 4 */
    {"two results, the later one counts", .set = "engine.scoreboard=1",
     .code = "ld t0 0 s1; mul t1 s1 s1; add t2 t0 t1", .cause[0] = {ISSUE = PROLOGUE + 4, DEP = 4}},
    /* Writing the register waits too: no older result may come after. P, 2, wait 3, 1 */
    {"a result that is overwritten", .set = "engine.scoreboard=1",
     .code = "ld t0 0 s1; addi t0 zero 1", .cause[0] = {ISSUE = PROLOGUE + 3, LOCAL = 3}},
    /* A load to x0 leaves no result. P, 2, 1 */
    {"a load of nothing", .set = "engine.scoreboard=1", .code = "ld zero 0 s1; addi t0 zero 1",
     .cause[0] = {ISSUE = PROLOGUE + 3}},
    /* P, 1 of issue; csr: waits 4 for the multiply, 6 */
    {"csr waits for all results", .set = "engine.scoreboard=1",
     .code = "mul t0 s1 s1; csrrs t1 0xb02 zero", .cause[0] = {ISSUE = PROLOGUE + 7, DEP = 4}},
    /* The divider holds the engine all the same: P + 2, 21 */
    {"a divide is not overlapped", .set = "engine.scoreboard=1",
     .code = "divu t0 s1 s2; addi t1 zero 1", .cause[0] = {ISSUE = PROLOGUE + 2, DEP = 21}},
    /* P, load 2, wait 3, bne 2 (t0 is 0), load 2, beq: wait 3, 2 and 5 for being taken, addi 1 */
    {"a branch on a loaded value", .set = "engine.scoreboard=1",
     .code = "ld t0 0 s1; bne t0 zero 12; ld t1 0 s1; beq t1 zero 8; mul t2 t2 t2; addi t3 t1 1",
     .cause[0] = {ISSUE = PROLOGUE + 2 + 2 + 2 + 2 + 1, LOCAL = 6, BRANCH = 5}},
    /* Where a branch goes all results are there, however one comes: load 2, wait 3, bne 2, load 2,
       add 1 */
    {"no wait where a branch goes", .set = "engine.scoreboard=1",
     .code = "ld t0 0 s1; bne t0 zero 8; ld t1 0 s1; add t2 t1 t1",
     .cause[0] = {ISSUE = PROLOGUE + 2 + 2 + 2 + 1, LOCAL = 3}},
    /* Jumping away covers the rest of the latency: P, load 2, jal 2 and 6, addi 1 */
    {"a jump covers a result", .set = "engine.scoreboard=1",
     .code = "ld t0 0 s1; jal zero 4; addi t0 t0 1",
     .cause[0] = {ISSUE = PROLOGUE + 2 + 2 + 1, BRANCH = 6}},
    /* 4 rounds of load 2, addi 1, use 1 (waits 3 - 1 = 2), bne 2 (taken 3 times: 5) */
    {"a loop with a load and its use", .set = "engine.scoreboard=1",
     .code = "addi t0 zero 4; ld t1 0 s1; addi t0 t0 -1; add t2 t2 t1; bne t0 zero -12",
     .cause[0] = {ISSUE = PROLOGUE + 1 + 4 * 6, LOCAL = 4 * 2, BRANCH = 3 * 5}},
    /* The last bytes of local SRAM are reached by another path: the same. P, 1 + 1 + 1 (address),
     * load 2, wait 3, use 1 */
    {"the end of local SRAM", .set = "engine.scoreboard=1",
     .code = "lui t0 0x4000; add t0 t0 s1; addi t1 zero 1; ld t2 -8 t0; add t3 t2 t2",
     .cause[0] = {ISSUE = PROLOGUE + 3 + 2 + 1, LOCAL = 3}},

    /* ---- threads ---- */

    /*
     * Pause gives the engine away for 11 cycles after 1 of issue. Alone there is nobody else:
     * P, 1, waits 11, addi 1
     */
    {"a pause", .code = "pause; addi t0 zero 1", .cause[0] = {ISSUE = PROLOGUE + 2, LOCK = 11}},
    {.name = NULL},
};
