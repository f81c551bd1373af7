/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ranges of registers before each instruction, by going through the text until
 * nothing grows any more; loops grow in few steps (widen.c). What that overshot
 * is taken back by going through it again from what was found: each round of that
 * gives ranges that hold, whatever the round before was like.
 */
#include "verifier/values.h"

#include <stdlib.h>
#include <string.h>

enum values_flag {
    FLAG_SEEN = 1u << 0,
    FLAG_DIRTY = 1u << 1, /* not looked at since it grew; a result: its callers */
    FLAG_LATE = 1u << 2,  /* something further down, or a call, leads here */
    FLAG_NEXT = 1u << 3,  /* seen in the second phase */
};

enum {
    NARROW_ROUNDS = 2,
    WORK_EACH = 16, /* looks at each instruction, on average, before it is given up */
    WORK_FREE = 2000000,
};

/* ---- first phase: growing ---- */

/* Lets *number hold `with` too; true when it did not. */
static bool grow(struct values *a, uint16_t *number, uint16_t with, uint32_t to, uint32_t from,
                 unsigned grown)
{
    if (*number == with || *number == POOL_UNKNOWN)
        return false;
    struct range old = *vf_pool_get(&a->pool, *number);
    struct range now = values_join(&old, vf_pool_get(&a->pool, with));
    if (range_equal(&old, &now))
        return false;
    if (grown)
        now = values_widen(a, &old, &now, to, from, grown);
    uint16_t was = *number;
    *number = vf_pool_number(&a->pool, &now);
    return *number != was;
}

static uint8_t one_more(uint8_t n)
{
    return n < UINT8_MAX ? (uint8_t)(n + 1) : n;
}

static bool is_live(const struct values *a, uint32_t insn, unsigned reg)
{
    return a->v->at[insn].live >> reg & 1;
}

static void first_visit(struct values *a, uint32_t to, const struct values_state *st)
{
    for (unsigned r = 0; r < VALUES_REGS; r++)
        a->at[to].before[r] = is_live(a, to, r) ? st->reg[r] : POOL_UNKNOWN;
}

static void flow_growing(struct values *a, uint32_t to, uint32_t from,
                         const struct values_state *st, bool late)
{
    struct values_slot *s = &a->slot[to];
    bool changed = !(s->flags & FLAG_SEEN);
    if (changed) {
        first_visit(a, to, st);
    } else {
        unsigned grown = late ? s->grown + 1u : 0;
        for (unsigned r = 0; r < VALUES_REGS; r++)
            changed |= grow(a, &a->at[to].before[r], st->reg[r], to, from, grown);
        if (changed && late)
            s->grown = one_more(s->grown);
    }
    s->flags |= late ? FLAG_SEEN | FLAG_LATE : FLAG_SEEN;
    if (!changed)
        return;
    s->flags |= FLAG_DIRTY;
    a->again |= to <= from;
}

static void result_growing(struct values *a, uint32_t sub, uint16_t number)
{
    struct values_result *s = &a->result[sub];
    bool changed = !(s->flags & FLAG_SEEN);
    if (changed) {
        s->number = number;
    } else if (grow(a, &s->number, number, 1, 0, s->grown + 1u)) {
        s->grown = one_more(s->grown);
        changed = true;
    }
    s->flags |= FLAG_SEEN;
    if (!changed)
        return;
    s->flags |= FLAG_DIRTY;
    a->again = true;
}

/* ---- second phase: from what was found ---- */

static void join(struct values *a, uint16_t *number, uint16_t with)
{
    if (*number == with)
        return;
    struct range now = values_join(vf_pool_get(&a->pool, *number), vf_pool_get(&a->pool, with));
    *number = vf_pool_number(&a->pool, &now);
}

static void flow_narrowing(struct values *a, uint32_t to, const struct values_state *st)
{
    bool first = !(a->slot[to].flags & FLAG_NEXT);
    a->slot[to].flags |= FLAG_NEXT;
    for (unsigned r = 0; r < VALUES_REGS; r++) {
        uint16_t number = is_live(a, to, r) ? st->reg[r] : POOL_UNKNOWN;
        if (first)
            a->next[to].reg[r] = number;
        else
            join(a, &a->next[to].reg[r], number);
    }
}

static void result_narrowing(struct values *a, uint32_t sub, uint16_t number)
{
    struct values_result *s = &a->result[sub];
    if (s->flags & FLAG_NEXT)
        join(a, &s->next, number);
    else
        s->next = number;
    s->flags |= FLAG_NEXT;
}

/* ---- one instruction ---- */

static void flow(struct values *a, uint32_t to, uint32_t from, const struct values_state *st,
                 bool late)
{
    if (a->next)
        flow_narrowing(a, to, st);
    else
        flow_growing(a, to, from, st, late || to <= from);
}

/* The subprogram that `n` names, with these arguments. */
static uint32_t enter(struct values *a, uint32_t n, const struct values_state *args)
{
    uint32_t to = (uint32_t)((int64_t)n + 1 + vf_ins(a->v, n)->imm);
    struct values_state st = {{0}};
    if (args)
        memcpy(&st.reg[1], &args->reg[1], 5 * sizeof(st.reg[1]));
    flow(a, to, n, &st, true);
    return a->v->at[to].subprog;
}

static void lose_arguments(struct values_state *st)
{
    for (unsigned r = 1; r <= 5; r++)
        st->reg[r] = POOL_UNKNOWN;
}

static void call(struct values *a, uint32_t n, struct values_state *st)
{
    const struct values_result *s = &a->result[enter(a, n, st)];
    if (!(s->flags & FLAG_SEEN))
        return; /* it does not come back, as far as is known yet */
    lose_arguments(st);
    st->reg[0] = s->number;
    a->at[n].after = s->number;
    flow(a, n + 1, n, st, false);
}

static void branch(struct values *a, uint32_t n, const struct values_state *st)
{
    uint32_t to[2];
    unsigned count = vf_successors(a->v, n, to); /* the next instruction first */
    for (unsigned k = 0; k < count; k++) {
        struct values_state s = *st;
        if (values_branch(a, n, &s, k == 1))
            flow(a, to[k], n, &s, false);
    }
}

static void write_result(struct values *a, uint32_t n, struct values_state *st)
{
    struct range r;
    unsigned reg = values_written(a, n, st, &r);
    unsigned kind = vf_row(a->v, n)->kind;
    if (kind == EBPF_KIND_CALL || kind == EBPF_KIND_CALL_BTF)
        lose_arguments(st);
    if (reg >= VALUES_REGS)
        return;
    st->reg[reg] = vf_pool_number(&a->pool, &r);
    a->at[n].after = st->reg[reg];
}

static void step(struct values *a, uint32_t n, struct values_state st)
{
    uint32_t to[2];
    const struct ebpf_row *row = vf_row(a->v, n);
    switch (row->kind) {
    case EBPF_KIND_JCC_K:
    case EBPF_KIND_JCC_X:
        branch(a, n, &st);
        return;
    case EBPF_KIND_CALL_LOCAL:
        call(a, n, &st);
        return;
    case EBPF_KIND_EXIT:
        if (a->next)
            result_narrowing(a, a->v->at[n].subprog, st.reg[0]);
        else
            result_growing(a, a->v->at[n].subprog, st.reg[0]);
        return;
    default:
        break;
    }
    if (row->id == EBPF_LD_CODE_ADDR)
        enter(a, n, NULL); /* whoever calls it */
    write_result(a, n, &st);
    unsigned count = vf_successors(a->v, n, to);
    for (unsigned k = 0; k < count; k++)
        flow(a, to[k], n, &st, false);
}

static void step_at(struct values *a, uint32_t n)
{
    struct values_state st;
    memcpy(&st, a->at[n].before, sizeof(st));
    step(a, n, st);
}

/* ---- the phases ---- */

/* Where a program begins; and a tail call returns anything to the caller of its subprogram. */
static void begin(struct values *a)
{
    static const struct values_state any;
    flow(a, 0, 0, &any, false);
    for (uint32_t s = 1; s < a->v->subs; s++) {
        if (!a->v->sub[s].tail_call)
            continue;
        a->result[s].flags |= FLAG_SEEN | (a->next ? FLAG_NEXT : 0);
        a->result[s].number = a->result[s].next = POOL_UNKNOWN;
    }
}

/* Calls whose subprograms return more than before. */
static void renew_calls(struct values *a)
{
    bool any = false;
    for (uint32_t s = 0; s < a->v->subs; s++)
        any |= a->result[s].flags & FLAG_DIRTY;
    for (uint32_t n = 0; any && n < a->v->prog->insn_count; n++) {
        if (!(a->slot[n].flags & FLAG_SEEN) || vf_row(a->v, n)->kind != EBPF_KIND_CALL_LOCAL)
            continue;
        uint32_t to = (uint32_t)((int64_t)n + 1 + vf_ins(a->v, n)->imm);
        if (a->result[a->v->at[to].subprog].flags & FLAG_DIRTY)
            a->slot[n].flags |= FLAG_DIRTY;
    }
    for (uint32_t s = 0; s < a->v->subs; s++)
        a->result[s].flags &= (uint8_t)~FLAG_DIRTY;
}

/* False: it would take too long. */
static bool grow_all(struct values *a)
{
    begin(a);
    do {
        a->again = false;
        renew_calls(a);
        for (uint32_t n = 0; n < a->v->prog->insn_count; n++) {
            if (!(a->slot[n].flags & FLAG_DIRTY))
                continue;
            if (a->work-- == 0)
                return false;
            a->slot[n].flags &= (uint8_t)~FLAG_DIRTY;
            step_at(a, n);
        }
        uint64_t looked = a->v->prog->insn_count / 16;
        a->work -= a->work < looked ? a->work : looked;
    } while (a->again);
    return true;
}

static void take_next(struct values *a)
{
    for (uint32_t n = 0; n < a->v->prog->insn_count; n++) {
        struct values_slot *s = &a->slot[n];
        bool seen = s->flags & FLAG_NEXT;
        s->flags &= (uint8_t)~(FLAG_NEXT | FLAG_SEEN);
        s->flags |= seen ? FLAG_SEEN : 0;
        if (seen)
            memcpy(a->at[n].before, &a->next[n], sizeof(a->next[n]));
        else
            memset(a->at[n].before, 0, sizeof(a->at[n].before));
    }
    for (uint32_t s = 0; s < a->v->subs; s++) {
        struct values_result *r = &a->result[s];
        bool seen = r->flags & FLAG_NEXT;
        r->flags = seen ? FLAG_SEEN : 0;
        r->number = r->next;
    }
}

/* What comes from further down, or from calls, is that of the round before. */
static void narrow_round(struct values *a)
{
    begin(a);
    for (uint32_t n = 0; n < a->v->prog->insn_count; n++) {
        unsigned flags = a->slot[n].flags;
        if ((flags & FLAG_SEEN) && (flags & FLAG_LATE))
            step_at(a, n);
        else if (flags & FLAG_NEXT)
            step(a, n, a->next[n]);
    }
    take_next(a);
}

/* 0, also when it takes too long; -ENOMEM. */
static int find(struct values *a, bool *found)
{
    *found = grow_all(a);
    if (!*found || !a->widened)
        return a->pool.failed ? -ENOMEM : 0;
    a->next = malloc(a->v->prog->insn_count * sizeof(*a->next));
    if (!a->next)
        return -ENOMEM;
    for (unsigned k = 0; k < NARROW_ROUNDS; k++)
        narrow_round(a);
    free(a->next);
    return a->pool.failed ? -ENOMEM : 0;
}

static int hand_out(struct values *a, struct offload_facts *f)
{
    f->range = malloc(a->pool.count * sizeof(*f->range));
    if (!f->range)
        return -ENOMEM;
    for (uint32_t n = 0; n < a->pool.count; n++) {
        const struct range *r = vf_pool_get(&a->pool, (uint16_t)n);
        f->range[n] =
            (struct offload_range){r->var.value, r->var.mask, r->umin, r->umax, r->smin, r->smax};
    }
    f->range_count = a->pool.count;
    f->ranges = a->at;
    a->at = NULL;
    return 0;
}

static int run(struct values *a, struct offload_facts *f)
{
    size_t count = a->v->prog->insn_count;
    bool found = false;
    a->work = WORK_EACH * count + WORK_FREE;
    a->slot = calloc(count, sizeof(*a->slot));
    a->at = calloc(count, sizeof(*a->at));
    if (!a->slot || !a->at || vf_pool_init(&a->pool))
        return -ENOMEM;
    int err = find(a, &found);
    return err || !found ? err : hand_out(a, f);
}

int vf_values(const struct vf *v, struct offload_facts *f)
{
    struct values *a = calloc(1, sizeof(*a));
    if (!a)
        return -ENOMEM;
    a->v = v;
    int err = run(a, f);
    free(a->at);
    free(a->slot);
    vf_pool_free(&a->pool);
    free(a);
    return err;
}
