/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random RV64 programs and the two machines that run them.
 *
 * A program is user-mode code at P_CODE and two data regions, whose addresses
 * are those of local SRAM and of DRAM on the engine. It ends by storing x1..x31
 * at P_REGS, in DRAM; what it left in both regions is its result.
 */
#ifndef TESTS_RV64_PROGRAM_H
#define TESTS_RV64_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define P_CODE  0x20000000u
#define P_LOCAL 0x10000000u
#define P_DRAM  0x80000000u
#define P_REGS  (P_DRAM + P_DRAM_BYTES - 256u)

enum { P_CODE_WORDS = 8192, P_LOCAL_BYTES = 16384, P_DRAM_BYTES = 32768 };

struct program {
    uint64_t seed;
    uint32_t code[P_CODE_WORDS];
    unsigned words;
    uint8_t local[P_LOCAL_BYTES], dram[P_DRAM_BYTES]; /* before */
};

struct result {
    uint8_t local[P_LOCAL_BYTES], dram[P_DRAM_BYTES]; /* after */
    uint64_t insns, cycles;                           /* the engine only */
};

/* The program of this seed, without an end: `words` is where to put it. */
void program_generate(struct program *p, uint64_t seed);

/* Runs p under qemu-riscv64 (`qemu`: its path). 0, or -1 with the reason on stderr. */
int program_run_qemu(const struct program *p, const char *qemu, struct result *out);
/* Ways in which the engine may be driven, which must not make a difference. */
struct engine_mode {
    const char *name;
    uint64_t step; /* cycles that each call of engine_run gets; 0: all */
    bool direct;   /* it reaches DRAM by itself, instead of over the bus */
};
/* Runs p on the engine. 0 or -1. */
int program_run_engine(const struct program *p, const struct engine_mode *mode, struct result *out);

/* A static ELF executable of p, whose code goes on with `end`. 0 or -1. */
int program_write_elf(const struct program *p, const uint32_t *end, unsigned end_words,
                      const char *path);

#endif
