/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The BPF instruction set as data (RFC 9669), private to offload/. The verifier,
 * the translator and the disassembler ask the same table what an instruction is;
 * what it does is written by each of them.
 */
#ifndef EBPF_EBPF_H
#define EBPF_EBPF_H

#include "offload/prog.h"

enum ebpf_id {
    EBPF_INVALID, /* no instruction of the table */
#define EBPF_INSN(id, opcode, disc, dval, kind, op, bits, fields, text) EBPF_##id,
#include "ebpf/ebpf_insn.def"
    EBPF_ID_COUNT
};

enum ebpf_disc { EBPF_BY_ANY, EBPF_BY_OFF, EBPF_BY_IMM, EBPF_BY_SRC };

enum ebpf_kind {
    EBPF_KIND_INVALID,
    EBPF_KIND_ALU_K,        /* dst = dst op imm; MOV: dst = imm */
    EBPF_KIND_ALU_X,        /* dst = dst op src; MOV: dst = src */
    EBPF_KIND_MOVSX,        /* dst = src, sign-extended from row.dval bits */
    EBPF_KIND_NEG,          /* dst = -dst */
    EBPF_KIND_END,          /* dst = byte order of dst's low row.bits */
    EBPF_KIND_JA,           /* 64: by off; 32: by imm */
    EBPF_KIND_JCC_K,        /* if dst op imm: jump by off */
    EBPF_KIND_JCC_X,        /* if dst op src: jump by off */
    EBPF_KIND_CALL,         /* helper imm */
    EBPF_KIND_CALL_LOCAL,   /* subprogram at the next slot + imm */
    EBPF_KIND_CALL_BTF,     /* kernel function */
    EBPF_KIND_EXIT,         /* end of the program or subprogram */
    EBPF_KIND_LDX,          /* dst = *(src + off), zero-extended */
    EBPF_KIND_LDSX,         /* dst = *(src + off), sign-extended */
    EBPF_KIND_ST,           /* *(dst + off) = imm */
    EBPF_KIND_STX,          /* *(dst + off) = src */
    EBPF_KIND_ATOMIC,       /* *(dst + off) op= src */
    EBPF_KIND_ATOMIC_FETCH, /* the same; src = old value */
    EBPF_KIND_CMPXCHG,      /* r0 = old value; stored src when it was r0 */
    EBPF_KIND_LOAD_ACQ,     /* dst = *(src + off), before what follows it */
    EBPF_KIND_STORE_REL,    /* *(dst + off) = src, after what precedes it */
    EBPF_KIND_LD64,         /* dst = 64-bit immediate, by row id; takes two slots */
    EBPF_KIND_MAY_GOTO,     /* jump by off, once this has been run very often */
    EBPF_KIND_LEGACY,       /* packet access of classic BPF */
};

enum ebpf_alu {
    EBPF_OP_NONE,
    EBPF_OP_ADD,
    EBPF_OP_SUB,
    EBPF_OP_MUL,
    EBPF_OP_DIV,
    EBPF_OP_SDIV,
    EBPF_OP_OR,
    EBPF_OP_AND,
    EBPF_OP_LSH,
    EBPF_OP_RSH,
    EBPF_OP_MOD,
    EBPF_OP_SMOD,
    EBPF_OP_XOR,
    EBPF_OP_MOV,
    EBPF_OP_ARSH,
    EBPF_OP_NEG,
    EBPF_OP_LE,
    EBPF_OP_BE,
    EBPF_OP_BSWAP,
    EBPF_OP_JA,
    EBPF_OP_JEQ,
    EBPF_OP_JGT,
    EBPF_OP_JGE,
    EBPF_OP_JSET,
    EBPF_OP_JNE,
    EBPF_OP_JSGT,
    EBPF_OP_JSGE,
    EBPF_OP_JLT,
    EBPF_OP_JLE,
    EBPF_OP_JSLT,
    EBPF_OP_JSLE,
    EBPF_OP_XCHG,
    EBPF_OP_CMPXCHG,
};

enum ebpf_field {
    EBPF_HAS_DST = 1u << 0,
    EBPF_HAS_SRC = 1u << 1,
    EBPF_HAS_OFF = 1u << 2,
    EBPF_HAS_IMM = 1u << 3,
};

struct ebpf_row {
    const char *name; /* the id's name */
    const char *text; /* see ebpf_insn.def */
    uint8_t id;       /* enum ebpf_id */
    uint8_t opcode;
    uint8_t disc; /* enum ebpf_disc */
    uint16_t dval;
    uint8_t kind; /* enum ebpf_kind */
    uint8_t op;   /* enum ebpf_alu */
    uint8_t bits;
    uint8_t fields; /* enum ebpf_field */
};

#define EBPF_FP   10u /* frame pointer, read-only */
#define EBPF_REGS 11u /* r0..r10 */

/* The row of `insn`; row 0 (EBPF_INVALID) when it is none of the table. Never NULL. */
const struct ebpf_row *ebpf_decode(const struct ebpf_insn *insn);
/* Row `id`, 0..EBPF_ID_COUNT-1. */
const struct ebpf_row *ebpf_row(unsigned id);
/* Whether a field that the row does not have is not zero. */
bool ebpf_reserved_used(const struct ebpf_row *row, const struct ebpf_insn *insn);

/* Slots the instruction takes: 2 for LD_IMM64, else 1. */
static inline uint32_t ebpf_slots(const struct ebpf_row *row)
{
    return row->kind == EBPF_KIND_LD64 ? 2 : 1;
}

/* Name of helper `id` as in uapi bpf.h ("bpf_map_lookup_elem"), or NULL. */
const char *ebpf_helper_name(uint32_t id);

#endif
