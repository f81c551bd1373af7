/* SPDX-License-Identifier: BSD-3-Clause */
/* The instruction table proved against itself, and each format against words from the manual. */
#include <string.h>

#include "cunit_main.h"
#include "isa_random.h"
#include "nic/rv64.h"

enum { ROUNDS = 2000 };

/* No word belongs to two rows: two rows differ in a bit that both fix. */
static void test_no_overlap(void)
{
    for (unsigned a = 1; a < RV64_OP_COUNT; a++) {
        uint32_t match_a = rv64_op_match((enum rv64_op)a), mask_a = rv64_op_mask((enum rv64_op)a);
        CU_ASSERT_EQUAL(match_a & ~mask_a, 0);
        CU_ASSERT_EQUAL(match_a & 3, 3);
        for (unsigned b = a + 1; b < RV64_OP_COUNT; b++) {
            uint32_t both = mask_a & rv64_op_mask((enum rv64_op)b);
            CU_ASSERT((match_a & both) != (rv64_op_match((enum rv64_op)b) & both));
        }
    }
}

static void test_unique_names(void)
{
    for (unsigned a = 1; a < RV64_OP_COUNT; a++)
        for (unsigned b = a + 1; b < RV64_OP_COUNT; b++)
            CU_ASSERT(strcmp(rv64_mnemonic((enum rv64_op)a), rv64_mnemonic((enum rv64_op)b)) != 0);
}

/* Bits that a row leaves free are all operands, except the hints of fence and fence.i. */
static int has_ignored_bits(enum rv64_op op)
{
    return op == RV64_OP_FENCE || op == RV64_OP_FENCE_I;
}

static void test_round_trip(void)
{
    uint64_t seed = 1;
    for (unsigned op = 1; op < RV64_OP_COUNT; op++) {
        for (int i = 0; i < ROUNDS; i++) {
            uint32_t word = isa_random_word(&seed, (enum rv64_op)op);
            struct rv64_insn d = rv64_decode(word);
            uint32_t again = rv64_encode(d.op, d.rd, d.rs1, d.rs2, d.imm);

            CU_ASSERT_EQUAL(d.op, (enum rv64_op)op);
            if (has_ignored_bits(d.op))
                CU_ASSERT_EQUAL(rv64_decode(again).op, d.op)
            else
                CU_ASSERT_EQUAL(again, word)
            CU_ASSERT_TRUE(rv64_imm_fits(d.op, d.imm));
        }
    }
}

/* Worked by hand from the manual's listings. */
static void test_known_words(void)
{
    CU_ASSERT_EQUAL(rv64_encode(RV64_OP_ADDI, RV64_A0, RV64_A1, 0, -1), 0xfff58513);
    CU_ASSERT_EQUAL(rv64_encode(RV64_OP_SD, 0, RV64_SP, RV64_RA, 8), 0x00113423);
    CU_ASSERT_EQUAL(rv64_encode(RV64_OP_BEQ, 0, RV64_A0, RV64_ZERO, -4), 0xfe050ee3);
    CU_ASSERT_EQUAL(rv64_encode(RV64_OP_JAL, RV64_RA, 0, 0, 2048), 0x001000ef);
    CU_ASSERT_EQUAL(rv64_encode(RV64_OP_LUI, RV64_T0, 0, 0, (int32_t)0x80000000), 0x800002b7);
    CU_ASSERT_EQUAL(rv64_encode(RV64_OP_SRAI, RV64_A0, RV64_A0, 0, 63), 0x43f55513);
    CU_ASSERT_EQUAL(rv64_encode(RV64_OP_AMOADD_D, RV64_A0, RV64_A2, RV64_A1, 3), 0x06b6352f);
    CU_ASSERT_EQUAL(rv64_encode(RV64_OP_CSRRWI, 0, 5, 0, 0x300), 0x3002d073);
    CU_ASSERT_EQUAL(rv64_encode(RV64_OP_FENCE, 0, 0, 0, 0xff), 0x0ff0000f);
    CU_ASSERT_EQUAL(rv64_encode(RV64_OP_MRET, 0, 0, 0, 0), 0x30200073);
    CU_ASSERT_EQUAL(rv64_encode(RV64_OP_SFENCE_VMA, 31, 0, 0, 0), 0x12000073);
}

static void test_operands_ignored(void)
{
    CU_ASSERT_EQUAL(rv64_encode(RV64_OP_ECALL, 31, 31, 31, 0), 0x73);
    CU_ASSERT_EQUAL(rv64_decode(0xfe050ee3).rd, 0);
    CU_ASSERT_EQUAL(rv64_decode(0x00113423).rd, 0);
    CU_ASSERT_EQUAL(rv64_decode(0x001000ef).rs1, 0);
}

static void test_imm_fits(void)
{
    CU_ASSERT_TRUE(rv64_imm_fits(RV64_OP_ADDI, 2047));
    CU_ASSERT_FALSE(rv64_imm_fits(RV64_OP_ADDI, 2048));
    CU_ASSERT_TRUE(rv64_imm_fits(RV64_OP_SD, -2048));
    CU_ASSERT_FALSE(rv64_imm_fits(RV64_OP_SD, -2049));
    CU_ASSERT_TRUE(rv64_imm_fits(RV64_OP_BNE, 4094));
    CU_ASSERT_FALSE(rv64_imm_fits(RV64_OP_BNE, 4096));
    CU_ASSERT_FALSE(rv64_imm_fits(RV64_OP_BNE, 3));
    CU_ASSERT_TRUE(rv64_imm_fits(RV64_OP_JAL, -1048576));
    CU_ASSERT_FALSE(rv64_imm_fits(RV64_OP_JAL, 1048576));
    CU_ASSERT_FALSE(rv64_imm_fits(RV64_OP_SLLI, 64));
    CU_ASSERT_FALSE(rv64_imm_fits(RV64_OP_SLLIW, 32));
    CU_ASSERT_FALSE(rv64_imm_fits(RV64_OP_SLLI, -1));
    CU_ASSERT_TRUE(rv64_imm_fits(RV64_OP_LUI, -4096));
    CU_ASSERT_FALSE(rv64_imm_fits(RV64_OP_LUI, 0x80000000));
    CU_ASSERT_FALSE(rv64_imm_fits(RV64_OP_LUI, 1));
    CU_ASSERT_TRUE(rv64_imm_fits(RV64_OP_CSRRW, 4095));
    CU_ASSERT_FALSE(rv64_imm_fits(RV64_OP_ADD, 1));
    CU_ASSERT_TRUE(rv64_imm_fits(RV64_OP_ADD, 0));
    CU_ASSERT_FALSE(rv64_imm_fits(RV64_OP_ADDI, (int64_t)1 << 32));
}

static void test_invalid(void)
{
    CU_ASSERT_EQUAL(rv64_decode(0).op, RV64_OP_INVALID);
    CU_ASSERT_EQUAL(rv64_decode(0xffffffff).op, RV64_OP_INVALID);
    CU_ASSERT_EQUAL(rv64_decode(0x00001001).op, RV64_OP_INVALID); /* compressed */
    CU_ASSERT_EQUAL(rv64_decode(0x0000705b).op, RV64_OP_INVALID); /* custom-2 */
    CU_ASSERT_EQUAL(rv64_decode(0x10200073).op, RV64_OP_INVALID); /* sret: there is no S mode */
}

static void test_disasm_text(void)
{
    char buf[64];
    rv64_disasm(0xfe050ee3, 0x80000010, buf, sizeof(buf));
    CU_ASSERT_STRING_EQUAL(buf, "beq a0, zero, 0x8000000c");
    rv64_disasm(0x06b6352f, 0, buf, sizeof(buf));
    CU_ASSERT_STRING_EQUAL(buf, "amoadd.d.aqrl a0, a1, (a2)");
    rv64_disasm(0x00113423, 0, buf, sizeof(buf));
    CU_ASSERT_STRING_EQUAL(buf, "sd ra, 8(sp)");
    rv64_disasm(0, 0, buf, sizeof(buf));
    CU_ASSERT_STRING_EQUAL(buf, ".word 0x00000000");
    CU_ASSERT_EQUAL(rv64_disasm(0x00113423, 0, buf, 4), 12);
    CU_ASSERT_STRING_EQUAL(buf, "sd ");
    CU_ASSERT_EQUAL(rv64_disasm(0x00113423, 0, NULL, 0), 12);
}

static const struct cunit_case cases[] = {
    {"no two rows overlap", test_no_overlap},
    {"names are unique", test_unique_names},
    {"decode and encode agree", test_round_trip},
    {"known words", test_known_words},
    {"operands a format has not", test_operands_ignored},
    {"immediate ranges", test_imm_fits},
    {"invalid words", test_invalid},
    {"disassembly", test_disasm_text},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("isa", cases);
}
