/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The translator's private state. Stages, in order:
 *
 *   scan     checks every reached instruction; finds jump targets and functions
 *   inline   subprograms that are done in place
 *   frame    stack frame of each function, depth of the call chains
 *   emit     one pass over the slots: alu, mem, atomic, jump, call write symbolic
 *            ops; jumps between slots are *sites* with a slot as target
 *   opt      passes over the ops: see opt.h
 *   layout   gives each op its size and final place
 *   image    the result: code, relocations, line table
 *
 * With opts->naive the emitters work in the manner of the Linux RV64 JIT: one
 * instruction at a time, its register map and its frames.
 */
#ifndef XLATE_XLATE_H
#define XLATE_XLATE_H

#include "ebpf/ebpf.h"
#include "nic/rv64.h"
#include "offload/abi.h"
#include "offload/image.h"

#define XLATE_INSNS_MAX 1000000u /* the kernel's limit for a privileged program */

enum xlate_slot_flag {
    XLATE_LIVE = 1u << 0,   /* an instruction starts here and some path runs it */
    XLATE_MIDDLE = 1u << 1, /* second slot of LD_IMM64 */
    XLATE_TARGET = 1u << 2, /* a live jump comes here */
    XLATE_TAKEN = 1u << 3,  /* conditional jump: taken edge possible */
    XLATE_FALLS = 1u << 4,  /* conditional jump: fall-through possible */
    XLATE_FUNC = 1u << 5,   /* a function starts here */
    XLATE_LOOP = 1u << 7,   /* a jump from below comes here */
    XLATE_HANDED = 1u << 6, /* the address of the function that starts here is handed out */
};

struct xlate_func {
    uint32_t start, end; /* slots */
    uint32_t raw;        /* op of the prologue */
    uint32_t bpf_stack;  /* bytes of BPF stack, 0 when r10 is not used */
    uint32_t bytes;      /* stack used: BPF stack, saved registers, padding */
    int32_t fp_off;      /* r10 = sp + fp_off in the body */
    uint16_t saved;      /* bit n: BPF register n is saved; bits XLATE_SAVE_RA, _S0 */
    bool adjust;         /* sp moves down by `bytes` */
    bool calls;          /* helper or subprogram */
    bool callback;       /* the firmware may call it */
    bool names;          /* takes the address of a function */
    bool calls_back;     /* calls a helper that calls functions */
    bool may_goto;       /* has a count of its loops, 8 bytes at `count_off` */
    int32_t count_off;   /* from sp in the body */
    bool uses_fp;
    uint16_t written; /* bit n: BPF register n is written */
    bool in_line;     /* calls of it are done in place */
    bool leaf;        /* calls nobody and has its own registers for r6 to r8 */
    bool cmpxchg;     /* t3 and t4 are scratch */
};
#define XLATE_SAVE_RA 11
#define XLATE_SAVE_S0 12

enum xlate_op_kind {
    XLATE_OP_GONE, /* removed by a pass */
    XLATE_OP_RV,   /* one engine instruction */
    XLATE_OP_LI,   /* rd = imm, by as many instructions as it takes */
    XLATE_OP_ADDR, /* rd = address: lui, addiw, zext.w and a relocation */
    XLATE_OP_CODE, /* rd = address of function `ref`: auipc, addi */
    XLATE_OP_GATE, /* jal rd, gate imm: helper (rd ra) or the program's end (rd zero) */
    XLATE_OP_SITE, /* branch, jal zero or jal ra to `ref`; sized by layout */
};

/* What is known of an op: which way a branch seldom goes. */
enum xlate_hint {
    XLATE_EITHER,
    XLATE_SELDOM_TAKEN,
    XLATE_SELDOM_FALLS,
    XLATE_VALUE, /* no branch: the op makes an address in a map */
};

/* One operation of the engine, still symbolic. */
struct xlate_op {
    uint8_t kind;  /* enum xlate_op_kind */
    uint8_t op;    /* RV, SITE: enum rv64_op; ADDR: enum offload_reloc_kind */
    uint8_t words; /* layout */
    bool fixed;    /* part of a sequence with branches inside: stays as it is */
    uint8_t rd, rs1, rs2;
    uint8_t hint;  /* branch: enum xlate_hint */
    int64_t imm;   /* of the instruction; LI: value; ADDR: addend; GATE: number */
    uint32_t ref;  /* SITE: target slot or label, or function of a call; ADDR: map;
                      CODE: function; RV jalr: 1 in a callback */
    uint32_t slot; /* BPF slot it does, or OFFLOAD_ROW_GLUE */
};

/* Constants that a function keeps in registers of their own. */
#define XLATE_POOL 8u
struct xlate_pool {
    unsigned n;
    struct {
        int64_t value;
        uint8_t reg;
    } at[XLATE_POOL];
};

/* A local call, or a callback, for the depth of the call chains. */
struct xlate_edge {
    uint32_t insn;     /* slot of the call, or where the callback gets its name */
    uint32_t from, to; /* functions */
};

struct xlate {
    const struct offload_prog *prog;
    const struct offload_facts *facts; /* may be NULL */
    struct offload_xlate_opts opts;
    struct offload_refusal *why;
    uint32_t max_words;
    int err; /* first failure; emitting does nothing after it */

    uint8_t *id;        /* per slot: enum ebpf_id */
    uint8_t *slot;      /* per slot: enum xlate_slot_flag */
    uint32_t *slot_raw; /* per slot, then per label: its first op */
    uint32_t raw_cap, labels;
    struct xlate_func *funcs;
    uint32_t func_count, func_cap;
    struct xlate_edge *edges;
    uint32_t edge_count, edge_cap;
    uint32_t stack_bytes;

    struct xlate_op *ops;
    uint32_t words, op_cap; /* words: how many ops */
    uint32_t row;           /* slot of the ops to come, or OFFLOAD_ROW_GLUE */
    bool fixed;             /* ops to come are fixed */
    uint32_t hash_end;      /* lookups in hash maps from this slot on are calls */
    uint32_t inlined;       /* slot of a null check that an inlined lookup did; 0 = none */

    uint32_t *place; /* layout: final word of each op, and of the end */

    const struct xlate_func *func; /* being emitted */
    struct xlate_pool pool;        /* of that function */
    uint32_t cur;                  /* slot being emitted */
};

/* ---- regs.c: where BPF registers live ---- */

enum {
    XLATE_T0 = RV64_T0, /* scratch within one BPF instruction */
    XLATE_T1 = RV64_T1,
    XLATE_T2 = RV64_T2,
    XLATE_FAR = RV64_T6, /* far jumps: may be lost between any two slots */
};
/* Engine register of r0..r9; of r10 in the naive mode. */
unsigned xlate_reg(const struct xlate *x, unsigned bpf);
unsigned xlate_reg_of(const struct xlate_func *f, unsigned bpf);
/* Register that holds the value of r0..r10; r10 is computed into `tmp`. */
unsigned xlate_value(struct xlate *x, unsigned bpf, unsigned tmp);

/* ---- emit.c: ops ---- */

/* Room for one more element; false and x->err on failure. */
bool xlate_room(struct xlate *x, void **array, uint32_t *cap, uint32_t count, size_t size);
int xlate_refuse(struct xlate *x, uint32_t insn, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void xlate_r(struct xlate *x, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2);
void xlate_i(struct xlate *x, enum rv64_op op, unsigned rd, unsigned rs1, int32_t imm);
void xlate_store(struct xlate *x, enum rv64_op op, unsigned src, unsigned base, int32_t off);
/* AMO, LR or SC; `order`: bit 0 rl, bit 1 aq. */
void xlate_amo(struct xlate *x, enum rv64_op op, unsigned rd, unsigned addr, unsigned src,
               int32_t order);
/* `order`: predecessors << 4 | successors, as in the instruction. Memory is as unknown after it as
 * after a call. */
void xlate_fence(struct xlate *x, int32_t order);
/* A branch inside one instruction's code; `off` in bytes. */
void xlate_skip(struct xlate *x, enum rv64_op op, unsigned rs1, unsigned rs2, int32_t off);
/* Whether the upper half of the current instruction's 32-bit result is never read. */
bool xlate_zext_dead(const struct xlate *x);
void xlate_mv(struct xlate *x, unsigned rd, unsigned rs); /* nothing when equal */
void xlate_zext_w(struct xlate *x, unsigned rd, unsigned rs);
void xlate_sext_w(struct xlate *x, unsigned rd, unsigned rs);
void xlate_row(struct xlate *x, uint32_t insn);
/* Branch, or jal, to a slot; a call goes to a function. */
void xlate_site(struct xlate *x, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2,
                uint32_t target);
/* A place within the code of an instruction, for sites: a number after those of the slots. */
uint32_t xlate_label(struct xlate *x);
/* It is here, in front of the next op. */
void xlate_here(struct xlate *x, uint32_t label);
/* How many slots and labels there are. */
static inline uint32_t xlate_places(const struct xlate *x)
{
    return x->prog->insn_count + x->labels;
}
/* Of the op just emitted. */
void xlate_hint(struct xlate *x, enum xlate_hint hint);
/* `callback`: the result is in a0 too. */
void xlate_return(struct xlate *x, bool callback);
void xlate_gate(struct xlate *x, unsigned link, uint32_t index);
void xlate_code_of(struct xlate *x, unsigned rd, uint32_t func);
void xlate_addr_of(struct xlate *x, unsigned rd, enum offload_reloc_kind kind, uint32_t index,
                   uint32_t addend);

/* ---- imm.c ---- */

enum { XLATE_LI_MAX = 8 };
/* Code of rd = v into out; returns its words. */
unsigned xlate_li_words(unsigned rd, int64_t v, uint32_t out[XLATE_LI_MAX]);

static inline bool xlate_fits12(int64_t v)
{
    return v >= -2048 && v <= 2047;
}
void xlate_li(struct xlate *x, unsigned rd, int64_t v);

/* ---- pool.c ---- */

/* The constants of x->func that get a register. */
void xlate_pool(struct xlate *x);
/* hash.c: the n-th constant that a lookup in m needs, 0 when there are no more. */
int64_t xlate_hash_const(const struct offload_map *m, unsigned n);
/* Code that leaves v in a register, tmp when it has none of its own. */
unsigned xlate_const(struct xlate *x, int64_t v, unsigned tmp);
/* In front of the loop at x->cur: the constants that it needs. */
void xlate_hoist(struct xlate *x);

/* ---- inline.c ---- */

/* Which functions are done in place, and which call nobody then. */
int xlate_inline(struct xlate *x);
/* The function that the call at `slot` does in place, or NULL. */
const struct xlate_func *xlate_inlined(const struct xlate *x, uint32_t slot);

/* ---- scan.c, frame.c ---- */

int xlate_scan(struct xlate *x);
int xlate_frames(struct xlate *x);
/* Index of the function that starts at slot; func_count when none. */
uint32_t xlate_func_at(const struct xlate *x, uint32_t slot);
/* First live slot after x->cur, or insn_count. */
uint32_t xlate_next(const struct xlate *x, uint32_t slot);
/* Slot that a jump or local call at `slot` goes to; -1 when it leaves 32 bits. */
int64_t xlate_target(const struct xlate *x, uint32_t slot);

/* ---- gates.c ---- */

enum { XLATE_HELPER_TAIL_CALL = 12 };
/* How many of a0..a4 the function behind a gate reads; all five when it is not known. */
unsigned xlate_gate_args(uint32_t gate);

/* ---- one file per kind of instruction ---- */

void xlate_alu(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i);
void xlate_mem(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i);
void xlate_ld64(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i);
void xlate_atomic(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i);
void xlate_jump(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i);
void xlate_call(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i);
void xlate_may_goto(struct xlate *x);
/* translate.c: the instruction at x->cur. */
void xlate_insn(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i);
/*
 * The instruction that gave r`reg` its value, in the straight line of code before x->cur; 0 when
 * there is none such (slot 0 is never one that a call needs).
 */
uint32_t xlate_setter(const struct xlate *x, unsigned reg);
/* loop.c: bpf_loop in place; false when it must be called. */
bool xlate_loop(struct xlate *x, const struct ebpf_insn *i);
/* call.c: calls the function, or does it in place. */
void xlate_call_to(struct xlate *x, const struct xlate_func *f);
/* lookup.c: a helper call done in place; false when it must be called. */
bool xlate_lookup(struct xlate *x, const struct ebpf_insn *i);
/* Whether the helper call at `slot` of f is; its map when it is a lookup. */
const struct offload_map *xlate_in_place(const struct xlate *x, const struct xlate_func *f,
                                         uint32_t slot, bool *in_place);
/* lookup.c: how many lookups in hash maps may be done in place. */
void xlate_bound_hashes(struct xlate *x);
/* hash.c: a lookup in hash map `map`; null leads to `null` when that is not 0, else r0 is 0. */
bool xlate_hash_known(const struct xlate *x, const struct offload_map *m);
void xlate_hash_lookup(struct xlate *x, uint32_t map, uint32_t null);
void xlate_prologue(struct xlate *x);
void xlate_exit(struct xlate *x);
/* `dst = src or imm; exit` of the main program into a0 at once; false when it is not that. */
bool xlate_result(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i);

/* Base register and 12-bit offset that reach bpf + off; may use tmp. */
struct xlate_addr {
    unsigned base;
    int32_t off;
};
struct xlate_addr xlate_addr(struct xlate *x, unsigned bpf, int32_t off, unsigned tmp);

/* ---- opt.c ---- */

static inline bool xlate_pass(const struct xlate *x, enum offload_pass p)
{
    return !(x->opts.off & (1u << p));
}
int xlate_optimise(struct xlate *x);

/* ---- layout.c, image.c ---- */

int xlate_layout(struct xlate *x);
/* Op that a site goes to. */
uint32_t xlate_site_to(const struct xlate *x, const struct xlate_op *op);
int xlate_image(const struct xlate *x, struct offload_image **out);

/* The hint of a branch that is inverted. */
static inline enum xlate_hint xlate_opposite(unsigned hint)
{
    return hint == XLATE_SELDOM_TAKEN   ? XLATE_SELDOM_FALLS
           : hint == XLATE_SELDOM_FALLS ? XLATE_SELDOM_TAKEN
                                        : XLATE_EITHER;
}
/* The conditional branch that is taken exactly when `op` is not. */
enum rv64_op xlate_inverse(unsigned op);

#endif
