/* SPDX-License-Identifier: BSD-3-Clause */
/* Values: how they are made, how many bits they need, who holds them. */
#include <errno.h>
#include <stdlib.h>

#include "xlate/opt.h"

static unsigned min2(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned max2(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static unsigned unsigned_bits(int64_t v)
{
    return v ? 64u - (unsigned)__builtin_clzll((uint64_t)v) : 0;
}

static unsigned signed_bits(int64_t v)
{
    return unsigned_bits(v < 0 ? ~v : v) + 1;
}

struct bits {
    unsigned z, s;
};

/* Of a sum: one more than the wider term. */
static struct bits sum(struct bits a, struct bits b)
{
    if (a.z == 0 || b.z == 0)
        return a.z == 0 ? b : a;
    return (struct bits){min2(max2(a.z, b.z) + 1, 64), min2(max2(a.s, b.s) + 1, 64)};
}

static struct bits shift_left(struct bits a, unsigned n)
{
    return (struct bits){min2(a.z + n, 64), min2(a.s + n, 64)};
}

static struct bits low_word(struct bits a)
{
    return (struct bits){min2(a.z, 32), 64};
}

/* A 32-bit result, sign-extended, that would be `full` without the wrap. */
static struct bits word(struct bits full)
{
    return full.z <= 31 ? (struct bits){full.z, 32} : (struct bits){64, 32};
}

static struct bits bits_of(enum rv64_op op, struct bits a, struct bits b, int64_t imm)
{
    const struct bits none = {64, 64};
    unsigned n = (unsigned)imm & 63;

    switch (op) {
    case RV64_OP_ADDI:
    case RV64_OP_ADD:
        return sum(a, b);
    case RV64_OP_ADDIW:
        return imm == 0 ? word(a) : word(sum(a, b));
    case RV64_OP_ADDW:
        return word(sum(a, b));
    case RV64_OP_AND:
    case RV64_OP_ANDI:
        return (struct bits){min2(a.z, b.z), max2(a.s, b.s)};
    case RV64_OP_OR:
    case RV64_OP_ORI:
    case RV64_OP_XOR:
    case RV64_OP_XORI:
        return (struct bits){max2(a.z, b.z), max2(a.s, b.s)};
    case RV64_OP_SLLI:
        return shift_left(a, n);
    case RV64_OP_SLLIW:
        return word(shift_left(a, n));
    case RV64_OP_SRLI:
        return n ? (struct bits){a.z > n ? a.z - n : 0, 64} : a;
    case RV64_OP_SRLIW:
        return n ? (struct bits){32 - n, 64} : (struct bits){64, 32};
    case RV64_OP_SRAI:
        return (struct bits){a.z == 64 ? 64 : a.z > n ? a.z - n : 0, a.s > n ? a.s - n : 1};
    case RV64_OP_ADD_UW:
        return sum(low_word(a), b);
    case RV64_OP_SLLI_UW:
        return shift_left(low_word(a), n);
    case RV64_OP_SH1ADD:
    case RV64_OP_SH2ADD:
    case RV64_OP_SH3ADD:
        return sum(shift_left(a, op == RV64_OP_SH1ADD ? 1 : op == RV64_OP_SH2ADD ? 2 : 3), b);
    case RV64_OP_ZEXT_H:
        return (struct bits){min2(a.z, 16), 64};
    case RV64_OP_SEXT_B:
        return (struct bits){64, 8};
    case RV64_OP_SEXT_H:
        return (struct bits){64, 16};
    case RV64_OP_BEXTI:
    case RV64_OP_SLT:
    case RV64_OP_SLTI:
    case RV64_OP_SLTU:
    case RV64_OP_SLTIU:
        return (struct bits){1, 64};
    case RV64_OP_BCLRI:
        return (struct bits){a.z, 64};
    case RV64_OP_BSETI:
    case RV64_OP_BINVI:
        return (struct bits){max2(a.z, n + 1), 64};
    case RV64_OP_MUL:
        return (struct bits){min2(a.z + b.z, 64), 64};
    case RV64_OP_DIVU:
    case RV64_OP_REMU:
        return (struct bits){op == RV64_OP_REMU ? a.z : 64, 64};
    case RV64_OP_SRLW:
    case RV64_OP_SUBW:
    case RV64_OP_SLLW:
    case RV64_OP_SRAW:
    case RV64_OP_SRAIW:
    case RV64_OP_RORIW:
    case RV64_OP_MULW:
    case RV64_OP_DIVW:
    case RV64_OP_DIVUW:
    case RV64_OP_REMW:
    case RV64_OP_REMUW:
        return (struct bits){64, 32};
    default:
        return none;
    }
}

static uint32_t new_val(struct opt *o, struct opt_val v)
{
    void *p = o->vals;

    if (!xlate_room(o->x, &p, &o->val_cap, o->val_count, sizeof(*o->vals)))
        return 0;
    o->vals = p;
    v.zbits = (uint8_t)min2(v.zbits, 64);
    if (v.zbits < 64)
        v.sbits = (uint8_t)min2(v.sbits, v.zbits + 1u);
    v.home = 32;
    o->vals[o->val_count] = v;
    return o->val_count++;
}

uint32_t opt_opaque(struct opt *o, unsigned zbits, unsigned sbits, enum opt_prov prov)
{
    return new_val(o, (struct opt_val){.kind = OPT_OPAQUE,
                                       .zbits = (uint8_t)zbits,
                                       .sbits = (uint8_t)sbits,
                                       .prov = (uint8_t)prov});
}

static uint32_t mix(const struct opt_expr *e)
{
    uint64_t h = (uint64_t)e->imm * 0x9e3779b97f4a7c15u;

    h ^= ((uint64_t)e->a << 32 | e->b) * 0xbf58476d1ce4e5b9u;
    h ^= ((uint64_t)e->kind << 8 | e->op) * 0x94d049bb133111ebu;
    return (uint32_t)(h ^ h >> 29 ^ h >> 47);
}

static bool made_by(const struct opt_val *v, const struct opt_expr *e)
{
    return v->kind == e->kind && v->op == e->op && v->a == e->a && v->b == e->b && v->imm == e->imm;
}

/* Slot of the hash table for e: where it is, or where it would go. */
static uint32_t hash_slot(const struct opt *o, const struct opt_expr *e)
{
    uint32_t k = mix(e) & (o->hash_size - 1);

    while (o->hash[k] && !made_by(&o->vals[o->hash[k]], e))
        k = (k + 1) & (o->hash_size - 1);
    return k;
}

uint32_t opt_known(const struct opt *o, const struct opt_expr *e)
{
    uint32_t v = o->hash[hash_slot(o, e)];

    return v ? v : OPT_NONE;
}

static enum opt_prov prov_of(const struct opt *o, const struct opt_expr *e)
{
    enum opt_prov a, b;

    if (e->kind == OPT_ADDR)
        return e->op == OFFLOAD_RELOC_VALUE ? OPT_VALUE : OPT_ANY;
    if (e->op == RV64_OP_ADDIW && e->imm == 0 && o->vals[e->a].prov == OPT_STATUS)
        return OPT_STATUS;
    if (e->op != RV64_OP_ADD && e->op != RV64_OP_ADDI && e->op != RV64_OP_SUB &&
        (e->op < RV64_OP_ADD_UW || e->op > RV64_OP_SH3ADD_UW))
        return OPT_ANY;
    a = o->vals[e->a].prov;
    b = e->op == RV64_OP_ADDI ? OPT_ANY : o->vals[e->b].prov;
    if (e->op == RV64_OP_SUB)
        return b == OPT_ANY ? a : OPT_ANY;
    if (a != OPT_ANY && b != OPT_ANY)
        return OPT_ANY;
    return a != OPT_ANY ? a : b;
}

static struct opt_val describe(const struct opt *o, const struct opt_expr *e)
{
    struct opt_val v = {.kind = e->kind, .op = e->op, .a = e->a, .b = e->b, .imm = e->imm};
    struct bits r = {32, 64}, a, b = {unsigned_bits(e->imm), signed_bits(e->imm)};

    if (e->kind == OPT_CONST) {
        r = b;
    } else if (e->kind == OPT_ADDR && e->op == OFFLOAD_RELOC_SEED) {
        r = (struct bits){64, 32};
    } else if (e->kind == OPT_EXPR) {
        const struct xlate_op op = {.kind = XLATE_OP_RV, .op = e->op};
        a = (struct bits){o->vals[e->a].zbits, o->vals[e->a].sbits};
        if (opt_has_rs2(&op))
            b = (struct bits){o->vals[e->b].zbits, o->vals[e->b].sbits};
        r = bits_of(e->op, a, b, e->imm);
    }
    v.zbits = (uint8_t)r.z;
    v.sbits = (uint8_t)r.s;
    v.prov = (uint8_t)(e->kind == OPT_CONST ? OPT_ANY : prov_of(o, e));
    return v;
}

static void grow_hash(struct opt *o)
{
    uint32_t *old = o->hash, n = o->hash_size;
    uint32_t *bigger = calloc((size_t)n * 2, sizeof(*bigger));

    if (!bigger) {
        o->x->err = -ENOMEM;
        return;
    }
    o->hash = bigger;
    o->hash_size = n * 2;
    for (uint32_t k = 0; k < n; k++) {
        if (!old[k])
            continue;
        const struct opt_val *v = &o->vals[old[k]];
        struct opt_expr e = {v->kind, v->op, v->a, v->b, v->imm};
        o->hash[hash_slot(o, &e)] = old[k];
    }
    free(old);
}

uint32_t opt_value(struct opt *o, const struct opt_expr *e)
{
    if (e->kind == OPT_OPAQUE)
        return e->a;
    if (o->val_count * 2 >= o->hash_size)
        grow_hash(o);
    if (o->x->err)
        return 0;
    uint32_t k = hash_slot(o, e);
    if (!o->hash[k])
        o->hash[k] = new_val(o, describe(o, e));
    return o->hash[k];
}

uint32_t opt_const(struct opt *o, int64_t v)
{
    return opt_value(o, &(struct opt_expr){.kind = OPT_CONST, .imm = v});
}

/* Without a branch, so that it takes a few instructions of the host's. */
static bool in_some(const struct opt *o, uint32_t val)
{
    uint32_t found = 0;

    for (unsigned r = 0; r < 32; r++)
        found |= o->cur.reg[r] == val;
    return found;
}

unsigned opt_holder(const struct opt *o, uint32_t val, unsigned prefer)
{
    unsigned home = o->vals[val].home;

    if (o->cur.reg[RV64_ZERO] == val)
        return RV64_ZERO;
    if (home < 32 && o->cur.reg[home] == val)
        return home;
    if (prefer < 32 && o->cur.reg[prefer] == val)
        return prefer;
    if (!in_some(o, val))
        return 32;
    for (unsigned r = 1; r < 32; r++)
        if (o->cur.reg[r] == val && r != RV64_GP && r != RV64_TP)
            return r;
    return 32;
}
