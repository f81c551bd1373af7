/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim check: what its files share. */
#ifndef CMD_CHECK_H
#define CMD_CHECK_H

#include "cmd/cmd.h"
#include "cmd/devopts.h"
#include "cmd/object.h"
#include "cmd/objopts.h"
#include "offload/abi.h"
#include "offload/profile.h"
#include "offload/reasons.h"

struct check_values {
    struct devopts dev;
    struct objopts obj;
    const char *profile;
    bool json, verbose;
};

/* Why a program is refused: one reason of several. */
struct check_reason {
    char rule[24], text[480];
    char file[256], source[256]; /* "" when unknown */
    uint32_t line, insn;         /* insn OFFLOAD_NO_INSN: the program as a whole */
    enum offload_reason why;     /* the verifier's reason, or NONE */
    const char *hint;            /* or NULL */
    unsigned times;              /* the same at so many places */
};

/* Absolute, and of how many: 0 = no limit. */
struct check_use {
    uint64_t used, of;
};

struct check_program {
    char name[128], section[64];
    bool accepted, loaded; /* loaded: the figures below are there */
    struct check_reason *reasons;
    size_t reason_count;
    uint32_t bpf_insns;
    struct check_use verified, stack, map_memory, store, engine_insns;
    uint64_t longest_path; /* engine instructions; 0 = not bounded */
    char *log;             /* the verifier's, of a refused one; or NULL */
};

struct check_report {
    const char *path;
    struct offload_profile profile;
    struct check_program *programs;
    size_t count;
};

/* enum cmd_status: reads and parses a profile by name (that comes with nicsim) or file. */
int check_profile(const char *name, struct offload_profile *out);
/* Fills p with all that is found out about the program `name`. */
int check_one(const struct check_values *v, const char *path, const char *name, struct session *s,
              struct check_report *report, struct check_program *p);

void check_print(const struct check_report *r, bool verbose);
void check_json(const struct check_report *r);

#endif
