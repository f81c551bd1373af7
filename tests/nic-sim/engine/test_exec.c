/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Results worked out by hand from the manual's text, where operations have an
 * edge. The bulk of the semantics is compared with qemu in tests/rv64.
 */
#include <inttypes.h>
#include <string.h>

#include "cunit_main.h"
#include "rig.h"

#define MIN64 0x8000000000000000u
#define MAX64 0x7fffffffffffffffu
#define ONES  UINT64_MAX

struct alu {
    enum rv64_op op;
    uint64_t rs1, rs2;
    int32_t imm;
    uint64_t rd;
};

static const struct alu alu[] = {
    {RV64_OP_DIV, 7, 0, 0, ONES},
    {RV64_OP_DIV, MIN64, ONES, 0, MIN64},
    {RV64_OP_DIV, (uint64_t)-7, 2, 0, (uint64_t)-3},
    {RV64_OP_REM, 7, 0, 0, 7},
    {RV64_OP_REM, MIN64, ONES, 0, 0},
    {RV64_OP_REM, (uint64_t)-7, 2, 0, ONES},
    {RV64_OP_DIVU, 7, 0, 0, ONES},
    {RV64_OP_REMU, 7, 0, 0, 7},
    {RV64_OP_DIVW, 0x80000000, ONES, 0, 0xffffffff80000000},
    {RV64_OP_DIVW, 0x100000007, 0x100000000, 0, ONES},
    {RV64_OP_REMW, 0x80000000, 0xffffffff, 0, 0},
    {RV64_OP_DIVUW, 0xffffffff, 1, 0, ONES},
    {RV64_OP_REMUW, 0x80000001, 0, 0, 0xffffffff80000001},
    {RV64_OP_MULH, MIN64, MIN64, 0, 0x4000000000000000},
    {RV64_OP_MULHSU, ONES, ONES, 0, ONES},
    {RV64_OP_MULHU, ONES, ONES, 0, ONES - 1},
    {RV64_OP_MULW, 0x10000, 0x8000, 0, 0xffffffff80000000},
    {RV64_OP_SLL, 1, 64 + 3, 0, 8},
    {RV64_OP_SRA, MIN64, 63, 0, ONES},
    {RV64_OP_SLLW, 1, 31, 0, 0xffffffff80000000},
    {RV64_OP_SRLW, 0xffffffff80000000, 32 + 4, 0, 0x08000000},
    {RV64_OP_SRAW, 0x80000000, 4, 0, 0xfffffffff8000000},
    {RV64_OP_SRLIW, 0xffffffff80000000, 0, 0, 0xffffffff80000000},
    {RV64_OP_SLTIU, 5, 0, -1, 1},
    {RV64_OP_SLTI, 5, 0, -1, 0},
    {RV64_OP_ADDIW, 0x7fffffff, 0, 1, 0xffffffff80000000},
    {RV64_OP_LUI, 0, 0, INT32_MIN, 0xffffffff80000000},
    {RV64_OP_CTZW, MIN64, 0, 0, 32}, /* only the low word counts */
    {RV64_OP_CTZW, 0xf00000008, 0, 0, 3},
    {RV64_OP_CLZW, 0xf00000000, 0, 0, 32},
    {RV64_OP_CPOPW, 0xf00000003, 0, 0, 2},
    {RV64_OP_CLZ, 0, 0, 0, 64},
    {RV64_OP_CTZ, 0, 0, 0, 64},
    {RV64_OP_CPOP, ONES, 0, 0, 64},
    {RV64_OP_ROL, MIN64 | 1, 1, 0, 3},
    {RV64_OP_ROR, 1, 64, 0, 1},
    {RV64_OP_RORW, 1, 1, 0, 0xffffffff80000000},
    {RV64_OP_ROLW, 0x80000000, 1, 0, 1},
    {RV64_OP_RORI, 3, 0, 1, MIN64 | 1},
    {RV64_OP_RORIW, 0x100000002, 0, 1, 1},
    {RV64_OP_ORC_B, 0x0001008000ff0010, 0, 0, 0x00ff00ff00ff00ff},
    {RV64_OP_REV8, 0x0102030405060708, 0, 0, 0x0807060504030201},
    {RV64_OP_SEXT_B, 0x180, 0, 0, 0xffffffffffffff80},
    {RV64_OP_SEXT_H, 0x18000, 0, 0, 0xffffffffffff8000},
    {RV64_OP_ZEXT_H, ONES, 0, 0, 0xffff},
    {RV64_OP_MAX, MIN64, MAX64, 0, MAX64},
    {RV64_OP_MAXU, MIN64, MAX64, 0, MIN64},
    {RV64_OP_MIN, MIN64, MAX64, 0, MIN64},
    {RV64_OP_MINU, MIN64, MAX64, 0, MAX64},
    {RV64_OP_ADD_UW, ONES, 1, 0, 0x100000000},
    {RV64_OP_SH3ADD, MIN64 | 1, 1, 0, 9},
    {RV64_OP_SH2ADD_UW, 0xffffffff00000001, 1, 0, 5},
    {RV64_OP_SLLI_UW, ONES, 0, 4, 0xffffffff0},
    {RV64_OP_BSET, 0, 64 + 63, 0, MIN64},
    {RV64_OP_BCLRI, ONES, 0, 63, MAX64},
    {RV64_OP_BEXT, MIN64, 63, 0, 1},
    {RV64_OP_BINVI, 1, 0, 0, 0},
};

static void test_alu(void)
{
    for (size_t i = 0; i < sizeof(alu) / sizeof(alu[0]); i++) {
        const struct alu *a = &alu[i];
        struct rig r;
        rig_init(&r);
        rig_li(&r, RV64_A1, a->rs1);
        rig_li(&r, RV64_A2, a->rs2);
        rig_op(&r, a->op, RV64_A0, RV64_A1, RV64_A2, a->imm);
        rig_op(&r, a->op, RV64_ZERO, RV64_A1, RV64_A2, a->imm);
        rig_end(&r);
        rig_start(&r, 1);
        CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_A0), a->rd);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_ZERO), 0);
        if (rig_x(&r, RV64_A0) != a->rd)
            fprintf(stderr, "%s 0x%" PRIx64 ", 0x%" PRIx64 ": 0x%" PRIx64 "\n",
                    rv64_mnemonic(a->op), a->rs1, a->rs2, rig_x(&r, RV64_A0));
        rig_free(&r);
    }
}

struct amo {
    enum rv64_op op;
    uint64_t memory, rs2, rd, after;
};

static const struct amo amo[] = {
    {RV64_OP_AMOADD_W, 0x1122334480000000, 0x80000000, 0xffffffff80000000, 0x1122334400000000},
    {RV64_OP_AMOMIN_W, 0x0000000080000000, 1, 0xffffffff80000000, 0x0000000080000000},
    {RV64_OP_AMOMINU_W, 0x0000000080000000, 1, 0xffffffff80000000, 1},
    {RV64_OP_AMOMAX_W, 0x0000000080000000, 1, 0xffffffff80000000, 1},
    {RV64_OP_AMOMAXU_W, 0x80000000, 0xffffffff00000001, 0xffffffff80000000, 0x80000000},
    {RV64_OP_AMOSWAP_D, 5, ONES, 5, ONES},
    {RV64_OP_AMOXOR_D, ONES, 1, ONES, ONES - 1},
    {RV64_OP_AMOAND_W, ONES, 0xf0, ONES, 0xffffffff000000f0},
    {RV64_OP_AMOOR_D, 1, MIN64, 1, MIN64 | 1},
    {RV64_OP_AMOMIN_D, MIN64, 0, MIN64, MIN64},
    {RV64_OP_AMOMAXU_D, MIN64, 0, MIN64, MIN64},
};

/* The same in local SRAM, where the engine does them, and beyond. */
static void test_amo(void)
{
    static const uint64_t place[2] = {NIC_LOCAL_BASE + 64, NIC_DRAM_BASE + 64};
    for (size_t i = 0; i < 2 * sizeof(amo) / sizeof(amo[0]); i++) {
        const struct amo *a = &amo[i / 2];
        struct rig r;
        rig_init(&r);
        rig_li(&r, RV64_A1, place[i % 2]);
        rig_li(&r, RV64_A2, a->memory);
        rig_li(&r, RV64_A3, a->rs2);
        rig_op(&r, RV64_OP_SD, 0, RV64_A1, RV64_A2, 0);
        rig_op(&r, a->op, RV64_A0, RV64_A1, RV64_A3, 0);
        rig_op(&r, RV64_OP_LD, RV64_A4, RV64_A1, 0, 0);
        rig_end(&r);
        rig_start(&r, 1);
        CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_A0), a->rd);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_A4), a->after);
        rig_free(&r);
    }
}

/* sc after lr succeeds once; without lr, to another address, or twice it fails and stores nothing.
 */
static void test_reservations(void)
{
    static const uint64_t place[2] = {NIC_LOCAL_BASE + 64, NIC_DRAM_BASE + 64};
    for (size_t i = 0; i < 4; i++) {
        const uint64_t at = place[i % 2], other = place[i / 2] + 128;
        struct rig r;
        rig_init(&r);
        rig_li(&r, RV64_A1, at);
        rig_li(&r, RV64_A2, other);
        rig_li(&r, RV64_A3, 42);
        rig_op(&r, RV64_OP_SC_D, RV64_S2, RV64_A1, RV64_A3, 0);
        rig_op(&r, RV64_OP_LR_D, 0, RV64_A1, 0, 0);
        rig_op(&r, RV64_OP_SC_D, RV64_S3, RV64_A2, RV64_A3, 0);
        rig_op(&r, RV64_OP_SC_D, RV64_S4, RV64_A1, RV64_A3, 0);
        rig_op(&r, RV64_OP_LD, RV64_S5, RV64_A1, 0, 0);
        rig_op(&r, RV64_OP_LR_D, 0, RV64_A1, 0, 0);
        rig_op(&r, RV64_OP_SC_D, RV64_S6, RV64_A1, RV64_A3, 0);
        rig_op(&r, RV64_OP_SC_D, RV64_S7, RV64_A1, RV64_A3, 0);
        rig_op(&r, RV64_OP_LD, RV64_S8, RV64_A1, 0, 0);
        rig_op(&r, RV64_OP_LD, RV64_S9, RV64_A2, 0, 0);
        rig_end(&r);
        rig_start(&r, 1);
        CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_S2), 1);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_S3), 1);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_S4), 1);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_S5), 0);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_S6), 0);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_S7), 1);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_S8), 42);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_S9), 0);
        rig_free(&r);
    }
}

static const struct cunit_case cases[] = {
    {"arithmetic at its edges", test_alu},
    {"atomics", test_amo},
    {"reservations", test_reservations},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("engine: instructions", cases);
}
