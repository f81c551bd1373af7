/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "regs": a stack slot lives in a register. BPF programs spill to the stack
 * what an RV64 has registers for. A slot qualifies when all that touches it are
 * loads and stores of one size at one place. Addresses of the stack that the
 * function hands out are followed: helpers reach memory from an address upwards,
 * and anybody else who gets one may reach all of the frame.
 *
 * The main program keeps nothing for the firmware, so that s0 to s11 are free
 * there, across calls too. A function that calls nobody has the temporaries.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlate/opt.h"

#define REACH 2048 /* offsets are 12 bits, signed */
enum { ROUNDS = 16, SLOTS = 64, DEPTH_MAX = 3 };

enum pointer { NOT_STACK, KNOWN, SOMEWHERE };

struct pointers {
    uint8_t kind[32]; /* enum pointer */
    int16_t off[32];  /* KNOWN: from sp */
    bool seen;
};

struct slot {
    int16_t off;
    uint8_t width, reg;
    uint32_t weight; /* of its loads */
};

struct frame {
    struct opt *o;
    uint32_t func, first, last; /* blocks */
    struct pointers *in;
    bool escapes;
    bool note;                /* the last walk: accesses count */
    int low;                  /* lowest address that a helper got */
    uint8_t width[2 * REACH]; /* of the accesses at sp - REACH + n; PINNED */
    struct slot slot[SLOTS];
    unsigned slots;
    uint32_t spare; /* registers for them */
};
#define PINNED 255u

static void pin(struct frame *f, int off, unsigned bytes)
{
    for (unsigned k = 0; f->note && k < bytes; k++)
        if (off + (int)k >= -REACH && off + (int)k < REACH)
            f->width[REACH + off + (int)k] = PINNED;
}

/* Memory operation through `base`; direct ones may be rewritten, the others only pin. */
static void touch(struct frame *f, const struct pointers *p, const struct xlate_op *op,
                  unsigned bytes)
{
    unsigned base = op->rs1;
    int imm = rv64_op_format(op->op) == RV64_FMT_AMO || rv64_op_format(op->op) == RV64_FMT_LR
                  ? 0
                  : (int)op->imm;
    bool plain = (opt_is_load(op) || opt_is_store(op)) && op->slot != OFFLOAD_ROW_GLUE;
    uint8_t *w;

    if (base != RV64_SP && p->kind[base] == NOT_STACK)
        return;
    if (base != RV64_SP && p->kind[base] == SOMEWHERE) {
        f->escapes = true;
    } else if (base != RV64_SP || !plain || op->fixed) {
        pin(f, (base == RV64_SP ? 0 : p->off[base]) + imm, bytes);
    } else if (f->note) {
        w = &f->width[REACH + imm];
        *w = *w == 0 || *w == bytes ? (uint8_t)bytes : PINNED;
    }
}

static void make(struct pointers *p, unsigned rd, enum pointer kind, int64_t off)
{
    if (rd == RV64_ZERO || rd == RV64_SP)
        return;
    if (kind == KNOWN && !xlate_fits12(off))
        kind = SOMEWHERE;
    p->kind[rd] = (uint8_t)kind;
    p->off[rd] = kind == KNOWN ? (int16_t)off : 0;
}

static bool is_stack(const struct pointers *p, unsigned reg)
{
    return reg == RV64_SP || p->kind[reg] != NOT_STACK;
}

/* The callee may do anything with an address, a helper only reach upwards from it. */
static void hand_out(struct frame *f, struct pointers *p, const struct xlate_op *op, uint32_t use)
{
    struct offload_proto proto = {.callback = true};
    bool gate = op->kind == XLATE_OP_GATE;

    if (gate && op->imm < OFFLOAD_HELPERS)
        offload_helper_proto((uint32_t)op->imm, &proto);
    for (unsigned r = RV64_A0; r <= RV64_A5; r++) {
        if (!(use & 1u << r) || p->kind[r] == NOT_STACK)
            continue;
        if (p->kind[r] == SOMEWHERE || proto.callback)
            f->escapes = true;
        else if (p->off[r] < f->low)
            f->low = p->off[r];
    }
    for (unsigned r = 1; r < 32; r++)
        if (OPT_CALLER_SAVED & 1u << r)
            make(p, r, NOT_STACK, 0);
}

static void arithmetic(struct pointers *p, const struct xlate_op *op)
{
    bool two = opt_has_rs2(op);

    if (op->op == RV64_OP_ADDI && op->rs1 == RV64_SP)
        make(p, op->rd, KNOWN, op->imm);
    else if (op->op == RV64_OP_ADDI && p->kind[op->rs1] == KNOWN)
        make(p, op->rd, KNOWN, p->off[op->rs1] + op->imm);
    else if (is_stack(p, op->rs1) || (two && is_stack(p, op->rs2)))
        make(p, op->rd, SOMEWHERE, 0);
    else
        make(p, op->rd, NOT_STACK, 0);
}

static void step_rv(struct frame *f, struct pointers *p, const struct xlate_op *op)
{
    enum rv64_format form = rv64_op_format(op->op);
    bool amo = form == RV64_FMT_AMO || form == RV64_FMT_LR;

    if (opt_is_load(op) || opt_is_store(op) || amo) {
        touch(f, p, op, amo ? 8 : opt_width(op));
        if (!opt_is_load(op) && form != RV64_FMT_LR && is_stack(p, op->rs2))
            f->escapes = true;
        if (!opt_is_store(op))
            make(p, op->rd, NOT_STACK, 0);
    } else if (form == RV64_FMT_U) {
        make(p, op->rd, NOT_STACK, 0);
    } else if (form != RV64_FMT_B && form != RV64_FMT_FENCE && op->op != RV64_OP_JALR) {
        arithmetic(p, op);
    }
}

static void step(struct frame *f, struct pointers *p, const struct xlate_op *op)
{
    switch ((enum xlate_op_kind)op->kind) {
    case XLATE_OP_RV:
        step_rv(f, p, op);
        break;
    case XLATE_OP_GATE:
    case XLATE_OP_SITE:
        if (op->rd == RV64_RA)
            hand_out(f, p, op, opt_io(f->o, op, true).use);
        break;
    case XLATE_OP_GONE:
        break;
    default:
        make(p, op->rd, NOT_STACK, 0);
        break;
    }
}

/* What `from` knows goes into block `to`; true when that changed it. */
static bool flow(struct frame *f, const struct pointers *from, uint32_t to)
{
    struct pointers *in;
    bool changed = false;

    if (to == OPT_NONE || to < f->first || to >= f->last)
        return false;
    in = &f->in[to - f->first];
    if (!in->seen) {
        *in = *from;
        return in->seen = true;
    }
    if (!memcmp(in->kind, from->kind, sizeof(in->kind)) &&
        !memcmp(in->off, from->off, sizeof(in->off)))
        return false;
    for (unsigned r = 1; r < 32; r++) {
        bool same = in->kind[r] == from->kind[r] && in->off[r] == from->off[r];
        if (same || in->kind[r] == SOMEWHERE || !(f->o->blocks[to].live & 1u << r))
            continue;
        make(in, r, SOMEWHERE, 0);
        changed = true;
    }
    return changed;
}

static bool walk(struct frame *f)
{
    bool changed = false;

    for (uint32_t b = f->first; b < f->last && !f->escapes; b++) {
        const struct opt_block *block = &f->o->blocks[b];
        struct pointers p = f->in[b - f->first];
        if (!p.seen)
            continue;
        for (uint32_t n = block->start; n < block->end; n++)
            step(f, &p, &f->o->x->ops[n]);
        changed |= flow(f, &p, block->fall);
        changed |= flow(f, &p, block->jump);
    }
    return changed;
}

/* All that is known of the frame, or f->escapes. */
static void analyse(struct frame *f)
{
    f->low = REACH;
    f->in[0].seen = true;
    for (unsigned k = 0; k < ROUNDS && walk(f); k++)
        if (k == ROUNDS - 1)
            f->escapes = true;
    f->note = true;
    walk(f);
}

static bool alone(const struct frame *f, int off, unsigned width)
{
    for (int k = 1; k < 8; k++) {
        if (off - k >= -REACH && f->width[REACH + off - k] > k)
            return false;
        if (k < (int)width && (off + k >= REACH || f->width[REACH + off + k]))
            return false;
    }
    return off + (int)width <= f->low;
}

/* A load or store that may be rewritten. */
static bool is_access(const struct xlate_op *op)
{
    return op->kind == XLATE_OP_RV && op->rs1 == RV64_SP && !op->fixed &&
           op->slot != OFFLOAD_ROW_GLUE && (opt_is_load(op) || opt_is_store(op));
}

static struct slot *slot_at(struct frame *f, const struct xlate_op *op)
{
    if (!is_access(op))
        return NULL;
    for (unsigned k = 0; k < f->slots; k++)
        if (f->slot[k].off == op->imm)
            return &f->slot[k];
    return NULL;
}

static void find_slots(struct frame *f)
{
    for (int off = -REACH; off < REACH && f->slots < SLOTS; off++) {
        uint8_t w = f->width[REACH + off];
        if (w && w != PINNED && alone(f, off, w))
            f->slot[f->slots++] = (struct slot){.off = (int16_t)off, .width = w};
    }
}

/* Loops around each block, up to DEPTH_MAX: what runs there counts eight times as often. */
static void weigh(struct frame *f)
{
    const struct opt_block *b = f->o->blocks;
    uint32_t ends[DEPTH_MAX];
    unsigned depth = 0;

    for (uint32_t k = f->first; k < f->last; k++) {
        while (depth && ends[depth - 1] < k)
            depth--;
        if (b[k].extent && depth < DEPTH_MAX)
            ends[depth++] = b[k].extent;
        for (uint32_t n = b[k].start; n < b[k].end; n++) {
            const struct xlate_op *op = &f->o->x->ops[n];
            struct slot *s = slot_at(f, op);
            if (s && opt_is_load(op))
                s->weight += 1u << 3 * depth;
        }
    }
}

static int by_weight(const void *a, const void *b)
{
    const struct slot *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return x->off < y->off ? -1 : x->off > y->off;
}

/* Registers that the function can have for itself; none when it loads nothing that it could keep.
 */
static uint32_t spare(const struct frame *f)
{
    const struct xlate_func *fn = &f->o->x->funcs[f->func];
    uint32_t regs = fn->calls ? 0 : OPT_SPARE_TEMPORARIES;
    bool loads = false;

    if (f->func == 0)
        regs |= OPT_CALLEE_SAVED;
    for (uint32_t n = f->o->blocks[f->first].start; n < f->o->blocks[f->last - 1].end; n++) {
        const struct xlate_op *op = &f->o->x->ops[n];
        regs &= ~(1u << op->rd | 1u << op->rs1 | 1u << op->rs2);
        loads |= opt_is_load(op) && is_access(op);
    }
    return loads ? regs : 0;
}

static void give_registers(struct frame *f)
{
    uint32_t regs = f->spare;

    qsort(f->slot, f->slots, sizeof(f->slot[0]), by_weight);
    for (unsigned k = 0; k < f->slots; k++) {
        if (!regs || !f->slot[k].weight) {
            f->slots = k;
            return;
        }
        f->slot[k].reg = (uint8_t)__builtin_ctz(regs);
        regs &= regs - 1;
    }
}

static void become(struct xlate_op *op, enum rv64_op rv, unsigned rd, unsigned rs1, int64_t imm)
{
    op->op = (uint8_t)rv;
    op->rd = (uint8_t)rd;
    op->rs1 = (uint8_t)rs1;
    op->rs2 = 0;
    op->imm = imm;
}

static void rewrite_load(struct xlate_op *op, unsigned reg)
{
    switch (op->op) {
    case RV64_OP_LB:
        become(op, RV64_OP_SEXT_B, op->rd, reg, 0);
        break;
    case RV64_OP_LH:
        become(op, RV64_OP_SEXT_H, op->rd, reg, 0);
        break;
    case RV64_OP_LW:
        become(op, RV64_OP_ADDIW, op->rd, reg, 0);
        break;
    default:
        become(op, RV64_OP_ADDI, op->rd, reg, 0);
        break;
    }
}

static void rewrite_store(struct xlate_op *op, unsigned reg)
{
    switch (opt_width(op)) {
    case 1:
        become(op, RV64_OP_ANDI, reg, op->rs2, 255);
        break;
    case 2:
        become(op, RV64_OP_ZEXT_H, reg, op->rs2, 0);
        break;
    case 4:
        become(op, RV64_OP_ADD_UW, reg, op->rs2, 0);
        break;
    default:
        become(op, RV64_OP_ADDI, reg, op->rs2, 0);
        break;
    }
}

static void rewrite(struct frame *f)
{
    for (uint32_t n = f->o->blocks[f->first].start; n < f->o->blocks[f->last - 1].end; n++) {
        struct xlate_op *op = &f->o->x->ops[n];
        const struct slot *s = slot_at(f, op);
        if (s && opt_is_load(op))
            rewrite_load(op, s->reg);
        else if (s)
            rewrite_store(op, s->reg);
    }
}

static bool may_help(const struct frame *f)
{
    const struct xlate_func *fn = &f->o->x->funcs[f->func];

    return fn->uses_fp && (f->func == 0 || !fn->calls);
}

static void one_function(struct frame *f)
{
    memset(f->width, 0, sizeof(f->width));
    memset(f->in, 0, (f->last - f->first) * sizeof(*f->in));
    f->escapes = f->note = false;
    f->slots = 0;
    if (!may_help(f) || !(f->spare = spare(f)))
        return;
    analyse(f);
    if (f->escapes)
        return;
    find_slots(f);
    weigh(f);
    give_registers(f);
    rewrite(f);
}

int opt_regs(struct opt *o)
{
    struct frame *f = calloc(1, sizeof(*f));
    struct pointers *in = calloc(o->count + 1u, sizeof(*in));

    for (uint32_t b = 0; f && in && b < o->count; b = f->last) {
        f->o = o;
        f->in = in;
        f->func = o->blocks[b].func;
        f->first = b;
        for (f->last = b + 1; f->last < o->count && o->blocks[f->last].func == f->func;)
            f->last++;
        one_function(f);
    }
    if (!f || !in)
        o->x->err = -ENOMEM;
    free(f);
    free(in);
    return o->x->err;
}
