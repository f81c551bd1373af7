/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine against qemu-riscv64 on random programs.
 *
 *   test_rv64 QEMU [MILLIONS [SEED]]
 *
 * Runs the programs of SEED, SEED+1, ... until so many million instructions ran
 * on both. The first difference is reported with its seed, and ends the run.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nic/rv64.h"
#include "rv64_program.h"

enum { SKIP = 77 };

static uint64_t word_at(const uint8_t *mem, size_t i)
{
    uint64_t v;
    memcpy(&v, mem + i, 8);
    return v;
}

static int compare_registers(const struct result *a, const struct result *b)
{
    for (unsigned r = 1; r < 32; r++) {
        size_t at = P_REGS - P_DRAM + 8 * r;
        if (word_at(a->dram, at) != word_at(b->dram, at)) {
            fprintf(stderr, "  x%u (%s): qemu 0x%016" PRIx64 ", engine 0x%016" PRIx64 "\n", r,
                    rv64_reg_name(r), word_at(a->dram, at), word_at(b->dram, at));
            return 1;
        }
    }
    return 0;
}

static int compare_memory(const uint8_t *a, const uint8_t *b, size_t bytes, uint64_t base)
{
    for (size_t i = 0; i < bytes; i += 8) {
        if (word_at(a, i) != word_at(b, i)) {
            fprintf(stderr,
                    "  memory 0x%" PRIx64 ": qemu 0x%016" PRIx64 ", engine 0x%016" PRIx64 "\n",
                    base + i, word_at(a, i), word_at(b, i));
            return 1;
        }
    }
    return 0;
}

static int compare(const struct program *p, const struct result *a, const struct result *b)
{
    if (memcmp(a->local, b->local, sizeof(a->local)) == 0 &&
        memcmp(a->dram, b->dram, sizeof(a->dram)) == 0) {
        return 0;
    }
    fprintf(stderr, "MISMATCH: seed %" PRIu64 "\n", p->seed);
    compare_registers(a, b);
    compare_memory(a->local, b->local, sizeof(a->local), P_LOCAL);
    compare_memory(a->dram, b->dram, sizeof(a->dram), P_DRAM);
    return 1;
}

static const struct engine_mode modes[] = {
    {"over the bus, in one go", 0, false},
    {"over the bus, in steps", 97, false},
    {"direct, in one go", 0, true},
    {"direct, in steps", 1009, true},
};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

/* However the engine is driven: the same memory, instructions and cycles. */
static int run_modes(const struct program *p, struct result *out)
{
    static struct result other;

    for (unsigned m = 0; m < MODES; m++) {
        struct result *r = m == 0 ? out : &other;
        if (program_run_engine(p, &modes[m], r) != 0) {
            return -1;
        }
        if (memcmp(r, out, sizeof(*r)) != 0) {
            fprintf(stderr,
                    "%s: %" PRIu64 " instructions, %" PRIu64 " cycles; %s: %" PRIu64 ", %" PRIu64
                    "\n",
                    modes[0].name, out->insns, out->cycles, modes[m].name, r->insns, r->cycles);
            return -1;
        }
    }
    return 0;
}

static int run_seed(const char *qemu, uint64_t seed, uint64_t *insns)
{
    static struct program p;
    static struct result ours, theirs;

    program_generate(&p, seed);
    if (run_modes(&p, &ours) != 0 || program_run_qemu(&p, qemu, &theirs) != 0) {
        fprintf(stderr, "FAILED: seed %" PRIu64 "\n", seed);
        return 1;
    }
    *insns += ours.insns;
    return compare(&p, &theirs, &ours);
}

int main(int argc, char **argv)
{
    uint64_t wanted = argc > 2 ? strtoull(argv[2], NULL, 0) * 1000000 : 2000000;
    uint64_t first = argc > 3 ? strtoull(argv[3], NULL, 0) : 1, insns = 0, seed;

    if (argc < 2 || argv[1][0] == '\0') {
        fprintf(stderr, "SKIP: qemu-riscv64 (package qemu-user) was not found\n");
        return SKIP;
    }
    for (seed = first; insns < wanted; seed++) {
        if (run_seed(argv[1], seed, &insns) != 0) {
            return 1;
        }
    }
    printf("%" PRIu64 " programs, %" PRIu64 " instructions: equal\n", seed - first, insns);
    return 0;
}
