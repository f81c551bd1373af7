/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sizes of jumps. Every site starts at its largest form and shrinks where the
 * distance allows; shrinking only shortens distances, so each round's result is
 * right and a fixed number of rounds keeps the cost linear.
 *
 *   branch  1 word +-4 KiB; 2: inverted branch over jal; 3: over auipc, jalr
 *   jump    1 word +-1 MiB; 2: auipc, jalr
 *   call    the same, with ra
 */
#include <errno.h>
#include <stdlib.h>

#include "xlate/xlate.h"

#define ROUNDS 3

static bool is_call(const struct xlate_op *op)
{
    return op->rd == RV64_RA;
}

static uint8_t largest(const struct xlate *x, const struct xlate_op *op)
{
    uint32_t words[XLATE_LI_MAX];

    switch ((enum xlate_op_kind)op->kind) {
    case XLATE_OP_LI:
        return (uint8_t)xlate_li_words(op->rd, op->imm, words);
    case XLATE_OP_ADDR:
        return xlate_pass(x, OFFLOAD_PASS_NEAR) || op->op == OFFLOAD_RELOC_SEED ? 2 : 3;
    case XLATE_OP_CODE:
        return 2;
    case XLATE_OP_SITE:
        return op->op == RV64_OP_JAL ? 2 : 3;
    case XLATE_OP_GONE:
        return 0;
    default:
        return 1;
    }
}

uint32_t xlate_site_to(const struct xlate *x, const struct xlate_op *op)
{
    return is_call(op) ? x->funcs[op->ref].raw : x->slot_raw[op->ref];
}

static void place(struct xlate *x)
{
    uint32_t at = 0;

    for (uint32_t k = 0; k < x->words; k++) {
        x->place[k] = at;
        at += x->ops[k].words;
    }
    x->place[x->words] = at;
}

/* Smallest form that reaches, given where things are now. */
static uint8_t wanted(const struct xlate *x, uint32_t k)
{
    const struct xlate_op *op = &x->ops[k];
    int64_t off = ((int64_t)x->place[xlate_site_to(x, op)] - x->place[k]) * 4;

    if (op->op == RV64_OP_JAL)
        return rv64_imm_fits(RV64_OP_JAL, off) ? 1 : 2;
    if (rv64_imm_fits(RV64_OP_BEQ, off))
        return 1;
    return rv64_imm_fits(RV64_OP_JAL, off - 4) ? 2 : 3;
}

static bool shrink(struct xlate *x)
{
    bool changed = false;

    for (uint32_t k = 0; k < x->words; k++) {
        if (x->ops[k].kind != XLATE_OP_SITE)
            continue;
        uint8_t w = wanted(x, k);
        if (w < x->ops[k].words) {
            x->ops[k].words = w;
            changed = true;
        }
    }
    return changed;
}

int xlate_layout(struct xlate *x)
{
    x->place = malloc(((size_t)x->words + 1) * sizeof(*x->place));
    if (!x->place)
        return x->err = -ENOMEM;
    for (uint32_t k = 0; k < x->words; k++)
        x->ops[k].words = largest(x, &x->ops[k]);
    place(x);
    for (unsigned round = 0; round < ROUNDS && shrink(x); round++)
        place(x);
    if (x->place[x->words] > x->max_words) {
        xlate_refuse(x, 0, "translated code of %u words is longer than %u", x->place[x->words],
                     x->max_words);
        return x->err = -E2BIG;
    }
    return 0;
}
