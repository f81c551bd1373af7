/* SPDX-License-Identifier: BSD-3-Clause */
#include "verifier/tnum.h"

#define LOW_HALF 0xffffffffull

static struct tnum make(uint64_t value, uint64_t mask)
{
    return (struct tnum){.value = value & ~mask, .mask = mask};
}

struct tnum tnum_const(uint64_t value)
{
    return (struct tnum){.value = value, .mask = 0};
}

struct tnum tnum_unknown(void)
{
    return (struct tnum){.value = 0, .mask = UINT64_MAX};
}

struct tnum tnum_range(uint64_t min, uint64_t max)
{
    uint64_t differ = min ^ max;
    if (differ == 0)
        return tnum_const(min);
    unsigned top = 63u - (unsigned)__builtin_clzll(differ); /* highest bit that varies */
    uint64_t mask = top == 63 ? UINT64_MAX : (1ull << (top + 1)) - 1;
    return make(min, mask);
}

struct tnum tnum_add(struct tnum a, struct tnum b)
{
    uint64_t low = a.value + b.value;      /* every unknown bit 0 */
    uint64_t high = low + a.mask + b.mask; /* every unknown bit 1 */
    return make(low, (low ^ high) | a.mask | b.mask);
}

struct tnum tnum_sub(struct tnum a, struct tnum b)
{
    uint64_t base = a.value - b.value;
    uint64_t high = base + a.mask;
    uint64_t low = base - b.mask;
    return make(base, (high ^ low) | a.mask | b.mask);
}

struct tnum tnum_mul(struct tnum a, struct tnum b)
{
    uint64_t known = a.value * b.value;
    struct tnum spread = tnum_const(0);
    /* Long multiplication: each partial product adds only its uncertainty. */
    for (; a.value | a.mask; a = tnum_rsh(a, 1), b = tnum_lsh(b, 1)) {
        if (a.value & 1)
            spread = tnum_add(spread, make(0, b.mask));
        else if (a.mask & 1)
            spread = tnum_add(spread, make(0, b.value | b.mask));
    }
    return tnum_add(tnum_const(known), spread);
}

struct tnum tnum_and(struct tnum a, struct tnum b)
{
    uint64_t can_a = a.value | a.mask, can_b = b.value | b.mask;
    uint64_t ones = a.value & b.value;
    return make(ones, can_a & can_b & ~ones);
}

struct tnum tnum_or(struct tnum a, struct tnum b)
{
    uint64_t ones = a.value | b.value;
    return make(ones, (a.mask | b.mask) & ~ones);
}

struct tnum tnum_xor(struct tnum a, struct tnum b)
{
    return make(a.value ^ b.value, a.mask | b.mask);
}

struct tnum tnum_lsh(struct tnum a, unsigned shift)
{
    return make(a.value << shift, a.mask << shift);
}

struct tnum tnum_rsh(struct tnum a, unsigned shift)
{
    return make(a.value >> shift, a.mask >> shift);
}

struct tnum tnum_arsh(struct tnum a, unsigned shift, unsigned bits)
{
    /* An unknown sign bit is copied as unknown: shifting the mask arithmetically does that. */
    if (bits == 32)
        return make((uint32_t)((int32_t)(uint32_t)a.value >> shift),
                    (uint32_t)((int32_t)(uint32_t)a.mask >> shift));
    return make((uint64_t)((int64_t)a.value >> shift), (uint64_t)((int64_t)a.mask >> shift));
}

static uint64_t swap(uint64_t n, unsigned bytes)
{
    return __builtin_bswap64(n) >> (64 - bytes * 8);
}

struct tnum tnum_bswap(struct tnum a, unsigned bytes)
{
    return make(swap(a.value, bytes), swap(a.mask, bytes));
}

struct tnum tnum_meet(struct tnum a, struct tnum b)
{
    return make(a.value | b.value, a.mask & b.mask);
}

struct tnum tnum_trunc(struct tnum a, unsigned bytes)
{
    if (bytes >= 8)
        return a;
    uint64_t keep = (1ull << (bytes * 8)) - 1;
    return make(a.value & keep, a.mask & keep);
}

struct tnum tnum_with_low(struct tnum a, struct tnum low)
{
    return make((a.value & ~LOW_HALF) | (low.value & LOW_HALF),
                (a.mask & ~LOW_HALF) | (low.mask & LOW_HALF));
}

/* Bits 0 .. n-1. */
static uint64_t below(unsigned n)
{
    return n >= 64 ? UINT64_MAX : (1ull << n) - 1;
}

bool tnum_at_least(struct tnum a, uint64_t from, uint64_t *out)
{
    uint64_t wrong = (from ^ a.value) & ~a.mask;
    if (wrong == 0) {
        *out = from;
        return true;
    }
    unsigned p = 63u - (unsigned)__builtin_clzll(wrong); /* the highest bit that must change */
    if (a.value >> p & 1) {
        *out = (from & ~below(p + 1)) | (a.value & below(p + 1));
        return true;
    }
    /* It must fall: then a free bit above it must rise. */
    uint64_t free = a.mask & ~from & ~below(p + 1);
    if (free == 0)
        return false;
    unsigned q = (unsigned)__builtin_ctzll(free);
    *out = (from & ~below(q + 1)) | 1ull << q | (a.value & below(q));
    return true;
}
