/* SPDX-License-Identifier: BSD-3-Clause */
/* Objects that live on the stack and that only helpers may touch: dynptrs and iterators. */
#include "verifier/helper.h"
#include "verifier/vf.h"

/* The slots of an object of `slots` slots at `r`: number of the upper one (nearer to fp). */
static int locate(struct vf *v, const struct vf_reg *r, const char *what, uint32_t slots,
                  uint32_t *upper)
{
    if (!range_is_const(&r->r))
        return vf_refuse(v, WHY(OBJECT_VARIABLE), what);
    int64_t off = (int64_t)r->off + (int64_t)r->r.var.value;
    if (off % 8 != 0 || off < -VF_STACK_BYTES || off > -8 * (int64_t)slots)
        return vf_refuse(v, WHY(OBJECT_PLACE), what, (long long)off);
    *upper = (uint32_t)(-off / 8) - slots;
    return 0;
}

static struct vf_slot *slots_at(struct vf *v, const struct vf_reg *r, uint32_t upper)
{
    return &v->cur.frame[r->frame]->slot[upper];
}

static uint64_t mask(uint32_t upper, uint32_t slots)
{
    return ((1ull << slots) - 1) << upper;
}

enum { BITS_WORDS_MAX = 511, WORD_BITS = 64 };

static const struct {
    const char *name;
    uint32_t slots;
} iters[] = {[ITER_NUM] = {"iter_num", 1}, [ITER_BITS] = {"iter_bits", 2}};

/* Is slot n of the frame, the lower one when there are two, an iterator of that kind? */
static bool is_iter(const struct vf_frame *f, uint32_t n, enum vf_iter kind)
{
    return n < f->slots && f->slot[n].byte[0] == BYTE_ITER && f->slot[n].reg.sub == kind &&
           (f->slot[n].reg.flags & REG_FIRST);
}

/* Both of its slots, when it has two. */
static void lose_iter(struct vf_frame *f, uint32_t n)
{
    uint32_t count = iters[f->slot[n].reg.sub].slots;
    uint32_t upper = f->slot[n].reg.flags & REG_FIRST ? n + 1 - count : n;
    for (uint32_t k = 0; k < count; k++)
        f->slot[upper + k] = (struct vf_slot){0};
}

/* What follows depends on them; the log shows them when they are of the top frame. */
static void use_slots(struct vf *v, const struct vf_reg *r, uint64_t slots)
{
    vf_slots_read(v, &v->cur, r->frame, slots);
    if (r->frame == v->cur.depth - 1)
        v->touched_slots |= slots;
}

/* ---- dynptrs ---- */

enum { DYNPTR_SLOTS = 2 };

/* Both of its slots are gone, and so are its slices. */
static void destroy(struct vf *v, struct vf_frame *f, uint32_t n)
{
    uint32_t upper = f->slot[n].reg.flags & REG_FIRST ? n - 1 : n;
    uint32_t id = f->slot[n].reg.id;
    f->slot[upper] = f->slot[upper + 1] = (struct vf_slot){0};
    vf_forget_slices(v, id);
}

/* It is the only one that holds its reference: losing it would lose the reference. */
static bool last_of_its_kind(const struct vf *v, const struct vf_reg *r)
{
    uint32_t count = 0;
    for (uint32_t f = 0; f < v->cur.depth; f++) {
        const struct vf_frame *fr = v->cur.frame[f];
        for (uint32_t n = 0; n < fr->slots; n++)
            count += fr->slot[n].byte[0] == BYTE_DYNPTR && (fr->slot[n].reg.flags & REG_FIRST) &&
                     fr->slot[n].reg.ref == r->ref;
    }
    return count <= 1;
}

int vf_object_overwrite(struct vf *v, uint32_t frame, uint32_t slot)
{
    struct vf_frame *f = v->cur.frame[frame];
    struct vf_slot *s = &f->slot[slot];
    if (s->byte[0] == BYTE_ITER) {
        lose_iter(f, slot);
        return 0;
    }
    if (s->reg.ref && last_of_its_kind(v, &s->reg))
        return vf_refuse(v, WHY(DYNPTR_OVERWRITE));
    destroy(v, f, slot);
    return 0;
}

/* The dynptr on the stack at `r`; NULL: there is none. */
static struct vf_reg *dynptr_at(struct vf *v, const struct vf_reg *r)
{
    uint32_t upper = 0;
    if (locate(v, r, "dynptr", DYNPTR_SLOTS, &upper))
        return NULL;
    const struct vf_frame *f = v->cur.frame[r->frame];
    struct vf_slot *s = upper + 1 < f->slots ? slots_at(v, r, upper) : NULL;
    if (!s || s[0].byte[0] != BYTE_DYNPTR || s[1].byte[0] != BYTE_DYNPTR ||
        !(s[1].reg.flags & REG_FIRST))
        return NULL;
    use_slots(v, r, mask(upper, DYNPTR_SLOTS));
    return &s[1].reg;
}

/* The dynptr at an argument: in a slot, or the register itself (a callback's argument). */
static int find_dynptr(struct vf *v, unsigned regno, struct vf_reg *r, struct vf_reg **out)
{
    *out = r;
    if (r->kind == KIND_DYNPTR)
        return 0;
    if (r->kind != KIND_STACK)
        return vf_wrong_kind(v, regno, r, "fp, dynptr_ptr");
    *out = dynptr_at(v, r);
    return *out ? 0 : vf_refuse(v, WHY(DYNPTR_NOT_MADE), regno - 1);
}

int vf_dynptr_arg(struct vf *v, unsigned regno, struct vf_reg *r, struct vf_reg *copy)
{
    struct vf_reg *at;
    int err = find_dynptr(v, regno, r, &at);
    if (!err)
        *copy = *at;
    return err;
}

/* The place for a new one: what was there before goes. */
int vf_dynptr_out(struct vf *v, unsigned regno, const struct vf_reg *r)
{
    uint32_t upper;
    if (r->kind != KIND_STACK)
        return vf_wrong_kind(v, regno, r, "fp");
    int err = locate(v, r, "dynptr", DYNPTR_SLOTS, &upper);
    if (!err)
        return vf_stack_helper(v, regno, r, 8 * DYNPTR_SLOTS, ACCESS_WRITE, true);
    vf_note(v, "Dynptr has to be an uninitialized dynptr");
    return err;
}

/* Afterwards: the bytes are a dynptr. */
void vf_dynptr_make(struct vf *v, const struct vf_reg *at, enum vf_dynptr over, uint32_t id,
                    uint32_t ref, uint32_t origin)
{
    uint32_t upper = (uint32_t)(-((int64_t)at->off + (int64_t)at->r.var.value) / 8) - DYNPTR_SLOTS;
    struct vf_slot *s = slots_at(v, at, upper), made = {.reg = {.kind = KIND_DYNPTR}};
    for (unsigned b = 0; b < 8; b++)
        made.byte[b] = BYTE_DYNPTR;
    made.reg.sub = (uint8_t)over;
    made.reg.id = id;
    made.reg.owner = origin;
    made.reg.ref = ref;
    s[0] = s[1] = made;
    s[1].reg.flags = REG_FIRST;
    v->cur.frame[at->frame]->written |= mask(upper, DYNPTR_SLOTS);
}

int vf_dynptr_gone(struct vf *v, unsigned regno, struct vf_reg *r, uint32_t *ref)
{
    if (r->kind == KIND_DYNPTR)
        return vf_refuse(v, WHY(DYNPTR_BORROWED));
    if (r->kind != KIND_STACK)
        return vf_wrong_kind(v, regno, r, "fp, dynptr_ptr");
    const struct vf_reg *at = dynptr_at(v, r);
    if (!at || !at->ref) /* only records have one */
        return vf_refuse(v, WHY(DYNPTR_UNACQUIRED), regno);
    *ref = at->ref;
    return 0;
}

/* ---- iterators ---- */

int vf_iter_arg(struct vf *v, unsigned regno, const struct vf_reg *r, enum vf_iter kind,
                struct vf_slot **out)
{
    uint32_t upper, slots = iters[kind].slots;
    if (r->kind != KIND_STACK)
        return vf_refuse(v, WHY(ITER_POINTER), regno - 1);
    if (locate(v, r, "iter", slots, &upper) ||
        !is_iter(v->cur.frame[r->frame], upper + slots - 1, kind))
        return vf_refuse(v, WHY(ITER_NOT_MADE), iters[kind].name, regno - 1);
    use_slots(v, r, mask(upper, slots));
    *out = slots_at(v, r, upper + slots - 1);
    return 0;
}

int vf_iter_out(struct vf *v, unsigned regno, const struct vf_reg *r, enum vf_iter kind)
{
    uint32_t upper, slots = iters[kind].slots;
    if (r->kind != KIND_STACK)
        return vf_refuse(v, WHY(ITER_POINTER), regno - 1);
    if (locate(v, r, "iter", slots, &upper))
        return vf_refuse(v, WHY(ITER_IN_USE), iters[kind].name, regno - 1);
    const struct vf_frame *f = v->cur.frame[r->frame];
    for (uint32_t n = upper; n < upper + slots && n < f->slots; n++)
        if (f->slot[n].byte[0] == BYTE_ITER)
            return vf_refuse(v, WHY(ITER_IN_USE), iters[kind].name, regno - 1);
    return vf_stack_helper(v, regno, r, 8 * slots, ACCESS_WRITE, true);
}

/* How often at most: from start to end, both 32 bits wide; or the bits of so many words. */
static uint64_t most_rounds(const struct vf_reg *reg, enum vf_iter kind)
{
    int64_t n = (int64_t)reg[3].r.smax32 - reg[2].r.smin32;
    if (kind == ITER_BITS)
        return (uint64_t)WORD_BITS *
               (reg[3].r.umax32 < BITS_WORDS_MAX ? reg[3].r.umax32 : BITS_WORDS_MAX);
    return n > 0 ? (uint64_t)n : 0;
}

int vf_iter_make(struct vf *v, enum vf_iter kind)
{
    const struct vf_reg *reg = vf_top(&v->cur)->reg, at = reg[1];
    uint32_t slots = iters[kind].slots;
    uint32_t upper = (uint32_t)(-((int64_t)at.off + (int64_t)at.r.var.value) / 8) - slots;
    struct vf_slot *s = slots_at(v, &at, upper), made = {.reg = {.kind = KIND_ITER}};
    int err = vf_ref_take(v, &made.reg.ref);
    if (err)
        return err;
    made.reg.sub = (uint8_t)kind;
    for (unsigned b = 0; b < 8; b++)
        made.byte[b] = BYTE_ITER;
    s[0] = s[slots - 1] = made;
    s[slots - 1].reg.flags = REG_FIRST;
    s[slots - 1].reg.r = range_const(most_rounds(reg, kind));
    v->cur.frame[at.frame]->written |= mask(upper, slots);
    return 0;
}

/* The element there is, on the path left for later; none on this one. */
int vf_iter_next(struct vf *v, enum vf_iter kind)
{
    struct vf_reg at = vf_top(&v->cur)->reg[1];
    struct vf_state *more;
    struct vf_slot *s;
    int err = vf_iter_arg(v, 1, &at, kind, &s);
    if (err)
        return err;
    uint32_t n = (uint32_t)(s - v->cur.frame[at.frame]->slot);
    vf_note_rounds(v, true, s->reg.r.umax);
    struct vf_reg *regs = vf_top(&v->cur)->reg;
    uint32_t id = vf_new_id(v);
    for (unsigned k = 0; k <= 5; k++)
        regs[k] = (struct vf_reg){0};
    if (!(s->reg.flags & REG_DRAINED)) {
        err = vf_push(v, v->pc + 1, &more);
        if (err)
            return err;
        more->frame[at.frame]->slot[n].reg.size++;
        vf_widen(v, vf_previous(v, v->pc, v->cur.parent), more);
        struct vf_reg *r0 = &vf_top(more)->reg[0];
        *r0 = vf_reg_pointer(KIND_MEM);
        r0->size = 4;
        r0->flags = REG_RDONLY;
        r0->ref = s->reg.ref;
        r0->id = id;
    }
    s->reg.flags |= REG_DRAINED;
    regs[0] = vf_reg_const(0);
    v->touched |= 1;
    return VF_GO;
}
