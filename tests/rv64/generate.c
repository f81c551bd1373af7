/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generates programs: a loop over random instructions, with forward branches
 * and calls so that it ends. Which instructions there are comes from the table
 * (rv64_insn.def); what they mean is left to the machines.
 *
 * x26 and x27 hold the middle of the two regions' windows, x28 counts the loop,
 * x29 and x30 are addresses, made before each use. All others are free.
 */
#include <assert.h>
#include <string.h>

#include "nic/rv64.h"
#include "rv64_program.h"

enum { LOCAL_BASE_REG = 26, DRAM_BASE_REG = 27, COUNT_REG = 28, ADDR_REG = 29, LINK_REG = 30 };
enum { WINDOW = 4096, BODY = 1500, FUNCTIONS = 8, ROUNDS = 24 };

struct gen {
    struct program *p;
    uint64_t state;
    unsigned function[FUNCTIONS]; /* word index */
};

static uint32_t rnd(struct gen *g, uint32_t below)
{
    g->state ^= g->state >> 12;
    g->state ^= g->state << 25;
    g->state ^= g->state >> 27;
    return (uint32_t)((g->state * 0x2545f4914f6cdd1du) >> 33) % below;
}

static void emit(struct gen *g, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2,
                 int32_t imm)
{
    assert(g->p->words < P_CODE_WORDS);
    g->p->code[g->p->words++] = rv64_encode(op, rd, rs1, rs2, imm);
}

static unsigned any_reg(struct gen *g)
{
    return rnd(g, 32);
}

/* A register that may be written: x0 too, to prove that it is not. */
static unsigned dest_reg(struct gen *g)
{
    return rnd(g, LOCAL_BASE_REG);
}

static int32_t random_imm(struct gen *g, enum rv64_op op)
{
    switch (rv64_op_format(op)) {
    case RV64_FMT_I:
    case RV64_FMT_S:
        return (int32_t)rnd(g, 4096) - 2048;
    case RV64_FMT_SH6:
        return (int32_t)rnd(g, 64);
    case RV64_FMT_SH5:
        return (int32_t)rnd(g, 32);
    case RV64_FMT_U:
        return (int32_t)(rnd(g, 1u << 20) << 12);
    default:
        return 0;
    }
}

/* ---- data ---- */

/* Numbers at which arithmetic changes its mind, among random ones. */
static uint64_t interesting(struct gen *g)
{
    static const uint64_t values[] = {0,
                                      1,
                                      UINT64_MAX,
                                      2,
                                      63,
                                      64,
                                      31,
                                      0x7f,
                                      0x80,
                                      0x7fff,
                                      0x8000,
                                      0x7fffffff,
                                      0x80000000,
                                      0xffffffff,
                                      0xffffffff80000000,
                                      0x7fffffffffffffff,
                                      0x8000000000000000};
    const unsigned known = sizeof(values) / sizeof(values[0]);
    unsigned pick = rnd(g, 2 * known);

    if (pick < known) {
        return values[pick];
    }
    return (uint64_t)rnd(g, 1u << 31) << 33 ^ (uint64_t)rnd(g, 1u << 31) << 11 ^ rnd(g, 1u << 31);
}

static void fill(struct gen *g, uint8_t *mem, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t v = interesting(g);
        memcpy(mem + i, &v, 8);
    }
}

/* ---- instructions ---- */

/*
 * qemu 7.2 looks at all 64 bits in ctzw, which then is wrong when only the upper
 * half is not zero; it gets a clean upper half here. test_exec.c has the other case.
 */
static void gen_ctzw(struct gen *g, unsigned rd)
{
    emit(g, RV64_OP_ADD_UW, ADDR_REG, any_reg(g), 0, 0);
    emit(g, RV64_OP_CTZW, rd, ADDR_REG, 0, 0);
}

static void gen_alu(struct gen *g, enum rv64_op op, unsigned rd)
{
    if (op == RV64_OP_CTZW) {
        gen_ctzw(g, rd);
        return;
    }
    emit(g, op, rd, any_reg(g), any_reg(g), random_imm(g, op));
}

/* ADDR_REG = a random multiple of `align` in one of the windows, by one of two ways. */
static void gen_address(struct gen *g, uint32_t align)
{
    unsigned base = rnd(g, 2) ? LOCAL_BASE_REG : DRAM_BASE_REG;
    if (rnd(g, 2)) {
        int32_t offset = ((int32_t)rnd(g, 4096) - 2048) & -(int32_t)align;
        emit(g, RV64_OP_ADDI, ADDR_REG, base, 0, offset);
        return;
    }
    emit(g, RV64_OP_ANDI, ADDR_REG, any_reg(g), 0, (int32_t)(0x7ff & -align));
    emit(g, RV64_OP_ADD, ADDR_REG, ADDR_REG, base, 0);
}

/* At any alignment; mostly from the fixed bases, sometimes from a computed address. */
static void gen_load_store(struct gen *g, enum rv64_op op, unsigned rd)
{
    unsigned base = rnd(g, 2) ? LOCAL_BASE_REG : DRAM_BASE_REG;
    int32_t offset = (int32_t)rnd(g, 4096) - 2048;

    if (rnd(g, 3) == 0) {
        gen_address(g, 1);
        base = ADDR_REG;
        offset = (int32_t)rnd(g, 2048) - 1024;
    }
    emit(g, op, rd, base, any_reg(g), offset);
}

static bool is_sc(enum rv64_op op)
{
    return op == RV64_OP_SC_W || op == RV64_OP_SC_D;
}

static enum rv64_op sc_of(enum rv64_op lr)
{
    return lr == RV64_OP_LR_W ? RV64_OP_SC_W : RV64_OP_SC_D;
}

/* lr and sc come as a pair with a little in between; a second sc has no reservation left and fails.
 */
static void gen_atomic(struct gen *g, enum rv64_op op, unsigned rd)
{
    int32_t order = (int32_t)rnd(g, 4);

    gen_address(g, 8);
    if (rv64_op_format(op) != RV64_FMT_LR) {
        if (!is_sc(op)) {
            emit(g, op, rd, ADDR_REG, any_reg(g), order);
        }
        return;
    }
    emit(g, op, rd, ADDR_REG, 0, order);
    for (unsigned i = rnd(g, 3); i > 0; i--) {
        gen_alu(g, RV64_OP_XOR, dest_reg(g));
    }
    emit(g, sc_of(op), dest_reg(g), ADDR_REG, any_reg(g), order);
    if (rnd(g, 4) == 0) {
        emit(g, sc_of(op), dest_reg(g), ADDR_REG, any_reg(g), order);
    }
}

/* What a branch jumps over: anything but another branch, so that paths stay short. */
static void gen_simple(struct gen *g);

static void gen_branch(struct gen *g, enum rv64_op op)
{
    unsigned at = g->p->words++, rs1 = any_reg(g), rs2 = any_reg(g);
    for (unsigned i = rnd(g, 4); i > 0; i--) {
        gen_simple(g);
    }
    g->p->code[at] = rv64_encode(op, 0, rs1, rs2, (int32_t)(g->p->words - at) * 4);
}

static void gen_call(struct gen *g)
{
    int32_t here = (int32_t)g->p->words;
    int32_t distance = ((int32_t)g->function[rnd(g, FUNCTIONS)] - here) * 4;

    if (rnd(g, 2)) {
        emit(g, RV64_OP_JAL, LINK_REG, 0, 0, distance);
        return;
    }
    int32_t high = (distance + 0x800) & (int32_t)0xfffff000;
    emit(g, RV64_OP_AUIPC, LINK_REG, 0, 0, high);
    emit(g, RV64_OP_JALR, LINK_REG, LINK_REG, 0, distance - high + (int32_t)rnd(g, 2));
}

static void gen_one(struct gen *g, enum rv64_op op, bool simple)
{
    if (rv64_op_format(op) == RV64_FMT_B || op == RV64_OP_JAL || op == RV64_OP_JALR) {
        if (simple) {
            return;
        }
        if (rv64_op_format(op) == RV64_FMT_B) {
            gen_branch(g, op);
        } else {
            gen_call(g);
        }
        return;
    }
    switch (rv64_op_match(op) & 0x7f) {
    case 0x03:
    case 0x23:
        gen_load_store(g, op, dest_reg(g));
        return;
    case 0x2f:
        gen_atomic(g, op, dest_reg(g));
        return;
    case 0x0f:
        emit(g, op, 0, 0, 0, op == RV64_OP_FENCE ? 0xff : 0);
        return;
    case 0x73:
        return; /* CSRs and system calls are the machine's own affair */
    default:
        gen_alu(g, op, dest_reg(g));
    }
}

static enum rv64_op any_op(struct gen *g)
{
    return (enum rv64_op)(1 + rnd(g, RV64_OP_COUNT - 1));
}

static void gen_simple(struct gen *g)
{
    gen_one(g, any_op(g), true);
}

/* ---- the program ---- */

static void gen_function(struct gen *g, unsigned i)
{
    g->function[i] = g->p->words;
    for (unsigned n = 2 + rnd(g, 8); n > 0; n--) {
        gen_simple(g);
    }
    emit(g, RV64_OP_JALR, 0, LINK_REG, 0, 0);
}

static void gen_start(struct gen *g)
{
    emit(g, RV64_OP_LUI, LOCAL_BASE_REG, 0, 0, (int32_t)P_LOCAL + WINDOW);
    emit(g, RV64_OP_ADDI, DRAM_BASE_REG, 0, 0, 1);
    emit(g, RV64_OP_SLLI, DRAM_BASE_REG, DRAM_BASE_REG, 0, 31);
    emit(g, RV64_OP_LUI, ADDR_REG, 0, 0, WINDOW);
    emit(g, RV64_OP_ADD, DRAM_BASE_REG, DRAM_BASE_REG, ADDR_REG, 0);
    emit(g, RV64_OP_ADDI, COUNT_REG, 0, 0, ROUNDS);
    for (unsigned r = 1; r < LOCAL_BASE_REG; r++) {
        emit(g, RV64_OP_LD, r, r % 2 ? LOCAL_BASE_REG : DRAM_BASE_REG, 0, 8 * (int32_t)r);
    }
}

/* Fresh operands: long chains of arithmetic tend to 0. */
static void gen_refresh(struct gen *g)
{
    for (unsigned i = 0; i < 4; i++) {
        emit(g, RV64_OP_LD, dest_reg(g), rnd(g, 2) ? LOCAL_BASE_REG : DRAM_BASE_REG, 0,
             8 * ((int32_t)rnd(g, 512) - 256) % 2040);
    }
}

static void gen_end(struct gen *g)
{
    emit(g, RV64_OP_LUI, ADDR_REG, 0, 0, P_DRAM_BYTES - WINDOW);
    emit(g, RV64_OP_ADD, ADDR_REG, ADDR_REG, DRAM_BASE_REG, 0);
    for (unsigned r = 1; r < 32; r++) {
        emit(g, RV64_OP_SD, 0, ADDR_REG, r, 8 * (int32_t)r - 256);
    }
}

void program_generate(struct program *p, uint64_t seed)
{
    struct gen g = {.p = p, .state = seed * 0x9e3779b97f4a7c15u + 1};

    memset(p, 0, sizeof(*p));
    p->seed = seed;
    fill(&g, p->local, sizeof(p->local));
    fill(&g, p->dram, sizeof(p->dram));
    unsigned skip = p->words++;
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        gen_function(&g, i);
    }
    p->code[skip] = rv64_encode(RV64_OP_JAL, 0, 0, 0, (int32_t)(p->words - skip) * 4);
    gen_start(&g);
    unsigned top = p->words;
    for (unsigned i = 0; i < BODY; i++) {
        if (i % 16 == 0) {
            gen_refresh(&g);
        }
        gen_one(&g, any_op(&g), false);
    }
    emit(&g, RV64_OP_ADDI, COUNT_REG, COUNT_REG, 0, -1);
    emit(&g, RV64_OP_BEQ, 0, COUNT_REG, 0, 8);
    emit(&g, RV64_OP_JAL, 0, 0, 0, ((int32_t)top - (int32_t)p->words) * 4);
    gen_end(&g);
}
