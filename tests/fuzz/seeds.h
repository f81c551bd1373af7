/* SPDX-License-Identifier: BSD-3-Clause */
/* What object files hold, as it lies there: instructions without relocation, BTF. No kernel. */
#ifndef TESTS_FUZZ_SEEDS_H
#define TESTS_FUZZ_SEEDS_H

#include "offload/prog.h"

enum { SEEDS_PROGS = 256, SEEDS_BTF = 64 };

struct seed_prog {
    struct ebpf_insn *insns;
    uint32_t count;
};

struct seed_btf {
    uint8_t *data;
    uint32_t size;
};

struct seeds {
    struct seed_prog prog[SEEDS_PROGS];
    unsigned progs;
    struct seed_btf btf[SEEDS_BTF];
    unsigned btfs;
};

/* What of it can be read is added. */
void seeds_read(struct seeds *s, const char *path);
void seeds_free(struct seeds *s);

#endif
