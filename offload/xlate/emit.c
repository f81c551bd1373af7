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
        x->why->insn = insn;
        va_start(ap, fmt);
        vsnprintf(x->why->reason, sizeof(x->why->reason), fmt, ap);
        va_end(ap);
    }
    return x->err = -EINVAL;
}

static void word(struct xlate *x, uint32_t w)
{
    void *p = x->code;

    if (x->words >= x->max_words && !x->err) {
        xlate_refuse(x, x->cur, "translated code is longer than %u words", x->max_words);
        x->err = -E2BIG;
    }
    if (!xlate_room(x, &p, &x->word_cap, x->words, sizeof(*x->code)))
        return;
    x->code = p;
    x->code[x->words++] = w;
}

void xlate_r(struct xlate *x, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2)
{
    word(x, rv64_encode(op, rd, rs1, rs2, 0));
}

void xlate_i(struct xlate *x, enum rv64_op op, unsigned rd, unsigned rs1, int32_t imm)
{
    word(x, rv64_encode(op, rd, rs1, 0, imm));
}

void xlate_store(struct xlate *x, enum rv64_op op, unsigned src, unsigned base, int32_t off)
{
    word(x, rv64_encode(op, 0, base, src, off));
}

void xlate_amo(struct xlate *x, enum rv64_op op, unsigned rd, unsigned addr, unsigned src,
               int32_t order)
{
    word(x, rv64_encode(op, rd, addr, src, order));
}

bool xlate_zext_dead(const struct xlate *x)
{
    return x->facts && (x->facts->flags[x->cur] & OFFLOAD_FACT_ZEXT_DEAD);
}

void xlate_skip(struct xlate *x, enum rv64_op op, unsigned rs1, unsigned rs2, int32_t off)
{
    word(x, rv64_encode(op, 0, rs1, rs2, off));
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

void xlate_row(struct xlate *x, uint32_t insn)
{
    void *p = x->rows;

    /* A slot without code leaves no row. */
    if (x->row_count && x->rows[x->row_count - 1].word == x->words)
        x->row_count--;
    if (x->row_count && x->rows[x->row_count - 1].insn == insn)
        return;
    if (!xlate_room(x, &p, &x->row_cap, x->row_count, sizeof(*x->rows)))
        return;
    x->rows = p;
    x->rows[x->row_count++] = (struct offload_row){.word = x->words, .insn = insn};
}

void xlate_reloc(struct xlate *x, enum offload_reloc_kind kind, uint32_t index, uint32_t addend)
{
    void *p = x->relocs;

    if (!xlate_room(x, &p, &x->reloc_cap, x->reloc_count, sizeof(*x->relocs)))
        return;
    x->relocs = p;
    x->relocs[x->reloc_count++] = (struct offload_reloc){
        .word = x->words, .kind = (uint16_t)kind, .index = index, .addend = addend};
}

void xlate_site(struct xlate *x, struct xlate_site site)
{
    void *p = x->sites;

    if (!xlate_room(x, &p, &x->site_cap, x->site_count, sizeof(*x->sites)))
        return;
    x->sites = p;
    site.raw = x->words;
    x->sites[x->site_count++] = site;
    word(x, 0);
}
