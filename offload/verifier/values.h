/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each register may hold before each instruction, on every path: a pass of its own over the
 * text of a proved program. The walk cannot tell, for it leaves paths out whose numbers did not
 * matter to the proof; this pass takes from it only which ways jumps can go and where accesses
 * reach. Pointers are numbers here, any number.
 */
#ifndef VERIFIER_VALUES_H
#define VERIFIER_VALUES_H

#include "verifier/pool.h"
#include "verifier/vf.h"

enum {
    VALUES_REGS = OFFLOAD_RANGE_REGS, /* r0..r9 */
    VALUES_NONE = VALUES_REGS,        /* no register */
};

/* Numbers of ranges in the pool. */
struct values_state {
    uint16_t reg[VALUES_REGS];
};

struct values_slot {
    uint8_t flags; /* enum values_flag (values.c) */
    uint8_t grown; /* how often its state grew from further down, or from calls */
};

/* What a subprogram returns. */
struct values_result {
    uint8_t flags, grown;
    uint16_t number, next;
};

struct values {
    const struct vf *v;
    struct vf_pool pool;
    struct offload_insn_ranges *at; /* per slot */
    struct values_state *next;      /* the second phase: per slot, what is to become `at` */
    struct values_slot *slot;       /* per slot */
    struct values_result result[VF_SUBPROGS_MAX];
    uint64_t work; /* instructions that may still be looked at */
    bool widened, again;
};

/* ---- transfer.c ---- */
/*
 * The register that instruction `n`, none of a call of a subprogram, writes, or VALUES_NONE; and
 * what it holds then.
 */
unsigned values_written(struct values *a, uint32_t n, const struct values_state *st,
                        struct range *out);
/* Changes *st to what a conditional jump teaches when it jumps, or not; false: it cannot. */
bool values_branch(struct values *a, uint32_t n, struct values_state *st, bool taken);

/* ---- widen.c ---- */
/* Every value of either. */
struct range values_join(const struct range *a, const struct range *b);
/*
 * Something above `now`, which holds `old`, so that a loop from `from` back to `to` comes to rest
 * soon: `grown` is how often this was asked.
 */
struct range values_widen(struct values *a, const struct range *old, const struct range *now,
                          uint32_t to, uint32_t from, unsigned grown);

/* ---- values.c ---- */
/* Fills in the ranges of the facts; where it would take long, with nothing. 0 or -ENOMEM. */
int vf_values(const struct vf *v, struct offload_facts *f);

#endif
