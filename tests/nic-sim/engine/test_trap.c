/* SPDX-License-Identifier: BSD-3-Clause */
/* Traps: causes, what they leave in the CSRs, mret, and harts that cannot go on. */
#include <string.h>

#include "cunit_main.h"
#include "rig.h"

enum { HANDLER = NIC_ISTORE_BASE + 0x8000 };

/* The handler reads mcause, mtval, mepc and mstatus into s0..s3, and stops. */
static void start(struct rig *r)
{
    rig_init(r);
    r->at = HANDLER;
    rig_op(r, RV64_OP_CSRRS, RV64_S0, 0, 0, 0x342);
    rig_op(r, RV64_OP_CSRRS, RV64_S1, 0, 0, 0x343);
    rig_op(r, RV64_OP_CSRRS, RV64_S2, 0, 0, 0x341);
    rig_op(r, RV64_OP_CSRRS, RV64_S3, 0, 0, 0x300);
    rig_end(r);
    r->at = NIC_ISTORE_BASE;
    rig_csr(r, 0x305, HANDLER);
    rig_csr(r, 0x300, 1u << 3);
}

static void expect(struct rig *r, uint64_t cause, uint64_t tval, uint64_t epc)
{
    rig_end(r);
    rig_start(r, 1);
    CU_ASSERT_EQUAL(rig_run(r), ENGINE_STOPPED);
    CU_ASSERT_TRUE(rig_pc(r) >= HANDLER);
    CU_ASSERT_EQUAL(rig_x(r, RV64_S0), cause);
    CU_ASSERT_EQUAL(rig_x(r, RV64_S1), tval);
    CU_ASSERT_EQUAL(rig_x(r, RV64_S2), epc);
    /* MPP = M, MPIE = the old MIE, MIE = 0 */
    CU_ASSERT_EQUAL(rig_x(r, RV64_S3) & 0x1888, 0x1880);
    rig_free(r);
}

/* One instruction with a1 = `a1`, that must trap so. */
static void check(uint64_t a1, uint32_t word, uint64_t cause, uint64_t tval)
{
    struct rig r;
    start(&r);
    rig_li(&r, RV64_A1, a1);
    uint64_t epc = rig_put(&r, word);
    expect(&r, cause, tval, epc);
}

static void test_causes(void)
{
    const uint32_t jalr = rv64_encode(RV64_OP_JALR, 1, RV64_A1, 0, 0);
    const uint32_t ld = rv64_encode(RV64_OP_LD, 5, RV64_A1, 0, 0);
    const uint32_t sb = rv64_encode(RV64_OP_SB, 0, RV64_A1, 5, 0);

    check(0, 0, 2, 0);
    check(0, 0xffffffff, 2, 0xffffffff);
    check(0, rv64_encode(RV64_OP_EBREAK, 0, 0, 0, 0), 3, NIC_ISTORE_BASE + 24);
    check(0, rv64_encode(RV64_OP_ECALL, 0, 0, 0, 0), 11, 0);
    check(NIC_ISTORE_BASE + 2, jalr, 0, NIC_ISTORE_BASE + 2);
    check(0, rv64_encode(RV64_OP_JAL, 1, 0, 0, 6), 0, NIC_ISTORE_BASE + 24 + 6);
    check(0, rv64_encode(RV64_OP_BEQ, 0, 0, 0, -2), 0, NIC_ISTORE_BASE + 24 - 2);
    check(0, ld, 5, 0);
    check(UINT64_MAX - 3, ld, 5, UINT64_MAX - 3); /* wraps around the address space */
    check(UINT64_MAX, sb, 7, UINT64_MAX);
    check(NIC_LOCAL_BASE + 16384 - 4, ld, 5, NIC_LOCAL_BASE + 16384 - 4);
    check(NIC_LOCAL_BASE + 16384, sb, 7, NIC_LOCAL_BASE + 16384);
    check(NIC_LOCAL_BASE - 1, ld, 5, NIC_LOCAL_BASE - 1);
}

static void test_misaligned_atomics(void)
{
    static const uint64_t base[2] = {NIC_LOCAL_BASE, NIC_ISTORE_BASE + 4096};
    for (unsigned i = 0; i < 2; i++) {
        check(base[i] + 2, rv64_encode(RV64_OP_LR_W, 5, RV64_A1, 0, 0), 4, base[i] + 2);
        check(base[i] + 4, rv64_encode(RV64_OP_SC_D, 5, RV64_A1, 6, 0), 6, base[i] + 4);
        check(base[i] + 1, rv64_encode(RV64_OP_AMOADD_W, 5, RV64_A1, 6, 0), 6, base[i] + 1);
    }
    check(0, rv64_encode(RV64_OP_LR_W, 5, RV64_A1, 0, 0), 5, 0);
    check(0, rv64_encode(RV64_OP_AMOOR_D, 5, RV64_A1, 0, 0), 7, 0);
}

/* A jump to where nothing is: the trap is the target's, the link register is written. */
static void test_fetch_fault(void)
{
    struct rig r;
    start(&r);
    rig_li(&r, RV64_A1, 0x50000000);
    rig_op(&r, RV64_OP_JALR, 1, RV64_A1, 0, 8);
    expect(&r, 1, 0x50000008, 0x50000008);
}

/* Running off the end of memory is a fetch fault too. */
static void test_fall_off(void)
{
    struct rig r;
    start(&r);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, RIG_ISTORE - 4 - 20);
    r.at = NIC_ISTORE_BASE + RIG_ISTORE - 4;
    rig_op(&r, RV64_OP_ADDI, 5, 5, 0, 1);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_S0), 1);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_S2), NIC_ISTORE_BASE + RIG_ISTORE);
    rig_free(&r);
}

/* An instruction that traps changes no register. */
static void test_no_side_effects(void)
{
    struct rig r;
    start(&r);
    rig_li(&r, RV64_RA, 99);
    rig_li(&r, RV64_A1, NIC_ISTORE_BASE + 6);
    rig_op(&r, RV64_OP_JALR, RV64_RA, RV64_A1, 0, 0);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_S0), 0);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_RA), 99);
    rig_free(&r);
}

/* Misaligned loads and stores work, here and there. */
static void test_misaligned_data(void)
{
    static const uint64_t base[2] = {NIC_LOCAL_BASE + 3, NIC_ISTORE_BASE + 4096 + 5};
    for (unsigned i = 0; i < 2; i++) {
        struct rig r;
        start(&r);
        rig_li(&r, RV64_A1, base[i]);
        rig_li(&r, RV64_A2, 0x1122334455667788);
        rig_op(&r, RV64_OP_SD, 0, RV64_A1, RV64_A2, 0);
        rig_op(&r, RV64_OP_LW, RV64_A3, RV64_A1, 0, 3);
        rig_op(&r, RV64_OP_LHU, RV64_A4, RV64_A1, 0, 1);
        rig_end(&r);
        rig_start(&r, 1);
        CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_A3), 0x22334455);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_A4), 0x6677);
        rig_free(&r);
    }
}

/* The last bytes of local SRAM, which the fast path leaves to the slow one. */
static void test_local_end(void)
{
    struct rig r;
    start(&r);
    rig_li(&r, RV64_A1, NIC_LOCAL_BASE + 16384);
    rig_li(&r, RV64_A2, (uint64_t)-2);
    rig_op(&r, RV64_OP_SB, 0, RV64_A1, RV64_A2, -1);
    rig_op(&r, RV64_OP_SH, 0, RV64_A1, RV64_A2, -4);
    rig_op(&r, RV64_OP_LD, RV64_A3, RV64_A1, 0, -8);
    rig_op(&r, RV64_OP_LB, RV64_A4, RV64_A1, 0, -1);
    rig_op(&r, RV64_OP_LBU, RV64_A5, RV64_A1, 0, -1);
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_A3), 0xfe00fffe00000000);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_A4), (uint64_t)-2);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_A5), 0xfe);
    rig_free(&r);
}

/* To user mode and back: ecall is cause 8 there, and MPP says U; mret returns past it. */
static void test_user_ecall(void)
{
    struct rig r;
    rig_init(&r);
    r.at = HANDLER;
    rig_op(&r, RV64_OP_CSRRS, RV64_S0, 0, 0, 0x342);
    rig_op(&r, RV64_OP_CSRRS, RV64_S3, 0, 0, 0x300);
    rig_op(&r, RV64_OP_CSRRS, RV64_S2, 0, 0, 0x341);
    rig_op(&r, RV64_OP_ADDI, RV64_S2, RV64_S2, 0, 4);
    rig_op(&r, RV64_OP_CSRRW, 0, RV64_S2, 0, 0x341);
    rig_op(&r, RV64_OP_MRET, 0, 0, 0, 0);
    r.at = NIC_ISTORE_BASE;
    rig_csr(&r, 0x305, HANDLER);
    rig_csr(&r, 0x300, 1u << 17); /* MPP = U, MPRV */
    rig_li(&r, RV64_A0, NIC_ISTORE_BASE + 0x100);
    rig_op(&r, RV64_OP_CSRRW, 0, RV64_A0, 0, 0x341);
    rig_op(&r, RV64_OP_MRET, 0, 0, 0, 0);
    r.at = NIC_ISTORE_BASE + 0x100;
    uint64_t ecall = rig_op(&r, RV64_OP_ECALL, 0, 0, 0, 0);
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_S0), 8);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_S2), ecall + 4);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_S3) & (3u << 11 | 1u << 17), 0); /* MPP = U; mret cleared MPRV */
    rig_free(&r);
}

static void check_fault(struct rig *r, uint64_t cause, const char *what)
{
    struct nic_fault f;
    memset(&f, 0, sizeof(f));
    rig_start(r, 1);
    CU_ASSERT_EQUAL(rig_run(r), ENGINE_STOPPED);
    CU_ASSERT_TRUE(engine_fault(r->e, &f));
    CU_ASSERT_EQUAL(f.cause, cause);
    CU_ASSERT_STRING_EQUAL(f.what, what);
    CU_ASSERT_EQUAL(engine_run(r->e, 2000000), ENGINE_ASLEEP);
    rig_free(r);
}

static void test_no_handler(void)
{
    struct rig r;
    rig_init(&r);
    rig_li(&r, RV64_A5, 1234);
    check_fault(&r, 2, "illegal instruction");
}

/* mtvec points at nothing: the fault is that of the fetch. */
static void test_handler_not_there(void)
{
    struct rig r;
    rig_init(&r);
    rig_csr(&r, 0x305, 0x1000);
    check_fault(&r, 1, "instruction access fault");
}

/* The handler's own first instruction traps: it would do so for ever. */
static void test_handler_traps(void)
{
    struct rig r;
    rig_init(&r);
    rig_csr(&r, 0x305, HANDLER);
    rig_op(&r, RV64_OP_ECALL, 0, 0, 0, 0);
    check_fault(&r, 2, "illegal instruction");
}

static void test_parking(void)
{
    static const uint32_t self[3] = {0x0000006f, 0x00000063,
                                     0x0000d063}; /* j, beq, bge zero, zero */
    for (unsigned i = 0; i < 3; i++) {
        struct rig r;
        rig_init(&r);
        rig_put(&r, self[i]);
        rig_start(&r, 2);
        CU_ASSERT_EQUAL(rig_run(&r), ENGINE_ASLEEP);
        CU_ASSERT_EQUAL(engine_parked(r.e), 2);
        CU_ASSERT_EQUAL(rig_pc(&r), NIC_ISTORE_BASE);
        rig_free(&r);
    }
}

static const struct cunit_case cases[] = {
    {"causes", test_causes},
    {"misaligned atomics", test_misaligned_atomics},
    {"fetch faults", test_fetch_fault},
    {"running off the end", test_fall_off},
    {"no side effects", test_no_side_effects},
    {"misaligned loads and stores", test_misaligned_data},
    {"the end of local SRAM", test_local_end},
    {"user mode and back", test_user_ecall},
    {"no handler", test_no_handler},
    {"handler not executable", test_handler_not_there},
    {"handler that traps at once", test_handler_traps},
    {"branches to themselves park", test_parking},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("engine: traps", cases);
}
