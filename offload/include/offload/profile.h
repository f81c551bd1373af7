/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Offload profiles: what a card's driver takes of a program that the verifier has accepted. A
 * profile is an INI file (offload/profiles), read once into a struct.
 */
#ifndef OFFLOAD_PROFILE_H
#define OFFLOAD_PROFILE_H

#include "offload/image.h"
#include "offload/prog.h"
#include "offload/verifier.h"

enum offload_atomics {
    OFFLOAD_ATOMICS_ALL,
    OFFLOAD_ATOMICS_MAP_ADD, /* add without fetch, on map values */
    OFFLOAD_ATOMICS_NONE,
};

enum offload_div {
    OFFLOAD_DIV_ALL,
    OFFLOAD_DIV_CONSTANT, /* by a constant that is not negative */
    OFFLOAD_DIV_NONE,
};

/* Limits are the largest allowed value; 0 = no limit of the profile's own. */
struct offload_profile {
    char name[32];
    char about[160];
    char prefix[16]; /* before the messages of its verifier: "[nfp] " */
    bool device;     /* helpers, map types and sizes are those that the firmware advertises */
    bool tail_calls, callbacks, kfuncs, mod;
    enum offload_div div;
    enum offload_atomics atomics;
    uint64_t helpers[4]; /* bit n: helper id n; unless `device` */
    uint64_t map_types;  /* bit n: BPF_MAP_TYPE n; unless `device` */
    uint32_t map_flags;  /* allowed bits; unless `device` */
    uint32_t maps;       /* maps of a program */
    uint32_t entries;    /* of all of its maps together */
    uint32_t key, value; /* bytes */
    uint32_t element;    /* bytes of key and value, each rounded up to 8 */
    uint32_t stack;      /* bytes along the deepest chain of calls */
    uint32_t engine_insns;
    uint32_t milli_insns_per_bpf; /* engine instructions for 1000 BPF instructions: the card's own
                                     translator; 0 = count those of ours */
    uint32_t verdict;             /* verdicts above count as aborted */
};

/*
 * Reads `len` bytes of INI text. 0, or -EINVAL with the line's number in *line and what is wrong
 * in why (`why_len` bytes).
 */
int offload_profile_parse(const char *text, size_t len, struct offload_profile *out, unsigned *line,
                          char *why, size_t why_len);

#define OFFLOAD_NO_INSN 0xffffffffu

/* One thing that the profile does not take. */
struct offload_finding {
    uint32_t insn;    /* slot, or OFFLOAD_NO_INSN */
    const char *rule; /* "helpers", "maps", "instructions", "stack", "engine instructions" */
    char text[256];   /* in the words of the card's driver */
};
/* Called with each; the finding is lent for the call. */
typedef void offload_finding_fn(void *ctx, const struct offload_finding *f);

/* All that `p` does not take; returns their number. `facts` and `image` as the program's. */
unsigned offload_profile_check(const struct offload_profile *p, const struct offload_prog *prog,
                               const struct offload_facts *facts, const struct offload_image *image,
                               offload_finding_fn *fn, void *ctx);

/* Engine instructions of the program as the profile counts them. */
uint32_t offload_profile_insns(const struct offload_profile *p, const struct offload_prog *prog,
                               const struct offload_image *image);

/*
 * Engine instructions of the longest path through the program, helpers aside: a bound, loose where
 * the program has loops; 0 in *insns when the verifier found none either. -ENOMEM.
 */
int offload_longest_path(const struct offload_prog *prog, const struct offload_facts *facts,
                         const struct offload_image *image, uint64_t *insns);

#endif
