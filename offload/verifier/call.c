/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls of helpers and kernel functions: may it be called, and what does it leave. */
#include <linux/bpf.h>

#include "verifier/vcall.h"

static int gpl_only(struct vf *v)
{
    return vf_refuse(v, WHY(GPL_ONLY));
}

static int check_helper(struct vf *v, uint32_t id, const struct helper *h)
{
    const char *name = h ? h->name : ebpf_helper_name(id);
    if (!name)
        return vf_refuse(v, WHY(UNKNOWN_HELPER), id);
    if (!h)
        return vf_refuse(v, WHY(HELPER_NOT_XDP), name, id);
    if (id > 255 || !((v->opts->helpers[id / 64] >> (id % 64)) & 1))
        return vf_refuse(v, WHY(HELPER_MISSING), name, id);
    return (h->flags & HELPER_GPL) && !v->prog->gpl ? gpl_only(v) : 0;
}

static int check_kfunc(struct vf *v, uint32_t row, const struct helper *h)
{
    if (!h)
        return vf_refuse(v, WHY(UNKNOWN_KFUNC), row);
    if (!((v->opts->kfuncs >> row) & 1) && !v->missing) {
        v->missing = h->name;
        v->missing_at = v->pc;
    }
    if ((h->flags & HELPER_DEV) && !v->prog->dev_bound)
        return vf_refuse(v, WHY(KFUNC_DEVICE));
    return (h->flags & HELPER_GPL) && !v->prog->gpl ? gpl_only(v) : 0;
}

/* Under a spin lock only what gives it back, and the counting iterator. */
static int check_locked(struct vf *v, const struct vcall *c)
{
    bool ok = c->kfunc ? c->h->id <= KFUNC_ITER_NUM_DESTROY : c->h->id == BPF_FUNC_spin_unlock;
    if (!v->cur.lock.held || ok)
        return 0;
    return vf_refuse(v, WHY(LOCKED_CALL));
}

/* Arrays inside a map of maps are all as long, but for those made with BPF_F_INNER_MAP. */
static bool is_array(const struct vcall *c)
{
    bool any_length = c->map_reg.inner && (c->map->flags & BPF_F_INNER_MAP);
    return !any_length && c->map->key_size == 4 &&
           (c->map->type == BPF_MAP_TYPE_ARRAY || c->map->type == BPF_MAP_TYPE_PERCPU_ARRAY);
}

/* A lookup in an array by a known index within it does not fail. */
static bool always_found(struct vf *v, const struct vcall *c)
{
    const struct vf_reg *key = &vf_top(&v->cur)->reg[2];
    uint32_t index = 0;
    bool known = c->h->id == BPF_FUNC_map_lookup_elem && key->kind == KIND_STACK && is_array(c) &&
                 vf_stack_constant(v, key, &index);
    bool found = known && index < c->map->max_entries;
    vf_note_key(v, known, index, found);
    return found;
}

static enum vf_kind found_kind(uint32_t type)
{
    if (vf_map_is_outer(type))
        return KIND_MAP;
    return type == BPF_MAP_TYPE_XSKMAP ? KIND_XSK : KIND_VALUE;
}

static struct vf_reg number_result(const struct vf *v, const struct vcall *c)
{
    struct vf_reg r = vf_reg_scalar();
    if (!c->kfunc && c->h->id == BPF_FUNC_get_smp_processor_id && v->opts->cpus) {
        r.r.umax = v->opts->cpus - 1;
        range_sync(&r.r);
    }
    return r;
}

static struct vf_reg value_result(struct vf *v, const struct vcall *c, bool found)
{
    struct vf_reg r = vf_reg_pointer(found_kind(c->map->type));
    r.map = c->map_reg.map;
    r.inner = c->map_reg.inner || r.kind == KIND_MAP;
    if (!found || (r.kind == KIND_VALUE && vf_map(v, &r)->spin_lock))
        r.id = vf_new_id(v);
    r.nullable = !found;
    return r;
}

/* What must be given back, unless it is NULL. */
static int taken_result(struct vf *v, enum vf_kind kind, struct vf_reg *r)
{
    *r = vf_reg_pointer(kind);
    r->nullable = true;
    (void)vf_new_id(v); /* as the kernel numbers: first for the pointer, then for the reference */
    int err = vf_ref_take(v, &r->ref);
    r->id = r->ref;
    return err;
}

static int struct_result(struct vf *v, enum vf_struct what, struct vf_reg *r)
{
    int err = taken_result(v, KIND_STRUCT, r);
    r->map = vf_struct_type(v, what);
    return err;
}

static int record_result(struct vf *v, const struct vcall *c, struct vf_reg *r)
{
    int err = taken_result(v, KIND_MEM, r);
    r->flags = REG_RECORD;
    r->size = (uint32_t)c->alloc;
    return err;
}

static struct vf_reg slice_result(struct vf *v, const struct vcall *c)
{
    struct vf_reg r = vf_reg_pointer(KIND_MEM);
    if (c->kfunc && c->h->id == KFUNC_DYNPTR_SLICE)
        r.flags |= REG_RDONLY;
    if (c->dynptr.sub == DYNPTR_XDP)
        r.flags |= REG_PACKET;
    if (c->kfunc)
        r.flags |= REG_SLICE;
    r.size = (uint32_t)c->alloc;
    r.owner = c->dynptr.id;
    r.ref = c->kfunc ? 0 : c->dynptr.ref;
    r.nullable = true;
    r.id = vf_new_id(v);
    return r;
}

static int result(struct vf *v, const struct vcall *c, bool found, struct vf_reg *r)
{
    switch (c->h->returns) {
    case RETURN_INT:
        *r = number_result(v, c);
        return 0;
    case RETURN_VALUE:
        if (vf_map_is_sockets(c->map->type))
            return taken_result(v, KIND_SOCK, r);
        *r = value_result(v, c, found);
        return 0;
    case RETURN_RECORD:
        return record_result(v, c, r);
    case RETURN_SLICE:
        *r = slice_result(v, c);
        return 0;
    case RETURN_CONN:
        return struct_result(v, VF_CONN, r);
    case RETURN_NEW_CONN:
        return struct_result(v, VF_NEW_CONN, r);
    case RETURN_KERNEL_CTX:
        *r = vf_reg_pointer(KIND_STRUCT);
        r->map = vf_struct_type(v, VF_KERNEL_CTX);
        r->flags = REG_TRUSTED;
        return 0;
    case RETURN_SOCK:
        return taken_result(v, KIND_SOCK, r);
    case RETURN_SOCK_COMMON:
        return taken_result(v, KIND_SOCK_COMMON, r);
    default:
        return 0;
    }
}

/* A dynptr that the call made, of what kind the argument says. */
static int make_dynptr(struct vf *v, const struct vcall *c)
{
    uint32_t id = vf_new_id(v), origin = id, ref = 0;
    enum vf_dynptr over = DYNPTR_LOCAL;
    int err = 0;
    if (c->kfunc && c->h->id == KFUNC_DYNPTR_CLONE) {
        over = (enum vf_dynptr)c->dynptr.sub;
        ref = c->dynptr.ref;
        origin = c->dynptr.owner;
    } else if (c->kfunc) {
        over = DYNPTR_XDP;
    } else if (c->h->id == BPF_FUNC_ringbuf_reserve_dynptr) {
        over = DYNPTR_RECORD;
        err = vf_ref_take(v, &ref);
    }
    if (!err)
        vf_dynptr_make(v, &c->dynptr_at, over, id, ref, origin);
    return err;
}

static int set_result(struct vf *v, const struct vcall *c)
{
    bool found = c->h->returns == RETURN_VALUE && always_found(v, c);
    struct vf_reg *reg = vf_top(&v->cur)->reg, r = {0};
    int err = result(v, c, found, &r);
    if (!err && c->kfunc && c->h->arg[0] == ARG_ITER_OUT)
        err = vf_iter_make(v, vcall_iter(c));
    if (!err && c->dynptr_at.kind == KIND_STACK)
        err = make_dynptr(v, c);
    for (unsigned n = 0; n <= 5; n++)
        reg[n] = (struct vf_reg){0};
    reg[0] = r;
    if (r.kind != KIND_NONE)
        v->touched |= 1;
    return err;
}

static int check_args(struct vf *v, struct vcall *c)
{
    int err = check_locked(v, c);
    for (unsigned regno = 1; !err && regno <= helper_arg_count(c->h); regno++)
        err = vcall_arg(v, regno, c);
    if (!err && c->map)
        err = vf_check_map_fit(v, c->h, c->map);
    if (!err && c->map)
        vf_note_map(v, &c->map_reg);
    if (!err && c->release)
        err = vf_ref_release(v, c->release);
    return err;
}

static bool calls_back(const struct helper *h)
{
    for (unsigned n = 0; n < HELPER_ARGS; n++)
        if (h->arg[n] == ARG_FUNC)
            return true;
    return false;
}

int vf_call(struct vf *v, const struct ebpf_insn *i)
{
    uint32_t id = (uint32_t)i->imm;
    struct vcall c = {.h = helper_find(id)};
    int err = check_helper(v, id, c.h);
    if (!err)
        err = check_args(v, &c);
    if (!err && id == BPF_FUNC_tail_call)
        err = vf_check_leaks(v, "tail_call");
    if (!err && id == BPF_FUNC_snprintf)
        err = vf_check_format(v);
    if (!err && calls_back(c.h))
        err = vcall_callback(v, &c);
    if (err)
        return err;
    if (c.h->flags & HELPER_MOVES)
        vf_forget_packet(&v->cur);
    err = set_result(v, &c);
    if (!err && id == BPF_FUNC_tail_call)
        err = vf_tail_taken(v);
    return err;
}

int vf_call_kfunc(struct vf *v, const struct ebpf_insn *i)
{
    uint32_t row = (uint32_t)i->imm;
    struct vcall c = {.h = kfunc_find(row), .kfunc = true};
    int err = check_kfunc(v, row, c.h);
    if (!err)
        err = check_args(v, &c);
    if (err)
        return err;
    return c.h->returns == RETURN_ELEMENT ? vf_iter_next(v, vcall_iter(&c)) : set_result(v, &c);
}
