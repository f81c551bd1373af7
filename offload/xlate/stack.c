/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "stack": in a function that hands out no address of its stack, a store to
 * bytes that no load reads is not made.
 */
#include <string.h>

#include "xlate/opt.h"

#define REACH 4096 /* offsets are 12 bits, signed */

struct frame {
    bool escapes;
    uint8_t read[2 * REACH]; /* byte at sp - REACH + n is loaded */
};

static bool on_stack(const struct xlate_op *op)
{
    return !op->fixed && op->rs1 == RV64_SP && (opt_is_load(op) || opt_is_store(op));
}

static void note(const struct opt *o, struct frame *f, const struct xlate_op *op)
{
    struct opt_io io;
    bool adjusts = op->kind == XLATE_OP_RV && op->op == RV64_OP_ADDI && op->rd == RV64_SP;
    bool returns = op->kind == XLATE_OP_RV && op->op == RV64_OP_JALR;

    if (op->kind == XLATE_OP_GONE || (op->rs1 != RV64_SP && op->rs2 != RV64_SP))
        return;
    io = opt_io(o, op, true);
    if (!(io.use & 1u << RV64_SP) || adjusts || returns)
        return;
    if (!on_stack(op) || (opt_is_store(op) && op->rs2 == RV64_SP))
        f->escapes = true;
    else if (opt_is_load(op))
        memset(f->read + REACH + op->imm, 1, opt_width(op));
}

static bool is_read(const struct frame *f, const struct xlate_op *op)
{
    for (unsigned k = 0; k < opt_width(op); k++)
        if (f->read[REACH + op->imm + k])
            return true;
    return false;
}

static void one_function(struct opt *o, uint32_t start, uint32_t end)
{
    struct frame f = {.escapes = false};

    for (uint32_t n = start; n < end; n++)
        note(o, &f, &o->x->ops[n]);
    for (uint32_t n = start; n < end && !f.escapes; n++) {
        struct xlate_op *op = &o->x->ops[n];
        if (!opt_is_store(op) || !on_stack(op) || is_read(&f, op))
            continue;
        op->kind = XLATE_OP_GONE;
        o->changed = true;
    }
}

int opt_stack(struct opt *o)
{
    for (uint32_t k = 0; k < o->x->func_count; k++)
        one_function(o, o->x->funcs[k].raw,
                     k + 1 < o->x->func_count ? o->x->funcs[k + 1].raw : o->x->words);
    return 0;
}
