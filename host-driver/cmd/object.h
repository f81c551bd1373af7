/* SPDX-License-Identifier: BSD-3-Clause */
/* A BPF object: opened by libbpf, one XDP program chosen, loaded on the card, attached. */
#ifndef CMD_OBJECT_H
#define CMD_OBJECT_H

#include <bpf/libbpf.h>

#include "cmd/session.h"

struct object {
    const char *path;
    struct bpf_object *bpf;
    struct bpf_program *prog;
    struct bpf_link *link;
    char *log; /* the verifier's */
};

/*
 * All return enum cmd_status and say on stderr what is wrong. `name`: a
 * function's name, or NULL for the only XDP program there is.
 */
int object_open(struct object *o, const char *path, const char *name);
/* `verbose`: the whole verifier log of a refused program, not only its end. */
int object_load(struct object *o, struct session *s, bool verbose);
int object_attach(struct object *o, struct session *s, unsigned port);
void object_close(struct object *o); /* a zeroed one is allowed */

#endif
