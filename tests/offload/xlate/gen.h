/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random programs that always end and touch only their memory: every row of the
 * instruction table, forward jumps, counted loops, helpers and subprograms.
 * The same seed gives the same program.
 */
#ifndef TESTS_XLATE_GEN_H
#define TESTS_XLATE_GEN_H

#include "ebpf/ebpf.h"
#include "offload/image.h"
#include "offload/verifier/rng.h"

/* All passes, none, the emitters alone, or any subset. */
struct offload_xlate_opts gen_opts(struct rng *r);

/* Writes at most `max` slots (at least 512) and returns how many. */
uint32_t gen_program(struct rng *r, struct ebpf_insn *out, uint32_t max);

/* An XDP program for exec_case.xdp, at most GEN_XDP_SLOTS; the verifier accepts most. */
#define GEN_XDP_SLOTS 2048u
uint32_t gen_xdp(struct rng *r, struct ebpf_insn *out);
/* The same, of functions that call each other. */
uint32_t gen_funcs(struct rng *r, struct ebpf_insn *out);
/* The same for a world (world.h) with gen_maps: all that the verifier takes. */
enum { GEN_MAPS = 15 };
extern const struct offload_map gen_maps[GEN_MAPS];
uint32_t gen_rich(struct rng *r, struct ebpf_insn *out);

#endif
