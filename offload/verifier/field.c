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
        return vf_refuse(v, -EACCES, "bpf_spin_lock cannot be accessed directly by load/store");
    if (overlaps(m->timer, TIMER_BYTES, lo, hi))
        return vf_refuse(v, -EACCES, "bpf_timer cannot be accessed directly by load/store");
    return 0;
}

/* `r` is the map value's field `what`, 1 + its offset in `field`. */
static int check_place(struct vf *v, unsigned regno, const struct vf_reg *r, uint32_t field,
                       const char *what)
{
    const struct offload_map *m = vf_map(v, r);
    if (!range_is_const(&r->r))
        return vf_refuse(v, -EINVAL,
                         "R%u doesn't have constant offset. %s has to be at the constant offset",
                         regno, what);
    if (!field)
        return vf_refuse(v, -EINVAL, "map '%s' has no valid %s", m->name ? m->name : "", what);
    int64_t off = (int64_t)r->off + (int64_t)r->r.var.value;
    if (off != (int64_t)field - 1)
        return vf_refuse(v, -EINVAL, "off %lld doesn't point to 'struct %s' that is at %u",
                         (long long)off, what, field - 1);
    return 0;
}

static int check_value(struct vf *v, unsigned regno, const struct vf_reg *r)
{
    if (r->kind == KIND_VALUE && !r->nullable)
        return 0;
    return vf_refuse(v, -EACCES, "R%u type=%s expected=map_value", regno, vf_kind_name(r));
}

static int take(struct vf *v, const struct vf_reg *r)
{
    if (v->cur.lock.held)
        return vf_refuse(v, -EINVAL, "Locking two bpf_spin_locks are not allowed");
    v->cur.lock = (struct vf_lock){.held = true, .inner = r->inner, .id = r->id, .map = r->map};
    return 0;
}

static int give_back(struct vf *v, const struct vf_reg *r)
{
    const struct vf_lock *l = &v->cur.lock;
    if (!l->held)
        return vf_refuse(v, -EINVAL, "bpf_spin_unlock without taking a lock");
    if (l->id != r->id || l->map != r->map || l->inner != r->inner)
        return vf_refuse(v, -EINVAL, "bpf_spin_unlock of different lock");
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
        return vf_refuse(v, -EACCES, "R%u type=%s expected=map_value", regno, vf_kind_name(r));
    const struct offload_map *m = vf_map(v, r);
    if (!(m->flags & BPF_F_RDONLY_PROG) || !m->frozen_data)
        return vf_refuse(v, -EACCES, "R%u does not point to a readonly map'", regno);
    if (!range_is_const(&r->r))
        return vf_refuse(v, -EACCES, "R%u is not a constant address'", regno);
    int64_t off = (int64_t)r->off + (int64_t)r->r.var.value;
    if (off < 0 || off >= m->value_size)
        return vf_refuse(v, -EACCES, "invalid access to map value, value_size=%u off=%lld size=1",
                         m->value_size, (long long)off);
    for (int64_t n = off; n < m->value_size; n++)
        if (!m->frozen_data[n])
            return 0;
    return vf_refuse(v, -EINVAL, "string is not zero-terminated");
}
