/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The instruction set of the engines: RV64IMA, Zicsr, Zifencei, Zba, Zbb, Zbs.
 * Ids, decoder, disassembler and encoders, all expanded from rv64_insn.def:
 *
 *   RV64_INSN(id, "mnemonic", ext, format, match, mask, flow, timing)
 *     ext     I, M, A, ZICSR, ZIFENCEI, ZBA, ZBB, ZBS, PRIV
 *     format  R, I, SH6 (6-bit shamt), SH5, S, B, U, J, CSR, CSRI, AMO, LR, FENCE, NONE,
 *             R1 (rd, rs1 only), R0 (rs1, rs2 only)
 *     flow    NEXT, BRANCH, JUMP, JUMPR, SYSTEM
 *     timing  ALU, MUL, DIV, BRANCH, JUMP, LOAD, STORE, ATOMIC, CSR, SYSTEM
 *
 * Source: RISC-V unprivileged ISA manual 20191213 and the ratified Zba/Zbb/Zbs 1.0.0.
 */
#ifndef NIC_RV64_H
#define NIC_RV64_H

#include <stddef.h>
#include <stdint.h>

enum rv64_op {
    RV64_OP_INVALID,
#define RV64_INSN(id, mnemonic, ext, format, match, mask, flow, timing) RV64_OP_##id,
#include "nic/rv64_insn.def"
    RV64_OP_COUNT
};

enum rv64_format {
    RV64_FMT_R,
    RV64_FMT_R1,
    RV64_FMT_R0,
    RV64_FMT_I,
    RV64_FMT_SH6,
    RV64_FMT_SH5,
    RV64_FMT_S,
    RV64_FMT_B,
    RV64_FMT_U,
    RV64_FMT_J,
    RV64_FMT_CSR,
    RV64_FMT_CSRI,
    RV64_FMT_AMO,
    RV64_FMT_LR,
    RV64_FMT_FENCE,
    RV64_FMT_NONE,
};

/* clang-format off */
enum rv64_reg {
    RV64_ZERO, RV64_RA, RV64_SP, RV64_GP, RV64_TP, RV64_T0, RV64_T1, RV64_T2,
    RV64_S0, RV64_S1, RV64_A0, RV64_A1, RV64_A2, RV64_A3, RV64_A4, RV64_A5,
    RV64_A6, RV64_A7, RV64_S2, RV64_S3, RV64_S4, RV64_S5, RV64_S6, RV64_S7,
    RV64_S8, RV64_S9, RV64_S10, RV64_S11, RV64_T3, RV64_T4, RV64_T5, RV64_T6,
};
/* clang-format on */

struct rv64_insn {
    enum rv64_op op;
    uint8_t rd, rs1, rs2; /* 0 where the format has none; CSRI: rs1 is the 5-bit immediate */
    /*
     * Sign-extended immediate, shift amount or CSR number. B, J: byte offset.
     * U: the value placed in rd (bits 31..12). AMO, LR: aq << 1 | rl.
     * FENCE: fm << 8 | pred << 4 | succ.
     */
    int32_t imm;
};

/* Decodes one word. op is RV64_OP_INVALID for anything not in the table. */
struct rv64_insn rv64_decode(uint32_t word);

/*
 * Writes the assembly of `word` at address pc to buf (always terminated), in
 * llvm-objdump's form without pseudo-instructions: decimal immediates, `lui` and
 * CSR numbers in hexadecimal, branch targets as 0x addresses; a word that is not
 * in the table as ".word 0x...".
 * Returns the length that was wanted, as snprintf.
 */
int rv64_disasm(uint32_t word, uint64_t pc, char *buf, size_t len);

const char *rv64_mnemonic(enum rv64_op op);
const char *rv64_reg_name(unsigned reg); /* ABI name */
enum rv64_format rv64_op_format(enum rv64_op op);
uint32_t rv64_op_match(enum rv64_op op);
uint32_t rv64_op_mask(enum rv64_op op);

/*
 * Encoders, by format; operands that the op's format has not are ignored.
 * Immediates must fit (asserted in debug builds; the caller checks with
 * rv64_imm_fits). B and J take the byte offset; U takes the full 32-bit value.
 */
uint32_t rv64_encode(enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm);
/* 1 when imm can be encoded by this op; an op without immediate takes only 0. */
int rv64_imm_fits(enum rv64_op op, int64_t imm);

#endif
