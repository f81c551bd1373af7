/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Joining ranges, and letting those of a loop grow in few steps: to a number that
 * the loop compares with, then to the size of a type, then to anything.
 */
#include "verifier/values.h"

enum {
    GROW_AS_IS = 2,   /* rounds that are taken as they come */
    GROW_TO_TEST = 8, /* then so many to numbers of the loop's own jumps */
    GROW_TO_TYPE = 14,
};

#define LOWER(a, b)  ((a) < (b) ? (a) : (b))
#define HIGHER(a, b) ((a) > (b) ? (a) : (b))

static struct tnum either(struct tnum a, struct tnum b)
{
    uint64_t mask = a.mask | b.mask | (a.value ^ b.value);
    return (struct tnum){.value = a.value & ~mask, .mask = mask};
}

struct range values_join(const struct range *a, const struct range *b)
{
    return (struct range){
        .var = either(a->var, b->var),
        .umin = LOWER(a->umin, b->umin),
        .umax = HIGHER(a->umax, b->umax),
        .smin = LOWER(a->smin, b->smin),
        .smax = HIGHER(a->smax, b->smax),
        .umin32 = LOWER(a->umin32, b->umin32),
        .umax32 = HIGHER(a->umax32, b->umax32),
        .smin32 = LOWER(a->smin32, b->smin32),
        .smax32 = HIGHER(a->smax32, b->smax32),
    };
}

/* The bounds as they grow. */
struct ends {
    uint64_t umin, umax;
    int64_t smin, smax;
};

/* `c` is nearer than what was found, and still outside. */
static void offer(struct ends *best, const struct range *now, uint64_t c)
{
    if (c >= now->umax && c < best->umax)
        best->umax = c;
    if (c <= now->umin && c > best->umin)
        best->umin = c;
    if ((int64_t)c >= now->smax && (int64_t)c < best->smax)
        best->smax = (int64_t)c;
    if ((int64_t)c <= now->smin && (int64_t)c > best->smin)
        best->smin = (int64_t)c;
}

static void offer_type(struct ends *best, const struct range *now)
{
    static const unsigned char bits[] = {7, 8, 15, 16, 31, 32, 63};
    offer(best, now, 0);
    for (unsigned n = 0; n < sizeof(bits); n++) {
        offer(best, now, (1ull << bits[n]) - 1);
        offer(best, now, 0 - (1ull << bits[n]));
    }
}

/* What a jump compares with, and its neighbours. */
static void offer_test(struct ends *best, const struct range *now, const struct range *with,
                       bool is32)
{
    for (unsigned k = 0; k < 3; k++) {
        offer(best, now, with->umin + k - 1);
        offer(best, now, with->umax + k - 1);
        if (is32)
            offer(best, now, (uint32_t)(with->umin + k - 1));
    }
}

static void offer_tests(struct values *a, struct ends *best, const struct range *now, uint32_t to,
                        uint32_t from)
{
    for (uint32_t n = to; n <= from; n++) {
        const struct ebpf_row *row = vf_row(a->v, n);
        const struct ebpf_insn *i = vf_ins(a->v, n);
        struct range imm = range_const((uint64_t)(int64_t)i->imm);
        if (row->kind == EBPF_KIND_JCC_K)
            offer_test(best, now, &imm, row->bits == 32);
        else if (row->kind == EBPF_KIND_JCC_X && i->src < VALUES_REGS)
            offer_test(best, now, vf_pool_get(&a->pool, a->at[n].before[i->src]), row->bits == 32);
    }
    uint64_t looked = to <= from ? (from - to) / 8 : 0;
    a->work -= LOWER(looked, a->work);
}

struct range values_widen(struct values *a, const struct range *old, const struct range *now,
                          uint32_t to, uint32_t from, unsigned grown)
{
    struct ends best = {0, UINT64_MAX, INT64_MIN, INT64_MAX};
    struct range w = range_unknown();
    if (grown <= GROW_AS_IS)
        return *now;
    a->widened = true;
    if (grown > GROW_TO_TYPE)
        return w;
    offer_type(&best, now);
    if (grown <= GROW_TO_TEST)
        offer_tests(a, &best, now, to, from);
    w.umin = now->umin < old->umin ? best.umin : now->umin;
    w.umax = now->umax > old->umax ? best.umax : now->umax;
    w.smin = now->smin < old->smin ? best.smin : now->smin;
    w.smax = now->smax > old->smax ? best.smax : now->smax;
    w.var = grown <= GROW_TO_TEST ? now->var : tnum_unknown();
    range_sync(&w);
    /* 32-bit bounds that did not grow stay */
    bool same = now->umin32 == old->umin32 && now->umax32 == old->umax32;
    if (same) {
        w.umin32 = HIGHER(w.umin32, now->umin32);
        w.umax32 = LOWER(w.umax32, now->umax32);
    }
    return w;
}
