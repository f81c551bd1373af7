/* SPDX-License-Identifier: BSD-3-Clause */
/* BPF instructions by hand, for programs of a few lines in tests. */
#ifndef TEST_INSNS_H
#define TEST_INSNS_H

#include <linux/bpf.h>

#define INSN(c, d, s, o, i)                                                                        \
    {.code = (uint8_t)(c), .dst_reg = (d), .src_reg = (s), .off = (int16_t)(o), .imm = (i)}
#define MOV(d, i)             INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define MOVR(d, s)            INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define ADD(d, i)             INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define SUBR(d, s)            INSN(BPF_ALU64 | BPF_SUB | BPF_X, d, s, 0, 0)
#define LOAD(size, d, s, o)   INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STORE(size, d, o, s)  INSN(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define STOREI(size, d, o, i) INSN(BPF_ST | BPF_MEM | (size), d, 0, o, i)
#define JUMP(op, d, s, o)     INSN(BPF_JMP | (op) | BPF_X, d, s, o, 0)
#define JUMPI(op, d, i, o)    INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define CALL(f)               INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define EXIT                  INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define MAP_FD(d, fd)         INSN(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_MAP_FD, 0, fd), {0}
#define MAP_VALUE(d, fd, at)                                                                       \
    INSN(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_MAP_VALUE, 0, fd), INSN(0, 0, 0, 0, at)

#endif
