/* SPDX-License-Identifier: BSD-3-Clause */
/* The watchdog's interrupt (nic/csr.h): when it comes, what it leaves, and what it costs. */
#include "cunit_main.h"
#include "rig.h"

enum {
    HANDLER = NIC_ISTORE_BASE + 0x400,
    GATE = NIC_ISTORE_BASE + 0x800,
    PROGRAM = NIC_ISTORE_BASE + 0x1000,
    PROGRAM_END = NIC_ISTORE_BASE + 0x2000,
};

/* Registers as the handler leaves them. */
enum { CAUSE = RV64_S0, TVAL = RV64_S1, EPC = RV64_S2, STATUS = RV64_S3, PENDING = RV64_S4 };

static void put_handler(struct rig *r)
{
    r->at = HANDLER;
    rig_op(r, RV64_OP_CSRRS, CAUSE, 0, 0, 0x342);
    rig_op(r, RV64_OP_CSRRS, TVAL, 0, 0, 0x343);
    rig_op(r, RV64_OP_CSRRS, EPC, 0, 0, 0x341);
    rig_op(r, RV64_OP_CSRRS, STATUS, 0, 0, 0x300);
    rig_op(r, RV64_OP_CSRRS, PENDING, 0, 0, 0x344);
    rig_end(r);
    rig_op(r, RV64_OP_JAL, 0, 0, 0, 0);
}

/* Firmware that sets all up; what follows at rig.at may go to PROGRAM with `enter`. */
static void start(struct rig *r, uint64_t mie)
{
    rig_init(r);
    r->latency = 100;
    put_handler(r);
    r->at = NIC_ISTORE_BASE;
    rig_csr(r, 0x305, HANDLER);
    rig_csr(r, 0x304, mie);
    rig_csr(r, NIC_CSR_PROG_LO, PROGRAM);
    rig_csr(r, NIC_CSR_PROG_HI, PROGRAM_END);
    rig_csr(r, NIC_CSR_GATE_LO, GATE);
    rig_csr(r, NIC_CSR_GATE_HI, GATE + 8);
    rig_csr(r, NIC_CSR_MAP_LO, NIC_DRAM_BASE);
    rig_csr(r, NIC_CSR_MAP_HI, NIC_DRAM_BASE + RIG_DRAM);
    rig_li(r, RV64_A1, NIC_DRAM_BASE);
}

static void enter(struct rig *r)
{
    rig_li(r, RV64_T0, PROGRAM);
    rig_op(r, RV64_OP_JALR, RV64_RA, RV64_T0, 0, 0);
    r->at = PROGRAM;
}

static void boot(struct rig *r, unsigned threads)
{
    rig_start(r, threads);
    engine_reset(r->e, NIC_ISTORE_BASE, 0);
}

#define ENABLED (1u << NIC_IRQ_WATCHDOG)

static uint64_t reg(const struct rig *r, uint32_t hart, unsigned x)
{
    struct nic_fault f;

    engine_dump(r->e, hart, &f);
    return f.x[x];
}

static void expect(const struct rig *r, uint32_t hart, uint64_t from, uint64_t to)
{
    CU_ASSERT_EQUAL(reg(r, hart, CAUSE), NIC_MCAUSE_WATCHDOG);
    CU_ASSERT_EQUAL(reg(r, hart, TVAL), 0);
    CU_ASSERT_TRUE(reg(r, hart, EPC) >= from && reg(r, hart, EPC) <= to);
    CU_ASSERT_EQUAL(reg(r, hart, STATUS) & 3u << 11, 0); /* MPP = U */
    CU_ASSERT_EQUAL(reg(r, hart, PENDING), 0);
}

static void check_sums(const struct rig *r, unsigned threads)
{
    struct nic_engine_stats s = {0};
    struct nic_fault at;
    uint64_t sum = 0;

    engine_stats(r->e, &s);
    engine_dump(r->e, 0, &at);
    for (unsigned i = 0; i < NIC_CAUSES; i++)
        sum += s.cause[i];
    CU_ASSERT_EQUAL(sum, at.cycles);
    for (unsigned t = 0; t < threads; t++) {
        struct nic_thread_stats h = {0};

        engine_thread_stats(r->e, t, &h);
        sum = 0;
        for (unsigned i = 0; i < NIC_CAUSES; i++)
            sum += h.cause[i];
        CU_ASSERT_EQUAL(sum, at.cycles);
    }
}

/* A loop in registers: it has run ahead, and is trapped there. */
static void test_registers(void)
{
    struct rig r;

    start(&r, ENABLED);
    enter(&r);
    uint64_t loop = rig_op(&r, RV64_OP_ADDI, 5, 5, 0, 1);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, -4);
    boot(&r, 1);
    CU_ASSERT_EQUAL(engine_run(r.e, 4999), ENGINE_HORIZON);
    CU_ASSERT_TRUE(engine_interrupt(r.e, 0, 0, 5000));
    check_sums(&r, 1);
    CU_ASSERT_TRUE(engine_next(r.e) >= 5000);
    CU_ASSERT_EQUAL(engine_run(r.e, 100000), ENGINE_STOPPED);
    expect(&r, 0, loop, loop + 4);
    CU_ASSERT_FALSE(engine_interrupt_clear(r.e, 0));
    check_sums(&r, 1);
    rig_free(&r);
}

/* Where the trap comes does not depend on the steps in which the engine was let run. */
static void test_steps(void)
{
    uint64_t at[2], count[2];

    for (unsigned i = 0; i < 2; i++) {
        struct nic_fault f;
        struct rig r;

        start(&r, ENABLED);
        enter(&r);
        rig_op(&r, RV64_OP_ADDI, 5, 5, 0, 1);
        rig_op(&r, RV64_OP_MUL, 6, 5, 5, 0);
        rig_op(&r, RV64_OP_BNE, 0, 5, 0, -8);
        boot(&r, 1);
        for (uint64_t to = i == 0 ? 29999 : 7; to < 30000; to += 13)
            (void)engine_run(r.e, to);
        CU_ASSERT_EQUAL(engine_run(r.e, 29999), ENGINE_HORIZON);
        CU_ASSERT_TRUE(engine_interrupt(r.e, 0, 0, 30000));
        CU_ASSERT_EQUAL(engine_run(r.e, 100000), ENGINE_STOPPED);
        engine_dump(r.e, 0, &f);
        at[i] = f.cycles;
        count[i] = f.x[5];
        rig_free(&r);
    }
    CU_ASSERT_EQUAL(at[0], at[1]);
    CU_ASSERT_EQUAL(count[0], count[1]);
}

/* An access from then on is not made. */
static void test_access(void)
{
    struct rig r;

    start(&r, ENABLED);
    enter(&r);
    uint64_t loop = rig_op(&r, RV64_OP_AMOADD_D, 0, RV64_A1, RV64_A1, 0); /* posted */
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, -4);
    boot(&r, 1);
    CU_ASSERT_EQUAL(engine_run(r.e, 999), ENGINE_HORIZON);
    CU_ASSERT_TRUE(engine_interrupt(r.e, 0, 0, 1000));
    unsigned made = r.logged;
    CU_ASSERT_TRUE(made > 100 && made < RIG_LOG && r.log[made - 1].now < 1000);
    CU_ASSERT_EQUAL(engine_run(r.e, 100000), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(r.logged, made + 1); /* the handler's, which ends the run */
    expect(&r, 0, loop, loop);
    check_sums(&r, 1);
    rig_free(&r);
}

/*
 * While a load is under way: its value is there, and the trap comes when the load is done. Another
 * hart sleeps, so that the engine is not given away before that.
 */
static void test_waiting(void)
{
    struct rig r;

    start(&r, ENABLED);
    rig_op(&r, RV64_OP_BEQ, 0, RV64_A0, 0, 12);
    rig_op(&r, RV64_OP_LUI, RV64_T1, 0, 0, RIG_STOP);
    rig_op(&r, RV64_OP_LD, RV64_T1, RV64_T1, 0, RIG_BLOCK - RIG_STOP);
    enter(&r);
    rig_op(&r, RV64_OP_LD, 7, RV64_A1, 0, 8);
    uint64_t behind = rig_op(&r, RV64_OP_ADDI, 6, 0, 0, 1);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 0);
    r.dram[8] = 42;
    boot(&r, 2);
    uint64_t now = 0;
    while (r.logged < 2)
        (void)engine_run(r.e, now++);
    const struct bus_req *load = &r.log[r.log[1].hart == 0];
    uint64_t done = load->now + 100;
    CU_ASSERT_TRUE(now < done);
    CU_ASSERT_TRUE(engine_interrupt(r.e, 0, 0, now));
    CU_ASSERT_EQUAL(engine_run(r.e, 100000), ENGINE_STOPPED);
    expect(&r, 0, behind, behind);
    CU_ASSERT_EQUAL(rig_x(&r, 7), 42);
    CU_ASSERT_EQUAL(rig_x(&r, 6), 0);
    CU_ASSERT_TRUE(r.log[r.logged - 1].now > done);
    check_sums(&r, 2);
    rig_free(&r);
}

/* A program that jumps to itself sleeps, until then. */
static void test_parked(void)
{
    struct rig r;

    start(&r, ENABLED);
    enter(&r);
    uint64_t at = rig_op(&r, RV64_OP_JAL, 0, 0, 0, 0);
    boot(&r, 1);
    CU_ASSERT_EQUAL(engine_run(r.e, 5000), ENGINE_ASLEEP);
    CU_ASSERT_EQUAL(engine_parked(r.e), 1);
    CU_ASSERT_TRUE(engine_interrupt(r.e, 0, 0, 70000));
    CU_ASSERT_EQUAL(engine_parked(r.e), 0);
    CU_ASSERT_EQUAL(engine_next(r.e), 70000);
    CU_ASSERT_EQUAL(engine_run(r.e, 100000), ENGINE_STOPPED);
    expect(&r, 0, at, at);
    CU_ASSERT_TRUE(r.log[0].now > 70000 && r.log[0].now < 70100);
    check_sums(&r, 1);
    rig_free(&r);
}

/* In machine mode it waits for the way back into program code. */
static void test_machine(void)
{
    struct rig r;

    start(&r, ENABLED);
    enter(&r);
    uint64_t at = r.at;
    rig_op(&r, RV64_OP_JAL, RV64_RA, 0, 0, GATE - PROGRAM);
    r.at = GATE;
    rig_op(&r, RV64_OP_ADDI, 15, 15, 0, 1); /* a helper of 2000 rounds */
    rig_op(&r, RV64_OP_AMOADD_D, 0, RV64_A1, 15, 0);
    rig_li(&r, RV64_T1, 2000);
    rig_op(&r, RV64_OP_BNE, 0, 15, RV64_T1, (int32_t)(GATE - r.at));
    rig_op(&r, RV64_OP_JALR, 0, RV64_RA, 0, 0);
    boot(&r, 1);
    CU_ASSERT_EQUAL(engine_run(r.e, 199), ENGINE_HORIZON);
    CU_ASSERT_TRUE(engine_interrupt(r.e, 0, 0, 200));
    CU_ASSERT_EQUAL(engine_run(r.e, 100000), ENGINE_STOPPED);
    expect(&r, 0, at + 4, at + 4);
    CU_ASSERT_EQUAL(rig_x(&r, 15), 2000);
    rig_free(&r);
}

/* Cleared in time it never comes. */
static void test_cleared(void)
{
    struct rig r;

    start(&r, ENABLED);
    enter(&r);
    rig_op(&r, RV64_OP_ADDI, 5, 5, 0, 1);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, -4);
    boot(&r, 1);
    CU_ASSERT_EQUAL(engine_run(r.e, 199), ENGINE_HORIZON);
    CU_ASSERT_TRUE(engine_interrupt(r.e, 0, 0, 200));
    CU_ASSERT_TRUE(engine_interrupt_clear(r.e, 0));
    CU_ASSERT_EQUAL(engine_run(r.e, 100000), ENGINE_HORIZON);
    CU_ASSERT_EQUAL(rig_x(&r, CAUSE), 0);
    rig_free(&r);
}

/* Firmware that has run no program with this packet, or has not asked for it, or has no handler. */
static void test_refused(void)
{
    struct rig r;

    start(&r, ENABLED);
    rig_op(&r, RV64_OP_ADDI, 5, 5, 0, 1);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, -4);
    boot(&r, 1);
    CU_ASSERT_EQUAL(engine_run(r.e, 999), ENGINE_HORIZON);
    CU_ASSERT_FALSE(engine_interrupt(r.e, 0, 0, 1000));
    CU_ASSERT_FALSE(engine_interrupt_clear(r.e, 0));
    rig_free(&r);

    for (unsigned handler = 0; handler < 2; handler++) {
        start(&r, handler ? 0x888 : ENABLED);
        if (!handler)
            rig_csr(&r, 0x305, 0);
        enter(&r);
        rig_op(&r, RV64_OP_ADDI, 5, 5, 0, 1);
        rig_op(&r, RV64_OP_JAL, 0, 0, 0, -4);
        boot(&r, 1);
        CU_ASSERT_EQUAL(engine_run(r.e, 999), ENGINE_HORIZON);
        CU_ASSERT_FALSE(engine_interrupt(r.e, 0, 0, 1000));
        CU_ASSERT_EQUAL(engine_run(r.e, 9999), ENGINE_HORIZON);
        rig_free(&r);
    }
}

/* It hits one of several threads; the others go on. */
static void test_threads(void)
{
    struct rig r;

    start(&r, ENABLED);
    enter(&r);
    uint64_t loop = rig_op(&r, RV64_OP_LD, 7, RV64_A1, 0, 8);
    rig_op(&r, RV64_OP_ADDI, 5, 5, 0, 1);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, -8);
    boot(&r, 4);
    CU_ASSERT_EQUAL(engine_run(r.e, 9999), ENGINE_HORIZON);
    CU_ASSERT_TRUE(engine_interrupt(r.e, 2, 0, 10000));
    CU_ASSERT_EQUAL(engine_run(r.e, 100000), ENGINE_STOPPED);
    expect(&r, 2, loop, loop + 8);
    CU_ASSERT_EQUAL(reg(&r, 1, CAUSE) + reg(&r, 0, CAUSE) + reg(&r, 3, CAUSE), 0);
    check_sums(&r, 4);
    uint64_t count = reg(&r, 3, 5);
    CU_ASSERT_EQUAL(engine_run(r.e, 200000), ENGINE_HORIZON);
    CU_ASSERT_TRUE(reg(&r, 3, 5) > count);
    rig_free(&r);
}

/* One that loops in registers lets no other thread run. */
static void test_hog(void)
{
    struct rig r;

    start(&r, ENABLED);
    enter(&r);
    rig_op(&r, RV64_OP_LD, 7, RV64_A1, 0, 8);
    rig_op(&r, RV64_OP_BNE, 0, RV64_A0, 0, -4); /* hart 0 goes on */
    rig_op(&r, RV64_OP_ADDI, 5, 5, 0, 1);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, -4);
    boot(&r, 3);
    CU_ASSERT_EQUAL(engine_run(r.e, 50000), ENGINE_HORIZON);
    CU_ASSERT_EQUAL(engine_hog(r.e, 0, 50000), UINT32_MAX);
    CU_ASSERT_EQUAL(engine_hog(r.e, 1, 10000), 0);
    CU_ASSERT_EQUAL(engine_hog(r.e, 2, 10000), 0);
    CU_ASSERT_EQUAL(engine_hog(r.e, 2, 10), UINT32_MAX);
    struct nic_thread_stats h = {0};
    engine_thread_stats(r.e, 1, &h);
    CU_ASSERT_TRUE(h.cause[NIC_CAUSE_ENGINE] > 49000);
    CU_ASSERT_EQUAL(engine_hart_waited(r.e, 1), h.cause[NIC_CAUSE_ENGINE]);
    engine_thread_stats(r.e, 0, &h);
    CU_ASSERT_EQUAL(engine_hart_waited(r.e, 0), h.cause[NIC_CAUSE_ENGINE]);
    CU_ASSERT_TRUE(engine_interrupt(r.e, 0, 0, 50001));
    CU_ASSERT_EQUAL(engine_run(r.e, 100000), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(engine_run(r.e, 110000), ENGINE_HORIZON);
    CU_ASSERT_EQUAL(engine_hog(r.e, 1, 90000), UINT32_MAX);
    check_sums(&r, 3);
    rig_free(&r);
}

/* By its own hand, as software may with bits that are the platform's. */
static void test_by_csr(void)
{
    struct rig r;

    start(&r, ENABLED);
    rig_csr(&r, 0x344, ENABLED);
    rig_csr(&r, 0x300, 1u << 3); /* MIE: machine mode is not interrupted all the same */
    rig_op(&r, RV64_OP_ADDI, 6, 0, 0, 9);
    enter(&r);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, 0);
    boot(&r, 1);
    CU_ASSERT_EQUAL(engine_run(r.e, 100000), ENGINE_STOPPED);
    expect(&r, 0, PROGRAM, PROGRAM);
    CU_ASSERT_EQUAL(rig_x(&r, 6), 9);
    rig_free(&r);
}

static const struct cunit_case cases[] = {
    {"a loop in registers", test_registers},
    {"in any steps", test_steps},
    {"at an access", test_access},
    {"in a wait", test_waiting},
    {"in a jump to itself", test_parked},
    {"in machine mode", test_machine},
    {"cleared", test_cleared},
    {"refused", test_refused},
    {"one of four threads", test_threads},
    {"alone on the engine", test_hog},
    {"by CSR", test_by_csr},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("engine: interrupt", cases);
}
