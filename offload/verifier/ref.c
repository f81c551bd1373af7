/* SPDX-License-Identifier: BSD-3-Clause */
/* References: what a program took and must give back before it ends. */
#include "verifier/vf.h"

int vf_ref_take(struct vf *v, uint32_t *id)
{
    struct vf_state *st = &v->cur;
    if (st->refs == VF_REFS)
        return vf_refuse(v, WHY(TOO_MANY_REFERENCES), VF_REFS);
    *id = vf_new_id(v);
    st->ref[st->refs++] = (struct vf_ref){.id = *id, .insn = v->pc};
    return 0;
}

bool vf_ref_drop(struct vf_state *st, uint32_t id)
{
    for (uint32_t n = 0; n < st->refs; n++) {
        if (st->ref[n].id != id)
            continue;
        st->ref[n] = st->ref[--st->refs];
        st->ref[st->refs] = (struct vf_ref){0};
        return true;
    }
    return false;
}

/* Registers that rest on the reference, or on the dynptr, are numbers from now on. */
struct stale {
    uint32_t ref, owner;
};

static bool forget_one(void *arg, struct vf_reg *r)
{
    const struct stale *s = arg;
    if ((s->ref && r->ref == s->ref) || (s->owner && r->kind == KIND_MEM && r->owner == s->owner))
        *r = vf_reg_scalar();
    return true;
}

void vf_forget_slices(struct vf *v, uint32_t owner)
{
    struct stale s = {.owner = owner};
    vf_state_each(&v->cur, forget_one, &s);
}

static void forget_objects(struct vf *v, uint32_t ref)
{
    for (uint32_t f = 0; f < v->cur.depth; f++) {
        struct vf_frame *fr = v->cur.frame[f];
        for (uint32_t n = 0; n < fr->slots; n++)
            if (vf_slot_is_object(&fr->slot[n]) && fr->slot[n].reg.ref == ref)
                fr->slot[n] = (struct vf_slot){0};
    }
}

int vf_ref_release(struct vf *v, uint32_t id)
{
    struct stale s = {.ref = id};
    if (!vf_ref_drop(&v->cur, id))
        return vf_refuse(v, WHY(RELEASE_OTHER), 1u); /* all such functions take it in r1 */
    vf_state_each(&v->cur, forget_one, &s);
    forget_objects(v, id);
    return 0;
}

int vf_check_leaks(struct vf *v, const char *what)
{
    const struct vf_state *st = &v->cur;
    int err = 0;
    if (st->lock.held)
        return vf_refuse(v, WHY(LOCKED_END), what);
    for (uint32_t n = 0; n < st->refs; n++)
        err = vf_refuse(v, WHY(LEAK), st->ref[n].id, st->ref[n].insn);
    if (err)
        vf_note(v, "%s would lead to reference leak", what);
    return err;
}
