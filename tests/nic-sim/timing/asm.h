/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line assembler over the simulator's own instruction table, for programs of a
 * few instructions written as text:
 *
 *     "addi a0 zero 5; mul a1 a0 a0; ld a2 8 s0; bne a0 zero -8"
 *
 * Mnemonics and registers as rv64.h names them, then, after spaces, operands:
 * R: rd rs1 rs2; I: rd rs1 imm, but loads and jalr: rd imm rs1; S: rs2 imm rs1;
 * B: rs1 rs2 offset; U, J: rd imm; CSR: rd csr rs1; AMO: rd rs2 rs1; LR: rd rs1.
 * `pause` is the hint of Zihintpause, `park` a jump to itself.
 */
#ifndef TESTS_TIMING_ASM_H
#define TESTS_TIMING_ASM_H

#include <stdint.h>

/* Words of `text` in out[max]; how many, or -1 with the faulty instruction in *bad. */
int asm_text(const char *text, uint32_t *out, unsigned max, const char **bad);

#endif
