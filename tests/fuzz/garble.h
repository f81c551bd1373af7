/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes that are nearly, or not at all, what they should be. */
#ifndef TESTS_FUZZ_GARBLE_H
#define TESTS_FUZZ_GARBLE_H

#include <stddef.h>

#include "rng.h"
#include "seeds.h"

enum { GARBLE_SLOTS = 1000001 }; /* one more than a program may have */

/*
 * An instruction array of any bytes, in `out` of GARBLE_SLOTS: noise, a program with things
 * changed, or either again and again. Returns its slots, at least 1.
 */
uint32_t garble_insns(struct rng *rng, const struct seeds *s, struct ebpf_insn *out);

/* Changes some bytes, or cuts the end off; returns the new size, at most `size`. */
size_t garble_bytes(struct rng *rng, uint8_t *data, size_t size);

#endif
