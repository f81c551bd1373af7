/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A machine that proved programs run on, in the reference interpreter: a packet, maps whose
 * lookups fail at random, helpers that answer at random; every instruction is held against
 * what the proof said of it.
 */
#ifndef TESTS_FUZZ_MACHINE_H
#define TESTS_FUZZ_MACHINE_H

#include "kernel.h"
#include "offload/refint.h"
#include "offload/verifier.h"
#include "rng.h"

enum {
    MACHINE_VALUES = 2, /* values of a map that exist */
    MACHINE_PACKET = 512,
    MACHINE_HEADROOM = 256,
    MACHINE_VALUE_BYTES = 1024,
    MACHINE_REGIONS = 2 + 2 * KERNEL_MAPS * MACHINE_VALUES,
};

struct machine {
    struct rng *rng;
    const struct offload_prog *prog;
    const struct offload_facts *facts;
    struct refint_region region[MACHINE_REGIONS];
    unsigned regions;
    uint32_t ctx[6];
    uint8_t packet[MACHINE_PACKET];
    uint8_t value[2 * KERNEL_MAPS][MACHINE_VALUES][MACHINE_VALUE_BYTES]; /* outer, inner */
    uint64_t map_addr[KERNEL_MAPS], value_addr[KERNEL_MAPS];
    /* the conditional jump, or the lookup that cannot fail, just run */
    uint32_t last;
    bool started, last_jump, last_found;
    uint64_t ranges_held; /* registers found within what was said of them, in all runs */
    char wrong[256];      /* the first thing that the proof had not said; "" */
    uint32_t wrong_insn;
};

/* One run: REFINT_EXIT, and m->wrong empty, is what the proof promised. -1: not this program. */
int machine_run(struct machine *m, const struct offload_prog *prog,
                const struct offload_facts *facts, struct rng *rng, struct refint_result *res);

#endif
