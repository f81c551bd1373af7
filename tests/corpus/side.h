/* SPDX-License-Identifier: BSD-3-Clause */
/* One XDP program of an object, loaded where bpf(2) goes: the kernel, or a simulated NIC. */
#ifndef CORPUS_SIDE_H
#define CORPUS_SIDE_H

#include <bpf/libbpf.h>

struct side {
    struct bpf_object *obj;
    struct bpf_program *prog;
    unsigned cpus;     /* copies of a per-CPU value */
    char log[1 << 16]; /* what libbpf said */
};

/* Programs that are XDP, or whose section says nothing. */
bool side_is_xdp(struct bpf_program *p);
/*
 * Opens the object, without programs of other types; `alone`: only program `name` is loaded, else
 * every XDP program. 0 or a negative errno with the reason in s->log.
 */
int side_load(struct side *s, const char *path, const char *name, bool alone);
void side_close(struct side *s);

#endif
