/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arithmetic (RFC 9669, section 4.1) and byte swaps (4.2). 32-bit operations
 * leave the upper half of the result zero, unless the proof says it is dead.
 * Division by zero gives 0; RISC-V's remainder by zero and its signed overflow
 * already are what BPF wants.
 */
#include "xlate/xlate.h"

/* One operation: register forms and, where they exist, immediate forms. */
struct alu_ops {
    enum rv64_op reg, reg_w, imm, imm_w; /* _w: 32-bit */
};

static const struct alu_ops alu_ops[] = {
    [EBPF_OP_ADD] = {RV64_OP_ADD, RV64_OP_ADDW, RV64_OP_ADDI, RV64_OP_ADDIW},
    [EBPF_OP_SUB] = {RV64_OP_SUB, RV64_OP_SUBW, RV64_OP_INVALID, RV64_OP_INVALID},
    [EBPF_OP_MUL] = {RV64_OP_MUL, RV64_OP_MULW, RV64_OP_INVALID, RV64_OP_INVALID},
    [EBPF_OP_DIV] = {RV64_OP_DIVU, RV64_OP_DIVUW, RV64_OP_INVALID, RV64_OP_INVALID},
    [EBPF_OP_SDIV] = {RV64_OP_DIV, RV64_OP_DIVW, RV64_OP_INVALID, RV64_OP_INVALID},
    [EBPF_OP_MOD] = {RV64_OP_REMU, RV64_OP_REMUW, RV64_OP_INVALID, RV64_OP_INVALID},
    [EBPF_OP_SMOD] = {RV64_OP_REM, RV64_OP_REMW, RV64_OP_INVALID, RV64_OP_INVALID},
    [EBPF_OP_OR] = {RV64_OP_OR, RV64_OP_OR, RV64_OP_ORI, RV64_OP_ORI},
    [EBPF_OP_AND] = {RV64_OP_AND, RV64_OP_AND, RV64_OP_ANDI, RV64_OP_ANDI},
    [EBPF_OP_XOR] = {RV64_OP_XOR, RV64_OP_XOR, RV64_OP_XORI, RV64_OP_XORI},
    [EBPF_OP_LSH] = {RV64_OP_SLL, RV64_OP_SLLW, RV64_OP_SLLI, RV64_OP_SLLIW},
    [EBPF_OP_RSH] = {RV64_OP_SRL, RV64_OP_SRLW, RV64_OP_SRLI, RV64_OP_SRLIW},
    [EBPF_OP_ARSH] = {RV64_OP_SRA, RV64_OP_SRAW, RV64_OP_SRAI, RV64_OP_SRAIW},
};

static bool is_pow2(uint64_t v)
{
    return v && !(v & (v - 1));
}

static unsigned log2_of(uint64_t v)
{
    return 63u - (unsigned)__builtin_clzll(v);
}

/* The end of a 32-bit operation whose result's upper half is not zero by itself. */
static void finish(struct xlate *x, unsigned rd, bool wide)
{
    if (!wide && !xlate_zext_dead(x))
        xlate_zext_w(x, rd, rd);
}

static void mov_imm(struct xlate *x, unsigned rd, int32_t imm, bool wide)
{
    if (wide || xlate_zext_dead(x))
        xlate_li(x, rd, imm);
    else
        xlate_li(x, rd, (int64_t)(uint32_t)imm);
}

static void mov_reg(struct xlate *x, unsigned rd, unsigned src, bool wide)
{
    unsigned rs = xlate_value(x, src, rd);

    if (wide || xlate_zext_dead(x))
        xlate_mv(x, rd, rs);
    else
        xlate_zext_w(x, rd, rs);
}

/* rd = rd / rs, 0 where rs is 0: the quotient masked with -(rs != 0). */
static void divide(struct xlate *x, enum rv64_op op, unsigned rd, unsigned rs, bool wide)
{
    unsigned test = rs;

    if (!wide) {
        test = XLATE_T0;
        xlate_sext_w(x, test, rs);
    }
    xlate_r(x, RV64_OP_SLTU, XLATE_T0, RV64_ZERO, test);
    xlate_r(x, op, rd, rd, rs);
    xlate_r(x, RV64_OP_SUB, XLATE_T0, RV64_ZERO, XLATE_T0);
    xlate_r(x, RV64_OP_AND, rd, rd, XLATE_T0);
}

static void alu_reg(struct xlate *x, unsigned op, unsigned rd, unsigned src, bool wide)
{
    const struct alu_ops *o = &alu_ops[op];
    unsigned rs = xlate_value(x, src, XLATE_T1);
    enum rv64_op rv = wide ? o->reg : o->reg_w;

    if (op == EBPF_OP_DIV || op == EBPF_OP_SDIV)
        divide(x, rv, rd, rs, wide);
    else
        xlate_r(x, rv, rd, rd, rs);
    finish(x, rd, wide);
}

/* Keeps the low n bits: n = 1..63. */
static void keep_bits(struct xlate *x, unsigned rd, unsigned n)
{
    if (n < 12) {
        xlate_i(x, RV64_OP_ANDI, rd, rd, (1 << n) - 1);
    } else if (n == 16) {
        xlate_r(x, RV64_OP_ZEXT_H, rd, rd, 0);
    } else if (n == 32) {
        xlate_zext_w(x, rd, rd);
    } else {
        xlate_i(x, RV64_OP_SLLI, rd, rd, 64 - (int32_t)n);
        xlate_i(x, RV64_OP_SRLI, rd, rd, 64 - (int32_t)n);
    }
}

/* AND, OR, XOR with the constant sign-extended to 64 bits; the low 32 bits are right in any case.
 */
static void logic_imm(struct xlate *x, unsigned op, unsigned rd, int64_t imm)
{
    uint64_t u = (uint64_t)imm;

    bool plain = x->opts.naive;

    if (xlate_fits12(imm))
        xlate_i(x, alu_ops[op].imm, rd, rd, (int32_t)imm);
    else if (!plain && op == EBPF_OP_AND && is_pow2(u + 1))
        keep_bits(x, rd, log2_of(u + 1));
    else if (!plain && op == EBPF_OP_AND && is_pow2(~u))
        xlate_i(x, RV64_OP_BCLRI, rd, rd, (int32_t)log2_of(~u));
    else if (!plain && op != EBPF_OP_AND && is_pow2(u))
        xlate_i(x, op == EBPF_OP_OR ? RV64_OP_BSETI : RV64_OP_BINVI, rd, rd, (int32_t)log2_of(u));
    else {
        xlate_r(x, alu_ops[op].reg, rd, rd, xlate_const(x, imm, XLATE_T0));
    }
}

static void shift_imm(struct xlate *x, unsigned op, unsigned rd, int32_t imm, bool wide)
{
    int32_t n = imm & (wide ? 63 : 31);

    if (n || !wide)
        xlate_i(x, wide ? alu_ops[op].imm : alu_ops[op].imm_w, rd, rd, n);
    /* srliw by one or more leaves bit 31 clear, hence the upper half */
    if (op != EBPF_OP_RSH || n == 0)
        finish(x, rd, wide);
}

static void add_imm(struct xlate *x, unsigned op, unsigned rd, int32_t imm, bool wide)
{
    int64_t v = op == EBPF_OP_SUB ? -(int64_t)imm : imm;

    if (v == 0 && wide)
        return;
    if (xlate_fits12(v)) {
        xlate_i(x, wide ? RV64_OP_ADDI : RV64_OP_ADDIW, rd, rd, (int32_t)v);
    } else {
        xlate_r(x, wide ? alu_ops[op].reg : alu_ops[op].reg_w, rd, rd,
                xlate_const(x, imm, XLATE_T0));
    }
    finish(x, rd, wide);
}

/* Multiplication, division, remainder: RV64 has no immediate forms. */
static void mul_imm(struct xlate *x, unsigned op, unsigned rd, int32_t imm, bool wide)
{
    uint64_t u = wide ? (uint64_t)(int64_t)imm : (uint32_t)imm;

    bool pow2 = is_pow2(u) && !x->opts.naive;

    if (op == EBPF_OP_MUL && pow2) {
        shift_imm(x, EBPF_OP_LSH, rd, (int32_t)log2_of(u), wide);
    } else if (op == EBPF_OP_DIV && pow2) {
        shift_imm(x, EBPF_OP_RSH, rd, (int32_t)log2_of(u), wide);
    } else if (u == 0 && (op == EBPF_OP_MUL || op == EBPF_OP_DIV || op == EBPF_OP_SDIV)) {
        xlate_li(x, rd, 0);
    } else if (u == 0) {
        finish(x, rd, wide);
    } else if (op == EBPF_OP_MOD && u == 1) {
        xlate_li(x, rd, 0);
    } else if (op == EBPF_OP_MOD && pow2) {
        keep_bits(x, rd, log2_of(u));
    } else {
        xlate_r(x, wide ? alu_ops[op].reg : alu_ops[op].reg_w, rd, rd,
                xlate_const(x, imm, XLATE_T0));
        finish(x, rd, wide);
    }
}

static void alu_imm(struct xlate *x, unsigned op, unsigned rd, int32_t imm, bool wide)
{
    switch (op) {
    case EBPF_OP_MOV:
        mov_imm(x, rd, imm, wide);
        break;
    case EBPF_OP_ADD:
    case EBPF_OP_SUB:
        add_imm(x, op, rd, imm, wide);
        break;
    case EBPF_OP_LSH:
    case EBPF_OP_RSH:
    case EBPF_OP_ARSH:
        shift_imm(x, op, rd, imm, wide);
        break;
    case EBPF_OP_AND:
    case EBPF_OP_OR:
    case EBPF_OP_XOR:
        logic_imm(x, op, rd, imm);
        /* x & positive constant has a clear upper half */
        if (op != EBPF_OP_AND || imm < 0)
            finish(x, rd, wide);
        break;
    default:
        mul_imm(x, op, rd, imm, wide);
        break;
    }
}

static void movsx(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    unsigned rd = xlate_reg(x, i->dst), rs = xlate_value(x, i->src, rd);

    if (row->dval == 32)
        xlate_sext_w(x, rd, rs);
    else
        xlate_r(x, row->dval == 8 ? RV64_OP_SEXT_B : RV64_OP_SEXT_H, rd, rs, 0);
    finish(x, rd, row->bits == 64);
}

/* The engine is little-endian: LE truncates, BE and BSWAP reverse. */
static void byte_order(struct xlate *x, const struct ebpf_row *row, unsigned rd)
{
    if (row->op != EBPF_OP_LE) {
        xlate_r(x, RV64_OP_REV8, rd, rd, 0);
        if (row->bits < 64)
            xlate_i(x, RV64_OP_SRLI, rd, rd, 64 - row->bits);
    } else if (row->bits < 64) {
        keep_bits(x, rd, row->bits);
    }
}

void xlate_alu(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    unsigned rd = xlate_reg(x, i->dst);
    bool wide = row->bits == 64;

    switch (row->kind) {
    case EBPF_KIND_ALU_K:
        alu_imm(x, row->op, rd, i->imm, wide);
        break;
    case EBPF_KIND_ALU_X:
        if (row->op == EBPF_OP_MOV)
            mov_reg(x, rd, i->src, wide);
        else
            alu_reg(x, row->op, rd, i->src, wide);
        break;
    case EBPF_KIND_MOVSX:
        movsx(x, row, i);
        break;
    case EBPF_KIND_NEG:
        xlate_r(x, wide ? RV64_OP_SUB : RV64_OP_SUBW, rd, RV64_ZERO, rd);
        finish(x, rd, wide);
        break;
    default:
        byte_order(x, row, rd);
        break;
    }
}
