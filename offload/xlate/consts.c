/* SPDX-License-Identifier: BSD-3-Clause */
/* Pass "consts": what is known is computed here, constants go into immediates. */
#include "xlate/opt.h"

static uint64_t word(uint64_t v)
{
    return (uint64_t)(int64_t)(int32_t)(uint32_t)v;
}

static bool eval_word(enum rv64_op op, uint64_t a, uint64_t b, uint64_t *out)
{
    uint32_t n = (uint32_t)b & 31, w = (uint32_t)a;

    switch (op) {
    case RV64_OP_ADDIW:
    case RV64_OP_ADDW:
        *out = word(a + b);
        return true;
    case RV64_OP_SUBW:
        *out = word(a - b);
        return true;
    case RV64_OP_MULW:
        *out = word(a * b);
        return true;
    case RV64_OP_SLLIW:
    case RV64_OP_SLLW:
        *out = word((uint64_t)w << n);
        return true;
    case RV64_OP_SRLIW:
    case RV64_OP_SRLW:
        *out = word(w >> n);
        return true;
    case RV64_OP_SRAIW:
    case RV64_OP_SRAW:
        *out = (uint64_t)(int64_t)((int32_t)w >> n);
        return true;
    case RV64_OP_ADD_UW:
        *out = (uint64_t)w + b;
        return true;
    default:
        return false;
    }
}

bool opt_eval(enum rv64_op op, uint64_t a, uint64_t b, uint64_t *out)
{
    unsigned n = (unsigned)b & 63;

    switch (op) {
    case RV64_OP_ADDI:
    case RV64_OP_ADD:
        *out = a + b;
        return true;
    case RV64_OP_SUB:
        *out = a - b;
        return true;
    case RV64_OP_MUL:
        *out = a * b;
        return true;
    case RV64_OP_ANDI:
    case RV64_OP_AND:
        *out = a & b;
        return true;
    case RV64_OP_ORI:
    case RV64_OP_OR:
        *out = a | b;
        return true;
    case RV64_OP_XORI:
    case RV64_OP_XOR:
        *out = a ^ b;
        return true;
    case RV64_OP_SLLI:
    case RV64_OP_SLL:
        *out = a << n;
        return true;
    case RV64_OP_SRLI:
    case RV64_OP_SRL:
        *out = a >> n;
        return true;
    case RV64_OP_SRAI:
    case RV64_OP_SRA:
        *out = (uint64_t)((int64_t)a >> n);
        return true;
    case RV64_OP_SLTIU:
    case RV64_OP_SLTU:
        *out = a < b;
        return true;
    case RV64_OP_ZEXT_H:
        *out = a & 0xffff;
        return true;
    case RV64_OP_REV8:
        *out = __builtin_bswap64(a);
        return true;
    case RV64_OP_BEXTI:
        *out = a >> n & 1;
        return true;
    default:
        return eval_word(op, a, b, out);
    }
}

/* The form of op that takes its second operand as an immediate. */
static enum rv64_op imm_form(enum rv64_op op)
{
    switch (op) {
    case RV64_OP_ADD:
    case RV64_OP_SUB:
        return RV64_OP_ADDI;
    case RV64_OP_ADDW:
    case RV64_OP_SUBW:
        return RV64_OP_ADDIW;
    case RV64_OP_AND:
        return RV64_OP_ANDI;
    case RV64_OP_OR:
        return RV64_OP_ORI;
    case RV64_OP_XOR:
        return RV64_OP_XORI;
    case RV64_OP_SLL:
    case RV64_OP_MUL:
        return RV64_OP_SLLI;
    case RV64_OP_SRL:
    case RV64_OP_DIVU:
        return RV64_OP_SRLI;
    case RV64_OP_SRA:
        return RV64_OP_SRAI;
    case RV64_OP_SLLW:
        return RV64_OP_SLLIW;
    case RV64_OP_SRLW:
        return RV64_OP_SRLIW;
    case RV64_OP_SRAW:
        return RV64_OP_SRAIW;
    case RV64_OP_SLTU:
        return RV64_OP_SLTIU;
    default:
        return RV64_OP_INVALID;
    }
}

/* The immediate that stands for operand c of op. */
static bool immediate(enum rv64_op op, int64_t c, int64_t *imm)
{
    *imm = c;
    switch (op) {
    case RV64_OP_SUB:
    case RV64_OP_SUBW:
        *imm = -c;
        return c != INT64_MIN && xlate_fits12(*imm);
    case RV64_OP_MUL:
    case RV64_OP_DIVU:
        *imm = c > 0 ? __builtin_ctzll((uint64_t)c) : 0;
        return c > 0 && (c & (c - 1)) == 0;
    case RV64_OP_SLL:
    case RV64_OP_SRL:
    case RV64_OP_SRA:
        *imm = c & 63;
        return true;
    case RV64_OP_SLLW:
    case RV64_OP_SRLW:
    case RV64_OP_SRAW:
        *imm = c & 31;
        return true;
    default:
        return xlate_fits12(c);
    }
}

static bool commutes(unsigned op)
{
    return op == RV64_OP_ADD || op == RV64_OP_ADDW || op == RV64_OP_AND || op == RV64_OP_OR ||
           op == RV64_OP_XOR || op == RV64_OP_MUL || op == RV64_OP_MULW;
}

static bool use_immediate(struct opt *o, struct opt_expr *e)
{
    int64_t c, imm;

    if (opt_is_const(o, e->a, &c) && commutes(e->op)) {
        uint32_t a = e->a;
        e->a = e->b;
        e->b = a;
    }
    if (!opt_is_const(o, e->b, &c) || imm_form(e->op) == RV64_OP_INVALID ||
        !immediate(e->op, c, &imm))
        return false;
    *e = (struct opt_expr){OPT_EXPR, (uint8_t)imm_form(e->op), e->a, 0, imm};
    return true;
}

/* x + 0, x & -1 and the like. */
static bool identity(struct opt *o, struct opt_expr *e)
{
    switch (e->op) {
    case RV64_OP_ADDI:
    case RV64_OP_ORI:
    case RV64_OP_XORI:
    case RV64_OP_SLLI:
    case RV64_OP_SRLI:
    case RV64_OP_SRAI:
        if (e->imm != 0)
            return false;
        break;
    case RV64_OP_ANDI:
        if (e->imm == 0) {
            opt_be_value(e, opt_const(o, 0));
            return true;
        }
        if (e->imm != -1)
            return false;
        break;
    default:
        return false;
    }
    opt_be_value(e, e->a);
    return true;
}

/* x + (constant << n) */
static bool shifted_constant(struct opt *o, struct opt_expr *e)
{
    unsigned n = e->op == RV64_OP_SH1ADD ? 1 : e->op == RV64_OP_SH2ADD ? 2 : 3;
    int64_t c;

    if ((e->op != RV64_OP_SH1ADD && e->op != RV64_OP_SH2ADD && e->op != RV64_OP_SH3ADD) ||
        !opt_is_const(o, e->a, &c) || c < 0 || c > 255)
        return false;
    *e = (struct opt_expr){OPT_EXPR, RV64_OP_ADDI, e->b, 0, c << n};
    return true;
}

/* An address plus a constant is another address. */
static bool address(struct opt *o, struct opt_expr *e)
{
    const struct opt_val *v = &o->vals[e->a];
    int64_t c = e->imm;

    if (v->kind != OPT_ADDR || v->op != OFFLOAD_RELOC_VALUE ||
        (e->op != RV64_OP_ADDI && (e->op != RV64_OP_ADD || !opt_is_const(o, e->b, &c))))
        return false;
    if (c < 0 || v->imm + c > INT32_MAX)
        return false;
    *e = (struct opt_expr){OPT_ADDR, v->op, v->a, v->b, v->imm + c};
    return true;
}

bool opt_rule_consts(struct opt *o, struct opt_expr *e)
{
    const struct xlate_op op = {.kind = XLATE_OP_RV, .op = e->op};
    bool two = opt_has_rs2(&op);
    int64_t a, b = e->imm;
    uint64_t out;

    if (opt_is_const(o, e->a, &a) && (!two || opt_is_const(o, e->b, &b)) &&
        opt_eval(e->op, (uint64_t)a, (uint64_t)b, &out)) {
        opt_be_value(e, opt_const(o, (int64_t)out));
        return true;
    }
    return (two && (use_immediate(o, e) || shifted_constant(o, e))) || identity(o, e) ||
           address(o, e);
}
