/* SPDX-License-Identifier: BSD-3-Clause */
/* The interpreter's private state. */
#ifndef REFINT_REFINT_H
#define REFINT_REFINT_H

#include "offload/refint.h"

#define REFINT_FRAMES      8
#define REFINT_FRAME_BYTES 512u

struct frame {
    uint64_t saved[4]; /* r6..r9 */
    int64_t ret;
};

struct machine {
    const struct offload_prog *prog;
    const struct refint_config *cfg;
    struct ebpf_insn i; /* being run */
    int64_t pc;
    uint64_t r[11];
    unsigned depth;
    struct frame frame[REFINT_FRAMES];
    uint64_t stack_top;
    uint64_t fault_addr;
    uint8_t stack[REFINT_FRAMES * REFINT_FRAME_BYTES];
};

/* Little-endian access of `bytes` at addr; false (and fault_addr) outside memory. */
bool refint_load(struct machine *m, uint64_t addr, unsigned bytes, uint64_t *v);
bool refint_store(struct machine *m, uint64_t addr, unsigned bytes, uint64_t v);
/* Arithmetic and byte swaps; pc moves on. */
enum refint_end refint_alu(struct machine *m, bool wide);

#endif
