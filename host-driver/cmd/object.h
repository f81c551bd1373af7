/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What runs on the card: an XDP program of a BPF object with all that it needs, or a packet
 * filter that became one. Opened, loaded, attached.
 */
#ifndef CMD_OBJECT_H
#define CMD_OBJECT_H

#include <bpf/libbpf.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/objfile.h"
#include "cmd/objopts.h"
#include "cmd/session.h"
#include "nic/regs.h"
#include "offload/prog.h"

struct object {
    const char *path;
    struct objfile file;
    struct bpf_object *bpf; /* NULL: a filter */
    struct bpf_program *prog;
    struct ebpf_insn *filter; /* its program; or NULL */
    uint32_t filter_count;
    const char *name; /* the program's */
    int fd;           /* the program's once loaded */
    struct {
        struct bpf_link *of; /* NULL: a filter's, */
        int fd;              /* which is a descriptor */
    } link[NIC_PORTS_MAX];
    unsigned links;
    char *log; /* the verifier's */
};

/* Is there either a path or a filter? enum cmd_status. */
int object_usage(const struct cmd *c, const char *path, const struct objopts *opts);

/*
 * All return enum cmd_status and say on stderr what is wrong. What is needed is loaded with the
 * program: those that program arrays start with, those that `maps_from` (or NULL) names, and,
 * when the object has a DEVMAP or CPUMAP, the programs for it. `path` is NULL for a filter.
 */
int object_open(struct object *o, const char *path, const struct objopts *opts,
                const char *maps_from);
/* Opens without choosing: o->prog stays NULL, nothing can be loaded. */
int object_open_all(struct object *o, const char *path, const struct objopts *opts);
/* `verbose`: the whole verifier log of a refused program, not only its end. */
int object_load(struct object *o, struct session *s, bool verbose);
/* To one more port. */
int object_attach(struct object *o, struct session *s, unsigned port);
void object_close(struct object *o); /* a zeroed one is allowed */

/* Loads; 0 or a negative errno, nothing on stderr: why is in nicbpf_refusal and bpflog_warning. */
int object_try_load(struct object *o, bool verbose);

/* A verifier's log, indented; its end, unless `whole`. */
void object_print_log(FILE *out, const char *log, bool whole);

/* ---- choose.c ---- */
/* Sets the types that sections do not tell. */
void choose_types(struct bpf_object *obj);
/* Is it an XDP program, for a port or for an entry of a DEVMAP or CPUMAP? */
bool choose_is_xdp(const struct bpf_program *p);
/* o->prog: the one named (of any hook), or the only one for a port. */
int choose_program(struct object *o, const char *name);
/* Marks what is loaded. */
int choose_needed(struct object *o, const char *maps_from);

#endif
