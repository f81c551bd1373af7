/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cases as data. A file holds any number of
 *
 *   == name
 *   mem: HEX BYTES          memory from offset 0; the rest is zero
 *   instructions            see ebpf/asm.h
 *   -> R0                   expected result
 *   with A B ... -> R0      instead: a case of its own for each such line, of the same
 *                           instructions, whose memory begins with these 64-bit numbers
 *   addresses               the result has addresses of the test: not for the kernel
 *   mem-> OFFSET: HEX BYTES expected memory afterwards
 */
#ifndef TESTS_XLATE_CASES_H
#define TESTS_XLATE_CASES_H

#include "ebpf/ebpf.h"
#include "exec.h"

#define CASE_EXPECTS 4

struct data_case {
    char name[96];
    struct ebpf_insn *insns;
    uint32_t insn_count;
    uint8_t mem[EXEC_MEM];
    uint64_t r0;
    struct {
        uint32_t off, len;
        uint8_t bytes[64];
    } expect[CASE_EXPECTS];
    unsigned expect_count;
    bool addresses;
    bool shared; /* insns are those of the case before */
};

struct case_list {
    struct data_case *cases;
    unsigned count;
};

/* Appends every case of the file; 0, or -1 with a line on stderr. */
int cases_load(struct case_list *list, const char *path);
/* The same for every *.data of a directory, by name. */
int cases_load_dir(struct case_list *list, const char *dir);
void cases_free(struct case_list *list);

#endif
