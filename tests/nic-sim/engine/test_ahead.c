/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hart that waits does what follows at once, and it counts when its time has come. So at any
 * cycle the counts are those of an engine that was let run without a stop, whose harts do not go
 * ahead before the last one.
 */
#include <string.h>

#include "cunit_main.h"
#include "rig.h"

enum { THREADS = 3, LATENCY = 100 };
enum { ID = RV64_A0, DICE = RV64_A2, BASE = RV64_A3, AT = RV64_A4, V = RV64_A5, LOCAL = RV64_A6 };

static void open_rig(struct rig *r)
{
    rig_init(r);
    r->direct = true;
    r->latency = LATENCY;
    r->cfg.cost_alu = 1;
    r->cfg.cost_mul = 7;
    r->cfg.cost_load = 13;
    r->cfg.local_latency = 5;
    r->cfg.engine_switch_cycles = 3;
}

/* ---- one wait, counted by hand ---- */

/* Thread 0 sleeps, so that nobody has the engine while thread 1 waits: it might be woken. */
static void counted_program(struct rig *r)
{
    rig_li(r, BASE, NIC_DRAM_BASE);
    rig_op(r, RV64_OP_LUI, LOCAL, 0, 0, NIC_LOCAL_BASE);
    rig_li(r, AT, RIG_BLOCK);
    rig_op(r, RV64_OP_BNE, 0, ID, 0, 8);
    rig_op(r, RV64_OP_LD, V, AT, 0, 0);
    for (unsigned i = 0; i < 100; i++) /* beyond all that thread 0 does */
        rig_op(r, RV64_OP_ADDI, V, V, 0, 1);
    rig_op(r, RV64_OP_LD, V, BASE, 0, 0);
    rig_op(r, RV64_OP_ADDI, V, V, 0, 1);    /* 1 */
    rig_op(r, RV64_OP_MUL, V, V, V, 0);     /* 7, of which 6 are waiting for it */
    rig_op(r, RV64_OP_LD, AT, LOCAL, 0, 0); /* 13, and 5 of local SRAM */
    rig_op(r, RV64_OP_LD, V, BASE, 0, 8);
    rig_end(r);
}

/* To the first load: its cycle of issue. */
static uint64_t go_to_load(struct rig *r)
{
    for (uint64_t now = 0; r->logged == 0; now++)
        (void)engine_run(r->e, now);
    (void)engine_run(r->e, engine_next(r->e));
    return engine_next(r->e);
}

static void test_counts(void)
{
    struct nic_thread_stats before = {0}, waits = {0}, after = {0};
    struct nic_engine_stats first = {0}, second = {0};
    struct rig r;

    open_rig(&r);
    counted_program(&r);
    rig_start(&r, 2);
    engine_reset(r.e, NIC_ISTORE_BASE, 0);
    uint64_t issue = go_to_load(&r);
    engine_thread_stats(r.e, 1, &before);
    engine_stats(r.e, &first);
    CU_ASSERT(before.insns > 100);

    CU_ASSERT_EQUAL(engine_run(r.e, issue), ENGINE_HORIZON);
    engine_thread_stats(r.e, 1, &waits);
    engine_stats(r.e, &second);
    CU_ASSERT_EQUAL(waits.insns, before.insns + 1);
    CU_ASSERT_EQUAL(second.busy_cycles, first.busy_cycles + 13);
    CU_ASSERT_EQUAL(waits.cause[NIC_CAUSE_ISSUE], before.cause[NIC_CAUSE_ISSUE] + 13);
    CU_ASSERT_EQUAL(waits.cause[NIC_CAUSE_LOCAL], 0);
    CU_ASSERT_EQUAL(waits.cause[NIC_CAUSE_DEPENDENCY], 0);
    CU_ASSERT_EQUAL(engine_next(r.e), issue + LATENCY + 1 + 7 + 13 + 5);

    CU_ASSERT_EQUAL(engine_run(r.e, issue + LATENCY), ENGINE_HORIZON);
    engine_thread_stats(r.e, 1, &after);
    CU_ASSERT_EQUAL(after.insns, waits.insns + 3);
    CU_ASSERT_EQUAL(after.cause[NIC_CAUSE_LOCAL], 5);
    CU_ASSERT_EQUAL(after.cause[NIC_CAUSE_DEPENDENCY], 6);
    CU_ASSERT_EQUAL(after.cause[NIC_CAUSE_ISSUE], waits.cause[NIC_CAUSE_ISSUE] + 1 + 1 + 13);
    CU_ASSERT_EQUAL(after.cause[NIC_CAUSE_DRAM], (uint64_t)LATENCY - 13);
    CU_ASSERT_EQUAL(engine_next(r.e), issue + LATENCY + 1 + 7 + 13 + 5);
    rig_free(&r);
}

/* ---- many, against an engine that does not stop ---- */

/* Goes round for ever, with accesses that the dice choose. */
static void program(struct rig *r, bool sleeper)
{
    rig_li(r, BASE, NIC_DRAM_BASE);
    rig_li(r, LOCAL, NIC_LOCAL_BASE);
    rig_li(r, V, sleeper ? THREADS - 1 : THREADS);
    rig_li(r, AT, RIG_BLOCK);
    rig_op(r, RV64_OP_BNE, 0, ID, V, 8);
    rig_op(r, RV64_OP_LD, V, AT, 0, 0); /* that one sleeps */
    rig_li(r, DICE, 0x9e3779b97f4a7c15);
    rig_op(r, RV64_OP_MUL, DICE, DICE, ID, 0);
    uint64_t top = r->at;
    rig_op(r, RV64_OP_ADDI, DICE, DICE, 0, 77);
    rig_op(r, RV64_OP_MUL, DICE, DICE, DICE, 0);
    rig_op(r, RV64_OP_SD, 0, LOCAL, DICE, 16);
    rig_op(r, RV64_OP_SRLI, V, DICE, 0, 33);
    rig_op(r, RV64_OP_XOR, DICE, DICE, V, 0);
    rig_op(r, RV64_OP_ANDI, AT, DICE, 0, 0xf8);
    rig_op(r, RV64_OP_ADD, AT, AT, BASE, 0);
    rig_op(r, RV64_OP_ANDI, V, DICE, 0, 2);
    rig_op(r, RV64_OP_BNE, 0, V, 0, 12);
    rig_op(r, RV64_OP_LD, V, AT, 0, 0);
    rig_op(r, RV64_OP_ADD, DICE, DICE, V, 0);
    rig_op(r, RV64_OP_ANDI, V, DICE, 0, 4);
    rig_op(r, RV64_OP_BNE, 0, V, 0, 12);
    rig_op(r, RV64_OP_AMOADD_D, V, AT, ID, 0);
    rig_op(r, RV64_OP_ADD, DICE, DICE, V, 0);
    rig_op(r, RV64_OP_AMOADD_D, 0, AT, DICE, 0);
    rig_op(r, RV64_OP_LD, V, LOCAL, 0, 16);
    rig_op(r, RV64_OP_ADD, DICE, DICE, V, 0);
    rig_op(r, RV64_OP_JAL, 0, 0, 0, (int32_t)((int64_t)top - (int64_t)r->at));
}

static void card(struct rig *r, bool sleeper)
{
    open_rig(r);
    rig_start(r, THREADS);
    r->dram_region.service = 3;
    program(r, sleeper);
    engine_reset(r->e, NIC_ISTORE_BASE, 0);
}

static void same(const struct rig *a, const struct rig *b, uint64_t cycle)
{
    struct nic_engine_stats ea = {0}, eb = {0};
    uint64_t sum = 0;

    engine_stats(a->e, &ea);
    engine_stats(b->e, &eb);
    CU_ASSERT_EQUAL(memcmp(&ea, &eb, sizeof(ea)), 0);
    for (unsigned i = 0; i < NIC_CAUSES; i++)
        sum += eb.cause[i];
    CU_ASSERT(sum + LATENCY * THREADS > cycle); /* the engine's clock, which waits come behind */
    for (unsigned t = 0; t < THREADS; t++) {
        struct nic_thread_stats ta = {0}, tb = {0};
        uint64_t thread = 0;

        engine_thread_stats(a->e, t, &ta);
        engine_thread_stats(b->e, t, &tb);
        CU_ASSERT_EQUAL(memcmp(&ta, &tb, sizeof(ta)), 0);
        for (unsigned i = 0; i < NIC_CAUSES; i++)
            thread += tb.cause[i];
        CU_ASSERT_EQUAL(thread, sum);
    }
    CU_ASSERT_EQUAL(engine_next(a->e), engine_next(b->e));
    CU_ASSERT_EQUAL(memcmp(a->dram, b->dram, 256), 0);
}

static void compare(bool sleeper, uint64_t step)
{
    struct rig in_pieces, in_one;
    uint64_t now = 0;

    card(&in_pieces, sleeper);
    for (uint64_t end = 1; end < 6000; end += 1 + end / 3) {
        for (; now < end; now += step)
            (void)engine_run(in_pieces.e, now);
        now = end;
        (void)engine_run(in_pieces.e, end);
        card(&in_one, sleeper);
        (void)engine_run(in_one.e, end);
        same(&in_one, &in_pieces, end);
        rig_free(&in_one);
    }
    rig_free(&in_pieces);
}

static void test_pieces(void)
{
    for (uint64_t step = 1; step <= 64; step *= 4) {
        compare(false, step);
        compare(true, step);
    }
}

static const struct cunit_case cases[] = {
    {"a wait, by hand", test_counts},
    {"counts at any cycle", test_pieces},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("engine: ahead of its time", cases);
}
