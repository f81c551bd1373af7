/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass "spare": constants that a function needs several times, or in a loop, have a
 * register of their own. Every use makes the constant; the passes over the operations
 * drop that where the register holds it already.
 */
#include <stdlib.h>

#include "xlate/xlate.h"

enum { SEEN = 64, PLACES = 128, IN_LOOP = 8, LOOP_MAX = 4096 };

struct seen {
    int64_t value;
    uint32_t count;
};

struct census {
    struct seen at[SEEN];
    unsigned n;
    uint8_t place[PLACES]; /* hash table of them: 1 + their number, 0 = empty */
};

/* The constant that the instruction needs in a register, 0 when none. */
static int64_t wanted(const struct xlate *x, uint32_t s)
{
    const struct ebpf_row *row = ebpf_row(x->id[s]);
    int64_t imm = x->prog->insns[s].imm;

    switch (row->kind) {
    case EBPF_KIND_JCC_K:
        if (row->op == EBPF_OP_JSET && xlate_fits12(imm))
            return 0;
        return (x->slot[s] & (XLATE_TAKEN | XLATE_FALLS)) == (XLATE_TAKEN | XLATE_FALLS) ? imm : 0;
    case EBPF_KIND_ALU_K:
        if (row->op == EBPF_OP_MOV || row->op == EBPF_OP_LSH || row->op == EBPF_OP_RSH ||
            row->op == EBPF_OP_ARSH)
            return 0;
        if (row->op == EBPF_OP_MUL || row->op == EBPF_OP_DIV || row->op == EBPF_OP_MOD)
            return (imm & (imm - 1)) ? imm : 0;
        return xlate_fits12(row->op == EBPF_OP_SUB ? -imm : imm) ? 0 : imm;
    case EBPF_KIND_ST:
        return imm;
    default:
        return 0;
    }
}

static void count(struct census *c, int64_t v, uint32_t by)
{
    unsigned k = (unsigned)((uint64_t)v * 0x9e3779b97f4a7c15u >> 57);

    if (v == 0)
        return;
    while (c->place[k] && c->at[c->place[k] - 1].value != v)
        k = (k + 1) % PLACES;
    if (!c->place[k] && c->n == SEEN)
        return;
    if (!c->place[k]) {
        c->at[c->n++] = (struct seen){.value = v};
        c->place[k] = (uint8_t)c->n;
    }
    c->at[c->place[k] - 1].count += by;
}

static void count_slot(const struct xlate *x, struct census *c, uint32_t s, uint32_t by)
{
    const struct xlate_func *callee = xlate_inlined(x, s);
    const struct offload_map *m;
    bool in_place;

    for (uint32_t k = callee ? callee->start : 1; callee && x->id[k] != EBPF_EXIT;
         k += ebpf_slots(ebpf_row(x->id[k])))
        count(c, wanted(x, k), by);
    count(c, wanted(x, s), by);
    if (!(m = xlate_in_place(x, x->func, s, &in_place)) || !xlate_hash_known(x, m))
        return;
    for (unsigned n = 0; xlate_hash_const(m, n); n++)
        count(c, xlate_hash_const(m, n), by);
}

/* Slots from a loop's head to the last jump back to it. */
static uint32_t loop_end(const struct xlate *x, uint32_t head)
{
    uint32_t end = head, stop = x->func->end;

    if (stop - head > LOOP_MAX)
        stop = head + LOOP_MAX;
    for (uint32_t s = head; s < stop; s++) {
        unsigned kind = ebpf_row(x->id[s])->kind;
        bool jump = kind == EBPF_KIND_JA || kind == EBPF_KIND_JCC_K || kind == EBPF_KIND_JCC_X ||
                    kind == EBPF_KIND_MAY_GOTO;
        if ((x->slot[s] & XLATE_LIVE) && jump && xlate_target(x, s) == head)
            end = s + 1;
    }
    return end;
}

static void take_census(const struct xlate *x, struct census *c)
{
    uint32_t loop = x->func->start;

    for (uint32_t s = x->func->start; s < x->func->end; s++) {
        if (!(x->slot[s] & XLATE_LIVE))
            continue;
        if ((x->slot[s] & XLATE_LOOP) && s >= loop)
            loop = loop_end(x, s);
        count_slot(x, c, s, s < loop ? IN_LOOP : 1);
    }
}

static int by_count(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->value < y->value ? -1 : x->value > y->value;
}

static bool usable(const struct xlate *x, unsigned reg)
{
    bool s = reg >= RV64_S2;

    if (reg >= RV64_S9 && reg <= RV64_S11)
        return x->func == x->funcs && x->func->calls;
    if (x->func->leaf && (reg == RV64_A6 || reg == RV64_A7 || reg == RV64_T5))
        return false;
    return s && (!x->func->cmpxchg || (reg != RV64_T3 && reg != RV64_T4));
}

void xlate_pool(struct xlate *x)
{
    static const uint8_t regs[XLATE_POOL] = {RV64_S11, RV64_S10, RV64_S9, RV64_A6,
                                             RV64_A7,  RV64_T3,  RV64_T4, RV64_T5};
    struct census c = {.n = 0};

    x->pool.n = 0;
    if (x->opts.naive || !xlate_pass(x, OFFLOAD_PASS_SPARE))
        return;
    take_census(x, &c);
    qsort(c.at, c.n, sizeof(c.at[0]), by_count);
    for (unsigned k = 0, r = 0; k < c.n && c.at[k].count > 1 && r < XLATE_POOL; r++) {
        if (!usable(x, regs[r]))
            continue;
        x->pool.at[x->pool.n].value = c.at[k++].value;
        x->pool.at[x->pool.n++].reg = regs[r];
    }
}

unsigned xlate_const(struct xlate *x, int64_t v, unsigned tmp)
{
    for (unsigned k = 0; k < x->pool.n; k++)
        if (x->pool.at[k].value == v)
            tmp = x->pool.at[k].reg;
    xlate_li(x, tmp, v);
    return tmp;
}

void xlate_hoist(struct xlate *x)
{
    struct census c = {.n = 0};
    uint32_t end;

    if (!x->pool.n)
        return;
    end = loop_end(x, x->cur);
    for (uint32_t s = x->cur; s < end; s++)
        if (x->slot[s] & XLATE_LIVE)
            count_slot(x, &c, s, 1);
    xlate_row(x, x->cur);
    for (unsigned k = 0; k < c.n; k++)
        for (unsigned m = 0; m < x->pool.n; m++)
            if (x->pool.at[m].value == c.at[k].value)
                xlate_li(x, x->pool.at[m].reg, c.at[k].value);
}
