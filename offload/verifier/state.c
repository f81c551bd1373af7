/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/state.h"

struct vf_reg vf_reg_scalar(void)
{
    return (struct vf_reg){.kind = KIND_SCALAR, .r = range_unknown()};
}

struct vf_reg vf_reg_const(uint64_t value)
{
    return (struct vf_reg){.kind = KIND_SCALAR, .r = range_const(value)};
}

struct vf_reg vf_reg_pointer(enum vf_kind kind)
{
    return (struct vf_reg){.kind = (uint8_t)kind, .r = range_const(0)};
}

static struct vf_frame *frame_new(uint32_t index)
{
    struct vf_frame *f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    f->reg[VF_FP] = vf_reg_pointer(KIND_STACK);
    f->reg[VF_FP].frame = (uint8_t)index;
    return f;
}

static struct vf_frame *frame_copy(const struct vf_frame *from)
{
    struct vf_frame *f = malloc(sizeof(*f));
    if (!f)
        return NULL;
    *f = *from;
    f->room = f->slots;
    f->slot = NULL;
    if (f->slots == 0)
        return f;
    f->slot = malloc(f->slots * sizeof(struct vf_slot));
    if (!f->slot) {
        free(f);
        return NULL;
    }
    memcpy(f->slot, from->slot, f->slots * sizeof(struct vf_slot));
    return f;
}

int vf_state_init(struct vf_state *st)
{
    *st = (struct vf_state){0};
    st->frame[0] = frame_new(0);
    if (!st->frame[0])
        return -ENOMEM;
    st->depth = 1;
    return 0;
}

void vf_state_free(struct vf_state *st)
{
    while (st->depth)
        vf_state_pop_frame(st);
}

int vf_state_copy(struct vf_state *dst, const struct vf_state *src)
{
    *dst = *src;
    dst->depth = 0;
    memset(dst->frame, 0, sizeof(dst->frame));
    for (uint32_t i = 0; i < src->depth; i++) {
        dst->frame[i] = frame_copy(src->frame[i]);
        if (!dst->frame[i]) {
            vf_state_free(dst);
            return -ENOMEM;
        }
        dst->depth = i + 1;
    }
    return 0;
}

size_t vf_state_bytes(const struct vf_state *st)
{
    size_t sum = 0;
    for (uint32_t i = 0; i < st->depth; i++)
        sum += sizeof(struct vf_frame) + st->frame[i]->room * sizeof(struct vf_slot);
    return sum;
}

int vf_state_push_frame(struct vf_state *st, uint32_t call_insn, uint32_t subprog)
{
    struct vf_frame *f = frame_new(st->depth);
    if (!f)
        return -ENOMEM;
    f->call_insn = call_insn;
    f->subprog = subprog;
    f->written = UINT64_MAX; /* it did not exist in the last kept state */
    st->frame[st->depth++] = f;
    return 0;
}

void vf_state_pop_frame(struct vf_state *st)
{
    st->depth--;
    free(st->frame[st->depth]->slot);
    free(st->frame[st->depth]);
    st->frame[st->depth] = NULL;
}

int vf_state_need_slots(struct vf_state *st, uint32_t f, uint32_t slots)
{
    struct vf_frame *fr = st->frame[f];
    if (slots <= fr->slots)
        return 0;
    if (slots > fr->room) {
        uint32_t room = slots + 4 < VF_SLOTS ? slots + 4 : VF_SLOTS;
        struct vf_slot *slot = realloc(fr->slot, room * sizeof(*slot));
        if (!slot)
            return -ENOMEM;
        fr->slot = slot;
        fr->room = room;
    }
    memset(&fr->slot[fr->slots], 0, (slots - fr->slots) * sizeof(struct vf_slot));
    fr->slots = slots;
    return 0;
}

void vf_state_each(struct vf_state *st, vf_reg_fn fn, void *arg)
{
    for (uint32_t i = 0; i < st->depth; i++) {
        struct vf_frame *f = st->frame[i];
        for (unsigned r = 0; r < VF_REGS; r++)
            if (!fn(arg, &f->reg[r]))
                return;
        for (uint32_t s = 0; s < f->slots; s++)
            if (vf_slot_is_spill(&f->slot[s]) && !fn(arg, &f->slot[s].reg))
                return;
    }
}

static bool number_one(void *arg, struct vf_reg *reg)
{
    unsigned *next = arg;
    if (reg->kind != KIND_SCALAR)
        return true;
    reg->precise = false;
    reg->deps = (struct vf_deps){0};
    reg->deps.bits[*next / 64] = 1ull << (*next % 64);
    if (*next < DEP_BITS - 1) /* the last number is shared by all that are too many */
        ++*next;
    return true;
}

void vf_state_number(struct vf_state *st)
{
    unsigned next = 0;
    vf_state_each(st, number_one, &next);
}
