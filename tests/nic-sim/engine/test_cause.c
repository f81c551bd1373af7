/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the cycles went, worked out by hand; and that every cycle has one cause. */
#include "cunit_main.h"

#include <errno.h>

#include "rig.h"

static void costs(struct rig *r)
{
    rig_init(r);
    r->cfg.cost_alu = 2;
    r->cfg.cost_mul = 7;
    r->cfg.cost_div = 31;
    r->cfg.cost_branch = 3;
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

static uint64_t sum(const uint64_t cause[NIC_CAUSES])
{
    uint64_t total = 0;

    for (unsigned i = 0; i < NIC_CAUSES; i++)
        total += cause[i];
    return total;
}

static struct nic_engine_stats engine_of(const struct rig *r)
{
    struct nic_engine_stats s = {0};

    engine_stats(r->e, &s);
    return s;
}

static struct nic_thread_stats thread_of(const struct rig *r, unsigned thread)
{
    struct nic_thread_stats s = {0};

    engine_thread_stats(r->e, thread, &s);
    return s;
}

/* Every cycle once, on the engine and on each of its threads. */
static void check_sums(const struct rig *r, unsigned threads)
{
    struct nic_engine_stats s = engine_of(r);
    struct nic_fault at;

    engine_dump(r->e, 0, &at);
    CU_ASSERT_EQUAL(sum(s.cause), at.cycles);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_ENGINE], 0);
    for (unsigned t = 0; t < threads; t++) {
        struct nic_thread_stats h = thread_of(r, t);

        CU_ASSERT_EQUAL(sum(h.cause), at.cycles);
    }
}

static void test_work(void)
{
    struct rig r;

    costs(&r);
    rig_op(&r, RV64_OP_ADDI, 10, 0, 0, 1);         /* 2 */
    rig_op(&r, RV64_OP_MUL, 11, 10, 10, 0);        /* 2, dependency 5 */
    rig_op(&r, RV64_OP_DIVU, 11, 11, 10, 0);       /* 2, dependency 29 */
    rig_op(&r, RV64_OP_LUI, 12, 0, 0, 0x10000000); /* 2 */
    rig_op(&r, RV64_OP_SD, 0, 12, 11, 0);          /* 17 */
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);          /* 13, local 37 */
    rig_op(&r, RV64_OP_AMOADD_D, 13, 12, 11, 0);   /* 19, local 37 */
    rig_op(&r, RV64_OP_CSRRS, 14, 0, 0, 0xb02);    /* 23 */
    rig_op(&r, RV64_OP_FENCE, 0, 0, 0, 0xff);      /* 29 */
    rig_end(&r);                                   /* 2 + 2 + 17 */
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    struct nic_engine_stats s = engine_of(&r);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_ISSUE], 2 * 4 + 17 + 13 + 19 + 23 + 29 + 2 + 2 + 17);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_DEPENDENCY], 5 + 29);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_LOCAL], 37 + 37);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_BRANCH], 0);
    check_sums(&r, 1);
    rig_free(&r);
}

/* `far`: the loop lies across the end of a page. */
static void branches(bool far)
{
    struct rig r;

    costs(&r);
    if (far) {
        r.at = NIC_ISTORE_BASE;
        rig_op(&r, RV64_OP_ADDI, 10, 0, 0, 3);      /* 2 */
        rig_op(&r, RV64_OP_JAL, 0, 0, 0, 4096 - 8); /* 3, branch 8 */
        r.at = NIC_ISTORE_BASE + 4096 - 4;
    } else {
        rig_op(&r, RV64_OP_ADDI, 10, 0, 0, 3); /* 2 */
        rig_op(&r, RV64_OP_JAL, 0, 0, 0, 4);   /* 3, branch 8 */
    }
    rig_op(&r, RV64_OP_ADDI, 10, 10, 0, -1); /* 3 times 2 */
    rig_op(&r, RV64_OP_BNE, 0, 10, 0, -4);   /* 3 times 3, twice branch 2 */
    rig_op(&r, RV64_OP_AUIPC, 5, 0, 0, 0);   /* 2 */
    rig_op(&r, RV64_OP_JALR, 1, 5, 0, 8);    /* 3, branch 8 */
    rig_end(&r);                             /* 2 + 2 + 17 */
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    struct nic_engine_stats s = engine_of(&r);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_ISSUE], 2 + 3 + 6 + 9 + 2 + 3 + 2 + 2 + 17);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_BRANCH], 8 + 2 * 2 + 8);
    check_sums(&r, 1);
    rig_free(&r);
}

static void test_near_branches(void)
{
    branches(false);
}

static void test_far_branches(void)
{
    branches(true);
}

/* A loop long enough that the packed counters are emptied many times on the way. */
static void long_loop(uint64_t stride)
{
    struct rig r;
    const uint64_t turns = 100000;

    costs(&r);
    rig_li(&r, 10, turns);
    rig_op(&r, RV64_OP_LUI, 12, 0, 0, 0x10000000);
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);
    rig_op(&r, RV64_OP_DIV, 14, 10, 10, 0);
    rig_op(&r, RV64_OP_ADDI, 10, 10, 0, -1);
    rig_op(&r, RV64_OP_BNE, 0, 10, 0, -12);
    rig_end(&r);
    rig_start(&r, 1);
    engine_reset(r.e, NIC_ISTORE_BASE, 0);
    for (uint64_t at = 0; engine_run(r.e, at) == ENGINE_HORIZON; at += stride)
        ;
    struct nic_engine_stats s = engine_of(&r);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_DEPENDENCY], turns * 29);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_LOCAL], turns * 37);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_BRANCH], (turns - 1) * 2);
    check_sums(&r, 1);
    rig_free(&r);
}

static void test_counters_do_not_overflow(void)
{
    long_loop(100000);
    long_loop((uint64_t)1 << 40); /* the horizon is far: nobody stops it on the way */
}

/* One thread waits for DRAM: 100 cycles from issue, of which 13 are the load's own. */
static void waits(bool direct)
{
    struct rig r;

    costs(&r);
    r.direct = direct;
    rig_li(&r, 12, NIC_DRAM_BASE);
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);        /* 13, waits 87 */
    rig_op(&r, RV64_OP_AMOADD_D, 13, 12, 12, 0); /* 19, waits 81 */
    rig_op(&r, RV64_OP_AMOADD_D, 0, 12, 12, 0);  /* 19, posted */
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    struct nic_engine_stats s = engine_of(&r);
    struct nic_thread_stats h = thread_of(&r, 0);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_DRAM], 87);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_ATOMIC], 81);
    CU_ASSERT_EQUAL(h.cause[NIC_CAUSE_DRAM], 87);
    CU_ASSERT_EQUAL(h.cause[NIC_CAUSE_ATOMIC], 81);
    CU_ASSERT_EQUAL(s.stall_cycles, 87 + 81);
    check_sums(&r, 1);
    rig_free(&r);
}

static void test_waits(void)
{
    waits(false);
    waits(true);
}

/* An engine that may make an access every 150 cycles: the load's 100 are not enough. */
static void test_spacing(void)
{
    struct rig r;

    costs(&r);
    r.cfg.dram_spacing = 150;
    rig_li(&r, 12, NIC_DRAM_BASE);
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);        /* 13, waits 87 */
    rig_op(&r, RV64_OP_AMOADD_D, 0, 12, 12, 0);  /* 19, posted: at once */
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);        /* 119 after the first: stands for 31 */
    rig_op(&r, RV64_OP_AMOADD_D, 13, 12, 12, 0); /* 100 later: stands for 50, waits 81 */
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    struct nic_engine_stats s = engine_of(&r);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_SPACING], 31 + 50);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_DRAM], 87 + 87);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_ATOMIC], 81);
    CU_ASSERT_EQUAL(r.log[2].now - r.log[0].now, 150);
    CU_ASSERT_EQUAL(r.log[3].now - r.log[2].now, 150);
    check_sums(&r, 1);
    rig_free(&r);
}

/* The same program whatever the turns that the device gives. */
static uint64_t spaced_cycles(uint64_t stride, unsigned threads)
{
    struct rig r;
    uint64_t cycles;

    costs(&r);
    r.cfg.dram_spacing = 25;
    rig_li(&r, 12, NIC_DRAM_BASE);
    for (unsigned i = 0; i < 16; i++)
        rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 0);
    rig_start(&r, threads);
    engine_reset(r.e, NIC_ISTORE_BASE, 0);
    for (uint64_t at = 0; engine_run(r.e, at) == ENGINE_HORIZON; at += stride)
        ;
    check_sums(&r, threads);
    cycles = engine_of(&r).busy_cycles;
    rig_free(&r);
    return cycles;
}

static void test_spacing_in_turns(void)
{
    for (unsigned threads = 1; threads <= 8; threads++) {
        uint64_t cycles = spaced_cycles((uint64_t)1 << 40, threads);

        CU_ASSERT_EQUAL(spaced_cycles(1, threads), cycles);
        CU_ASSERT_EQUAL(spaced_cycles(37, threads), cycles);
    }
}

/* Costs of code that come from outside, put over what rig holds so far: a pair for each. */
struct piece {
    unsigned word;
    uint32_t cycles;
};

static void set_costs(struct rig *r, const struct piece *pieces, unsigned count)
{
    uint32_t cycles[64] = {0};
    uint32_t words = (uint32_t)(r->at - NIC_ISTORE_BASE) / 4;

    for (unsigned i = 0; i < count; i++)
        cycles[pieces[i].word] = pieces[i].cycles;
    CU_ASSERT_FATAL(words <= 64);
    CU_ASSERT_EQUAL(code_cache_costs(r->cc, NIC_ISTORE_BASE, cycles, words), 0);
}

/* Cycles of issue of a program of every kind of instruction, with costs for some of it. */
static uint64_t issued(const struct piece *pieces, unsigned count, uint64_t stride)
{
    struct rig r;
    uint64_t cycles;

    costs(&r);
    rig_op(&r, RV64_OP_LUI, 12, 0, 0, 0x10000000);             /* 0: 2 */
    rig_op(&r, RV64_OP_LUI, 11, 0, 0, (int32_t)NIC_DRAM_BASE); /* 1: 2 */
    rig_op(&r, RV64_OP_ADDI, 10, 0, 0, 3);                     /* 2: 2 */
    rig_op(&r, RV64_OP_SD, 0, 12, 10, 0);                      /* 3: 17, loop */
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);                      /* 4: 13, local 37 */
    rig_op(&r, RV64_OP_AMOADD_D, 13, 12, 13, 0);               /* 5: 19, local 37 */
    rig_op(&r, RV64_OP_ADD_UW, 11, 11, 0, 0);                  /* 6: 2 */
    rig_op(&r, RV64_OP_LD, 14, 11, 0, 0);                      /* 7: 13, waits */
    rig_op(&r, RV64_OP_ADDI, 10, 10, 0, -1);                   /* 8: 2 */
    rig_op(&r, RV64_OP_BNE, 0, 10, 0, -6 * 4);                 /* 9: 3 */
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 4);                       /* 10: 3, branch 8 */
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 0);                       /* 11: parks */
    rig_start(&r, 2);
    set_costs(&r, pieces, count);
    engine_reset(r.e, NIC_ISTORE_BASE, 0);
    for (uint64_t at = 0; engine_run(r.e, at) == ENGINE_HORIZON; at += stride)
        ;
    CU_ASSERT_EQUAL(rig_x(&r, 10), 0);
    CU_ASSERT_EQUAL(engine_of(&r).insns, 2 * (3 + 3 * 7 + 1));
    check_sums(&r, 2);
    cycles = engine_of(&r).cause[NIC_CAUSE_ISSUE];
    rig_free(&r);
    return cycles;
}

static void test_code_costs(void)
{
    static const struct {
        struct piece piece[4];
        unsigned pieces;
        uint64_t more; /* of one thread */
    } rows[] = {
        {{{0, 1}}, 1, 0},                                /* less than its own, with all behind it */
        {{{0, 40}, {1, 1}}, 2, 38},                      /* once */
        {{{3, 100}, {4, 1}}, 2, 3 * 83},                 /* in a loop: its target */
        {{{3, 100}, {5, 1}}, 2, 3 * (100 - 30)},         /* two words, the second a load */
        {{{4, 100}, {5, 60}, {6, 1}}, 3, 3 * (87 + 41)}, /* local load, atomic */
        {{{7, 64}, {8, 1}}, 2, 3 * 51},                  /* a load that is waited for */
        {{{9, 11}, {10, 1}}, 2, 3 * 8},                  /* a branch, taken or not */
        {{{8, 50}, {10, 23}, {11, 1}}, 3, 3 * 45 + 12},  /* with its branch; a jump */
    };
    uint64_t plain = issued(NULL, 0, (uint64_t)1 << 40);

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (uint64_t stride = 1; stride < 2000; stride = stride * 7 + 1)
            CU_ASSERT_EQUAL(issued(rows[i].piece, rows[i].pieces, stride) - plain,
                            2 * rows[i].more);
}

/* Overwritten code costs what it costs; pieces elsewhere, or too long, are refused. */
static void test_code_costs_end(void)
{
    const uint32_t cycles[2] = {500, 1};
    struct rig r;
    uint64_t before;

    costs(&r);
    rig_op(&r, RV64_OP_ADDI, 10, 0, 0, 3);
    rig_op(&r, RV64_OP_ADDI, 10, 0, 0, 4);
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    before = engine_of(&r).busy_cycles;
    CU_ASSERT_EQUAL(code_cache_costs(r.cc, NIC_ISTORE_BASE, cycles, 2), 0);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(engine_of(&r).busy_cycles, before + 498);
    code_cache_invalidate(r.cc, NIC_ISTORE_BASE, 4);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(engine_of(&r).busy_cycles, before);
    CU_ASSERT_EQUAL(code_cache_costs(r.cc, NIC_DRAM_BASE, cycles, 2), -EFAULT);
    CU_ASSERT_EQUAL(code_cache_costs(r.cc, NIC_ISTORE_BASE + 2, cycles, 1), -EFAULT);
    CU_ASSERT_EQUAL(code_cache_costs(r.cc, NIC_ISTORE_BASE + NIC_ISTORE_MAX - 4, cycles, 2),
                    -EFAULT);
    CU_ASSERT_EQUAL(code_cache_costs(r.cc, NIC_ISTORE_BASE - 4, cycles, 2), -EFAULT);
    CU_ASSERT_EQUAL(code_cache_costs(r.cc, NIC_ISTORE_BASE, cycles, UINT32_MAX), -EFAULT);
    rig_free(&r);
}

/* Two threads, each one load: the second's wait is partly hidden by nothing but the switch. */
static void test_two_threads(void)
{
    struct rig r;

    costs(&r);
    r.direct = true;
    rig_op(&r, RV64_OP_ADDI, 12, 0, 0, 1);   /* 2 */
    rig_op(&r, RV64_OP_SLLI, 12, 12, 0, 31); /* 2: NIC_DRAM_BASE */
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);    /* 13 */
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 0);     /* parks */
    rig_start(&r, 2);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_ASLEEP);
    /*
     * Thread 0: 0..17, waits until 4 + 100 = 104. Thread 1: switch 17..20, 20..37, waits until
     * 24 + 100 = 124. Thread 0 again: switch 104..107, parks. Thread 1: 124, switch to 127.
     */
    struct nic_engine_stats s = engine_of(&r);
    struct nic_thread_stats a = thread_of(&r, 0), b = thread_of(&r, 1);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_ISSUE], 2 * 17);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_SWITCH], 9);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_DRAM], 104 - 37 + 124 - 107);
    CU_ASSERT_EQUAL(a.cause[NIC_CAUSE_DRAM], 104 - 17);
    CU_ASSERT_EQUAL(a.cause[NIC_CAUSE_SWITCH], 3);
    CU_ASSERT_EQUAL(a.cause[NIC_CAUSE_IDLE], 127 - 107);
    CU_ASSERT_EQUAL(b.cause[NIC_CAUSE_ENGINE], 17);
    CU_ASSERT_EQUAL(b.cause[NIC_CAUSE_DRAM], 124 - 37);
    CU_ASSERT_EQUAL(b.cause[NIC_CAUSE_SWITCH], 6);
    check_sums(&r, 2);
    rig_free(&r);
}

/* A pause gives the engine away for cost.system cycles, and is waiting for a lock. */
static void test_pause(void)
{
    struct rig r;

    costs(&r);
    rig_put(&r, 0x0100000f); /* 1, then 29 */
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    struct nic_engine_stats s = engine_of(&r);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_LOCK], 29);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_ISSUE], 1 + 2 + 2 + 17);
    check_sums(&r, 1);
    rig_free(&r);
}

static uint64_t starved_now;

static uint64_t starved(void *ctx)
{
    (void)ctx;
    return starved_now;
}

/* Asleep from 2 on for a packet; woken at 1000; for 300 of these cycles there was no buffer. */
static void test_blocked(void)
{
    struct rig r;

    costs(&r);
    r.bus.starved = starved;
    starved_now = 50;
    rig_op(&r, RV64_OP_LUI, 12, 0, 0, 0x18000000); /* 2 */
    rig_op(&r, RV64_OP_LD, 13, 12, 0, 8);          /* 13 */
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_ASLEEP);
    starved_now = 350;
    engine_wake(r.e, 0, 0, 1000);
    CU_ASSERT_EQUAL(engine_run(r.e, 5000), ENGINE_STOPPED);
    struct nic_engine_stats s = engine_of(&r);
    struct nic_thread_stats h = thread_of(&r, 0);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_BLOCKED], 300);
    CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_IDLE], 1000 - 15 - 300);
    CU_ASSERT_EQUAL(h.cause[NIC_CAUSE_BLOCKED], 300);
    CU_ASSERT_EQUAL(h.cause[NIC_CAUSE_IDLE], 1000 - 15 - 300);
    check_sums(&r, 1);
    rig_free(&r);
}

/* n threads in a loop of work and a load: the sums hold whenever one looks. */
static void test_sums(void)
{
    for (unsigned threads = 1; threads <= 8; threads++) {
        struct rig r;

        costs(&r);
        r.direct = threads & 1;
        rig_li(&r, 12, NIC_DRAM_BASE);
        rig_op(&r, RV64_OP_MUL, 10, 10, 10, 0);
        rig_op(&r, RV64_OP_LD, 13, 12, 0, 0);
        rig_op(&r, RV64_OP_AMOADD_W, 14, 12, 13, 0);
        rig_op(&r, RV64_OP_BEQ, 0, 0, 0, -12);
        rig_start(&r, threads);
        engine_reset(r.e, NIC_ISTORE_BASE, 0);
        for (uint64_t at = 0; at < 20000; at += 37 * threads) {
            CU_ASSERT_EQUAL(engine_run(r.e, at), ENGINE_HORIZON);
            check_sums(&r, threads);
        }
        rig_free(&r);
    }
}

static const struct cunit_case cases[] = {
    {"work", test_work},
    {"near branches", test_near_branches},
    {"far branches", test_far_branches},
    {"packed counters", test_counters_do_not_overflow},
    {"waits", test_waits},
    {"spacing", test_spacing},
    {"spacing, in turns", test_spacing_in_turns},
    {"costs of code from outside", test_code_costs},
    {"costs of code that is gone", test_code_costs_end},
    {"two threads", test_two_threads},
    {"pause", test_pause},
    {"blocked", test_blocked},
    {"sums", test_sums},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("engine causes", cases);
}
