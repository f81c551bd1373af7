/* SPDX-License-Identifier: BSD-3-Clause */
/* Growing arrays of words, sites, relocations and rows. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "xlate/xlate.h"

bool xlate_room(struct xlate *x, void **array, uint32_t *cap, uint32_t count, size_t size)
{
    if (x->err)
        return false;
    if (count < *cap)
        return true;
    uint32_t want = *cap ? *cap * 2 : 64;
    void *p = realloc(*array, want * size);
    if (!p) {
        x->err = -ENOMEM;
        return false;
    }
    *array = p;
    *cap = want;
    return true;
}

int xlate_refuse(struct xlate *x, uint32_t insn, const char *fmt, ...)
{
    va_list ap;

    if (x->err)
        return x->err;
    if (x->why) {
        x->why->code = OFFLOAD_REASON_NONE;
        x->why->insn = insn;
        va_start(ap, fmt);
        vsnprintf(x->why->reason, sizeof(x->why->reason), fmt, ap);
        va_end(ap);
    }
    return x->err = -EINVAL;
}

static void put(struct xlate *x, struct xlate_op op)
{
    void *p = x->ops;

    /* Passes shorten the code, but not that much. */
    if (x->words / 4 >= x->max_words && !x->err) {
        xlate_refuse(x, x->cur, "translated code is longer than %u words", x->max_words);
        x->err = -E2BIG;
    }
    if (!xlate_room(x, &p, &x->op_cap, x->words, sizeof(*x->ops)))
        return;
    x->ops = p;
    op.slot = x->row;
    op.fixed = x->fixed;
    x->ops[x->words++] = op;
}

static struct xlate_op rv(enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2, int64_t imm)
{
    return (struct xlate_op){.kind = XLATE_OP_RV,
                             .op = (uint8_t)op,
                             .rd = (uint8_t)rd,
                             .rs1 = (uint8_t)rs1,
                             .rs2 = (uint8_t)rs2,
                             .imm = imm};
}

void xlate_r(struct xlate *x, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2)
{
    put(x, rv(op, rd, rs1, rs2, 0));
}

void xlate_i(struct xlate *x, enum rv64_op op, unsigned rd, unsigned rs1, int32_t imm)
{
    put(x, rv(op, rd, rs1, 0, imm));
}

void xlate_store(struct xlate *x, enum rv64_op op, unsigned src, unsigned base, int32_t off)
{
    put(x, rv(op, 0, base, src, off));
}

void xlate_amo(struct xlate *x, enum rv64_op op, unsigned rd, unsigned addr, unsigned src,
               int32_t order)
{
    put(x, rv(op, rd, addr, src, order));
}

void xlate_fence(struct xlate *x, int32_t order)
{
    bool fixed = x->fixed;

    x->fixed = true;
    xlate_i(x, RV64_OP_FENCE, RV64_ZERO, RV64_ZERO, order);
    x->fixed = fixed;
}

bool xlate_zext_dead(const struct xlate *x)
{
    return x->facts && (x->opts.naive || xlate_pass(x, OFFLOAD_PASS_FACTS)) &&
           (x->facts->flags[x->cur] & OFFLOAD_FACT_ZEXT_DEAD);
}

void xlate_skip(struct xlate *x, enum rv64_op op, unsigned rs1, unsigned rs2, int32_t off)
{
    put(x, rv(op, 0, rs1, rs2, off));
}

void xlate_mv(struct xlate *x, unsigned rd, unsigned rs)
{
    if (rd != rs)
        xlate_i(x, RV64_OP_ADDI, rd, rs, 0);
}

void xlate_zext_w(struct xlate *x, unsigned rd, unsigned rs)
{
    xlate_r(x, RV64_OP_ADD_UW, rd, rs, RV64_ZERO);
}

void xlate_sext_w(struct xlate *x, unsigned rd, unsigned rs)
{
    xlate_i(x, RV64_OP_ADDIW, rd, rs, 0);
}

void xlate_li(struct xlate *x, unsigned rd, int64_t v)
{
    put(x, (struct xlate_op){.kind = XLATE_OP_LI, .rd = (uint8_t)rd, .imm = v});
}

void xlate_row(struct xlate *x, uint32_t insn)
{
    x->row = insn;
}

void xlate_code_of(struct xlate *x, unsigned rd, uint32_t func)
{
    put(x, (struct xlate_op){.kind = XLATE_OP_CODE, .rd = (uint8_t)rd, .ref = func});
}

void xlate_addr_of(struct xlate *x, unsigned rd, enum offload_reloc_kind kind, uint32_t index,
                   uint32_t addend)
{
    put(x, (struct xlate_op){.kind = XLATE_OP_ADDR,
                             .op = (uint8_t)kind,
                             .rd = (uint8_t)rd,
                             .ref = index,
                             .imm = addend});
}

void xlate_gate(struct xlate *x, unsigned link, uint32_t index)
{
    put(x, (struct xlate_op){.kind = XLATE_OP_GATE, .rd = (uint8_t)link, .imm = index});
}

void xlate_return(struct xlate *x, bool callback)
{
    struct xlate_op op = rv(RV64_OP_JALR, RV64_ZERO, RV64_RA, 0, 0);

    op.ref = callback;
    put(x, op);
}

uint32_t xlate_label(struct xlate *x)
{
    void *p = x->slot_raw;

    if (!xlate_room(x, &p, &x->raw_cap, xlate_places(x), sizeof(*x->slot_raw)))
        return 0;
    x->slot_raw = p;
    x->slot_raw[xlate_places(x)] = 0;
    return x->prog->insn_count + x->labels++;
}

void xlate_here(struct xlate *x, uint32_t label)
{
    if (!x->err)
        x->slot_raw[label] = x->words;
}

void xlate_hint(struct xlate *x, enum xlate_hint hint)
{
    if (!x->err)
        x->ops[x->words - 1].hint = (uint8_t)hint;
}

void xlate_site(struct xlate *x, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2,
                uint32_t target)
{
    struct xlate_op site = rv(op, rd, rs1, rs2, 0);

    site.kind = XLATE_OP_SITE;
    site.ref = target;
    put(x, site);
}
