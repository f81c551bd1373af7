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

static uint32_t largest(const struct xlate_site *s)
{
    return s->kind == XLATE_SITE_BRANCH ? 3 : 2;
}

static uint32_t target_raw(const struct xlate *x, const struct xlate_site *s)
{
    return s->kind == XLATE_SITE_CALL ? x->funcs[s->target].raw : x->slot_raw[s->target];
}

static void place(struct xlate *x)
{
    uint32_t at = 0, k = 0;

    for (uint32_t w = 0; w < x->words; w++) {
        x->place[w] = at;
        if (k < x->site_count && x->sites[k].raw == w)
            at += x->sites[k++].words;
        else
            at++;
    }
    x->place[x->words] = at;
}

/* Smallest form that reaches, given where things are now. */
static uint8_t wanted(const struct xlate *x, const struct xlate_site *s)
{
    int64_t off = ((int64_t)x->place[target_raw(x, s)] - x->place[s->raw]) * 4;

    if (s->kind != XLATE_SITE_BRANCH)
        return rv64_imm_fits(RV64_OP_JAL, off) ? 1 : 2;
    if (rv64_imm_fits(RV64_OP_BEQ, off))
        return 1;
    return rv64_imm_fits(RV64_OP_JAL, off - 4) ? 2 : 3;
}

static bool shrink(struct xlate *x)
{
    bool changed = false;

    for (uint32_t k = 0; k < x->site_count; k++) {
        uint8_t w = wanted(x, &x->sites[k]);
        if (w < x->sites[k].words) {
            x->sites[k].words = w;
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
    for (uint32_t k = 0; k < x->site_count; k++)
        x->sites[k].words = (uint8_t)largest(&x->sites[k]);
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
