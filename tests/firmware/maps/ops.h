/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Map operations as data: a file of cases, run against anything that answers
 * bpf(2)'s map commands. docs/testing.md has the language.
 */
#ifndef TEST_MAPS_OPS_H
#define TEST_MAPS_OPS_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

/* Who answers: bpf(2) with a negative errno for -1. */
struct ops_side {
    const char *name;
    long (*bpf)(int cmd, union bpf_attr *attr);
    void (*close_map)(int fd);
    unsigned cpus; /* copies of a per-CPU value */
    /* Makes the map's values start with a struct bpf_spin_lock. */
    void (*want_lock)(union bpf_attr *attr);
    uint64_t most; /* bytes of a map, estimated; larger ones are left out, and said to be; 0: any */
};

/* Runs a file; the number of lines whose answer was not the expected one, each printed; -1: it
 * cannot be read. *lines counts what was run. */
int ops_run(const struct ops_side *side, const char *path, unsigned *lines);

#endif
