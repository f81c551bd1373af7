/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Assembler of BPF text, for tests: the inverse of the disassembler, from the
 * same table. One instruction a line, `#` comments, labels "Name:" (upper-case
 * first letter) usable where a jump or local call has "pc+N", a function's address "+N". Numbers of
 * a MOV are decimal; hexadecimal makes a 64-bit immediate, as in the printed form. "hex: 16 digits"
 * is one slot as its bytes.
 */
#ifndef TESTS_EBPF_ASM_H
#define TESTS_EBPF_ASM_H

#include <stddef.h>

#include "ebpf/ebpf.h"

struct asm_error {
    unsigned line; /* from 1 */
    char text[128];
};

/* Slots written to out, or -1 with *err. */
long bpf_asm(const char *source, struct ebpf_insn *out, size_t max, struct asm_error *err);

#endif
