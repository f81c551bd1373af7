/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is known of a 64-bit value: bounds of the whole and of its low 32 bits,
 * unsigned and signed, and the known bits. Every operation keeps all five views
 * true; range_sync() lets them sharpen each other.
 */
#ifndef VERIFIER_RANGE_H
#define VERIFIER_RANGE_H

#include "verifier/tnum.h"

struct range {
    struct tnum var;
    uint64_t umin, umax;
    int64_t smin, smax;
    uint32_t umin32, umax32;
    int32_t smin32, smax32;
};

/* Relations of conditional jumps; the complement of an even one is the next. */
enum cond {
    COND_EQ,
    COND_NE,
    COND_GT,
    COND_LE,
    COND_GE,
    COND_LT,
    COND_SGT,
    COND_SLE,
    COND_SGE,
    COND_SLT,
    COND_SET,
    COND_CLEAR, /* no common bit: the complement of COND_SET */
};

struct range range_unknown(void);
struct range range_const(uint64_t value);
/* An unsigned value of `bytes` bytes. */
struct range range_of_size(unsigned bytes);
void range_sync(struct range *r);
/*
 * When the views contradict each other, no run comes here: forgets the bounds, as the kernel, and
 * keeps the bits.
 */
void range_repair(struct range *r);
/* Only the low `bytes` (1, 2, 4) survive, zero-extended or sign-extended to 64 bits. */
void range_zext(struct range *r, unsigned bytes);
void range_sext(struct range *r, unsigned bytes);
/* MOVSX to a 32-bit register: sign-extended to 32, then zero-extended. */
void range_sext32(struct range *r, unsigned bytes);
/* Every value of `b` is one of `a`. */
bool range_holds(const struct range *a, const struct range *b);
bool range_equal(const struct range *a, const struct range *b);

static inline bool range_is_const(const struct range *r)
{
    return tnum_is_const(r->var);
}

static inline bool range_is_value(const struct range *r, uint64_t value)
{
    return tnum_is_const(r->var) && r->var.value == value;
}

/*
 * dst = dst op src, op of enum ebpf_alu; what cannot be followed becomes unknown. The 32-bit form
 * zero-extends.
 */
void range_alu64(struct range *dst, unsigned op, const struct range *src);
void range_alu32(struct range *dst, unsigned op, const struct range *src);

/* 1: holds for all pairs, 0: for none, -1: both possible. */
int range_decide(const struct range *a, const struct range *b, enum cond c, bool is32);
/* Sharpens both sides by the fact that the relation holds. */
void range_refine(struct range *a, struct range *b, enum cond c, bool is32);

static inline enum cond cond_not(enum cond c)
{
    return (enum cond)((unsigned)c ^ 1u);
}

#endif
