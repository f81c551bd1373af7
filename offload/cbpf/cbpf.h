/* SPDX-License-Identifier: BSD-3-Clause */
/* What the converter's files share. */
#ifndef CBPF_CBPF_H
#define CBPF_CBPF_H

#include "offload/cbpf.h"

/* Fields of `code`. */
enum {
    CBPF_LD = 0x00,
    CBPF_LDX = 0x01,
    CBPF_ST = 0x02,
    CBPF_STX = 0x03,
    CBPF_ALU = 0x04,
    CBPF_JMP = 0x05,
    CBPF_RET = 0x06,
    CBPF_MISC = 0x07,

    CBPF_W = 0x00,
    CBPF_H = 0x08,
    CBPF_B = 0x10,

    CBPF_IMM = 0x00,
    CBPF_ABS = 0x20,
    CBPF_IND = 0x40,
    CBPF_MEM = 0x60,
    CBPF_LEN = 0x80,
    CBPF_MSH = 0xa0,

    CBPF_LSH = 0x60,
    CBPF_RSH = 0x70,
    CBPF_DIV = 0x30,
    CBPF_NEG = 0x80,
    CBPF_MOD = 0x90,
    CBPF_XOR = 0xa0,

    CBPF_JA = 0x00,
    CBPF_JEQ = 0x10,
    CBPF_JGT = 0x20,
    CBPF_JGE = 0x30,
    CBPF_JSET = 0x40,

    CBPF_X = 0x08,     /* source of ALU and JMP */
    CBPF_RET_A = 0x10, /* RET: of A, else of k */
    CBPF_TXA = 0x80,   /* MISC: A = X, else X = A */
};
#define CBPF_CLASS(code) ((code) & 0x07)
#define CBPF_SIZE(code)  ((code) & 0x18)
#define CBPF_MODE(code)  ((code) & 0xe0)
#define CBPF_OP(code)    ((code) & 0xf0)

#define CBPF_WORDS 16u /* of scratch memory */

/* Bytes that a load of this code takes. */
static inline uint32_t cbpf_bytes(uint16_t code)
{
    return CBPF_SIZE(code) == CBPF_W ? 4 : CBPF_SIZE(code) == CBPF_H ? 2 : 1;
}

/* Is every instruction one that there is, every jump forward and within, the last a return? */
int cbpf_check(const struct cbpf_insn *insns, uint32_t count, struct offload_refusal *why);

#endif
