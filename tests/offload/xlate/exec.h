/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs translated programs, many in one go: under qemu-riscv64 (user mode) or
 * on the engine itself. Each case has its own memory; r1 points to it.
 */
#ifndef TESTS_XLATE_EXEC_H
#define TESTS_XLATE_EXEC_H

#include "offload/image.h"
#include "offload/refint.h"

#define EXEC_CODE      0x20000000u
#define EXEC_DATA      0x30000000u
#define EXEC_STACK     0x10000000u
#define EXEC_STACK_TOP (EXEC_STACK + 0x2000u) /* r10 of every main program */
#define EXEC_STACK_END (EXEC_STACK + 0x4000u)
#define EXEC_MEM       512u /* bytes of memory of a case */
#define EXEC_MAPS      4u

/*
 * A batch of XDP programs: r1 is a struct xdp_md at mem + EXEC_XDP, whose packet
 * is at EXEC_PACKET; maps are arrays of four values of 8 bytes, the last one a copy for
 * each CPU; helper 1 looks one up, 8 gives the CPU, the others depend on nothing.
 */
#define EXEC_XDP        192u
#define EXEC_PACKET     256u
#define EXEC_PACKET_LEN 128u
#define EXEC_CPU        5u  /* in tp; its copies lie behind the packet */
#define EXEC_PLANE      64u /* from one CPU's copies to the next */
extern const struct offload_map exec_xdp_maps[EXEC_MAPS];
/* Fills the xdp_md of case k of n. */
struct exec_case;
void exec_xdp_init(struct exec_case *c, unsigned k, unsigned n);

struct exec_case {
    struct offload_prog prog;
    const struct offload_facts *facts;
    struct offload_xlate_opts opts;
    bool xdp;              /* the same for all of a batch: see EXEC_XDP */
    uint8_t mem[EXEC_MEM]; /* in and out */
    uint64_t r0;           /* out */
    int err;               /* of offload_translate or offload_image_link; the case did not run */
    struct offload_refusal why;
};

/* Addresses of case k of n: its memory, its map m and map m's values. */
uint32_t exec_mem(unsigned k, unsigned n);
uint32_t exec_map(unsigned k, unsigned n, unsigned m);
uint32_t exec_value(unsigned k, unsigned n, unsigned m);

/*
 * Besides exec_helper, on every side:
 *   helper 181       bpf_loop: r1 times r2(index, r3) until it returns not 0; gives the count
 *   tail call        index 1 is taken: exec_tail_target goes on; any other index is not
 *   kernel function  k as helper EXEC_KFUNC + k
 */
#define EXEC_LOOP  181u
#define EXEC_KFUNC 256u
extern const struct offload_prog exec_tail_target;

/* What helper `id` gives, on every side. */
uint64_t exec_helper(uint32_t id, const uint64_t arg[5]);

/* Everything that runs, as memory: code at EXEC_CODE, data at EXEC_DATA. */
struct exec_image {
    uint32_t *code;
    uint32_t code_words;
    uint8_t *data;
    uint32_t data_len;
};

/* The last thing that the image does. */
enum exec_end {
    EXEC_END_LINUX, /* write(1, data), exit(0) */
    EXEC_END_HALT,  /* stores to address EXEC_HALT */
};
#define EXEC_HALT 0x18000000u

/* Translates and links; cases that fail have err set and are left out. Free code and data. */
int exec_build(struct exec_case *cases, unsigned n, enum exec_end end, struct exec_image *out);
/* Takes results out of the data after the run. */
void exec_collect(struct exec_case *cases, unsigned n, const uint8_t *data);

typedef int exec_fn(struct exec_case *cases, unsigned n);
/* 0, or -1 with a line on stderr. */
exec_fn exec_qemu, exec_engine;
bool exec_have_qemu(void);

/* The same case on the reference interpreter; c->err -1 when it did not end with exit. */
enum refint_end exec_refint(struct exec_case *c, unsigned k, unsigned n, struct refint_result *res);
/* The same; `watch` sees each instruction. */
enum refint_end exec_refint_watched(struct exec_case *c, unsigned k, unsigned n,
                                    struct refint_result *res, refint_watch_fn *watch, void *ctx);

#endif
