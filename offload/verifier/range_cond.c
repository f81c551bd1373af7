/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditional jumps on ranges: is the outcome known, and what an outcome teaches. */
#include "verifier/range.h"

/* Which view a relation reads, so that each is written once for 32 and 64 bits. */
struct view {
    uint64_t umin, umax;
    int64_t smin, smax;
    struct tnum var;
};

static struct view view_of(const struct range *r, bool is32)
{
    if (is32)
        return (struct view){r->umin32, r->umax32, r->smin32, r->smax32, tnum_trunc(r->var, 4)};
    return (struct view){r->umin, r->umax, r->smin, r->smax, r->var};
}

static void view_store(struct range *r, const struct view *v, bool is32)
{
    if (is32) {
        r->umin32 = (uint32_t)v->umin;
        r->umax32 = (uint32_t)v->umax;
        r->smin32 = (int32_t)v->smin;
        r->smax32 = (int32_t)v->smax;
        r->var = tnum_with_low(r->var, v->var);
        return;
    }
    r->umin = v->umin;
    r->umax = v->umax;
    r->smin = v->smin;
    r->smax = v->smax;
    r->var = v->var;
}

static bool bits_disjoint(struct tnum a, struct tnum b)
{
    return ((a.value ^ b.value) & ~a.mask & ~b.mask) != 0;
}

static int decide_eq(const struct view *a, const struct view *b)
{
    if (tnum_is_const(a->var) && tnum_is_const(b->var))
        return a->var.value == b->var.value;
    if (a->umin > b->umax || a->umax < b->umin || a->smin > b->smax || a->smax < b->smin)
        return 0;
    if ((tnum_is_const(a->var) || tnum_is_const(b->var)) && bits_disjoint(a->var, b->var))
        return 0;
    return -1;
}

static int decide_set(const struct view *a, const struct view *b)
{
    if (!tnum_is_const(b->var))
        return -1;
    if (a->var.value & b->var.value)
        return 1;
    return (a->var.value | a->var.mask) & b->var.value ? -1 : 0;
}

static int decide_gt(const struct view *a, const struct view *b)
{
    if (a->umin > b->umax)
        return 1;
    return a->umax <= b->umin ? 0 : -1;
}

static int decide_sgt(const struct view *a, const struct view *b)
{
    if (a->smin > b->smax)
        return 1;
    return a->smax <= b->smin ? 0 : -1;
}

static int negate(int known)
{
    return known < 0 ? known : !known;
}

int range_decide(const struct range *ra, const struct range *rb, enum cond c, bool is32)
{
    struct view a = view_of(ra, is32), b = view_of(rb, is32);
    switch (c) {
    case COND_EQ:
        return decide_eq(&a, &b);
    case COND_NE:
        return negate(decide_eq(&a, &b));
    case COND_GT:
        return decide_gt(&a, &b);
    case COND_LE:
        return negate(decide_gt(&a, &b));
    case COND_LT:
        return decide_gt(&b, &a);
    case COND_GE:
        return negate(decide_gt(&b, &a));
    case COND_SGT:
        return decide_sgt(&a, &b);
    case COND_SLE:
        return negate(decide_sgt(&a, &b));
    case COND_SLT:
        return decide_sgt(&b, &a);
    case COND_SGE:
        return negate(decide_sgt(&b, &a));
    case COND_SET:
        return decide_set(&a, &b);
    case COND_CLEAR:
        return negate(decide_set(&a, &b));
    }
    return -1;
}

static void refine_eq(struct view *a, struct view *b)
{
    a->umin = b->umin = a->umin > b->umin ? a->umin : b->umin;
    a->umax = b->umax = a->umax < b->umax ? a->umax : b->umax;
    a->smin = b->smin = a->smin > b->smin ? a->smin : b->smin;
    a->smax = b->smax = a->smax < b->smax ? a->smax : b->smax;
    if (!bits_disjoint(a->var, b->var))
        a->var = b->var = tnum_meet(a->var, b->var);
}

/* A constant at the very end of the other's bounds is cut off. */
static void refine_ne(struct view *a, const struct view *b, bool is32)
{
    if (!tnum_is_const(b->var))
        return;
    uint64_t u = b->var.value;
    int64_t s = is32 ? (int64_t)(int32_t)(uint32_t)u : (int64_t)u;
    if (a->umin == u)
        a->umin++;
    if (a->umax == u)
        a->umax--;
    if (a->smin == s)
        a->smin++;
    if (a->smax == s)
        a->smax--;
}

static void refine_set(struct view *a, const struct view *b)
{
    uint64_t bits = b->var.value;
    /* One tested bit: it is 1. Of several we would only know that some bit is. */
    if (!tnum_is_const(b->var) || bits == 0 || (bits & (bits - 1)) != 0)
        return;
    a->var = tnum_or(a->var, tnum_const(bits));
}

/*
 * Only the bits are kept, as in the kernel: with the bounds a loop could be seen to end that it
 * takes for endless.
 */
static void refine_clear(struct range *a, const struct view *b, bool is32)
{
    struct tnum var = a->var;
    if (!tnum_is_const(b->var))
        return;
    *a = range_unknown();
    if (is32)
        a->var = tnum_with_low(var, tnum_and(tnum_trunc(var, 4), tnum_const(~b->var.value)));
    else
        a->var = tnum_and(var, tnum_const(~b->var.value));
}

static void refine_le(struct view *a, struct view *b)
{
    if (b->umax < a->umax)
        a->umax = b->umax;
    if (a->umin > b->umin)
        b->umin = a->umin;
}

static void refine_lt(struct view *a, struct view *b)
{
    if (b->umax > 0 && b->umax - 1 < a->umax)
        a->umax = b->umax - 1;
    if (a->umin < UINT64_MAX && a->umin + 1 > b->umin)
        b->umin = a->umin + 1;
}

static void refine_sle(struct view *a, struct view *b)
{
    if (b->smax < a->smax)
        a->smax = b->smax;
    if (a->smin > b->smin)
        b->smin = a->smin;
}

static void refine_slt(struct view *a, struct view *b)
{
    if (b->smax > INT64_MIN && b->smax - 1 < a->smax)
        a->smax = b->smax - 1;
    if (a->smin < INT64_MAX && a->smin + 1 > b->smin)
        b->smin = a->smin + 1;
}

static void refine_views(struct view *a, struct view *b, enum cond c, bool is32)
{
    switch (c) {
    case COND_EQ:
        refine_eq(a, b);
        break;
    case COND_NE:
        refine_ne(a, b, is32);
        refine_ne(b, a, is32);
        break;
    case COND_LE:
        refine_le(a, b);
        break;
    case COND_GE:
        refine_le(b, a);
        break;
    case COND_LT:
        refine_lt(a, b);
        break;
    case COND_GT:
        refine_lt(b, a);
        break;
    case COND_SLE:
        refine_sle(a, b);
        break;
    case COND_SGE:
        refine_sle(b, a);
        break;
    case COND_SLT:
        refine_slt(a, b);
        break;
    case COND_SGT:
        refine_slt(b, a);
        break;
    case COND_SET:
        refine_set(a, b);
        break;
    case COND_CLEAR: /* refine_clear() */
        break;
    }
}

/* A register compared with itself is both: as the kernel, which then sees a loop of it end. */
static void meet_views(struct view *a, const struct view *b)
{
    a->umin = a->umin > b->umin ? a->umin : b->umin;
    a->umax = a->umax < b->umax ? a->umax : b->umax;
    a->smin = a->smin > b->smin ? a->smin : b->smin;
    a->smax = a->smax < b->smax ? a->smax : b->smax;
}

void range_refine(struct range *ra, struct range *rb, enum cond c, bool is32)
{
    bool bits = c == COND_SET || c == COND_CLEAR;
    if (bits && !tnum_is_const(view_of(rb, is32).var)) { /* the mask may be either side */
        struct range *other = ra;
        ra = rb;
        rb = other;
    }
    struct view a = view_of(ra, is32), b = view_of(rb, is32);
    /* The caller did not find the outcome impossible, but views may still disagree. */
    refine_views(&a, &b, c, is32);
    if (ra == rb)
        meet_views(&b, &a);
    view_store(ra, &a, is32);
    if (c == COND_CLEAR)
        refine_clear(ra, &b, is32);
    view_store(rb, &b, is32);
    range_sync(ra);
    range_sync(rb);
    range_repair(ra);
    range_repair(rb);
}
