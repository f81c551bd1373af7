/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Program code (nic/csr.h): what it may touch, how it may leave, every allowed
 * case and every violation.
 */
#include <string.h>

#include "cunit_main.h"
#include "rig.h"

enum {
    FIRMWARE = NIC_ISTORE_BASE,
    HANDLER = NIC_ISTORE_BASE + 0x400,
    GATES = NIC_ISTORE_BASE + 0x800, /* four of them */
    GATES_END = GATES + 4 * 8,
    PROGRAM = NIC_ISTORE_BASE + 0x1f00, /* crosses a page */
    PROGRAM_END = NIC_ISTORE_BASE + 0x2100,
    STK = NIC_LOCAL_BASE + 0x1000,
    STK_END = NIC_LOCAL_BASE + 0x1200,
};
#define PKT     (NIC_DRAM_BASE + 0x1000u)
#define PKT_END (NIC_DRAM_BASE + 0x1040u)
#define MAP     (NIC_DRAM_BASE + 0x8000u)
#define MAP_END (NIC_DRAM_BASE + 0xa000u)
#define FR1     (NIC_DRAM_BASE + 0x3000u)
#define FR1_END (NIC_DRAM_BASE + 0x4000u)
#define FR2     (NIC_DRAM_BASE + 0x2000u)
#define FR2_END (NIC_DRAM_BASE + 0x2007u)

/* Registers as the handler or the gate leaves them. */
enum { CAUSE = RV64_S0, TVAL = RV64_S1, EPC = RV64_S2, STATUS = RV64_S3, GATE = RV64_S4 };

static void put_handler(struct rig *r)
{
    r->at = HANDLER;
    rig_op(r, RV64_OP_CSRRS, CAUSE, 0, 0, 0x342);
    rig_op(r, RV64_OP_CSRRS, TVAL, 0, 0, 0x343);
    rig_op(r, RV64_OP_CSRRS, EPC, 0, 0, 0x341);
    rig_op(r, RV64_OP_CSRRS, STATUS, 0, 0, 0x300);
    rig_end(r);
}

/* Every gate jumps to code that notes its number, proves that it is in machine mode, and stops. */
static void put_gates(struct rig *r)
{
    for (unsigned i = 0; i < 4; i++) {
        r->at = GATES + 8 * i;
        rig_op(r, RV64_OP_ADDI, GATE, 0, 0, (int32_t)i + 1);
        rig_op(r, RV64_OP_JAL, 0, 0, 0, (int32_t)(GATES_END + 64 - r->at));
    }
    r->at = GATES_END + 64;
    rig_op(r, RV64_OP_CSRRS, RV64_S5, 0, 0, 0x300);
    rig_end(r);
}

/* Everything but the program; rig.at is left where it goes. a1 = stack, a2 = packet, a3 = map. */
static void start(struct rig *r)
{
    rig_init(r);
    put_handler(r);
    put_gates(r);
    r->at = FIRMWARE;
    rig_csr(r, 0x305, HANDLER);
    rig_csr(r, NIC_CSR_PROG_LO, PROGRAM);
    rig_csr(r, NIC_CSR_PROG_HI, PROGRAM_END);
    rig_csr(r, NIC_CSR_GATE_LO, GATES);
    rig_csr(r, NIC_CSR_GATE_HI, GATES_END);
    rig_csr(r, NIC_CSR_STK_LO, STK);
    rig_csr(r, NIC_CSR_STK_HI, STK_END);
    rig_csr(r, NIC_CSR_PKT_LO, PKT);
    rig_csr(r, NIC_CSR_PKT_HI, PKT_END);
    rig_csr(r, NIC_CSR_MAP_LO, MAP);
    rig_csr(r, NIC_CSR_MAP_HI, MAP_END);
    rig_csr(r, NIC_CSR_FR1_LO, FR1);
    rig_csr(r, NIC_CSR_FR1_HI, FR1_END);
    rig_csr(r, NIC_CSR_FR2_LO, FR2);
    rig_csr(r, NIC_CSR_FR2_HI, FR2_END);
    rig_li(r, RV64_A1, STK);
    rig_li(r, RV64_A2, PKT);
    rig_li(r, RV64_A3, MAP);
    rig_li(r, RV64_T0, PROGRAM);
    rig_op(r, RV64_OP_JALR, RV64_RA, RV64_T0, 0, 0);
    rig_end(r); /* only an illegal return gets here */
    r->at = PROGRAM;
}

/* Leaves by gate number n, from 1. */
static void leave(struct rig *r, unsigned n)
{
    rig_op(r, RV64_OP_JAL, RV64_RA, 0, 0, (int32_t)(GATES + 8 * (n - 1) - r->at));
}

static void run(struct rig *r)
{
    rig_start(r, 1);
    CU_ASSERT_EQUAL(rig_run(r), ENGINE_STOPPED);
}

static void expect_gate(struct rig *r, unsigned n)
{
    run(r);
    CU_ASSERT_EQUAL(rig_x(r, GATE), n);
    CU_ASSERT_EQUAL(rig_x(r, CAUSE), 0);
    CU_ASSERT_NOT_EQUAL(rig_x(r, RV64_S5), 0); /* mstatus was readable: machine mode */
}

static void expect_trap(struct rig *r, uint64_t cause, uint64_t tval, uint64_t epc)
{
    run(r);
    CU_ASSERT_EQUAL(rig_x(r, GATE), 0);
    CU_ASSERT_EQUAL(rig_x(r, CAUSE), cause);
    CU_ASSERT_EQUAL(rig_x(r, TVAL), tval);
    CU_ASSERT_EQUAL(rig_x(r, EPC), epc);
    CU_ASSERT_EQUAL(rig_x(r, STATUS) & 3u << 11, 0); /* MPP = U */
    rig_free(r);
}

static void test_gates(void)
{
    for (unsigned n = 1; n <= 4; n++) {
        struct rig r;
        start(&r);
        leave(&r, n);
        expect_gate(&r, n);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_RA), PROGRAM + 4);
        CU_ASSERT_EQUAL(engine_hart_program_insns(r.e, 0), 1);
        rig_free(&r);
    }
}

static void test_missed_gates(void)
{
    static const uint64_t bad[] = {GATES + 4,      GATES - 8, GATES_END,       HANDLER,
                                   FIRMWARE + 100, PKT,       PROGRAM_END + 4, PROGRAM - 4};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct rig r;
        start(&r);
        rig_li(&r, RV64_T1, bad[i]);
        uint64_t at = rig_op(&r, RV64_OP_JALR, RV64_RA, RV64_T1, 0, 0);
        expect_trap(&r, 1, bad[i], at);
    }
}

/* A return to the firmware's caller is no gate either. */
static void test_return(void)
{
    struct rig r;
    start(&r);
    rig_op(&r, RV64_OP_JALR, 0, RV64_RA, 0, 0);
    run(&r);
    CU_ASSERT_EQUAL(rig_x(&r, CAUSE), 1);
    CU_ASSERT_EQUAL(rig_x(&r, EPC), PROGRAM);
    rig_free(&r);
}

/* Branches and jal inside one page that cross the border: the near variants must not hide them. */
static void test_branch_over_border(void)
{
    struct rig r;
    start(&r);
    uint64_t at = rig_op(&r, RV64_OP_BEQ, 0, 0, 0, -8);
    expect_trap(&r, 1, PROGRAM - 8, at);

    start(&r);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, PROGRAM_END - 16 - PROGRAM);
    r.at = PROGRAM_END - 16;
    at = rig_op(&r, RV64_OP_JAL, 0, 0, 0, 32);
    expect_trap(&r, 1, PROGRAM_END + 16, at);
}

/* Running over the end, without a jump. */
static void test_fall_over_end(void)
{
    struct rig r;
    start(&r);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, PROGRAM_END - 8 - PROGRAM);
    r.at = PROGRAM_END - 8;
    rig_op(&r, RV64_OP_ADDI, 5, 5, 0, 1);
    rig_op(&r, RV64_OP_ADDI, 5, 5, 0, 1);
    rig_op(&r, RV64_OP_CSRRS, 6, 0, 0, 0x300);
    expect_trap(&r, 1, PROGRAM_END, PROGRAM_END);
}

/* The border again, for a program that ends where a page does. */
static void test_fall_over_page(void)
{
    struct rig r;
    start(&r);
    r.at = FIRMWARE; /* over what start put there */
    rig_csr(&r, 0x305, HANDLER);
    rig_csr(&r, NIC_CSR_PROG_LO, PROGRAM);
    rig_csr(&r, NIC_CSR_PROG_HI, NIC_ISTORE_BASE + 0x2000);
    rig_csr(&r, NIC_CSR_GATE_LO, GATES);
    rig_csr(&r, NIC_CSR_GATE_HI, GATES_END);
    rig_li(&r, RV64_T0, NIC_ISTORE_BASE + 0x1ffc);
    rig_op(&r, RV64_OP_JALR, RV64_RA, RV64_T0, 0, 0);
    r.at = NIC_ISTORE_BASE + 0x1ffc;
    rig_op(&r, RV64_OP_ADDI, 5, 5, 0, 1);
    rig_op(&r, RV64_OP_CSRRS, 6, 0, 0, 0x300);
    expect_trap(&r, 1, NIC_ISTORE_BASE + 0x2000, NIC_ISTORE_BASE + 0x2000);
}

/* Machine code that runs into the program, without a jump, becomes program code. */
static void test_fall_in(void)
{
    struct rig r;
    start(&r);
    r.at = FIRMWARE;
    rig_csr(&r, 0x305, HANDLER);
    rig_csr(&r, NIC_CSR_PROG_LO, FIRMWARE + 64);
    rig_csr(&r, NIC_CSR_PROG_HI, FIRMWARE + 128);
    while (r.at < FIRMWARE + 64)
        rig_op(&r, RV64_OP_ADDI, 5, 5, 0, 1);
    uint64_t at = rig_op(&r, RV64_OP_CSRRS, 6, 0, 0, 0x300);
    expect_trap(&r, 2, rv64_encode(RV64_OP_CSRRS, 6, 0, 0, 0x300), at);
}

/* Loops, calls and a page crossing inside the program. */
static void test_inside(void)
{
    struct rig r;
    start(&r);
    rig_op(&r, RV64_OP_ADDI, 10, 0, 0, 5);
    rig_op(&r, RV64_OP_ADDI, 10, 10, 0, -1);
    rig_op(&r, RV64_OP_BNE, 0, 10, 0, -4);
    rig_op(&r, RV64_OP_JAL, 1, 0, 0, 0x180); /* to the second page */
    leave(&r, 2);
    r.at = PROGRAM + 12 + 0x180;
    rig_op(&r, RV64_OP_JALR, 0, RV64_RA, 0, 0);
    expect_gate(&r, 2);
    CU_ASSERT_EQUAL(engine_hart_program_insns(r.e, 0), 1 + 10 + 3);
    struct nic_engine_stats s = {0};
    engine_stats(r.e, &s);
    CU_ASSERT_EQUAL(s.program_insns, 14);
    rig_free(&r);
}

struct access {
    uint64_t addr;
    unsigned bytes;
    bool allowed;
};

static const struct access accesses[] = {
    {STK, 8, true},          {STK - 1, 1, false},     {STK - 4, 8, false},
    {STK_END - 8, 8, true},  {STK_END - 1, 1, true},  {STK_END - 4, 4, true},
    {STK_END - 4, 8, false}, {STK_END, 1, false},     {NIC_LOCAL_BASE, 8, false},
    {PKT, 8, true},          {PKT - 1, 1, false},     {PKT - 1, 2, false},
    {PKT_END - 2, 2, true},  {PKT_END - 2, 4, false}, {PKT_END, 1, false},
    {MAP, 4, true},          {MAP - 4, 4, false},     {MAP_END - 8, 8, true},
    {MAP_END - 7, 8, false}, {MAP_END, 8, false},     {PROGRAM, 4, false},
    {GATES, 4, false},       {RIG_STOP, 4, false},    {0, 8, false},
    {FR1, 8, true},          {FR1 - 1, 1, false},     {FR1_END - 8, 8, true},
    {FR1_END - 7, 8, false}, {FR1_END, 1, false},     {FR2, 4, true},
    {FR2 - 1, 2, false},     {FR2_END - 1, 1, true},  {FR2_END - 4, 8, false},
    {FR2_END, 1, false},     {UINT64_MAX, 1, false},  {UINT64_MAX - 3, 8, false},
};

static void check_access(const struct access *a, enum rv64_op op, uint64_t cause)
{
    struct rig r;
    start(&r);
    rig_li(&r, RV64_T1, a->addr);
    uint64_t at = rig_op(&r, op, RV64_T2, RV64_T1, RV64_T2, 0);
    leave(&r, 1);
    if (a->allowed) {
        expect_gate(&r, 1);
        rig_free(&r);
    } else {
        expect_trap(&r, cause, a->addr, at);
    }
}

static void test_windows(void)
{
    for (unsigned i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
        const struct access *a = &accesses[i];
        switch (a->bytes) {
        case 1:
            check_access(a, RV64_OP_LB, 5);
            check_access(a, RV64_OP_SB, 7);
            break;
        case 2:
            check_access(a, RV64_OP_LHU, 5);
            check_access(a, RV64_OP_SH, 7);
            break;
        case 4:
            check_access(a, RV64_OP_LW, 5);
            check_access(a, RV64_OP_SW, 7);
            break;
        default:
            check_access(a, RV64_OP_LD, 5);
            check_access(a, RV64_OP_SD, 7);
        }
    }
}

static void test_atomic_windows(void)
{
    static const struct access a[] = {
        {MAP, 8, true},      {PKT + 8, 8, true},         {STK, 8, true},
        {MAP_END, 8, false}, {FR1 + 8, 8, true},         {FR1_END, 8, false},
        {STK_END, 8, false}, {NIC_LOCAL_BASE, 8, false}, {NIC_DRAM_BASE, 8, false}};
    for (unsigned i = 0; i < sizeof(a) / sizeof(a[0]); i++) {
        check_access(&a[i], RV64_OP_AMOADD_D, 7);
        check_access(&a[i], RV64_OP_LR_D, 5);
    }
}

/* An empty or inverted window allows nothing, a small one what fits. */
static void test_small_stack_window(void)
{
    struct rig r;
    start(&r);
    r.at = FIRMWARE; /* over what start put there */
    rig_csr(&r, 0x305, HANDLER);
    rig_csr(&r, NIC_CSR_PROG_LO, PROGRAM);
    rig_csr(&r, NIC_CSR_PROG_HI, PROGRAM_END);
    rig_csr(&r, NIC_CSR_GATE_LO, GATES);
    rig_csr(&r, NIC_CSR_GATE_HI, GATES_END);
    rig_csr(&r, NIC_CSR_STK_LO, STK);
    rig_csr(&r, NIC_CSR_STK_HI, STK + 4);
    rig_li(&r, RV64_A1, STK);
    rig_li(&r, RV64_T0, PROGRAM);
    rig_op(&r, RV64_OP_JALR, 0, RV64_T0, 0, 0);
    r.at = PROGRAM;
    rig_op(&r, RV64_OP_SW, 0, RV64_A1, RV64_A1, 0);
    rig_op(&r, RV64_OP_LBU, 5, RV64_A1, 0, 3);
    uint64_t at = rig_op(&r, RV64_OP_LBU, 5, RV64_A1, 0, 4);
    expect_trap(&r, 5, STK + 4, at);
}

/* In machine mode the same addresses are open: the windows bind program code only. */
static void test_machine_is_free(void)
{
    struct rig r;
    start(&r);
    leave(&r, 1);
    r.at = GATES_END + 64;
    rig_li(&r, RV64_T1, NIC_LOCAL_BASE);
    rig_op(&r, RV64_OP_SD, 0, RV64_T1, RV64_T1, 0);
    rig_li(&r, RV64_T1, PKT_END);
    rig_op(&r, RV64_OP_SD, 0, RV64_T1, RV64_T1, 0);
    rig_end(&r);
    run(&r);
    CU_ASSERT_EQUAL(rig_x(&r, CAUSE), 0);
    CU_ASSERT_EQUAL(rig_x(&r, GATE), 1);
    rig_free(&r);
}

/* Privileged instructions in a program are illegal; ecall is a trap from user mode. */
static void test_privilege(void)
{
    static const uint32_t word[] = {0x30200073, 0x30001073, 0x7c001073, 0x12000073};
    for (unsigned i = 0; i < 4; i++) {
        struct rig r;
        start(&r);
        uint64_t at = rig_put(&r, word[i]);
        expect_trap(&r, 2, word[i], at);
    }
    struct rig r;
    start(&r);
    uint64_t at = rig_op(&r, RV64_OP_ECALL, 0, 0, 0, 0);
    expect_trap(&r, 8, 0, at);
}

/* After a trap the handler goes back into the program with mret, which counts on. */
static void test_mret_into_program(void)
{
    struct rig r;
    start(&r);
    rig_op(&r, RV64_OP_ECALL, 0, 0, 0, 0);
    uint64_t at = rig_op(&r, RV64_OP_LD, 5, 0, 0, 0);
    r.at = HANDLER;
    rig_op(&r, RV64_OP_CSRRS, CAUSE, 0, 0, 0x342);
    rig_op(&r, RV64_OP_CSRRS, EPC, 0, 0, 0x341);
    rig_op(&r, RV64_OP_CSRRS, TVAL, 0, 0, 0x343);
    rig_op(&r, RV64_OP_CSRRS, STATUS, 0, 0, 0x300);
    rig_op(&r, RV64_OP_ADDI, RV64_T1, 0, 0, 8);
    rig_op(&r, RV64_OP_BEQ, 0, CAUSE, RV64_T1, 12);
    rig_op(&r, RV64_OP_LUI, RV64_T6, 0, 0, RIG_STOP);
    rig_op(&r, RV64_OP_SW, 0, RV64_T6, 0, 0);
    rig_op(&r, RV64_OP_ADDI, EPC, EPC, 0, 4);
    rig_op(&r, RV64_OP_CSRRW, 0, EPC, 0, 0x341);
    rig_op(&r, RV64_OP_MRET, 0, 0, 0, 0);
    expect_trap(&r, 5, 0, at);
}

static const struct cunit_case cases[] = {
    {"leaving by gates", test_gates},
    {"leaving elsewhere", test_missed_gates},
    {"returning", test_return},
    {"branches over the border", test_branch_over_border},
    {"running over the end", test_fall_over_end},
    {"running over the end of a page", test_fall_over_page},
    {"running in", test_fall_in},
    {"flow inside", test_inside},
    {"data windows", test_windows},
    {"atomics and windows", test_atomic_windows},
    {"a window of four bytes", test_small_stack_window},
    {"windows do not bind the firmware", test_machine_is_free},
    {"privileged instructions", test_privilege},
    {"mret into the program", test_mret_into_program},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("engine: program code", cases);
}
