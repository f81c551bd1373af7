/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines that share memory: handing over to each other gives what looking at all of them before
 * each access gives. What harts read decides what they do next, so that no access may come early.
 */
#include <string.h>

#include "cunit_main.h"
#include "rig.h"

#include "engine/turns.h"

enum { ENGINES = 5, THREADS = 3, ROUNDS = 400, SERVICE = 3 };

enum { ID = RV64_A0, LEFT = RV64_A1, DICE = RV64_A2, BASE = RV64_A3, AT = RV64_A4, V = RV64_A5 };

struct card {
    struct rig r;
    struct engine *engine[ENGINES];
    struct turns turns;
    uint64_t now;
};

/* DICE = xorshift64(DICE), by way of V. */
static void roll(struct rig *r)
{
    rig_op(r, RV64_OP_SLLI, V, DICE, 0, 13);
    rig_op(r, RV64_OP_XOR, DICE, DICE, V, 0);
    rig_op(r, RV64_OP_SRLI, V, DICE, 0, 7);
    rig_op(r, RV64_OP_XOR, DICE, DICE, V, 0);
    rig_op(r, RV64_OP_SLLI, V, DICE, 0, 17);
    rig_op(r, RV64_OP_XOR, DICE, DICE, V, 0);
}

/* Up to 63 times round a loop of its own. */
static void dawdle(struct rig *r)
{
    rig_op(r, RV64_OP_SRLI, V, DICE, 0, 40);
    rig_op(r, RV64_OP_ANDI, V, V, 0, 63);
    rig_op(r, RV64_OP_ADDI, V, V, 0, -1);
    rig_op(r, RV64_OP_BLT, 0, 0, V, -4);
}

/* One of four accesses, by two bits of the dice. */
static void access_one(struct rig *r)
{
    rig_op(r, RV64_OP_ANDI, AT, DICE, 0, 0x1f8);
    rig_op(r, RV64_OP_ADD, AT, AT, BASE, 0);
    rig_op(r, RV64_OP_SRLI, V, DICE, 0, 20);
    rig_op(r, RV64_OP_ANDI, V, V, 0, 3);
    rig_op(r, RV64_OP_BNE, 0, V, 0, 12);
    rig_op(r, RV64_OP_AMOADD_D, 0, AT, DICE, 0); /* posted */
    rig_op(r, RV64_OP_JAL, 0, 0, 0, 36);
    rig_op(r, RV64_OP_ADDI, V, V, 0, -1);
    rig_op(r, RV64_OP_BNE, 0, V, 0, 12);
    rig_op(r, RV64_OP_SD, 0, AT, DICE, 0);
    rig_op(r, RV64_OP_JAL, 0, 0, 0, 20);
    rig_op(r, RV64_OP_AMOADD_D, V, AT, ID, 0);
    rig_op(r, RV64_OP_ADD, DICE, DICE, V, 0);
    rig_op(r, RV64_OP_LD, V, AT, 0, 0);
    rig_op(r, RV64_OP_ADD, DICE, DICE, V, 0);
}

static void program(struct rig *r, uint64_t seed)
{
    rig_li(r, DICE, seed);
    rig_op(r, RV64_OP_ADD, DICE, DICE, ID, 0);
    rig_li(r, LEFT, ROUNDS);
    rig_li(r, BASE, NIC_DRAM_BASE);
    uint64_t top = r->at;
    roll(r);
    access_one(r);
    dawdle(r);
    rig_op(r, RV64_OP_ADDI, LEFT, LEFT, 0, -1);
    rig_op(r, RV64_OP_BNE, 0, LEFT, 0, (int32_t)((int64_t)top - (int64_t)r->at));
    rig_op(r, RV64_OP_JAL, 0, 0, 0, 0); /* parks the hart */
}

static void card_open(struct card *c, bool direct, uint64_t seed)
{
    memset(c, 0, sizeof(*c));
    rig_init(&c->r);
    c->r.direct = direct;
    c->r.latency = 20;
    rig_start(&c->r, THREADS);
    c->r.dram_region.service = SERVICE;
    program(&c->r, seed);
    c->engine[0] = c->r.e;
    for (uint32_t i = 1; i < ENGINES; i++)
        CU_ASSERT_EQUAL_FATAL(
            engine_create(&c->r.cfg, THREADS, i * THREADS, &c->r.bus, c->r.cc, &c->engine[i]), 0);
    CU_ASSERT_EQUAL_FATAL(turns_create(&c->turns, c->engine, ENGINES, &c->now), 0);
    for (uint32_t i = 0; i < ENGINES; i++)
        engine_reset(c->engine[i], NIC_ISTORE_BASE, 0);
}

static void card_close(struct card *c)
{
    turns_destroy(&c->turns);
    for (uint32_t i = 1; i < ENGINES; i++)
        engine_destroy(c->engine[i]);
    rig_free(&c->r);
}

/* The first of all, of equal ones the one with the lowest seat, makes one access. */
static void run_by_looking(struct card *c)
{
    for (;;) {
        uint32_t first = 0;

        for (uint32_t i = 1; i < ENGINES; i++)
            if (engine_next(c->engine[i]) < engine_next(c->engine[first]))
                first = i;
        if (engine_next(c->engine[first]) == UINT64_MAX)
            return;
        (void)engine_run(c->engine[first], engine_next(c->engine[first]));
    }
}

/* In pieces of so many cycles, between which something else might have happened. */
static void run_turns(struct card *c, uint64_t piece)
{
    for (uint32_t i = 0; i < ENGINES; i++)
        (void)turns_set(&c->turns, i, engine_next(c->engine[i]));
    c->turns.most = ENGINE_TURN_MOST;
    for (c->turns.end = piece; turns_first_at(&c->turns) != UINT64_MAX; c->turns.end += piece) {
        CU_ASSERT_EQUAL_FATAL(engine_run_turns(&c->turns), ENGINE_HORIZON);
        CU_ASSERT(turns_first_at(&c->turns) >= c->turns.end);
        CU_ASSERT(c->now < c->turns.end);
    }
}

static void same(struct card *a, struct card *b)
{
    CU_ASSERT_EQUAL(memcmp(a->r.dram, b->r.dram, 4096), 0);
    for (uint32_t h = 0; h < ENGINES * THREADS; h++) {
        struct nic_fault fa, fb;

        engine_dump(a->engine[h / THREADS], h, &fa);
        engine_dump(b->engine[h / THREADS], h, &fb);
        CU_ASSERT_EQUAL(fa.cycles, fb.cycles);
        CU_ASSERT_EQUAL(memcmp(fa.x, fb.x, sizeof(fa.x)), 0);
        CU_ASSERT_EQUAL(fa.x[LEFT], 0);
    }
}

static void compare(bool direct, uint64_t piece, uint64_t seed)
{
    struct card a, b;

    card_open(&a, direct, seed);
    card_open(&b, direct, seed);
    run_by_looking(&a);
    run_turns(&b, piece);
    same(&a, &b);
    card_close(&a);
    card_close(&b);
}

static void test_direct(void)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        compare(true, 1u << 30, seed);
}

static void test_bus(void)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        compare(false, 1u << 30, seed);
}

static void test_pieces(void)
{
    compare(true, 1, 11);
    compare(true, 7, 12);
    compare(true, 100, 13);
    compare(false, 33, 14);
}

static const struct cunit_case cases[] = {
    {"in turn, memory that engines reach by themselves", test_direct},
    {"in turn, memory on the bus", test_bus},
    {"in turn, in pieces", test_pieces},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("engine: turns", cases);
}
