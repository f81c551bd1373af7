/* SPDX-License-Identifier: BSD-3-Clause */
/* Dice for tests: the same throws on every machine. A state is never 0. */
#ifndef TESTS_DICE_H
#define TESTS_DICE_H

#include <stdint.h>

/* xorshift (Marsaglia 2003), of 32 and of 64 bits; the result is the new state. */
static inline uint32_t dice32(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static inline uint64_t dice64(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
