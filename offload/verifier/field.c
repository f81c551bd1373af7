/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of map values that belong to the system: spin locks and timers; and text in maps. */
#include <linux/bpf.h>

#include "verifier/helper.h"
#include "verifier/vf.h"

enum {
    LOCK_BYTES = 4,
    TIMER_BYTES = 16,
};

static bool overlaps(uint32_t field, uint32_t bytes, int64_t lo, int64_t hi)
{
    return field && lo < (int64_t)(field - 1 + bytes) && hi > (int64_t)(field - 1);
}

int vf_check_value_fields(struct vf *v, const struct offload_map *m, int64_t lo, int64_t hi)
{
    if (overlaps(m->spin_lock, LOCK_BYTES, lo, hi))
        return vf_refuse(v, WHY(SYSTEM_FIELD), "bpf_spin_lock");
    if (overlaps(m->timer, TIMER_BYTES, lo, hi))
        return vf_refuse(v, WHY(SYSTEM_FIELD), "bpf_timer");
    return 0;
}

/* `r` is the map value's field `what`, 1 + its offset in `field`. */
static int check_place(struct vf *v, unsigned regno, const struct vf_reg *r, uint32_t field,
                       const char *what)
{
    const struct offload_map *m = vf_map(v, r);
    if (!range_is_const(&r->r))
        return vf_refuse(v, WHY(FIELD_VARIABLE), regno, what);
    if (!field)
        return vf_refuse(v, WHY(FIELD_MISSING), m->name ? m->name : "", what);
    int64_t off = (int64_t)r->off + (int64_t)r->r.var.value;
    if (off != (int64_t)field - 1)
        return vf_refuse(v, WHY(FIELD_PLACE), (long long)off, what, field - 1);
    return 0;
}

static int check_value(struct vf *v, unsigned regno, const struct vf_reg *r)
{
    if (r->kind == KIND_VALUE && !r->nullable)
        return 0;
    return vf_wrong_kind(v, regno, r, "map_value");
}

/* A second one is a call while a lock is held: refused as that. */
static int take(struct vf *v, const struct vf_reg *r)
{
    v->cur.lock = (struct vf_lock){.held = true, .inner = r->inner, .id = r->id, .map = r->map};
    return 0;
}

static int give_back(struct vf *v, const struct vf_reg *r)
{
    const struct vf_lock *l = &v->cur.lock;
    if (!l->held)
        return vf_refuse(v, WHY(LOCK_NOT_HELD));
    if (l->id != r->id || l->map != r->map || l->inner != r->inner)
        return vf_refuse(v, WHY(LOCK_OTHER));
    v->cur.lock = (struct vf_lock){0};
    return 0;
}

int vf_lock_arg(struct vf *v, unsigned regno, const struct vf_reg *r, bool lock)
{
    int err = check_value(v, regno, r);
    if (!err)
        err = check_place(v, regno, r, vf_map(v, r)->spin_lock, "bpf_spin_lock");
    if (err)
        return err;
    return lock ? take(v, r) : give_back(v, r);
}

int vf_timer_arg(struct vf *v, unsigned regno, const struct vf_reg *r)
{
    int err = check_value(v, regno, r);
    return err ? err : check_place(v, regno, r, vf_map(v, r)->timer, "bpf_timer");
}

int vf_string_arg(struct vf *v, unsigned regno, const struct vf_reg *r)
{
    if (r->kind != KIND_VALUE || r->nullable)
        return vf_wrong_kind(v, regno, r, "map_value");
    const struct offload_map *m = vf_map(v, r);
    if (!(m->flags & BPF_F_RDONLY_PROG) || !m->frozen_data)
        return vf_refuse(v, WHY(STRING_WRITABLE), regno);
    if (!range_is_const(&r->r))
        return vf_refuse(v, WHY(STRING_ADDRESS), regno);
    int64_t off = (int64_t)r->off + (int64_t)r->r.var.value;
    if (off < 0 || off >= m->value_size)
        return vf_refuse(v, WHY(OBJECT_BOUNDS), "map value", "value_size", m->value_size,
                         (long long)off, 1u);
    for (int64_t n = off; n < m->value_size; n++)
        if (!m->frozen_data[n])
            return 0;
    return vf_refuse(v, WHY(STRING_END));
}

int vf_check_format(struct vf *v)
{
    const struct vf_reg *reg = vf_top(&v->cur)->reg;
    const struct offload_map *m = vf_map(v, &reg[3]);
    int64_t off = (int64_t)reg[3].off + (int64_t)reg[3].r.var.value;
    uint64_t bytes = reg[5].r.var.value; /* as the kernel: of a length that varies, known bits */
    if (bytes % 8)
        return vf_refuse(v, WHY(FORMAT_LENGTH), (unsigned long long)bytes);
    if (!vf_format_fits((const char *)m->frozen_data + off, bytes / 8))
        return vf_refuse(v, WHY(FORMAT));
    return 0;
}
