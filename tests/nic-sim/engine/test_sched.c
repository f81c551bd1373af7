/* SPDX-License-Identifier: BSD-3-Clause */
/* Cycles and thread switching, every count worked out by hand. */
#include "cunit_main.h"
#include "rig.h"

/* Distinct costs, so that a count can only come from the right sum. */
static void costs(struct rig *r)
{
    rig_init(r);
    r->cfg.cost_alu = 1;
    r->cfg.cost_mul = 7;
    r->cfg.cost_div = 31;
    r->cfg.cost_branch = 2;
    r->cfg.cost_branch_taken = 5;
    r->cfg.cost_jump = 11;
    r->cfg.cost_load = 13;
    r->cfg.cost_store = 17;
    r->cfg.cost_atomic = 19;
    r->cfg.cost_csr = 23;
    r->cfg.cost_system = 29;
    r->cfg.local_latency = 37;
    r->cfg.engine_switch_cycles = 3;
    r->latency = 100;
}

/* Time of issue of the store that ends the run; the two instructions before it cost `li`. */
static uint64_t end_cycle(const struct rig *r)
{
    CU_ASSERT_FATAL(r->logged > 0);
    CU_ASSERT_EQUAL(r->log[r->logged - 1].addr, RIG_STOP);
    return r->log[r->logged - 1].now;
}
enum { LI_STOP = 2 }; /* cycles of rig_end before its store: lui, addiw */

static void test_straight_costs(void)
{
    struct rig r;
    costs(&r);
    rig_op(&r, RV64_OP_ADDI, 10, 0, 0, 1);         /* 1 */
    rig_op(&r, RV64_OP_MUL, 11, 10, 10, 0);        /* 7 */
    rig_op(&r, RV64_OP_DIVU, 11, 11, 10, 0);       /* 31 */
    rig_op(&r, RV64_OP_LUI, 12, 0, 0, 0x10000000); /* 1 */
    rig_op(&r, RV64_OP_SD, 0, 12, 11, 0);          /* 17 */
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);          /* 13 + 37 */
    rig_op(&r, RV64_OP_AMOADD_D, 13, 12, 11, 0);   /* 19 + 37 */
    rig_op(&r, RV64_OP_CSRRS, 14, 0, 0, 0xb02);    /* 23 */
    rig_op(&r, RV64_OP_FENCE, 0, 0, 0, 0xff);      /* 29 */
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(end_cycle(&r), 1 + 7 + 31 + 1 + 17 + 50 + 56 + 23 + 29 + LI_STOP);
    CU_ASSERT_EQUAL(rig_x(&r, 13), 1);
    CU_ASSERT_EQUAL(rig_x(&r, 14), 7); /* instructions before the csrr */
    struct nic_engine_stats s = {0};
    engine_stats(r.e, &s);
    CU_ASSERT_EQUAL(s.insns, 12);
    CU_ASSERT_EQUAL(s.busy_cycles, end_cycle(&r) + 17);
    CU_ASSERT_EQUAL(s.switch_cycles + s.stall_cycles + s.idle_cycles, 0);
    rig_free(&r);
}

static void test_branch_costs(void)
{
    struct rig r;
    costs(&r);
    rig_op(&r, RV64_OP_ADDI, 10, 0, 0, 3);   /* 1 */
    rig_op(&r, RV64_OP_ADDI, 10, 10, 0, -1); /* 3 times: 3 */
    rig_op(&r, RV64_OP_BNE, 0, 10, 0, -4);   /* 5 + 5 + 2 */
    rig_op(&r, RV64_OP_JAL, 1, 0, 0, 8);     /* 11, over the next one */
    rig_op(&r, RV64_OP_ADDI, 11, 0, 0, 1);
    rig_op(&r, RV64_OP_AUIPC, 5, 0, 0, 0); /* 1 */
    rig_op(&r, RV64_OP_JALR, 1, 5, 0, 8);  /* 11, to the next one */
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(end_cycle(&r), 1 + 3 + 12 + 11 + 1 + 11 + LI_STOP);
    CU_ASSERT_EQUAL(rig_x(&r, 11), 0);
    CU_ASSERT_EQUAL(rig_x(&r, 1), NIC_ISTORE_BASE + 28);
    struct nic_engine_stats s = {0};
    engine_stats(r.e, &s);
    CU_ASSERT_EQUAL(s.insns, 1 + 6 + 3 + 3);
    rig_free(&r);
}

/* The same loop on both sides of a page's end: far branches cost what near ones do. */
static void test_far_branch_costs(void)
{
    struct rig r;
    costs(&r);
    r.at = NIC_ISTORE_BASE + 4096 - 4;
    rig_op(&r, RV64_OP_ADDI, 10, 10, 0, -1); /* last of the first page */
    rig_op(&r, RV64_OP_BNE, 0, 10, 0, -4);
    rig_end(&r);
    r.at = NIC_ISTORE_BASE;
    rig_op(&r, RV64_OP_ADDI, 10, 0, 0, 3);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 4096 - 8);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(end_cycle(&r), 1 + 11 + 3 + 12 + LI_STOP);
    rig_free(&r);
}

static void test_load_stalls(void)
{
    struct rig r;
    costs(&r);
    rig_li(&r, 12, NIC_DRAM_BASE);
    rig_op(&r, RV64_OP_SD, 0, 12, 0, 8);        /* posted: 17 */
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);       /* issued at t, its value at t + 100 */
    rig_op(&r, RV64_OP_AMOADD_D, 0, 12, 12, 0); /* posted: 19 */
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL_FATAL(r.logged, 4);
    CU_ASSERT_TRUE(r.log[0].posted);
    CU_ASSERT_FALSE(r.log[1].posted);
    CU_ASSERT_TRUE(r.log[2].posted);
    CU_ASSERT_EQUAL(r.log[1].now, r.log[0].now + 17);
    CU_ASSERT_EQUAL(r.log[2].now, r.log[1].now + 100);
    CU_ASSERT_EQUAL(end_cycle(&r), r.log[2].now + 19 + LI_STOP);
    struct nic_engine_stats s = {0};
    engine_stats(r.e, &s);
    CU_ASSERT_EQUAL(s.stall_cycles, 100 - 13);
    CU_ASSERT_EQUAL(s.switch_cycles, 0); /* nobody else to switch to */
    rig_free(&r);
}

/* a2 = 0x80000000 by two instructions of 1 cycle. */
static void dram_base(struct rig *r)
{
    rig_op(r, RV64_OP_ADDI, 12, 0, 0, 1);
    rig_op(r, RV64_OP_SLLI, 12, 12, 0, 31);
}

/*
 * Two threads, both: 2 alu, load (13, value after 100), 1 alu, load.
 *   t0: loads at 2, holds the engine till 15. Switch 3: t1 runs from 18, loads at 20, till 33.
 *   Nobody ready till 102: t0, switch, 105: alu, load at 106, till 119.
 *   t1 is ready at 120: switch, 123: alu, load at 124.
 */
static void test_two_threads(void)
{
    static const uint64_t when[4] = {2, 20, 106, 124};
    static const uint32_t who[4] = {0, 1, 0, 1};
    struct rig r;
    costs(&r);
    dram_base(&r);
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);
    rig_op(&r, RV64_OP_ADDI, 14, 0, 0, 1);
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 8);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 0); /* parks */
    rig_start(&r, 2);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_ASLEEP);
    CU_ASSERT_EQUAL_FATAL(r.logged, 4);
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(r.log[i].now, when[i]);
        CU_ASSERT_EQUAL(r.log[i].hart, who[i]);
    }
    CU_ASSERT_EQUAL(engine_parked(r.e), 2);
    CU_ASSERT_EQUAL(engine_next(r.e), UINT64_MAX);
    /* After 137 both wait: t0 from 206 (switch, 209: parks), t1 from 224 (switch: 227). */
    struct nic_engine_stats s = {0};
    engine_stats(r.e, &s);
    CU_ASSERT_EQUAL(s.switch_cycles, 5 * 3);
    CU_ASSERT_EQUAL(s.stall_cycles, (102 - 33) + (120 - 119) + (206 - 137) + (224 - 209));
    CU_ASSERT_EQUAL(s.busy_cycles, 2 * (2 + 13 + 1 + 13));
    CU_ASSERT_EQUAL(s.insns, 2 * 5);
    rig_free(&r);
}

/* Three threads ready at once are served in order, from the one after the last. */
static void test_round_robin(void)
{
    struct rig r;
    costs(&r);
    r.latency = 1000;
    dram_base(&r);
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 0);
    rig_start(&r, 3);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_ASLEEP);
    CU_ASSERT_EQUAL_FATAL(r.logged, 6);
    for (unsigned i = 0; i < 6; i++) {
        CU_ASSERT_EQUAL(r.log[i].hart, i % 3);
    }
    rig_free(&r);
}

/* A blocked hart sleeps until it is woken, at the time it is told, with the value extended. */
static void test_block_and_wake(void)
{
    struct rig r;
    costs(&r);
    rig_op(&r, RV64_OP_LUI, 12, 0, 0, 0x18000000); /* 1 */
    rig_op(&r, RV64_OP_LW, 13, 12, 0, 8);          /* issued at 1, till 14 */
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_ASLEEP);
    CU_ASSERT_EQUAL(engine_next(r.e), UINT64_MAX);
    engine_wake(r.e, 0, 0x1ffffffffu, 500);
    CU_ASSERT_EQUAL(engine_next(r.e), 500);
    engine_wake(r.e, 0, 7, 600); /* it does not sleep: nothing happens */
    CU_ASSERT_EQUAL(engine_run(r.e, 499), ENGINE_HORIZON);
    CU_ASSERT_EQUAL(engine_next(r.e), 500 + LI_STOP); /* up to its next access */
    CU_ASSERT_EQUAL(engine_run(r.e, 100000), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(end_cycle(&r), 500 + LI_STOP);
    CU_ASSERT_EQUAL(rig_x(&r, 13), UINT64_MAX);
    struct nic_engine_stats s = {0};
    engine_stats(r.e, &s);
    CU_ASSERT_EQUAL(s.idle_cycles, 500 - 14);
    CU_ASSERT_EQUAL(s.stall_cycles, 0);
    rig_free(&r);
}

/* A hart that is woken before another's load is done runs first. */
static void test_wake_before_load(void)
{
    struct rig r;
    costs(&r);
    r.latency = 1000;
    dram_base(&r);
    rig_op(&r, RV64_OP_BNE, 0, RV64_A0, 0, 12); /* hart 1 goes to sleep */
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 0);
    rig_op(&r, RV64_OP_LUI, 12, 0, 0, 0x18000000);
    rig_op(&r, RV64_OP_LW, 13, 12, 0, 8);
    rig_end(&r);
    rig_start(&r, 2);
    engine_reset(r.e, NIC_ISTORE_BASE, 0);
    CU_ASSERT_EQUAL(engine_run(r.e, 300), ENGINE_HORIZON);
    CU_ASSERT_TRUE(engine_next(r.e) > 1000);
    engine_wake(r.e, 1, 0, 500);
    CU_ASSERT_EQUAL(engine_next(r.e), 500);
    CU_ASSERT_EQUAL(engine_run(r.e, 100000), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(r.log[r.logged - 1].hart, 1);
    CU_ASSERT_EQUAL(end_cycle(&r), 500 + LI_STOP);
    rig_free(&r);
}

/* No access beyond the horizon, whatever the steps; the same times in the end. */
static void test_horizon(void)
{
    struct rig r;
    costs(&r);
    dram_base(&r);
    for (int i = 0; i < 20; i++) {
        rig_op(&r, RV64_OP_LD, 13, 12, 0, 8 * i);
        rig_op(&r, RV64_OP_SD, 0, 12, 13, 8 * i);
    }
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 0);
    rig_start(&r, 2);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_ASLEEP);
    unsigned whole = r.logged;
    uint64_t last = r.log[whole - 1].now;
    r.logged = 0;
    engine_reset(r.e, NIC_ISTORE_BASE, 0);
    for (uint64_t t = 0; t < 10000; t++) {
        enum engine_stop stop = engine_run(r.e, t);
        CU_ASSERT_TRUE(r.logged == 0 || r.log[r.logged - 1].now <= t);
        CU_ASSERT_TRUE(stop == ENGINE_ASLEEP || engine_next(r.e) > t);
    }
    CU_ASSERT_EQUAL(r.logged, whole);
    CU_ASSERT_EQUAL(r.log[whole - 1].now, last);
    rig_free(&r);
}

/* A loop without accesses runs ahead of the horizon as far as it may, and goes on from there. */
static void test_local_loop_returns(void)
{
    struct rig r;
    uint64_t rounds = (1199 + ENGINE_RUN_AHEAD) / 12 + 1; /* of 12 cycles, the last one past it */
    uint64_t more = (21199 + ENGINE_RUN_AHEAD) / 12 + 1;
    costs(&r);
    rig_op(&r, RV64_OP_ADDI, 10, 10, 0, 1);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, -4);
    rig_start(&r, 1);
    engine_reset(r.e, NIC_ISTORE_BASE, 0);
    CU_ASSERT_EQUAL(engine_run(r.e, 1199), ENGINE_HORIZON);
    CU_ASSERT_EQUAL(engine_next(r.e), rounds * 12);
    CU_ASSERT_EQUAL(rig_x(&r, 10), rounds);
    CU_ASSERT_EQUAL(engine_run(r.e, 1199), ENGINE_HORIZON);
    CU_ASSERT_EQUAL(rig_x(&r, 10), rounds);
    CU_ASSERT_EQUAL(engine_run(r.e, 21199), ENGINE_HORIZON);
    CU_ASSERT_EQUAL(rig_x(&r, 10), more);
    rig_free(&r);
}

/* All costs 0: time passes all the same, so that the loop ends. */
static void test_free_loop_ends(void)
{
    struct rig r;
    rig_init(&r);
    r.cfg.cost_alu = r.cfg.cost_branch = r.cfg.cost_branch_taken = r.cfg.cost_jump = 0;
    r.cfg.cost_system = r.cfg.cost_load = r.cfg.cost_store = r.cfg.cost_csr = 0;
    rig_op(&r, RV64_OP_ADDI, 10, 10, 0, 1);
    rig_op(&r, RV64_OP_BNE, 0, 10, 0, -4);
    rig_start(&r, 1);
    engine_reset(r.e, NIC_ISTORE_BASE, 0);
    CU_ASSERT_EQUAL(engine_run(r.e, 99), ENGINE_HORIZON);
    CU_ASSERT_EQUAL(rig_x(&r, 10), 100 + ENGINE_RUN_AHEAD);
    rig_free(&r);
}

/* With answers at once nobody ever waits: a spinning thread must still let the other one write. */
static void test_spin_is_fair(void)
{
    struct rig r;
    costs(&r);
    r.latency = 0;
    dram_base(&r);
    rig_op(&r, RV64_OP_BNE, 0, RV64_A0, 0, 16); /* hart 1 goes to write */
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);
    rig_op(&r, RV64_OP_BEQ, 0, 13, 0, -4);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 0);
    rig_op(&r, RV64_OP_SD, 0, 12, 12, 0);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 0);
    rig_start(&r, 2);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_ASLEEP);
    CU_ASSERT_EQUAL(engine_parked(r.e), 2);
    rig_free(&r);
}

static void test_stop_keeps_state(void)
{
    struct rig r;
    costs(&r);
    rig_end(&r);
    rig_op(&r, RV64_OP_ADDI, 10, 0, 0, 42);
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(rig_x(&r, 10), 0);
    struct nic_fault f;
    CU_ASSERT_FALSE(engine_fault(r.e, &f));
    CU_ASSERT_EQUAL(engine_run(r.e, 1000000), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(rig_x(&r, 10), 42);
    rig_free(&r);
}

static const struct cunit_case cases[] = {
    {"straight code", test_straight_costs},
    {"branches and jumps", test_branch_costs},
    {"branches between pages", test_far_branch_costs},
    {"a load stalls, stores are posted", test_load_stalls},
    {"two threads hide each other's loads", test_two_threads},
    {"round robin", test_round_robin},
    {"block and wake", test_block_and_wake},
    {"woken before a load is done", test_wake_before_load},
    {"no access beyond the horizon", test_horizon},
    {"a local loop returns", test_local_loop_returns},
    {"a loop of no cost ends", test_free_loop_ends},
    {"a spinning thread gives way", test_spin_is_fair},
    {"stop and go on", test_stop_keeps_state},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("engine: time and threads", cases);
}
