/* SPDX-License-Identifier: BSD-3-Clause */
/* Splitmix64: the same numbers from the same seed everywhere. */
#ifndef TESTS_VERIFIER_RNG_H
#define TESTS_VERIFIER_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

/* 0 .. n-1 */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
    return (uint32_t)(rng_next(r) % n);
}

/* Numbers as programs have them: small ones, powers of two and their neighbours, ends. */
static inline uint64_t rng_number(struct rng *r)
{
    uint64_t n = 1ull << rng_below(r, 64);
    switch (rng_below(r, 6)) {
    case 0:
        return rng_below(r, 16);
    case 1:
        return n + rng_below(r, 3) - 1;
    case 2:
        return (uint64_t)0 - n + rng_below(r, 3) - 1;
    case 3:
        return rng_next(r) >> rng_below(r, 64);
    case 4:
        return (uint64_t)(int64_t)(int32_t)(uint32_t)rng_next(r);
    default:
        return rng_next(r);
    }
}

#endif
