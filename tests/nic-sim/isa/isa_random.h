/* SPDX-License-Identifier: BSD-3-Clause */
/* Seeded random instruction words for the ISA tests. */
#ifndef TESTS_ISA_RANDOM_H
#define TESTS_ISA_RANDOM_H

#include "nic/rv64.h"

/* xorshift64*: the same sequence on every host. */
static inline uint32_t isa_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * 0x2545f4914f6cdd1du) >> 32);
}

/* A word of this row with random operands. */
static inline uint32_t isa_random_word(uint64_t *state, enum rv64_op op)
{
    return rv64_op_match(op) | (isa_random(state) & ~rv64_op_mask(op));
}

#endif
