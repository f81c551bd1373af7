/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small assembler for test cases: the text of each row of ebpf_insn.def read
 * backwards, plus labels ("top:", "goto top", "call fn"), 64-bit immediates
 * ("r1 = 5 ll"), maps ("r1 = map[0]", "r1 = map[0][0]+4") and slots given raw
 * (".slot OPCODE DST SRC OFF IMM").
 */
#ifndef TESTS_VERIFIER_ASM_H
#define TESTS_VERIFIER_ASM_H

#include <stddef.h>

#include "offload/prog.h"

enum { ASM_SLOTS = 4096, ASM_LABELS = 64, ASM_NAME = 24 };

struct asm_label {
    char name[ASM_NAME];
    uint32_t slot;
};

struct asm_use {
    char name[ASM_NAME];
    uint32_t slot;
    int line;
    char field; /* 'o' the offset, 'I' the immediate */
};

struct asm_out {
    struct ebpf_insn insn[ASM_SLOTS];
    uint32_t count;
    struct asm_label label[ASM_LABELS];
    unsigned labels;
    struct asm_use use[ASM_LABELS * 4];
    unsigned uses;
    char error[160];
};

/* One line of text into *out, which starts zeroed; 0 or -1 with out->error. */
int asm_line(struct asm_out *out, const char *text, int line);
/* Sets the labels' distances; 0 or -1 with out->error. */
int asm_end(struct asm_out *out);
/* A whole program, lines up to a NULL, into *out as it may be; 0 or -1, and the error is printed.
 */
int asm_lines(struct asm_out *out, const char *const *lines);

#endif
