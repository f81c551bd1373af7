/* SPDX-License-Identifier: BSD-3-Clause */
/* Arithmetic on ranges. */
#include "ebpf/ebpf.h"
#include "verifier/range.h"

static void forget_u(struct range *r)
{
    r->umin = 0;
    r->umax = UINT64_MAX;
}

static void forget_s(struct range *r)
{
    r->smin = INT64_MIN;
    r->smax = INT64_MAX;
}

static void forget_u32(struct range *r)
{
    r->umin32 = 0;
    r->umax32 = UINT32_MAX;
}

static void forget_s32(struct range *r)
{
    r->smin32 = INT32_MIN;
    r->smax32 = INT32_MAX;
}

static void forget64(struct range *r)
{
    forget_u(r);
    forget_s(r);
}

static void forget32(struct range *r)
{
    forget_u32(r);
    forget_s32(r);
}

/*
 * Addition and subtraction: an unsigned interval survives when none or all of it wraps;
 * a signed one when no end overflows.
 */
static void add64(struct range *d, const struct range *s)
{
    bool wraps_lo = __builtin_add_overflow(d->umin, s->umin, &d->umin);
    bool wraps_hi = __builtin_add_overflow(d->umax, s->umax, &d->umax);
    if (wraps_lo != wraps_hi)
        forget_u(d);
    bool over = __builtin_add_overflow(d->smin, s->smin, &d->smin);
    over |= __builtin_add_overflow(d->smax, s->smax, &d->smax);
    if (over)
        forget_s(d);
}

static void add32(struct range *d, const struct range *s)
{
    bool wraps_lo = __builtin_add_overflow(d->umin32, s->umin32, &d->umin32);
    bool wraps_hi = __builtin_add_overflow(d->umax32, s->umax32, &d->umax32);
    if (wraps_lo != wraps_hi)
        forget_u32(d);
    bool over = __builtin_add_overflow(d->smin32, s->smin32, &d->smin32);
    over |= __builtin_add_overflow(d->smax32, s->smax32, &d->smax32);
    if (over)
        forget_s32(d);
}

static void sub64(struct range *d, const struct range *s)
{
    uint64_t lo, hi;
    bool wraps_lo = __builtin_sub_overflow(d->umin, s->umax, &lo);
    bool wraps_hi = __builtin_sub_overflow(d->umax, s->umin, &hi);
    d->umin = lo;
    d->umax = hi;
    if (wraps_lo != wraps_hi)
        forget_u(d);
    bool over = __builtin_sub_overflow(d->smin, s->smax, &d->smin);
    over |= __builtin_sub_overflow(d->smax, s->smin, &d->smax);
    if (over)
        forget_s(d);
}

static void sub32(struct range *d, const struct range *s)
{
    uint32_t lo, hi;
    bool wraps_lo = __builtin_sub_overflow(d->umin32, s->umax32, &lo);
    bool wraps_hi = __builtin_sub_overflow(d->umax32, s->umin32, &hi);
    d->umin32 = lo;
    d->umax32 = hi;
    if (wraps_lo != wraps_hi)
        forget_u32(d);
    bool over = __builtin_sub_overflow(d->smin32, s->smax32, &d->smin32);
    over |= __builtin_sub_overflow(d->smax32, s->smin32, &d->smax32);
    if (over)
        forget_s32(d);
}

/* The extremes of a signed product are among the products of the ends. */
static void mul64(struct range *d, const struct range *s)
{
    if (__builtin_mul_overflow(d->umax, s->umax, &d->umax))
        forget_u(d);
    else
        d->umin *= s->umin;
    int64_t a[2] = {d->smin, d->smax}, b[2] = {s->smin, s->smax};
    int64_t lo = INT64_MAX, hi = INT64_MIN;
    for (unsigned i = 0; i < 4; i++) {
        int64_t p;
        if (__builtin_mul_overflow(a[i >> 1], b[i & 1], &p)) {
            forget_s(d);
            return;
        }
        lo = p < lo ? p : lo;
        hi = p > hi ? p : hi;
    }
    d->smin = lo;
    d->smax = hi;
}

static void mul32(struct range *d, const struct range *s)
{
    if (__builtin_mul_overflow(d->umax32, s->umax32, &d->umax32))
        forget_u32(d);
    else
        d->umin32 *= s->umin32;
    int32_t a[2] = {d->smin32, d->smax32}, b[2] = {s->smin32, s->smax32};
    int32_t lo = INT32_MAX, hi = INT32_MIN;
    for (unsigned i = 0; i < 4; i++) {
        int32_t p;
        if (__builtin_mul_overflow(a[i >> 1], b[i & 1], &p)) {
            forget_s32(d);
            return;
        }
        lo = p < lo ? p : lo;
        hi = p > hi ? p : hi;
    }
    d->smin32 = lo;
    d->smax32 = hi;
}

/* Signed bounds are the unsigned ones where those do not cross the sign. */
static void signed_from_unsigned(struct range *d)
{
    forget_s(d);
    if ((int64_t)d->umin <= (int64_t)d->umax) {
        d->smin = (int64_t)d->umin;
        d->smax = (int64_t)d->umax;
    }
    forget_s32(d);
    if ((int32_t)d->umin32 <= (int32_t)d->umax32) {
        d->smin32 = (int32_t)d->umin32;
        d->smax32 = (int32_t)d->umax32;
    }
}

static void logic_and(struct range *d, const struct range *s)
{
    d->umin = d->var.value;
    d->umin32 = (uint32_t)d->var.value;
    if (s->umax < d->umax)
        d->umax = s->umax;
    if (s->umax32 < d->umax32)
        d->umax32 = s->umax32;
    signed_from_unsigned(d);
}

static void logic_or(struct range *d, const struct range *s)
{
    if (s->umin > d->umin)
        d->umin = s->umin;
    if (s->umin32 > d->umin32)
        d->umin32 = s->umin32;
    d->umax = d->var.value | d->var.mask;
    d->umax32 = (uint32_t)(d->var.value | d->var.mask);
    signed_from_unsigned(d);
}

static void logic_xor(struct range *d)
{
    d->umin = d->var.value;
    d->umin32 = (uint32_t)d->var.value;
    d->umax = d->var.value | d->var.mask;
    d->umax32 = (uint32_t)(d->var.value | d->var.mask);
    signed_from_unsigned(d);
}

static void lsh32(struct range *d, unsigned n)
{
    forget_s32(d);
    if (n >= 32 || (n && d->umax32 > UINT32_MAX >> n)) {
        forget_u32(d);
        return;
    }
    d->umin32 <<= n;
    d->umax32 <<= n;
}

static void lsh64(struct range *d, unsigned n)
{
    forget_s(d);
    /* `x << 32` is how a sub-register is prepared for sign extension: keep its bounds. */
    if (n == 32) {
        d->smin = (int64_t)((uint64_t)(int64_t)d->smin32 << 32);
        d->smax = (int64_t)((uint64_t)(int64_t)d->smax32 << 32);
    }
    if (n && d->umax > 1ull << (63 - n)) {
        forget_u(d);
    } else {
        d->umin <<= n;
        d->umax <<= n;
    }
    lsh32(d, n);
}

static void rsh64(struct range *d, unsigned n)
{
    forget_s(d);
    forget32(d);
    d->umin >>= n;
    d->umax >>= n;
}

static void arsh64(struct range *d, unsigned n)
{
    forget_u(d);
    forget32(d);
    d->smin >>= n;
    d->smax >>= n;
}

/* The low half of a sum, difference or product depends only on the low halves. */
static bool linear64(struct range *d, unsigned op, const struct range *s)
{
    switch (op) {
    case EBPF_OP_ADD:
        add32(d, s);
        add64(d, s);
        d->var = tnum_add(d->var, s->var);
        return true;
    case EBPF_OP_SUB:
        sub32(d, s);
        sub64(d, s);
        d->var = tnum_sub(d->var, s->var);
        return true;
    case EBPF_OP_MUL:
        d->var = tnum_mul(d->var, s->var);
        mul32(d, s);
        mul64(d, s);
        return true;
    default:
        return false;
    }
}

static bool logic(struct range *d, unsigned op, const struct range *s)
{
    switch (op) {
    case EBPF_OP_AND:
        d->var = tnum_and(d->var, s->var);
        logic_and(d, s);
        return true;
    case EBPF_OP_OR:
        d->var = tnum_or(d->var, s->var);
        logic_or(d, s);
        return true;
    case EBPF_OP_XOR:
        d->var = tnum_xor(d->var, s->var);
        logic_xor(d);
        return true;
    default:
        return false;
    }
}

static bool shift64(struct range *d, unsigned op, const struct range *s)
{
    if (!range_is_const(s) || s->umax >= 64)
        return false;
    unsigned n = (unsigned)s->umax;
    switch (op) {
    case EBPF_OP_LSH:
        lsh64(d, n);
        d->var = tnum_lsh(d->var, n);
        return true;
    case EBPF_OP_RSH:
        rsh64(d, n);
        d->var = tnum_rsh(d->var, n);
        return true;
    case EBPF_OP_ARSH:
        arsh64(d, n);
        d->var = tnum_arsh(d->var, n, 64);
        return true;
    default:
        return false;
    }
}

/* A constant must stay one in every view. */
static void finish(struct range *d)
{
    if (tnum_is_const(d->var)) {
        *d = range_const(d->var.value);
        return;
    }
    range_sync(d);
    range_repair(d);
}

void range_alu64(struct range *dst, unsigned op, const struct range *src)
{
    const struct range s = *src; /* dst may be the same */
    if (linear64(dst, op, &s) || logic(dst, op, &s) || shift64(dst, op, &s))
        finish(dst);
    else
        *dst = range_unknown();
}

static bool shift32(struct range *d, unsigned op, const struct range *s)
{
    if (!tnum_is_const(s->var) ||
        s->umax >= 32) /* s->var is the low half; the kernel asks the whole */
        return false;
    unsigned n = s->umax32;
    struct tnum low = tnum_trunc(d->var, 4);
    switch (op) {
    case EBPF_OP_LSH:
        lsh32(d, n);
        d->var = tnum_trunc(tnum_lsh(low, n), 4);
        return true;
    case EBPF_OP_RSH:
        forget_s32(d);
        d->umin32 >>= n;
        d->umax32 >>= n;
        d->var = tnum_rsh(low, n);
        return true;
    case EBPF_OP_ARSH:
        forget_u32(d);
        d->smin32 >>= n;
        d->smax32 >>= n;
        d->var = tnum_arsh(low, n, 32);
        return true;
    default:
        return false;
    }
}

static bool linear32(struct range *d, unsigned op, const struct range *s)
{
    switch (op) {
    case EBPF_OP_ADD:
        add32(d, s);
        d->var = tnum_add(d->var, s->var);
        return true;
    case EBPF_OP_SUB:
        sub32(d, s);
        d->var = tnum_sub(d->var, s->var);
        return true;
    case EBPF_OP_MUL:
        mul32(d, s);
        d->var = tnum_mul(d->var, s->var);
        return true;
    default:
        return false;
    }
}

void range_alu32(struct range *dst, unsigned op, const struct range *src)
{
    struct range d = *dst, s = *src;
    d.var = tnum_trunc(d.var, 4);
    s.var = tnum_trunc(s.var, 4);
    if (!(linear32(&d, op, &s) || logic(&d, op, &s) || shift32(&d, op, &s))) {
        *dst = range_unknown();
        return;
    }
    d.var = tnum_trunc(d.var, 4);
    if (tnum_is_const(d.var)) {
        *dst = range_const(d.var.value);
        return;
    }
    forget64(&d);
    d.umin = d.umin32;
    d.umax = d.umax32;
    d.smin = d.umin32;
    d.smax = d.umax32;
    finish(&d);
    *dst = d;
}
