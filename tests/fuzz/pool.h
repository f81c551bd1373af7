/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs to start from: random ones, and real ones with things changed. */
#ifndef TESTS_FUZZ_POOL_H
#define TESTS_FUZZ_POOL_H

#include "fuzz.h"
#include "kernel.h"
#include "offload/prog.h"

enum {
    POOL_SAMPLES = 256,
    POOL_SLOTS = 700, /* longer programs are left out */
};

struct sample {
    struct ebpf_insn *insns;
    uint32_t count;
    struct offload_map map[KERNEL_MAPS], inner[KERNEL_MAPS];
    uint32_t maps;
    enum offload_hook hook;
    int fds[KERNEL_MAPS]; /* the kernel's maps, once `made` */
    bool made;
};

struct pool {
    struct sample sample[POOL_SAMPLES];
    unsigned count, left_out;
};

/* The XDP programs of an object file that both accept, as far as they stand alone. */
void pool_read(struct pool *p, const char *path);
void pool_free(struct pool *p);

/* A program being tried. */
struct trial {
    struct ebpf_insn insns[POOL_SLOTS];
    struct offload_prog prog;
    struct sample *from; /* of maps; NULL: fuzz_maps */
    char kind; /* 'r' random, 'm' paths that meet, 'c' functions, 'x' a real one, changed */
};

/* The next one, from the same seed the same. */
void trial_make(struct trial *t, struct pool *p, struct rng *rng);

#endif
