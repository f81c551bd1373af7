/* SPDX-License-Identifier: BSD-3-Clause */
/* Register reads and writes, and what holds for all registers at once. */
#include "verifier/vf.h"

int vf_read(struct vf *v, unsigned regno, struct vf_reg **out)
{
    struct vf_reg *r = &vf_top(&v->cur)->reg[regno];
    v->touched |= 1u << regno;
    if (r->kind == KIND_NONE)
        return vf_refuse(v, WHY(NOT_INITIALISED), regno);
    *out = r;
    return 0;
}

struct vf_reg *vf_write(struct vf *v, unsigned regno)
{
    v->touched |= 1u << regno;
    return &vf_top(&v->cur)->reg[regno];
}

uint32_t vf_new_id(struct vf *v)
{
    return ++v->ids;
}

void vf_link(struct vf *v, struct vf_reg *r)
{
    if (r->flags & REG_MOVED)
        vf_unlink(r); /* one addition is followed, not one after the other */
    if (r->kind == KIND_SCALAR && r->id == 0 && !range_is_const(&r->r))
        r->id = vf_new_id(v);
}

void vf_unlink(struct vf_reg *r)
{
    r->id = 0;
    r->off = 0;
    r->flags &= (uint8_t)~REG_MOVED;
}

static bool forget_packet_one(void *arg, struct vf_reg *r)
{
    (void)arg;
    if (vf_is_packet(r) || r->kind == KIND_END || (r->kind == KIND_MEM && (r->flags & REG_PACKET)))
        *r = vf_reg_scalar();
    return true;
}

void vf_forget_packet(struct vf_state *st)
{
    vf_state_each(st, forget_packet_one, NULL);
}
