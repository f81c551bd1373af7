/* SPDX-License-Identifier: BSD-3-Clause */
/* Control and status registers: values, WARL fields, who may use them. */
#include "cunit_main.h"
#include "rig.h"

enum { HANDLER = NIC_ISTORE_BASE + 0x8000 };

/* A handler that stops; programs that must not trap never get there. */
static void start(struct rig *r)
{
    rig_init(r);
    r->at = HANDLER;
    rig_end(r);
    r->at = NIC_ISTORE_BASE;
    rig_csr(r, 0x305, HANDLER);
}

static void finish(struct rig *r)
{
    rig_end(r);
    rig_start(r, 1);
    CU_ASSERT_EQUAL(rig_run(r), ENGINE_STOPPED);
}

static uint64_t cause(const struct rig *r)
{
    struct nic_fault f;
    engine_dump(r->e, 0, &f);
    return f.cause;
}

static bool trapped(const struct rig *r)
{
    return rig_pc(r) >= HANDLER;
}

/* Writes `in`, reads back `out`. */
static void check_warl(unsigned csr, uint64_t in, uint64_t out)
{
    struct rig r;
    start(&r);
    rig_li(&r, 10, in);
    rig_op(&r, RV64_OP_CSRRW, 0, 10, 0, (int32_t)csr);
    rig_op(&r, RV64_OP_CSRRS, 11, 0, 0, (int32_t)csr);
    finish(&r);
    CU_ASSERT_FALSE(trapped(&r));
    CU_ASSERT_EQUAL(rig_x(&r, 11), out);
    if (rig_x(&r, 11) != out)
        fprintf(stderr, "csr 0x%x: wrote %lx, read %lx, not %lx\n", csr, (unsigned long)in,
                (unsigned long)rig_x(&r, 11), (unsigned long)out);
    rig_free(&r);
}

static void test_warl(void)
{
    const uint64_t ones = UINT64_MAX;
    check_warl(0x300, ones, (uint64_t)2 << 32 | 0x221888); /* MIE MPIE MPP MPRV TW, UXL */
    check_warl(0x300, 1u << 11, (uint64_t)2 << 32);        /* MPP = S: there is none */
    check_warl(0x300, 3u << 11, (uint64_t)2 << 32 | 3u << 11);
    check_warl(0x301, 0, (uint64_t)2 << 62 | 0x101103); /* misa */
    check_warl(0x302, ones, 0);
    check_warl(0x303, ones, 0);
    check_warl(0x304, ones, 0x10888);
    check_warl(0x305, ones, ~(uint64_t)2);
    check_warl(0x306, ones, 7);
    check_warl(0x320, ones, 5);
    check_warl(0x340, 0x123456789abcdef0, 0x123456789abcdef0);
    check_warl(0x341, ones, ~(uint64_t)3);
    check_warl(0x342, ones, ones);
    check_warl(0x343, ones, ones);
    check_warl(0x344, ones, 0x10000);
    check_warl(0x180, ones, 0);
    check_warl(0x3a0, ones, 0);
    check_warl(0x3b0, ones, 0);
    check_warl(0x3ef, ones, 0);
    check_warl(0x7a0, ones, 0);
    check_warl(0x7a1, ones, 0);
    check_warl(0xb1f, ones, 0);
    check_warl(0x33f, ones, 0);
}

static void test_custom(void)
{
    for (unsigned csr = NIC_CSR_GATE_LO; csr <= NIC_CSR_FR2_HI; csr++)
        check_warl(csr, 0xfedcba9876543210u + csr, 0xfedcba9876543210u + csr);
    check_warl(NIC_CSR_PROG_LO, 0xffff0000, 0xffff0000);
}

static void check_illegal(uint32_t word, bool illegal)
{
    struct rig r;
    start(&r);
    rig_put(&r, word);
    finish(&r);
    CU_ASSERT_EQUAL(trapped(&r), illegal);
    if (trapped(&r) != illegal)
        fprintf(stderr, "word 0x%08x\n", word);
    if (illegal) {
        struct nic_fault f;
        engine_dump(r.e, 0, &f);
        CU_ASSERT_EQUAL(f.cause, 2);
        CU_ASSERT_EQUAL(f.tval, word);
    }
    rig_free(&r);
}

static uint32_t csr(enum rv64_op op, unsigned rd, unsigned rs1, unsigned num)
{
    return rv64_encode(op, rd, rs1, 0, (int32_t)num);
}

static void test_legality(void)
{
    check_illegal(csr(RV64_OP_CSRRS, 5, 0, 0xf14), false); /* mhartid */
    check_illegal(csr(RV64_OP_CSRRW, 5, 0, 0xf14), true);  /* writes a read-only one */
    check_illegal(csr(RV64_OP_CSRRC, 5, 0, 0xf11), false);
    check_illegal(csr(RV64_OP_CSRRS, 5, 1, 0xf11), true);
    check_illegal(csr(RV64_OP_CSRRSI, 5, 0, 0xf12), false);
    check_illegal(csr(RV64_OP_CSRRCI, 5, 1, 0xf12), true);
    check_illegal(csr(RV64_OP_CSRRWI, 0, 1, 0xc00), true);
    check_illegal(csr(RV64_OP_CSRRS, 5, 0, 0x7cf), true); /* custom, not ours */
    check_illegal(csr(RV64_OP_CSRRS, 5, 0, 0x100), true); /* sstatus: no S mode */
    check_illegal(csr(RV64_OP_CSRRS, 5, 0, 0x3a1), true); /* odd pmpcfg: RV32 only */
    check_illegal(csr(RV64_OP_CSRRS, 5, 0, 0xc80), true); /* cycleh: RV32 only */
    check_illegal(csr(RV64_OP_CSRRS, 5, 0, 0x001), true); /* fflags: no F */
    check_illegal(csr(RV64_OP_CSRRS, 5, 0, 0xc03), false);
}

static void test_operations(void)
{
    struct rig r;
    start(&r);
    rig_csr(&r, 0x340, 0xff00);
    rig_li(&r, 10, 0x0ff0);
    rig_op(&r, RV64_OP_CSRRS, 11, 10, 0, 0x340);  /* reads ff00, leaves fff0 */
    rig_op(&r, RV64_OP_CSRRC, 12, 10, 0, 0x340);  /* reads fff0, leaves f000 */
    rig_op(&r, RV64_OP_CSRRWI, 13, 21, 0, 0x340); /* reads f000, leaves 21 */
    rig_op(&r, RV64_OP_CSRRSI, 14, 10, 0, 0x340); /* reads 21, leaves 31 */
    rig_op(&r, RV64_OP_CSRRCI, 15, 30, 0, 0x340); /* reads 31, leaves 1 */
    rig_op(&r, RV64_OP_CSRRW, 10, 10, 0, 0x340);  /* reads 1 into its own source */
    rig_op(&r, RV64_OP_CSRRS, 16, 0, 0, 0x340);
    finish(&r);
    CU_ASSERT_EQUAL(rig_x(&r, 11), 0xff00);
    CU_ASSERT_EQUAL(rig_x(&r, 12), 0xfff0);
    CU_ASSERT_EQUAL(rig_x(&r, 13), 0xf000);
    CU_ASSERT_EQUAL(rig_x(&r, 14), 21);
    CU_ASSERT_EQUAL(rig_x(&r, 15), 31);
    CU_ASSERT_EQUAL(rig_x(&r, 10), 1);
    CU_ASSERT_EQUAL(rig_x(&r, 16), 0x0ff0);
    rig_free(&r);
}

/* A written counter has that value for the next instruction (privileged spec 3.1.10). */
static void test_counters(void)
{
    struct rig r;
    start(&r);
    rig_csr(&r, 0xb02, 1000);
    rig_op(&r, RV64_OP_CSRRS, 10, 0, 0, 0xb02);
    rig_op(&r, RV64_OP_CSRRS, 11, 0, 0, 0xc02);
    rig_csr(&r, 0xb00, 5000);
    rig_op(&r, RV64_OP_CSRRS, 12, 0, 0, 0xb00);
    rig_op(&r, RV64_OP_CSRRS, 13, 0, 0, 0xc00);
    rig_csr(&r, 0x320, 5); /* both stop: the csrr below see one value */
    rig_op(&r, RV64_OP_CSRRS, 14, 0, 0, 0xb02);
    rig_op(&r, RV64_OP_CSRRS, 15, 0, 0, 0xb02);
    rig_csr(&r, 0xb02, 77);
    rig_csr(&r, 0x320, 0);
    rig_op(&r, RV64_OP_CSRRS, 16, 0, 0, 0xb02);
    rig_op(&r, RV64_OP_CSRRS, 17, 0, 0, 0xc01);
    rig_op(&r, RV64_OP_CSRRS, 18, 0, 0, 0xf14);
    finish(&r);
    CU_ASSERT_EQUAL(rig_x(&r, 10), 1000);
    CU_ASSERT_EQUAL(rig_x(&r, 11), 1001);
    CU_ASSERT_EQUAL(rig_x(&r, 12), 5000);
    CU_ASSERT_EQUAL(rig_x(&r, 13), 5001);
    CU_ASSERT_EQUAL(rig_x(&r, 14), rig_x(&r, 15));
    CU_ASSERT_EQUAL(rig_x(&r, 16), 77);
    CU_ASSERT_EQUAL(rig_x(&r, 17) % 10, 0); /* the rig's clock: 10 ns a cycle */
    CU_ASSERT_TRUE(rig_x(&r, 17) > 200);
    CU_ASSERT_EQUAL(rig_x(&r, 18), 0);
    rig_free(&r);
}

/* Drops to user mode at the next instruction. */
static void to_user(struct rig *r)
{
    rig_csr(r, 0x300, 0);
    rig_op(r, RV64_OP_AUIPC, 31, 0, 0, 0);
    rig_op(r, RV64_OP_ADDI, 31, 31, 0, 16);
    rig_op(r, RV64_OP_CSRRW, 0, 31, 0, 0x341);
    rig_op(r, RV64_OP_MRET, 0, 0, 0, 0);
}

static void check_user(uint64_t mcounteren, uint32_t word, bool illegal)
{
    struct rig r;
    start(&r);
    rig_csr(&r, 0x306, mcounteren);
    to_user(&r);
    rig_put(&r, word);
    finish(&r);
    CU_ASSERT_EQUAL(trapped(&r), illegal);
    if (illegal)
        CU_ASSERT_EQUAL(cause(&r), 2);
    rig_free(&r);
}

static void test_user_mode(void)
{
    check_user(0, csr(RV64_OP_CSRRS, 5, 0, 0xc00), true);
    check_user(1, csr(RV64_OP_CSRRS, 5, 0, 0xc00), false);
    check_user(1, csr(RV64_OP_CSRRS, 5, 0, 0xc01), true);
    check_user(2, csr(RV64_OP_CSRRS, 5, 0, 0xc01), false);
    check_user(4, csr(RV64_OP_CSRRS, 5, 0, 0xc02), false);
    check_user(7, csr(RV64_OP_CSRRS, 5, 0, 0xc03), true);
    check_user(7, csr(RV64_OP_CSRRS, 5, 0, 0x300), true);
    check_user(7, csr(RV64_OP_CSRRS, 5, 0, 0xb00), true);
    check_user(7, csr(RV64_OP_CSRRS, 5, 0, NIC_CSR_PROG_LO), true);
    check_user(7, rv64_encode(RV64_OP_MRET, 0, 0, 0, 0), true);
    check_user(7, rv64_encode(RV64_OP_SFENCE_VMA, 0, 0, 0, 0), true);
    check_user(7, rv64_encode(RV64_OP_WFI, 0, 0, 0, 0), false);
    check_user(7, rv64_encode(RV64_OP_FENCE_I, 0, 0, 0, 0), false);
}

static const struct cunit_case cases[] = {
    {"WARL fields", test_warl},
    {"custom registers", test_custom},
    {"illegal accesses", test_legality},
    {"read, set, clear", test_operations},
    {"counters", test_counters},
    {"user mode", test_user_mode},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("engine: CSRs", cases);
}
