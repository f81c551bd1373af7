/* SPDX-License-Identifier: BSD-3-Clause */
/* The five views of a value and how they sharpen each other. */
#include "verifier/range.h"

#define LOW_HALF   0xffffffffull
#define SIGN_BIT   (1ull << 63)
#define SIGN_BIT32 (1u << 31)

struct range range_unknown(void)
{
    return (struct range){
        .var = {0, UINT64_MAX},
        .umin = 0,
        .umax = UINT64_MAX,
        .smin = INT64_MIN,
        .smax = INT64_MAX,
        .umin32 = 0,
        .umax32 = UINT32_MAX,
        .smin32 = INT32_MIN,
        .smax32 = INT32_MAX,
    };
}

struct range range_const(uint64_t value)
{
    return (struct range){
        .var = {value, 0},
        .umin = value,
        .umax = value,
        .smin = (int64_t)value,
        .smax = (int64_t)value,
        .umin32 = (uint32_t)value,
        .umax32 = (uint32_t)value,
        .smin32 = (int32_t)(uint32_t)value,
        .smax32 = (int32_t)(uint32_t)value,
    };
}

struct range range_of_size(unsigned bytes)
{
    struct range r = range_unknown();
    if (bytes < 8)
        range_zext(&r, bytes);
    return r;
}

static void meet_u(struct range *r, uint64_t lo, uint64_t hi)
{
    if (lo > r->umin)
        r->umin = lo;
    if (hi < r->umax)
        r->umax = hi;
}

static void meet_s(struct range *r, int64_t lo, int64_t hi)
{
    if (lo > r->smin)
        r->smin = lo;
    if (hi < r->smax)
        r->smax = hi;
}

static void meet_u32(struct range *r, uint32_t lo, uint32_t hi)
{
    if (lo > r->umin32)
        r->umin32 = lo;
    if (hi < r->umax32)
        r->umax32 = hi;
}

static void meet_s32(struct range *r, int32_t lo, int32_t hi)
{
    if (lo > r->smin32)
        r->smin32 = lo;
    if (hi < r->smax32)
        r->smax32 = hi;
}

/* Bounds that hold only one value of those the bits allow are that value. */
static void only_value(struct range *r)
{
    uint64_t first, second;
    if (!tnum_at_least(r->var, r->umin, &first) || first > r->umax)
        return;
    if (first == UINT64_MAX || !tnum_at_least(r->var, first + 1, &second) || second > r->umax)
        meet_u(r, first, first);
}

/* Known bits give the smallest and largest value in each view. */
static void bounds_from_bits(struct range *r)
{
    struct tnum v = r->var, low = tnum_trunc(r->var, 4);
    meet_u(r, v.value, v.value | v.mask);
    meet_s(r, (int64_t)(v.value | (v.mask & SIGN_BIT)), (int64_t)(v.value | (v.mask & ~SIGN_BIT)));
    only_value(r);
    uint32_t value = (uint32_t)low.value, mask = (uint32_t)low.mask;
    meet_u32(r, value, value | mask);
    meet_s32(r, (int32_t)(value | (mask & SIGN_BIT32)), (int32_t)(value | (mask & ~SIGN_BIT32)));
}

/*
 * Bounds [lo, hi] of the whole say something of the low half when the upper
 * half is the same at both ends, or steps by one with the low half crossing
 * from negative to non-negative on the way.
 */
static void low_from_whole(struct range *r, uint64_t lo, uint64_t hi)
{
    uint32_t low_lo = (uint32_t)lo, low_hi = (uint32_t)hi;
    uint32_t up_lo = (uint32_t)(lo >> 32), up_hi = (uint32_t)(hi >> 32);
    if (up_lo == up_hi) {
        if (low_lo <= low_hi)
            meet_u32(r, low_lo, low_hi);
        if ((int32_t)low_lo <= (int32_t)low_hi)
            meet_s32(r, (int32_t)low_lo, (int32_t)low_hi);
    } else if (up_lo + 1 == up_hi && (int32_t)low_lo < 0 && (int32_t)low_hi >= 0) {
        meet_s32(r, (int32_t)low_lo, (int32_t)low_hi);
    }
}

/* Signed from unsigned bounds and back, where the interval does not wrap in the other order. */
static void signs_agree32(struct range *r)
{
    if ((int32_t)r->umin32 <= (int32_t)r->umax32)
        meet_s32(r, (int32_t)r->umin32, (int32_t)r->umax32);
    if ((uint32_t)r->smin32 <= (uint32_t)r->smax32) {
        meet_u32(r, (uint32_t)r->smin32, (uint32_t)r->smax32);
        return;
    }
    /* The signed interval spans 0: as unsigned it is [0, smax] and [smin, max]. */
    if (r->umax32 < (uint32_t)r->smin32) {
        meet_s32(r, (int32_t)r->umin32, INT32_MAX);
        meet_u32(r, 0, (uint32_t)r->smax32);
    } else if (r->umin32 > (uint32_t)r->smax32) {
        meet_s32(r, INT32_MIN, (int32_t)r->umax32);
        meet_u32(r, (uint32_t)r->smin32, UINT32_MAX);
    }
}

static void signs_agree64(struct range *r)
{
    if ((int64_t)r->umin <= (int64_t)r->umax)
        meet_s(r, (int64_t)r->umin, (int64_t)r->umax);
    if ((uint64_t)r->smin <= (uint64_t)r->smax) {
        meet_u(r, (uint64_t)r->smin, (uint64_t)r->smax);
        return;
    }
    if (r->umax < (uint64_t)r->smin) { /* likewise */
        meet_s(r, (int64_t)r->umin, INT64_MAX);
        meet_u(r, 0, (uint64_t)r->smax);
    } else if (r->umin > (uint64_t)r->smax) {
        meet_s(r, INT64_MIN, (int64_t)r->umax);
        meet_u(r, (uint64_t)r->smin, UINT64_MAX);
    }
}

/* The low half's bounds under the upper half of each end. */
static void whole_from_low(struct range *r)
{
    meet_u(r, (r->umin & ~LOW_HALF) | r->umin32, (r->umax & ~LOW_HALF) | r->umax32);
    uint64_t lo = ((uint64_t)r->smin & ~LOW_HALF) | r->umin32;
    uint64_t hi = ((uint64_t)r->smax & ~LOW_HALF) | r->umax32;
    meet_s(r, (int64_t)lo, (int64_t)hi);
    /* Fits in an int and the low half is not negative: the upper half is 0. */
    if (r->smin32 >= 0 && r->smin >= INT32_MIN && r->smax <= INT32_MAX) {
        meet_s(r, r->smin32, r->smax32);
        meet_u(r, (uint64_t)r->smin32, (uint64_t)r->smax32);
        r->var = tnum_meet(r->var, tnum_range((uint64_t)r->smin, (uint64_t)r->smax));
    }
}

static void deduce(struct range *r)
{
    low_from_whole(r, r->umin, r->umax);
    low_from_whole(r, (uint64_t)r->smin, (uint64_t)r->smax);
    signs_agree32(r);
    signs_agree64(r);
    whole_from_low(r);
}

static void bits_from_bounds(struct range *r)
{
    struct tnum v = tnum_meet(r->var, tnum_range(r->umin, r->umax));
    struct tnum low = tnum_meet(tnum_trunc(v, 4), tnum_range(r->umin32, r->umax32));
    r->var = tnum_with_low(v, low);
}

void range_sync(struct range *r)
{
    bounds_from_bits(r);
    deduce(r);
    deduce(r);
    deduce(r);
    bits_from_bounds(r);
    bounds_from_bits(r);
}

static bool consistent(const struct range *r)
{
    if (r->umin > r->umax || r->smin > r->smax || r->umin32 > r->umax32 || r->smin32 > r->smax32)
        return false;
    if (!tnum_is_const(r->var))
        return true;
    uint64_t c = r->var.value;
    return r->umin == c && r->umax == c && r->smin == (int64_t)c && r->smax == (int64_t)c &&
           r->umin32 == (uint32_t)c && r->umax32 == (uint32_t)c;
}

void range_repair(struct range *r)
{
    struct tnum var = r->var;
    if (consistent(r))
        return;
    *r = tnum_is_const(var) ? range_const(var.value) : range_unknown();
    r->var = var;
}

static void low_from_bits(struct range *r)
{
    r->umin32 = 0;
    r->umax32 = UINT32_MAX;
    r->smin32 = INT32_MIN;
    r->smax32 = INT32_MAX;
    uint32_t value = (uint32_t)r->var.value, mask = (uint32_t)r->var.mask;
    meet_u32(r, value, value | mask);
    meet_s32(r, (int32_t)(value | (mask & SIGN_BIT32)), (int32_t)(value | (mask & ~SIGN_BIT32)));
}

void range_zext(struct range *r, unsigned bytes)
{
    r->var = tnum_trunc(r->var, bytes);
    if (bytes == 4) {
        r->umin = r->umin32;
        r->umax = r->umax32;
    } else {
        uint64_t keep = (1ull << (bytes * 8)) - 1;
        bool same_top = (r->umin & ~keep) == (r->umax & ~keep);
        r->umin = same_top ? r->umin & keep : 0;
        r->umax = same_top ? r->umax & keep : keep;
        low_from_bits(r);
    }
    r->smin = (int64_t)r->umin;
    r->smax = (int64_t)r->umax;
    range_sync(r);
}

/* Bounds of the sign extension of the low `bits` of [lo, hi], when they stay in order. */
static bool sext_bounds(int64_t lo, int64_t hi, unsigned bits, int64_t *out_lo, int64_t *out_hi)
{
    unsigned shift = 64 - bits;
    if ((uint64_t)lo >> bits != (uint64_t)hi >> bits)
        return false;
    int64_t a = (int64_t)((uint64_t)lo << shift) >> shift;
    int64_t b = (int64_t)((uint64_t)hi << shift) >> shift;
    if ((a < 0) != (b < 0))
        return false;
    *out_lo = a < b ? a : b;
    *out_hi = a < b ? b : a;
    return true;
}

void range_sext(struct range *r, unsigned bytes)
{
    unsigned bits = bytes * 8;
    if (range_is_const(r)) {
        unsigned shift = 64 - bits;
        *r = range_const((uint64_t)((int64_t)(r->var.value << shift) >> shift));
        return;
    }
    int64_t lo, hi;
    if (!sext_bounds(r->smin, r->smax, bits, &lo, &hi)) {
        lo = -(int64_t)(1ull << (bits - 1));
        hi = (int64_t)((1ull << (bits - 1)) - 1);
    }
    *r = range_unknown();
    r->smin = lo;
    r->smax = hi;
    range_sync(r);
}

void range_sext32(struct range *r, unsigned bytes)
{
    struct range low = *r;
    range_zext(&low, 4);
    /* as a signed 32-bit number, so that the bounds are those of the sub-register */
    low.smin = r->smin32;
    low.smax = r->smax32;
    low.umin = 0;
    low.umax = UINT64_MAX;
    if (!range_is_const(&low))
        low.var = tnum_unknown();
    range_sext(&low, bytes);
    range_zext(&low, 4);
    *r = low;
}

bool range_holds(const struct range *a, const struct range *b)
{
    return a->umin <= b->umin && a->umax >= b->umax && a->smin <= b->smin && a->smax >= b->smax &&
           a->umin32 <= b->umin32 && a->umax32 >= b->umax32 && a->smin32 <= b->smin32 &&
           a->smax32 >= b->smax32 && tnum_holds(a->var, b->var);
}

bool range_equal(const struct range *a, const struct range *b)
{
    return range_holds(a, b) && range_holds(b, a);
}
