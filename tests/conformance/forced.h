/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One program of a BPF object, made an XDP program whatever its section says, with what its
 * annotations (declaration tags in the object's BTF) ask of the loader.
 */
#ifndef TESTS_CONFORMANCE_FORCED_H
#define TESTS_CONFORMANCE_FORCED_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

struct forced {
    struct bpf_object *obj;
    struct bpf_program *prog;
    uint32_t log_level; /* as annotated, else 0 */
    uint32_t flags;     /* BPF_F_*, as annotated */
};

typedef void (*forced_tag_fn)(void *arg, const char *tag);
/* Calls fn for each tag of the function, "test_retval=0" and so on. */
void forced_tags(const struct bpf_object *obj, const char *function, forced_tag_fn fn, void *arg);
/*
 * From now on libbpf takes the sections of the object's programs for XDP, in objects opened later,
 * and does not look for what the sections name (functions of the kernel and so on). 0 or -errno.
 */
int forced_sections(const struct bpf_object *obj);
/*
 * Opens the object with program `name` and the auxiliary programs to be loaded, all of them XDP.
 * 0 or a negative errno; f is to be closed when 0.
 */
int forced_open(struct forced *f, const char *path, const char *name);
void forced_close(struct forced *f);

#endif
