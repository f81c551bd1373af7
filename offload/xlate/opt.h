/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Passes over the symbolic operations. The forward walk numbers values: each
 * register holds a value, a value knows how it was made and how many bits it
 * needs, and every operation is rewritten over the values, in place, never into
 * more than one operation. The backward walks then remove what nobody reads.
 *
 *   opt.c     order of the walks, basic blocks
 *   io.c      what an operation reads and writes
 *   value.c   values, and which register holds one
 *   number.c  the forward walk: states, joins, loops
 *   alu rules consts.c, extend.c, select.c; loads.c for memory, bytes.c, compare.c
 *   dead.c    liveness; dead results; upper halves nobody reads
 *   stack.c, slots.c, moves.c, saves.c, sched.c, branch.c, order.c
 *   ranges.c  what the verifier knows of values
 *   splice.c  room for operations that come in between
 */
#ifndef XLATE_OPT_H
#define XLATE_OPT_H

#include "xlate/xlate.h"

#define OPT_NONE UINT32_MAX

struct opt_block {
    uint32_t start, end; /* ops */
    uint32_t fall, jump; /* blocks that may follow, or OPT_NONE */
    uint32_t func;
    uint32_t extent;        /* loop header: last block of its region; else 0 */
    uint32_t min_pred;      /* lowest predecessor */
    uint32_t defs;          /* registers written */
    uint32_t live, live_hi; /* on entry */
    uint32_t out, out_hi;   /* live at its end when it was last walked */
    bool calls;             /* subprograms, whose entries say what is live there */
    bool entry;             /* of a function */
    bool reached;
    bool jumped; /* to, not only fallen into */
};

/* What a value points into; END: at the packet's end; STATUS: nothing, a helper's 0 or error. */
enum opt_prov { OPT_ANY, OPT_STACK, OPT_CTX, OPT_PACKET, OPT_VALUE, OPT_END, OPT_STATUS };

enum opt_val_kind { OPT_OPAQUE, OPT_CONST, OPT_EXPR, OPT_ADDR };

struct opt_val {
    uint8_t kind;       /* enum opt_val_kind */
    uint8_t op;         /* EXPR: enum rv64_op; ADDR: enum offload_reloc_kind */
    uint8_t zbits;      /* value < 2^zbits */
    uint8_t sbits;      /* value is a signed number of sbits bits */
    uint8_t prov;       /* enum opt_prov */
    uint8_t home;       /* register where it was made */
    uint8_t near_zbits; /* as zbits, but only while near_stamp is that of struct opt */
    uint32_t near_stamp;
    uint32_t a, b; /* EXPR: operands; ADDR: map in a */
    int64_t imm;   /* CONST: value; EXPR: immediate; ADDR: addend */
};

/* Memory whose contents are known: the zero-extended `width` bytes at root + off are `val`. */
struct opt_avail {
    uint32_t root, val;
    int64_t off;
    uint8_t width, prov;
};
#define OPT_AVAIL 24u

struct opt_state {
    uint32_t reg[32]; /* value that each register holds */
    unsigned avail_count;
    struct opt_avail avail[OPT_AVAIL];
};

/* An operation to go in front of op `at`. */
struct opt_insert {
    uint32_t at;
    struct xlate_op op;
};

/* A store that may still be joined with its neighbour: merge.c. */
struct opt_pending {
    uint32_t op, root, val;
    int64_t off;
    uint8_t width;
};
#define OPT_PENDING 16u

/* A load of packet bytes that a neighbour may come to: fields.c. */
struct opt_field {
    uint32_t op, root;
    int64_t off;
    uint8_t width;
};
#define OPT_FIELDS 8u

struct opt {
    struct xlate *x;
    struct opt_block *blocks;
    uint32_t count;
    uint32_t *block_of; /* per op */
    struct opt_insert *ins;
    uint32_t ins_count, ins_cap;
    bool live_known; /* opt_live has run, or runs, on these blocks */

    struct opt_val *vals;
    uint32_t val_count, val_cap;
    uint32_t *hash; /* of values, by how they are made; 0 = empty */
    uint32_t hash_size;
    struct opt_state **in; /* per block: what its predecessors agree on */
    struct opt_state cur;
    struct opt_pending pending[OPT_PENDING];
    unsigned pending_count;
    struct opt_field field[OPT_FIELDS];
    unsigned field_count;
    uint32_t scratch;      /* registers that the function being walked does not have */
    uint32_t scratch_used; /* of those, not to be used again in this block */
    bool fields;           /* pass "fields" may work: only once all values are found */
    bool ranges;           /* of the verifier's may be used */
    uint32_t block;        /* being walked */
    uint32_t stamp;        /* changes where paths meet */
    bool changed;          /* in this round, so that it is worth while to look at liveness again */
};

/* An expression over values, before registers are found for it. */
struct opt_expr {
    uint8_t kind, op; /* as in opt_val; OPAQUE: just value a */
    uint32_t a, b;
    int64_t imm;
};

/* ---- io.c ---- */

struct opt_io {
    uint32_t use, use_hi; /* registers read; of those, the upper half too */
    uint32_t def;
    bool effect; /* does more than write rd */
};
struct opt_io opt_io_other(const struct opt *o, const struct xlate_op *op, bool hi);
/* Per instruction: which operands it has, and more. */
enum opt_operand {
    OPT_RS1 = 1u << 0,
    OPT_RS2 = 1u << 1,
    OPT_RD = 1u << 2,
    OPT_EFFECT = 1u << 3,  /* does more than write rd */
    OPT_BARRIER = 1u << 4, /* atomics and fences: memory may be another after it */
};
extern const uint8_t opt_operands[RV64_OP_COUNT];
/*
 * Upper halves that an instruction does not read: of rs1 and of rs2, in the lower two bits
 * when somebody reads the upper half of its result, in the next two when nobody does.
 */
extern const uint8_t opt_ignored[RV64_OP_COUNT];
#define OPT_SPECIAL 0x80u /* there is more to it */

/* `hi`: the upper half of the result is read. */
static inline struct opt_io opt_io(const struct opt *o, const struct xlate_op *op, bool hi)
{
    const unsigned has = opt_operands[op->op], ignored = opt_ignored[op->op];
    const unsigned dropped = hi ? ignored : ignored >> 2;
    uint32_t a, b, def;

    if (op->kind != XLATE_OP_RV || ignored & OPT_SPECIAL)
        return opt_io_other(o, op, hi);
    a = (has & 1u) << op->rs1 & ~1u; /* zero is none */
    b = (has >> 1 & 1u) << op->rs2 & ~1u;
    def = (has >> 2 & 1u) << op->rd & ~1u;
    return (struct opt_io){a | b, (dropped & 1u ? 0 : a) | (dropped & 2u ? 0 : b), def,
                           op->fixed || has & OPT_EFFECT || def == 1u << RV64_SP};
}
/* Control does not go on to the next op. */
static inline bool opt_ends(const struct xlate_op *op)
{
    if (op->kind == XLATE_OP_GATE || op->kind == XLATE_OP_SITE)
        return op->rd == RV64_ZERO && (op->kind == XLATE_OP_GATE || op->op == RV64_OP_JAL);
    return op->kind == XLATE_OP_RV && op->op == RV64_OP_JALR;
}

static inline bool opt_has_rs2(const struct xlate_op *op)
{
    return (op->kind == XLATE_OP_RV || op->kind == XLATE_OP_SITE) &&
           (opt_operands[op->op] & OPT_RS2);
}

static inline bool opt_is_load(const struct xlate_op *op)
{
    return op->kind == XLATE_OP_RV && op->op >= RV64_OP_LB && op->op <= RV64_OP_LWU;
}

/* Bytes of a load or store. */
static inline unsigned opt_width(const struct xlate_op *op)
{
    switch (op->op) {
    case RV64_OP_LB:
    case RV64_OP_LBU:
    case RV64_OP_SB:
        return 1;
    case RV64_OP_LH:
    case RV64_OP_LHU:
    case RV64_OP_SH:
        return 2;
    case RV64_OP_LW:
    case RV64_OP_LWU:
    case RV64_OP_SW:
        return 4;
    default:
        return 8;
    }
}

static inline bool opt_is_store(const struct xlate_op *op)
{
    return op->kind == XLATE_OP_RV && op->op >= RV64_OP_SB && op->op <= RV64_OP_SD;
}

static inline bool opt_is_mv(const struct xlate_op *op)
{
    return op->kind == XLATE_OP_RV && op->op == RV64_OP_ADDI && op->imm == 0 && !op->fixed;
}

#define OPT_CALLER_SAVED      0xf003fce2u /* ra, t0-t6, a0-a7 */
#define OPT_CALLEE_SAVED      0x0ffc0300u /* s0-s11 */
#define OPT_RESERVED          0x0000001du /* zero, sp, gp, tp */
#define OPT_SPARE_TEMPORARIES 0x70030000u /* a6, a7, t3-t5: BPF has no use for them */

/* Registers that an operation writes, as opt_io has them. */
static inline uint32_t opt_def(const struct xlate_op *op)
{
    switch ((enum xlate_op_kind)op->kind) {
    case XLATE_OP_RV:
        return opt_operands[op->op] & OPT_RD ? 1u << op->rd & ~1u : 0;
    case XLATE_OP_LI:
    case XLATE_OP_ADDR:
    case XLATE_OP_CODE:
        return 1u << op->rd & ~1u;
    case XLATE_OP_GATE:
    case XLATE_OP_SITE:
        return op->rd == RV64_RA ? OPT_CALLER_SAVED : 0;
    default:
        return 0;
    }
}

/* ---- splice.c ---- */

/* For op `at`, in front of it, also for who jumps there; takes effect with opt_splice. */
void opt_insert(struct opt *o, uint32_t at, struct xlate_op op);
/* Blocks must be built anew after it. */
int opt_splice(struct opt *o);

/* ---- opt.c ---- */

/* Room for x->words operations in the tables. */
int opt_tables(struct opt *o);

/* ---- value.c ---- */

uint32_t opt_opaque(struct opt *o, unsigned zbits, unsigned sbits, enum opt_prov prov);
uint32_t opt_const(struct opt *o, int64_t v);
/* The value of e; found when it was made before. */
uint32_t opt_value(struct opt *o, const struct opt_expr *e);
/* The value of e if it was made before, or OPT_NONE. */
uint32_t opt_known(const struct opt *o, const struct opt_expr *e);
/* Register that holds val, `prefer` if it does; 32 when none. */
unsigned opt_holder(const struct opt *o, uint32_t val, unsigned prefer);
static inline bool opt_held(const struct opt *o, uint32_t val)
{
    return opt_holder(o, val, 32) < 32;
}

static inline bool opt_is_const(const struct opt *o, uint32_t val, int64_t *v)
{
    *v = o->vals[val].imm;
    return o->vals[val].kind == OPT_CONST;
}

static inline bool opt_is(const struct opt *o, uint32_t val, enum rv64_op op)
{
    return o->vals[val].kind == OPT_EXPR && o->vals[val].op == op;
}

/* As o->vals[val].zbits and .sbits, where the walk is; not for what holds elsewhere too. */
static inline unsigned opt_zbits(const struct opt *o, uint32_t val)
{
    const struct opt_val *v = &o->vals[val];

    return v->near_stamp == o->stamp ? v->near_zbits : v->zbits;
}

static inline unsigned opt_sbits(const struct opt *o, uint32_t val)
{
    unsigned z = opt_zbits(o, val) + 1, s = o->vals[val].sbits;

    return z < s ? z : s;
}

/* Base of a chain of additions of constants, which are added to *off. */
static inline uint32_t opt_root(const struct opt *o, uint32_t val, int64_t *off)
{
    while (opt_is(o, val, RV64_OP_ADDI)) {
        *off += o->vals[val].imm;
        val = o->vals[val].a;
    }
    return val;
}

/* ---- rules: rewrite e, true when they did ---- */

bool opt_rule_consts(struct opt *o, struct opt_expr *e);
bool opt_rule_extend(struct opt *o, struct opt_expr *e);
bool opt_rule_select(struct opt *o, struct opt_expr *e);
/* Rewrites the OR or XOR `op` of two shifts, where one of them is in its destination. */
bool opt_rotate(struct opt *o, struct xlate_op *op);
bool opt_eval(enum rv64_op op, uint64_t a, uint64_t b, uint64_t *out);
/* A value whose lower half is that of val and which a register holds; val when there is none. */
uint32_t opt_low_half(const struct opt *o, uint32_t val);
static inline void opt_be_value(struct opt_expr *e, uint32_t val)
{
    *e = (struct opt_expr){.kind = OPT_OPAQUE, .a = val};
}

/* ---- ranges.c ---- */

/* Op n is next: what is known of the operands when it begins a BPF instruction. */
void opt_before(struct opt *o, uint32_t n);
/* Bits of what op, a load, leaves; false when nothing is known. */
bool opt_load_result(const struct opt *o, const struct xlate_op *op, struct opt_val *bound);
/* Whether op, a zero-extension, ends an instruction whose result does not reach bit 31. */
bool opt_small_result(const struct opt *o, const struct xlate_op *op);

/* ---- number.c and what it calls ---- */

int opt_number(struct opt *o);
void opt_load(struct opt *o, struct xlate_op *op);
void opt_store(struct opt *o, struct xlate_op *op);
void opt_forget(struct opt *o); /* all memory */
void opt_remember(struct opt *o, uint32_t root, int64_t off, unsigned width, uint32_t val);
/* A register and offset that reach root + off, into *op; false when there is none. */
bool opt_base(const struct opt *o, uint32_t root, int64_t off, struct xlate_op *op);
/* The n-th register for a value of its own, 0 when there is none; 0 is merge.c's. */
unsigned opt_scratch(const struct opt *o, unsigned n);
/* merge.c */
void opt_pending_clear(struct opt *o);
void opt_pending_access(struct opt *o, uint32_t root, int64_t off, unsigned width);
void opt_merge_store(struct opt *o, struct xlate_op *op, uint32_t root, int64_t off, uint32_t val);
/* fields.c */
void opt_fields_clear(struct opt *o);
void opt_fields_write(struct opt *o, uint32_t root, int64_t off, unsigned width);
void opt_field_load(struct opt *o, struct xlate_op *op, uint32_t root, int64_t off);
/* Rewrites the OR or ADD `op` of loaded bytes into a load; false when it is not that. */
bool opt_bytes(struct opt *o, struct xlate_op *op);
void opt_compare(struct opt *o, struct xlate_op *op);
/* op := value val in rd, as cheaply as it goes. */
void opt_set_value(struct opt *o, struct xlate_op *op, uint32_t val);
void opt_set_reg(struct opt *o, unsigned reg, uint32_t val);

/* ---- backward and others ---- */

int opt_live(struct opt *o);
void opt_dead(struct opt *o);
void opt_moves(struct opt *o);
void opt_minmax(struct opt *o);
void opt_branch(struct opt *o);
void opt_sched(struct opt *o);
int opt_order(struct opt *o);
/* Needs opt_live. */
int opt_saves(struct opt *o);
int opt_stack(struct opt *o);
/* Needs opt_live. */
int opt_regs(struct opt *o);

/* Calls fn for the ops of a block from its end, with what is live after each. */
struct opt_walk {
    uint32_t live, live_hi;
};
struct opt_walk opt_live_out(const struct opt *o, const struct opt_block *b);
void opt_live_step(const struct opt *o, const struct xlate_op *op, struct opt_walk *w);

static inline bool opt_on(const struct opt *o, enum offload_pass p)
{
    return xlate_pass(o->x, p);
}

#endif
