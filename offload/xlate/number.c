/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forward walk. Blocks come in order of the text; a block starts with what
 * its predecessors agree on. At the head of a loop, registers that the loop
 * writes hold something new, and nothing is known of memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlate/opt.h"

enum { RULE_ROUNDS = 8, HELPER_LOOKUP = 1 };

void opt_set_reg(struct opt *o, unsigned reg, uint32_t val)
{
    struct opt_val *v = &o->vals[val];

    if (reg == RV64_ZERO)
        return;
    o->cur.reg[reg] = val;
    if (v->home == 32 || o->cur.reg[v->home] != val)
        v->home = (uint8_t)reg;
}

static void become(struct xlate_op *op, enum rv64_op rv, unsigned rs1, int64_t imm)
{
    op->kind = XLATE_OP_RV;
    op->op = (uint8_t)rv;
    op->rs1 = (uint8_t)rs1;
    op->rs2 = 0;
    op->imm = imm;
}

/* A register that holds a constant or address close to val, so that one addi makes it. */
static unsigned neighbour(const struct opt *o, uint32_t val, int64_t *diff)
{
    const struct opt_val *v = &o->vals[val];

    for (unsigned r = 1; r < 32; r++) {
        const struct opt_val *w = &o->vals[o->cur.reg[r]];
        if (w->kind != v->kind || r == RV64_SP || r == RV64_GP || r == RV64_TP ||
            (v->kind == OPT_ADDR && (w->op != v->op || w->a != v->a)))
            continue;
        *diff = (int64_t)((uint64_t)v->imm - (uint64_t)w->imm);
        if (xlate_fits12(*diff))
            return r;
    }
    return 32;
}

static void make_const(struct opt *o, struct xlate_op *op, uint32_t val, unsigned holder)
{
    uint32_t words[XLATE_LI_MAX];
    int64_t v = o->vals[val].imm, diff = 0;
    bool cheap = xlate_li_words(RV64_T0, v, words) == 1;
    unsigned near = cheap ? 32 : neighbour(o, val, &diff);

    if (!cheap && holder < 32) {
        become(op, RV64_OP_ADDI, holder, 0);
    } else if (near < 32) {
        become(op, RV64_OP_ADDI, near, diff);
    } else {
        op->kind = XLATE_OP_LI;
        op->imm = v;
    }
}

static void make_address(struct opt *o, struct xlate_op *op, uint32_t val)
{
    const struct opt_val *v = &o->vals[val];
    bool new = op->kind == XLATE_OP_ADDR; /* else its base is about to die */
    int64_t diff;
    unsigned near = new && opt_on(o, OFFLOAD_PASS_CONSTS) ? neighbour(o, val, &diff) : 32;

    if (near < 32) {
        become(op, RV64_OP_ADDI, near, diff);
        return;
    }
    op->kind = XLATE_OP_ADDR;
    op->op = v->op;
    op->ref = v->a;
    op->imm = v->imm;
}

void opt_set_value(struct opt *o, struct xlate_op *op, uint32_t val)
{
    unsigned rd = op->rd, holder = opt_holder(o, val, rd);

    if (o->cur.reg[rd] == val)
        op->kind = XLATE_OP_GONE;
    else if (o->vals[val].kind == OPT_CONST)
        make_const(o, op, val, holder);
    else if (holder < 32)
        become(op, RV64_OP_ADDI, holder, 0);
    else
        make_address(o, op, val);
    opt_set_reg(o, rd, val);
}

/* ---- arithmetic ---- */

static void simplify(struct opt *o, struct opt_expr *e)
{
    bool changed = true;

    for (unsigned k = 0; k < RULE_ROUNDS && changed && e->kind == OPT_EXPR; k++)
        changed = (opt_on(o, OFFLOAD_PASS_CONSTS) && opt_rule_consts(o, e)) ||
                  (opt_on(o, OFFLOAD_PASS_EXTEND) && opt_rule_extend(o, e)) ||
                  (opt_on(o, OFFLOAD_PASS_SELECT) && opt_rule_select(o, e));
}

static unsigned operand(const struct opt *o, uint32_t val, unsigned reg)
{
    if (!opt_on(o, OFFLOAD_PASS_COPIES) && o->cur.reg[reg] == val)
        return reg;
    return opt_holder(o, val, reg);
}

/* e into op; false when a register for an operand is missing. */
static bool write_expr(struct opt *o, struct xlate_op *op, const struct opt_expr *e)
{
    const struct xlate_op form = {.kind = XLATE_OP_RV, .op = e->op};
    unsigned rs1 = operand(o, e->a, op->rs1);
    unsigned rs2 = opt_has_rs2(&form) ? operand(o, e->b, op->rs2) : 0;

    if (rs1 == 32 || rs2 == 32)
        return false;
    become(op, e->op, rs1, e->imm);
    op->rs2 = (uint8_t)rs2;
    return true;
}

static void arithmetic(struct opt *o, struct xlate_op *op)
{
    struct opt_expr e = {OPT_EXPR, op->op, o->cur.reg[op->rs1],
                         opt_has_rs2(op) ? o->cur.reg[op->rs2] : 0, op->imm};
    const struct opt_expr orig = e;
    uint32_t val;

    if (op->rd == RV64_SP) {
        opt_set_reg(o, op->rd, opt_value(o, &e));
        return;
    }
    if ((op->op == RV64_OP_OR || op->op == RV64_OP_ADD) && opt_on(o, OFFLOAD_PASS_BYTES) &&
        opt_bytes(o, op))
        return;
    if ((op->op == RV64_OP_OR || op->op == RV64_OP_XOR) && opt_on(o, OFFLOAD_PASS_SELECT) &&
        opt_rotate(o, op))
        return;
    if (opt_is_mv(op) || (o->ranges && o->vals[e.a].sbits <= 32 && opt_small_result(o, op) &&
                          opt_on(o, OFFLOAD_PASS_EXTEND)))
        opt_be_value(&e, e.a);
    simplify(o, &e);
    val = opt_value(o, &e);
    if (opt_is_mv(op) && !opt_on(o, OFFLOAD_PASS_COPIES)) {
        opt_set_reg(o, op->rd, val);
    } else if (e.kind != OPT_EXPR || (opt_on(o, OFFLOAD_PASS_COPIES) && opt_held(o, val))) {
        opt_set_value(o, op, val);
    } else {
        if (!write_expr(o, op, &e))
            val = opt_value(o, &orig);
        opt_set_reg(o, op->rd, val);
    }
}

/* ---- other operations ---- */

static void write_all(struct opt *o, uint32_t regs)
{
    for (unsigned r = 1; r < 32; r++)
        if (regs & 1u << r)
            opt_set_reg(o, r, opt_opaque(o, 64, 64, r == RV64_SP ? OPT_STACK : OPT_ANY));
}

/* Helpers that write neither stack nor packet nor context. */
static bool only_reads(int64_t helper)
{
    static const uint8_t ids[] = {1, 2, 3, 5, 6, 7, 8, 23, 25, 28, 51};

    for (size_t k = 0; k < sizeof(ids); k++)
        if (ids[k] == helper)
            return true;
    return false;
}

/* Helpers that give 0, or an error, which is seldom. */
static bool gives_status(int64_t helper)
{
    static const uint8_t ids[] = {2, 3, 25, 44, 51, 54, 65, 87, 130, 189, 190};

    for (size_t k = 0; k < sizeof(ids); k++)
        if (ids[k] == helper)
            return true;
    return false;
}

static void call(struct opt *o, const struct xlate_op *op)
{
    bool gate = op->kind == XLATE_OP_GATE;

    opt_pending_clear(o);
    opt_fields_clear(o);
    if (!gate || !o->x->facts || !only_reads(op->imm))
        opt_forget(o);
    write_all(o, OPT_CALLER_SAVED);
    if (gate && o->x->facts && op->imm == HELPER_LOOKUP)
        opt_set_reg(o, RV64_A0, opt_opaque(o, 64, 64, OPT_VALUE));
    if (gate && o->x->facts && gives_status(op->imm))
        opt_set_reg(o, RV64_A0, opt_opaque(o, 64, 64, OPT_STATUS));
}

static void load_imm(struct opt *o, struct xlate_op *op)
{
    uint32_t val = opt_const(o, op->imm);

    if (opt_on(o, OFFLOAD_PASS_CONSTS))
        opt_set_value(o, op, val);
    else
        opt_set_reg(o, op->rd, val);
}

static void load_addr(struct opt *o, struct xlate_op *op)
{
    uint32_t val = opt_value(o, &(struct opt_expr){OPT_ADDR, op->op, op->ref, 0, op->imm});

    if (opt_on(o, OFFLOAD_PASS_COPIES))
        opt_set_value(o, op, val);
    else
        opt_set_reg(o, op->rd, val);
}

static void rv(struct opt *o, struct xlate_op *op)
{
    const unsigned has = opt_operands[op->op];
    bool amo = has & OPT_BARRIER, effect = has & OPT_EFFECT || op->op == RV64_OP_JALR;

    if (op->fixed || (effect && !opt_is_store(op) && op->rd != RV64_SP)) {
        if (amo)
            opt_forget(o);
        if (!op->fixed && amo && opt_on(o, OFFLOAD_PASS_COPIES)) {
            op->rs1 = (uint8_t)opt_holder(o, o->cur.reg[op->rs1], op->rs1);
            op->rs2 = (uint8_t)opt_holder(o, o->cur.reg[op->rs2], op->rs2);
        }
        write_all(o, opt_def(op));
    } else if (opt_is_load(op)) {
        opt_load(o, op);
    } else if (opt_is_store(op)) {
        opt_store(o, op);
    } else if (op->op == RV64_OP_LUI || op->op == RV64_OP_AUIPC) {
        write_all(o, opt_def(op));
    } else if (op->rd != RV64_ZERO) {
        arithmetic(o, op);
    }
    if (op->kind == XLATE_OP_RV && op->hint == XLATE_VALUE)
        opt_set_reg(o, op->rd, opt_opaque(o, 64, 64, OPT_VALUE));
}

static void number_op(struct opt *o, struct xlate_op *op)
{
    switch ((enum xlate_op_kind)op->kind) {
    case XLATE_OP_RV:
        rv(o, op);
        break;
    case XLATE_OP_LI:
        load_imm(o, op);
        break;
    case XLATE_OP_ADDR:
        load_addr(o, op);
        break;
    case XLATE_OP_CODE:
        write_all(o, 1u << op->rd);
        break;
    case XLATE_OP_GATE:
        if (op->rd == RV64_RA)
            call(o, op);
        break;
    case XLATE_OP_SITE:
        if (op->rd == RV64_RA)
            call(o, op);
        else if (op->op != RV64_OP_JAL)
            opt_compare(o, op);
        break;
    default:
        break;
    }
}

/* ---- states ---- */

static void unknown_state(struct opt *o, const struct opt_block *b)
{
    o->cur.reg[RV64_ZERO] = opt_const(o, 0);
    opt_forget(o);
    write_all(o, ~1u);
    if (b->entry && b->func == 0 && o->x->facts)
        opt_set_reg(o, RV64_A0, opt_opaque(o, 64, 64, OPT_CTX));
}

/* A null pointer is none: what the other side points into counts. */
static enum opt_prov meet_prov(const struct opt_val *a, const struct opt_val *b)
{
    if (a->prov == b->prov || (b->kind == OPT_CONST && b->imm == 0))
        return a->prov;
    return a->kind == OPT_CONST && a->imm == 0 ? b->prov : OPT_ANY;
}

static bool same_avail(const struct opt_avail *a, const struct opt_avail *b)
{
    return a->root == b->root && a->val == b->val && a->off == b->off && a->width == b->width;
}

/* Where s has the same, OPT_AVAIL when it has not; looks at `first` and what follows first. */
static unsigned find_avail(const struct opt_state *s, const struct opt_avail *a, unsigned first)
{
    for (unsigned m = first; m < s->avail_count; m++)
        if (same_avail(a, &s->avail[m]))
            return m;
    for (unsigned m = 0; m < first && m < s->avail_count; m++)
        if (same_avail(a, &s->avail[m]))
            return m;
    return OPT_AVAIL;
}

/* What s and the current state agree on, into s. */
static void meet(struct opt *o, struct opt_state *s)
{
    unsigned kept = 0, next = 0;
    bool same = s->avail_count == o->cur.avail_count &&
                memcmp(s->avail, o->cur.avail, s->avail_count * sizeof(s->avail[0])) == 0;

    for (unsigned r = 1; r < 32; r++) {
        const struct opt_val *a = &o->vals[s->reg[r]], *b = &o->vals[o->cur.reg[r]];
        if (s->reg[r] == o->cur.reg[r])
            continue;
        s->reg[r] = opt_opaque(o, a->zbits > b->zbits ? a->zbits : b->zbits,
                               a->sbits > b->sbits ? a->sbits : b->sbits, meet_prov(a, b));
        o->vals[s->reg[r]].home = (uint8_t)r;
    }
    for (unsigned k = 0; k < s->avail_count && !same; k++) {
        const struct opt_avail a = s->avail[k];
        unsigned m = find_avail(&o->cur, &a, next);
        if (m == OPT_AVAIL)
            continue;
        s->avail[kept++] = a;
        next = m + 1; /* both have them in the order in which they came */
    }
    s->avail_count = same ? s->avail_count : kept;
}

/* The current state goes to block `to`. */
static void flow(struct opt *o, uint32_t from, uint32_t to)
{
    if (to == OPT_NONE || to <= from)
        return;
    if (o->in[to]) {
        meet(o, o->in[to]);
        return;
    }
    o->in[to] = malloc(sizeof(**o->in));
    if (!o->in[to])
        o->x->err = -ENOMEM;
    else
        *o->in[to] = o->cur;
}

/* The registers that the loop at block k writes; all when it has other entries. */
static uint32_t loop_writes(const struct opt *o, uint32_t k)
{
    uint32_t defs = 0;

    for (uint32_t m = k; m <= o->blocks[k].extent; m++) {
        if (m > k && o->blocks[m].min_pred < k)
            return UINT32_MAX;
        defs |= o->blocks[m].defs;
    }
    return defs;
}

/* Whether the loop at block k leaves memory alone. */
static bool loop_reads_only(const struct opt *o, uint32_t k)
{
    for (uint32_t n = o->blocks[k].start; n < o->blocks[o->blocks[k].extent].end; n++) {
        const struct xlate_op *op = &o->x->ops[n];
        bool branch = op->kind == XLATE_OP_SITE && op->rd != RV64_RA;
        if (op->kind != XLATE_OP_GONE && opt_io(o, op, true).effect && !branch)
            return false;
    }
    return true;
}

/* Of `regs`, those that hold a constant and get no other value from block k to `last`. */
static uint32_t steady(const struct opt *o, uint32_t k, uint32_t last, uint32_t regs)
{
    for (unsigned r = 1; r < 32; r++)
        if (o->vals[o->cur.reg[r]].kind != OPT_CONST)
            regs &= ~(1u << r);
    for (uint32_t n = o->blocks[k].start; regs && n < o->blocks[last].end; n++) {
        const struct xlate_op *op = &o->x->ops[n];
        uint32_t def = opt_def(op) & regs;
        bool same = op->kind == XLATE_OP_LI && o->vals[o->cur.reg[op->rd]].imm == op->imm;
        if (def && !same)
            regs &= ~def;
    }
    return regs;
}

unsigned opt_scratch(const struct opt *o, unsigned n)
{
    uint32_t regs = o->scratch & ~o->scratch_used;

    while (n-- && regs)
        regs &= regs - 1;
    return regs ? (unsigned)__builtin_ctz(regs) : 0;
}

/* Registers that the function at block k can have besides its own. */
static void find_scratch(struct opt *o, uint32_t k)
{
    uint32_t func = o->blocks[k].func;

    o->scratch = OPT_SPARE_TEMPORARIES | (func == 0 ? OPT_CALLEE_SAVED : 0);
    for (uint32_t n = o->blocks[k].start; n < o->x->words && o->scratch; n++) {
        const struct xlate_op *op = &o->x->ops[n];
        if (o->blocks[o->block_of[n]].func != func)
            break;
        o->scratch &= ~(1u << op->rd | 1u << op->rs1 | 1u << op->rs2);
    }
}

/* Only the block in front of block k goes there, by falling: its state is that of k. */
static bool goes_on(const struct opt *o, uint32_t k)
{
    const struct opt_block *b = &o->blocks[k];

    return k > 0 && b->min_pred == k - 1 && !b->jumped && !b->entry && o->blocks[k - 1].fall == k;
}

static void enter(struct opt *o, uint32_t k)
{
    const struct opt_block *b = &o->blocks[k];

    if (b->entry)
        find_scratch(o, k);
    o->block = k;
    o->stamp += !goes_on(o, k);
    o->scratch_used = 0;
    opt_pending_clear(o);
    opt_fields_clear(o);

    if (o->in[k])
        o->cur = *o->in[k];
    else if (!goes_on(o, k))
        unknown_state(o, b);
    free(o->in[k]);
    o->in[k] = NULL;
    if (b->extent) {
        uint32_t regs = loop_writes(o, k) & ~1u;
        if (regs == ~1u || !loop_reads_only(o, k))
            opt_forget(o);
        if (regs != ~1u && opt_on(o, OFFLOAD_PASS_SPARE))
            regs &= ~steady(o, k, b->extent, regs & ~OPT_RESERVED);
        write_all(o, regs);
    }
}

static int number_blocks(struct opt *o)
{
    for (uint32_t k = 0; k < o->count && !o->x->err; k++) {
        const struct opt_block *b = &o->blocks[k];
        if (!b->reached)
            continue;
        enter(o, k);
        for (uint32_t n = b->start; n < b->end && !o->x->err; n++) {
            if (o->ranges)
                opt_before(o, n);
            number_op(o, &o->x->ops[n]);
        }
        flow(o, k, b->jump);
        if (b->fall == OPT_NONE || !goes_on(o, b->fall))
            flow(o, k, b->fall);
    }
    return o->x->err;
}

int opt_number(struct opt *o)
{
    o->val_count = 0;
    memset(o->hash, 0, o->hash_size * sizeof(*o->hash));
    opt_opaque(o, 64, 64, OPT_ANY); /* number 0 stands for none */
    o->in = calloc(o->count, sizeof(struct opt_state *));
    if (!o->in)
        return o->x->err = -ENOMEM;
    number_blocks(o);
    for (uint32_t k = 0; k < o->count; k++)
        free(o->in[k]);
    free(o->in);
    return o->x->err;
}
