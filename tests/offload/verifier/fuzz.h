/* SPDX-License-Identifier: BSD-3-Clause */
/* Random programs that are not nonsense: most are refused for an interesting reason, many accepted.
 */
#ifndef TESTS_VERIFIER_FUZZ_H
#define TESTS_VERIFIER_FUZZ_H

#include "offload/prog.h"
#include "rng.h"

enum { FUZZ_SLOTS = 400, FUZZ_MAPS = 2 };

extern const struct offload_map fuzz_maps[FUZZ_MAPS];

/* Writes a program; returns its slots (at most FUZZ_SLOTS). */
uint32_t fuzz_program(struct rng *rng, struct ebpf_insn *out);

/* One whose paths part and meet again often, with different numbers, spilled and filled. */
uint32_t fuzz_merging(struct rng *rng, struct ebpf_insn *out);

/* One with functions of its own, called from several places, and with what they return. */
uint32_t fuzz_calling(struct rng *rng, struct ebpf_insn *out);

#endif
