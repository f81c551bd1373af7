/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watches libbpf: every XDP program it gives to bpf(2) is handed to a function, as the
 * offload library takes it, with what the kernel made of it. (libbpf calls syscall(),
 * which objects.c defines: link it into a program of its own.)
 */
#ifndef TESTS_VERIFIER_OBJECTS_H
#define TESTS_VERIFIER_OBJECTS_H

#include <linux/bpf.h>

#include "offload/prog.h"

struct object_prog {
    struct offload_prog prog;
    const char *name;       /* the whole of it */
    const char *mark;       /* of progs/prog.h, e.g. "refused:leak"; "" none */
    int kernel;             /* 0 accepted, or the negative errno */
    const char *kernel_log; /* its reason, and "processed ... insns" */
    double kernel_usec;     /* its verification time; 0 unknown */
    const void *given;      /* libbpf's instructions: those of a struct bpf_program */
};

typedef void (*object_fn)(void *arg, const struct object_prog *p);
/* From now on; NULL: no more. (libbpf's probes are of other types.) */
void objects_watch(object_fn fn, void *arg);
/* kernel_log is of this level, for accepted programs too; 0: as said above. */
void objects_log_level(unsigned level);
/* Loads the file's XDP programs: 0, or libbpf's error when it cannot even be opened. */
int objects_load(const char *path);

#endif
