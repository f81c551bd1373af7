/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cases as text. A file holds many, each:
 *
 *     name: what it shows
 *     map: TYPE KEY VALUE MAX [rdonly|wronly|frozen HEX|any_length]...   any number; map[0], map[1]
 * ... inner: TYPE KEY VALUE MAX [any_length]       what the maps inside the map before are like
 *     licence: none          (default GPL)
 *     without: ID            this helper is not available
 *     stack: uninit          unwritten stack may be read (the kernel's root loader)
 *     hook: devmap | cpumap  where the program runs
 *     limit: N               processed instructions
 *     types: int | void      subprograms have BTF, static functions with such a result (for us: the
 *                            kernel is given none)
 *     kfuncs: all            kernel functions are available
 *     alignment: strict     BPF_F_STRICT_ALIGNMENT
 *     device: bound          the program is bound to the device
 *     kernel: same | stricter | skip   "stricter": we refuse what the kernel takes; "skip": only
 *                                      here
 *     accept | refuse: PART OF THE REASON
 *     reason: NAME           of a refused one: the row of offload/reasons.def
 *     neighbour: NAME...     of an accepted one: reasons for which others, nearly the same, are
 *                            refused (test_reasons.c)
 *     ---
 *     program (asm.h), # starts a comment
 *     ===
 */
#ifndef TESTS_VERIFIER_CASES_H
#define TESTS_VERIFIER_CASES_H

#include "asm.h"
#include "offload/verifier.h"

enum { CASE_MAPS = 8, CASE_DATA = 64, CASE_NEIGHBOURS = 4, CASE_SUBPROGS = 8 };

enum case_kernel { KERNEL_SAME, KERNEL_STRICTER, KERNEL_SKIP };

struct test_case {
    char name[80];
    const char *file;
    int line;
    struct offload_map map[CASE_MAPS], inner[CASE_MAPS];
    uint8_t data[CASE_MAPS][CASE_DATA]; /* frozen contents */
    uint32_t maps;
    struct offload_verify_opts opts;
    bool gpl, accept, dev_bound, strict;
    enum offload_hook hook;
    char reason[200];
    enum offload_reason why;                        /* or NONE: not said */
    enum offload_reason neighbour[CASE_NEIGHBOURS]; /* up to the first NONE */
    enum case_kernel kernel;
    bool typed, returns_int; /* the subprograms have BTF */
    struct offload_subprog sub[CASE_SUBPROGS];
    uint32_t subs;
    struct asm_out code;
};

typedef void (*case_fn)(void *arg, struct test_case *c);
/* Calls fn for each case of each *.txt in `dir`, by name; returns how many, or -1 having said why
 * on stderr. */
int cases_each(const char *dir, case_fn fn, void *arg);
/* The program of a case, borrowed from it. */
struct offload_prog case_prog(const struct test_case *c);

#endif
