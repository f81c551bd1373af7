/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reference interpreter: runs BPF (RFC 9669, plus the call frames of Linux) in
 * the plainest way, over memory that the caller describes. An oracle for tests;
 * it shares only the instruction encoding with the translator. No global state.
 */
#ifndef OFFLOAD_REFINT_H
#define OFFLOAD_REFINT_H

#include "offload/prog.h"

/* Program addresses [base, base+len) are data[0..len). Borrowed during the run. */
struct refint_region {
    uint64_t base;
    uint64_t len; /* bytes */
    uint8_t *data;
    bool writable;
};

/*
 * Helper `id` with arguments r1..r5; its result into *r0. 0, or a negative
 * errno, which ends the run with REFINT_HELPER.
 */
typedef int refint_helper_fn(void *ctx, uint32_t id, const uint64_t arg[5], uint64_t *r0);

/* The run that a helper was called from; only the interpreter looks inside. */
struct refint_run;
/* The same for helpers that call back: see refint_callback. */
typedef int refint_loop_fn(void *ctx, struct refint_run *run, uint32_t id, const uint64_t arg[5],
                           uint64_t *r0);
/*
 * bpf_tail_call with the context, program array and index in arg[0..2]. The program to go on
 * with, borrowed until the run ends; NULL: the call is not taken.
 */
typedef const struct offload_prog *refint_tail_fn(void *ctx, const uint64_t arg[5]);

/* Before each instruction: the slot about to run, and r0..r10. */
typedef void refint_watch_fn(void *ctx, const struct offload_prog *prog, uint32_t insn,
                             const uint64_t reg[11]);

struct refint_config {
    const struct refint_region *regions;
    unsigned region_count;
    const uint64_t *map_addr;   /* per map of the program: what LD_IMM64 src 1 gives; may be NULL */
    const uint64_t *value_addr; /* the same for src 2, without the offset */
    uint64_t stack_top;         /* r10 of the main program; frames of 512 bytes lie below */
    uint64_t step_limit;        /* instructions; 0 = 1,000,000 */
    refint_helper_fn *helper;   /* NULL: every helper call ends the run */
    refint_helper_fn *kfunc;    /* the same for kernel functions: id is the row in kfuncs.def */
    refint_loop_fn *loop;       /* asked first, when there is one; 1: `helper` is to do it */
    refint_tail_fn *tail_call;  /* NULL: no tail call is taken */
    refint_watch_fn *watch;     /* NULL: nobody */
    void *helper_ctx;           /* ctx of all five */
    uint64_t r1;                /* argument of the program */
};

enum refint_end {
    REFINT_EXIT,     /* the program returned */
    REFINT_OPCODE,   /* not an instruction, or one that needs a kernel */
    REFINT_REGISTER, /* register number above 10, or r10 written */
    REFINT_PC,       /* left the program, or went into the middle of LD_IMM64 */
    REFINT_MEMORY,   /* access outside the regions and the stack, or a store to read-only memory */
    REFINT_CALL_DEPTH, /* more than 8 frames, callbacks included; 64 with tail calls */
    REFINT_HELPER,     /* no such helper, or it failed */
    REFINT_STEPS,      /* step_limit reached */
};

struct refint_result {
    enum refint_end end;
    uint32_t insn;  /* slot that ended the run */
    uint64_t r0;    /* REFINT_EXIT: the result */
    uint64_t addr;  /* REFINT_MEMORY: of the access */
    uint64_t steps; /* instructions run */
};

/* Runs prog->insns from slot 0. Returns out->end. */
enum refint_end refint_run(const struct offload_prog *prog, const struct refint_config *cfg,
                           struct refint_result *out);

/*
 * From a refint_loop_fn: calls the function whose address LD_IMM64 (src 4) gave, with arguments
 * r1..r5. 0 and the result in *r0, or -1 when the run ended inside it, which the caller returns.
 */
int refint_callback(struct refint_run *run, uint64_t func, const uint64_t arg[5], uint64_t *r0);

/* "memory access outside the regions", for messages. */
const char *refint_end_text(enum refint_end end);

#endif
