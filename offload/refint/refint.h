/* SPDX-License-Identifier: BSD-3-Clause */
/* The interpreter's private state. */
#ifndef REFINT_REFINT_H
#define REFINT_REFINT_H

#include "offload/refint.h"

#define REFINT_FRAMES     64u /* of all programs of a chain of tail calls */
#define REFINT_DEPTH      8u  /* of one program */
#define REFINT_TAIL_CALLS 33u
#define REFINT_MAY_GOTO   (8u << 20) /* times that may_goto falls through, in one frame */
/* Addresses of functions: nothing can be loaded from there. */
#define REFINT_CODE        0x7f00000000000000u
#define REFINT_FRAME_BYTES 512u

struct frame {
    uint64_t saved[4]; /* r6..r9 */
    int64_t ret;       /* slot */
    const struct offload_prog *prog;
    unsigned base;
    uint32_t may_goto;
};

struct refint_run {
    const struct offload_prog *prog;
    const struct refint_config *cfg;
    struct ebpf_insn i; /* being run */
    int64_t pc;
    uint64_t r[11];
    unsigned depth;
    unsigned base; /* depth at which the running program began */
    unsigned tail_calls;
    uint32_t may_goto; /* left, in this frame */
    uint64_t steps, limit;
    uint32_t at;         /* slot being run */
    enum refint_end end; /* not EXIT: why a callback did not return */
    struct frame frame[REFINT_FRAMES];
    uint64_t stack_top;
    uint64_t fault_addr;
    uint8_t stack[REFINT_FRAMES * REFINT_FRAME_BYTES];
};

/* Little-endian access of `bytes` at addr; false (and fault_addr) outside memory. */
bool refint_load(struct refint_run *m, uint64_t addr, unsigned bytes, uint64_t *v);
bool refint_store(struct refint_run *m, uint64_t addr, unsigned bytes, uint64_t v);
/* Arithmetic and byte swaps; pc moves on. */
enum refint_end refint_alu(struct refint_run *m, bool wide);

#endif
