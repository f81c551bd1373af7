/* SPDX-License-Identifier: BSD-3-Clause */
/* What verifier_bytes does with hostile bytes. Each returns a bpf(2) result: 0, a negative errno.
 */
#ifndef TESTS_FUZZ_TRIALS_H
#define TESTS_FUZZ_TRIALS_H

#include "garble.h"

/* The verifier, with maps, functions and lines made up. `insns`: GARBLE_SLOTS. */
int trial_verify(struct rng *rng, const struct seeds *s, struct ebpf_insn *insns);

/* The bpf(2) layer: BTF, and a program with functions and lines that refer to it. */
struct loader;
struct loader *loader_new(void); /* NULL without memory */
void loader_free(struct loader *l);
int trial_load(struct loader *l, struct rng *rng, const struct seeds *s, struct ebpf_insn *insns);

#endif
