/* SPDX-License-Identifier: BSD-3-Clause */
/* The making of XDP programs: what gen_xdp.c and gen_rich.c share. */
#ifndef TESTS_XLATE_GEN_XDP_H
#define TESTS_XLATE_GEN_XDP_H

#include "ebpf/ebpf.h"
#include "exec.h"
#include "gen.h"

#define UNITS    24u
#define BAILS    24u
#define CALLS    12u
#define PROVED   64u /* bytes of packet */
#define KEY      (-72)
#define VAR_SPAN 16u

/*
 * r6 is the context, r7 the packet, r8 its end, r9 counts the loop; r0..r5 hold numbers between
 * units. The stack from -64 up holds numbers; below, down to -160, is for the units.
 */
struct gen {
    struct rng *r;
    struct ebpf_insn *out;
    uint32_t n;
    uint32_t unit[UNITS + 1], units;
    struct {
        uint32_t slot, unit;
    } jump[UNITS];
    uint32_t jumps;
    uint32_t bail[BAILS], bails; /* jumps to the end: the packet is too short */
    struct {
        uint32_t slot, func;
    } call[CALLS]; /* slots that name a function */
    uint32_t calls;
    bool rich;
};

/* One instruction; what the row fixes is as the row says. */
void gen_op(struct gen *g, enum ebpf_id id, unsigned dst, unsigned src, int off, int32_t imm);
unsigned gen_reg(struct gen *g); /* r0..r5 */
int32_t gen_number(struct gen *g);
/* Numbers into r(from)..r5. */
void gen_fill(struct gen *g, unsigned from);
enum ebpf_id gen_load_of(unsigned bytes);
enum ebpf_id gen_store_of(unsigned bytes);
unsigned gen_size(struct gen *g); /* 1, 2, 4, 8 */
/* A load or store through base, which may be moved within `room` bytes. */
void gen_access(struct gen *g, unsigned base, unsigned room);
void gen_arithmetic(struct gen *g);
void gen_branch(struct gen *g);

void gen_second(struct gen *g, int32_t imm);          /* slot of LD_IMM64 */
void gen_frame(struct gen *g, unsigned reg, int off); /* reg = r10 + off */
void gen_call(struct gen *g, int32_t id);
/* A jump that gen_here ends. */
uint32_t gen_skip(struct gen *g, enum ebpf_id id, unsigned dst, unsigned src, int32_t imm);
void gen_here(struct gen *g, uint32_t slot);
/* Any row of these kinds. */
const struct ebpf_row *gen_row_of(struct gen *g, enum ebpf_kind first, enum ebpf_kind last);
/* Loads, stores and atomics of `room` aligned bytes that are the program's own. */
void gen_accesses(struct gen *g, unsigned base, int off, unsigned room);

/* Units of gen_calls.c. */
void gen_far_jump(struct gen *g);
void gen_may_goto(struct gen *g);
void gen_counted(struct gen *g);
void gen_iterator(struct gen *g);
void gen_local_call(struct gen *g);
void gen_loop_call(struct gen *g);

/* A unit of what only exec's world has: maps of every kind, helpers, calls, iterators. */
void gen_rich_unit(struct gen *g);
/* The functions that the units call, behind the main program. */
void gen_rich_functions(struct gen *g);

#endif
