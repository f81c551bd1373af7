/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tristate numbers: 64-bit values of which some bits are known. A bit set in
 * `mask` is unknown; elsewhere the bit of `value` is the truth, and value & mask
 * is 0. The arithmetic is that of Vishwanathan et al., "Sound, Precise, and Fast
 * Abstract Interpretation with Tristate Numbers" (CGO 2022).
 */
#ifndef VERIFIER_TNUM_H
#define VERIFIER_TNUM_H

#include <stdbool.h>
#include <stdint.h>

struct tnum {
    uint64_t value, mask;
};

struct tnum tnum_const(uint64_t value);
struct tnum tnum_unknown(void);
/* The tightest tnum that holds every value of [min, max]. */
struct tnum tnum_range(uint64_t min, uint64_t max);
struct tnum tnum_add(struct tnum a, struct tnum b);
struct tnum tnum_sub(struct tnum a, struct tnum b);
struct tnum tnum_mul(struct tnum a, struct tnum b);
struct tnum tnum_and(struct tnum a, struct tnum b);
struct tnum tnum_or(struct tnum a, struct tnum b);
struct tnum tnum_xor(struct tnum a, struct tnum b);
struct tnum tnum_lsh(struct tnum a, unsigned shift);
struct tnum tnum_rsh(struct tnum a, unsigned shift);
/* Arithmetic shift of a `bits` (32 or 64) wide number; upper bits of the result are 0 for 32. */
struct tnum tnum_arsh(struct tnum a, unsigned shift, unsigned bits);
/* The low `bytes` (2, 4, 8) bytes in the other order, zero-extended. */
struct tnum tnum_bswap(struct tnum a, unsigned bytes);
/* What is known when both are true of one value; the caller knows that they overlap. */
struct tnum tnum_meet(struct tnum a, struct tnum b);
/* The low `bytes` bytes, zero-extended. */
struct tnum tnum_trunc(struct tnum a, unsigned bytes);
/* The smallest value of `a` that is not below `from`; false when there is none. */
bool tnum_at_least(struct tnum a, uint64_t from, uint64_t *out);
/* Upper half of `a`, lower half of `low`. */
struct tnum tnum_with_low(struct tnum a, struct tnum low);

static inline bool tnum_is_const(struct tnum a)
{
    return a.mask == 0;
}

static inline bool tnum_is_unknown(struct tnum a)
{
    return ~a.mask == 0;
}

/* Every value of `b` is a value of `a`. */
static inline bool tnum_holds(struct tnum a, struct tnum b)
{
    return (b.mask & ~a.mask) == 0 && ((a.value ^ b.value) & ~a.mask) == 0;
}

/* Every value of `a` is a multiple of `size`, a power of two. */
static inline bool tnum_aligned(struct tnum a, uint64_t size)
{
    return ((a.value | a.mask) & (size - 1)) == 0;
}

#endif
