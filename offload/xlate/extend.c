/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "extend": an extension of a value that is so extended already is the
 * value itself; who looks at the lower half only reads what was extended.
 */
#include "xlate/opt.h"

static bool is_zext(const struct opt *o, const struct opt_val *v)
{
    int64_t c;
    return v->kind == OPT_EXPR && v->op == RV64_OP_ADD_UW && opt_is_const(o, v->b, &c) && c == 0;
}

static bool is_sext(const struct opt_val *v)
{
    return v->kind == OPT_EXPR && v->op == RV64_OP_ADDIW && v->imm == 0;
}

uint32_t opt_low_half(const struct opt *o, uint32_t val)
{
    for (uint32_t v = val; is_zext(o, &o->vals[v]) || is_sext(&o->vals[v]);) {
        v = o->vals[v].a;
        if (opt_held(o, v))
            val = v;
    }
    return val;
}

/* Value that e extends needlessly, or OPT_NONE. */
static uint32_t needless(const struct opt *o, const struct opt_expr *e)
{
    const unsigned zbits = opt_zbits(o, e->a), sbits = opt_sbits(o, e->a);
    int64_t c;

    switch (e->op) {
    case RV64_OP_ADD_UW:
        return zbits <= 32 && opt_is_const(o, e->b, &c) && c == 0 ? e->a : OPT_NONE;
    case RV64_OP_ADDIW:
        return e->imm == 0 && sbits <= 32 ? e->a : OPT_NONE;
    case RV64_OP_ZEXT_H:
        return zbits <= 16 ? e->a : OPT_NONE;
    case RV64_OP_SEXT_H:
        return sbits <= 16 ? e->a : OPT_NONE;
    case RV64_OP_SEXT_B:
        return sbits <= 8 ? e->a : OPT_NONE;
    case RV64_OP_ANDI:
        return e->imm > 0 && (e->imm & (e->imm + 1)) == 0 && zbits < 12 &&
                       (1 << zbits) - 1 <= e->imm
                   ? e->a
                   : OPT_NONE;
    default:
        return OPT_NONE;
    }
}

static bool reads_low_halves(unsigned op)
{
    switch (op) {
    case RV64_OP_ADDIW:
    case RV64_OP_SLLIW:
    case RV64_OP_SRLIW:
    case RV64_OP_SRAIW:
    case RV64_OP_ADDW:
    case RV64_OP_SUBW:
    case RV64_OP_MULW:
    case RV64_OP_ZEXT_H:
    case RV64_OP_SEXT_H:
    case RV64_OP_SEXT_B:
    case RV64_OP_RORIW:
        return true;
    default:
        return false;
    }
}

bool opt_rule_extend(struct opt *o, struct opt_expr *e)
{
    const struct xlate_op op = {.kind = XLATE_OP_RV, .op = e->op};
    uint32_t v = needless(o, e), a = e->a, b = e->b;

    if (v != OPT_NONE) {
        opt_be_value(e, v);
        return true;
    }
    if (reads_low_halves(e->op) || e->op == RV64_OP_ADD_UW)
        e->a = opt_low_half(o, a);
    if (reads_low_halves(e->op) && opt_has_rs2(&op))
        e->b = opt_low_half(o, b);
    return e->a != a || e->b != b;
}
