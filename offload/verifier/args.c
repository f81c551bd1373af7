/* SPDX-License-Identifier: BSD-3-Clause */
/* Arguments of helpers and kernel functions, by kind. */
#include <linux/bpf.h>

#include "verifier/vcall.h"

static int arg_ctx(struct vf *v, unsigned regno, const struct vf_reg *r)
{
    if (r->kind != KIND_CTX)
        return vf_wrong_kind(v, regno, r, "ctx");
    if (r->off < 0)
        return vf_refuse(v, WHY(CONTEXT_NEGATIVE), regno, r->off);
    if (r->off != 0 || !range_is_value(&r->r, 0))
        return vf_refuse(v, WHY(CONTEXT_MODIFIED), regno, r->off);
    return 0;
}

/* bpf_timer_init() names the map that the timer is in. */
static int check_timer_map(struct vf *v, const struct vf_reg *map, const struct vcall *c)
{
    if (c->timer.kind != KIND_VALUE || (c->timer.map == map->map && !c->timer.inner && !map->inner))
        return 0;
    return vf_refuse(v, WHY(TIMER_MAP), c->timer.inner ? c->timer.id : 0, map->inner ? map->id : 0);
}

static int arg_map(struct vf *v, unsigned regno, const struct vf_reg *r, struct vcall *c)
{
    if (r->kind != KIND_MAP || r->nullable)
        return vf_wrong_kind(v, regno, r, "map_ptr");
    int err = check_timer_map(v, r, c);
    if (err)
        return err;
    c->map_reg = *r;
    c->map = vf_map(v, r);
    return 0;
}

/* Fixed number of bytes at the argument. */
static int arg_bytes(struct vf *v, unsigned regno, uint32_t size, enum vf_access access, bool init,
                     const struct vcall *c)
{
    bool packet = c->h->flags & HELPER_PKT;
    if (access == ACCESS_WRITE && !init) { /* read as well */
        int err = vf_helper_memory(v, regno, size, ACCESS_READ, false, packet);
        if (err)
            return err;
    }
    return vf_helper_memory(v, regno, size, access, init, packet);
}

/* A key or a value of the map. */
static int arg_element(struct vf *v, unsigned regno, const struct vf_reg *r, uint32_t size,
                       enum vf_access access, const struct vcall *c)
{
    if (r->kind == KIND_MEM && r->flags & REG_SLICE)
        return vf_wrong_kind(v, regno, r, VF_MEMORY_KINDS);
    return arg_bytes(v, regno, size, access, access == ACCESS_WRITE, c);
}

/* An aligned integer that the helper changes, or fills. */
static int arg_integer(struct vf *v, unsigned regno, uint32_t size, bool init,
                       const struct vcall *c)
{
    int err = arg_bytes(v, regno, size, ACCESS_WRITE, init, c);
    return err ? err : vf_check_aligned(v, &vf_top(&v->cur)->reg[regno], 0, size);
}

static int check_length(struct vf *v, unsigned regno, const struct vf_reg *r, bool zero_ok)
{
    if (r->kind != KIND_SCALAR)
        return vf_wrong_kind(v, regno, r, "scalar");
    if (r->r.smin < 0)
        return vf_refuse(v, WHY(SIZE_NEGATIVE), regno);
    if (r->r.umin == 0 && !zero_ok)
        return vf_refuse(v, WHY(SIZE_ZERO), regno, (unsigned long long)r->r.umin,
                         (unsigned long long)r->r.umax);
    if (r->r.umax >= VF_VAR_MAX)
        return vf_refuse(v, WHY(SIZE_UNBOUNDED), regno);
    return 0;
}

static bool is_null(const struct vf_reg *r)
{
    return r->kind == KIND_SCALAR && range_is_value(&r->r, 0);
}

/* Memory that may be NULL, and is. */
static bool null_allowed(unsigned arg, const struct vf_reg *ptr)
{
    return (arg == ARG_MEM_OR_NULL || arg == ARG_MEM_OUT_OR_NULL || arg == ARG_BUFFER ||
            arg == ARG_BYTES) &&
           is_null(ptr);
}

static bool is_out(unsigned arg)
{
    return arg == ARG_MEM_OUT || arg == ARG_MEM_OUT_OR_NULL || arg == ARG_DATA;
}

/* The memory before its length, `regno`. */
static int check_pair(struct vf *v, unsigned regno, const struct vf_reg *r, const struct vcall *c)
{
    unsigned mem = c->h->arg[regno - 2], len = c->h->arg[regno - 1];
    const struct vf_reg *ptr = &vf_top(&v->cur)->reg[regno - 1];
    int err = check_length(v, regno, r, len != ARG_SIZE);
    if (err)
        return err;
    vf_demand_reg(v, r);
    if (null_allowed(mem, ptr)) {
        vf_demand_reg(v, ptr);
        if (r->r.umax == 0 || mem == ARG_BUFFER)
            return 0;
        return vf_wrong_kind(v, regno - 1, ptr, "fp");
    }
    if (mem == ARG_DATA && (ptr->kind != KIND_VALUE || ptr->nullable))
        return vf_refuse(v, WHY(DYNPTR_DATA), vf_kind_name(ptr));
    bool write = is_out(mem) || mem == ARG_MEM_INOUT || mem == ARG_BUFFER || mem == ARG_BYTES;
    bool init = is_out(mem) && range_is_const(&r->r);
    return arg_bytes(v, regno - 1, (uint32_t)r->r.umax, write ? ACCESS_WRITE : ACCESS_READ, init,
                     c);
}

/* The pair (memory, length) of which `regno` is the length. */
static int arg_length(struct vf *v, unsigned regno, const struct vf_reg *r, const struct vcall *c)
{
    int err = check_pair(v, regno, r, c);
    if (err && c->kfunc)
        vf_note(v, "arg#%u arg#%u memory, len pair leads to invalid memory access", regno - 2,
                regno - 1);
    return err;
}

/* A length that is a constant; it may also be that of the argument before. */
static int arg_alloc(struct vf *v, unsigned regno, const struct vf_reg *r, struct vcall *c)
{
    if (r->kind != KIND_SCALAR)
        return vf_wrong_kind(v, regno, r, "scalar");
    if (!range_is_const(&r->r))
        return vf_refuse(v, WHY(ARG_CONSTANT), regno);
    vf_demand_reg(v, r);
    c->alloc = r->r.var.value;
    return c->h->arg[regno - 2] == ARG_BUFFER ? arg_length(v, regno, r, c) : 0;
}

static int arg_func(struct vf *v, unsigned regno, const struct vf_reg *r, struct vcall *c)
{
    if (r->kind != KIND_FUNC)
        return vf_wrong_kind(v, regno, r, "func");
    c->func = r->map;
    return 0;
}

static int arg_cb_ctx(struct vf *v, unsigned regno, const struct vf_reg *r)
{
    if (r->kind == KIND_STACK)
        return 0;
    if (!is_null(r))
        return vf_wrong_kind(v, regno, r, "fp");
    vf_demand_reg(v, r);
    return 0;
}

/* A ring buffer record that is given up: as it came. */
static int arg_gone(struct vf *v, unsigned regno, const struct vf_reg *r, struct vcall *c)
{
    if (r->kind != KIND_MEM || r->nullable || !(r->flags & REG_RECORD))
        return vf_wrong_kind(v, regno, r, "ringbuf_mem");
    if (r->off != 0 || !range_is_value(&r->r, 0))
        return vf_refuse(v, WHY(RELEASE_OFFSET), regno);
    if (!r->ref || r->owner)
        return vf_refuse(v, WHY(RELEASE_OTHER), regno);
    c->release = r->ref;
    return 0;
}

static int arg_timer(struct vf *v, unsigned regno, const struct vf_reg *r, struct vcall *c)
{
    c->timer = *r;
    return vf_timer_arg(v, regno, r);
}

static int arg_dynptr_out(struct vf *v, unsigned regno, const struct vf_reg *r, struct vcall *c)
{
    c->dynptr_at = *r;
    return vf_dynptr_out(v, regno, r);
}

static int arg_iter_gone(struct vf *v, unsigned regno, const struct vf_reg *r, struct vcall *c)
{
    struct vf_slot *s;
    int err = vf_iter_arg(v, regno, r, vcall_iter(c), &s);
    if (!err)
        c->release = s->reg.ref;
    return err;
}

static int arg_struct_gone(struct vf *v, unsigned regno, const struct vf_reg *r, struct vcall *c,
                           enum vf_struct what)
{
    int err = vf_struct_arg(v, regno, r, c->h->name, what, true);
    c->release = r->ref;
    return err;
}

static int arg_more(struct vf *v, unsigned regno, struct vf_reg *r, struct vcall *c)
{
    struct vf_slot *slot;
    switch (c->h->arg[regno - 1]) {
    case ARG_ALLOC:
        return arg_alloc(v, regno, r, c);
    case ARG_STRING:
        return vf_string_arg(v, regno, r);
    case ARG_LOCK:
        return vf_lock_arg(v, regno, r, c->h->id == BPF_FUNC_spin_lock);
    case ARG_TIMER:
        return arg_timer(v, regno, r, c);
    case ARG_FUNC:
        return arg_func(v, regno, r, c);
    case ARG_CB_CTX:
        return arg_cb_ctx(v, regno, r);
    case ARG_GONE:
        return arg_gone(v, regno, r, c);
    case ARG_SOCK:
        return vf_socket_arg(v, regno, r);
    case ARG_SOCK_GONE:
        return vf_socket_gone(v, regno, r, &c->release);
    case ARG_DYNPTR:
        return vf_dynptr_arg(v, regno, r, &c->dynptr);
    case ARG_DYNPTR_OUT:
    case ARG_DYNPTR_RB_OUT:
    case ARG_DYNPTR_XDP_OUT:
        return arg_dynptr_out(v, regno, r, c);
    case ARG_DYNPTR_GONE:
        return vf_dynptr_gone(v, regno, r, &c->release);
    case ARG_ITER:
        return vf_iter_arg(v, regno, r, vcall_iter(c), &slot);
    case ARG_ITER_OUT:
        return vf_iter_out(v, regno, r, vcall_iter(c));
    case ARG_ITER_GONE:
        return arg_iter_gone(v, regno, r, c);
    case ARG_CONN:
        return vf_struct_arg(v, regno, r, c->h->name, VF_CONN, false);
    case ARG_NEW_CONN:
        return vf_struct_arg(v, regno, r, c->h->name, VF_NEW_CONN, false);
    case ARG_CONN_GONE:
        return arg_struct_gone(v, regno, r, c, VF_CONN);
    case ARG_NEW_CONN_GONE:
        return arg_struct_gone(v, regno, r, c, VF_NEW_CONN);
    default: /* memory is checked with its length */
        return 0;
    }
}

int vcall_arg(struct vf *v, unsigned regno, struct vcall *c)
{
    struct vf_reg *r;
    int err = vf_read(v, regno, &r);
    if (err)
        return err;
    switch (c->h->arg[regno - 1]) {
    case ARG_CTX:
        return arg_ctx(v, regno, r);
    case ARG_MAP:
        return arg_map(v, regno, r, c);
    case ARG_KEY:
        return arg_element(v, regno, r, c->map->key_size, ACCESS_READ, c);
    case ARG_VALUE:
        if (vf_map_is_sockets(c->map->type))
            return vf_socket_arg(v, regno, r);
        return arg_element(v, regno, r, c->map->value_size, ACCESS_READ, c);
    case ARG_VALUE_OUT: /* of a bloom filter it is what to look for */
        if (c->map->type == BPF_MAP_TYPE_BLOOM_FILTER)
            return arg_element(v, regno, r, c->map->value_size, ACCESS_READ, c);
        return arg_element(v, regno, r, c->map->value_size, ACCESS_WRITE, c);
    case ARG_LONG_OUT:
        return arg_integer(v, regno, 8, true, c);
    case ARG_OUT2:
        return arg_bytes(v, regno, 2, ACCESS_WRITE, false, c);
    case ARG_INT_INOUT:
        return arg_integer(v, regno, 4, false, c);
    case ARG_OUT4:
        return arg_bytes(v, regno, 4, ACCESS_WRITE, false, c);
    case ARG_OUT8:
        return arg_bytes(v, regno, 8, ACCESS_WRITE, false, c);
    case ARG_INOUT16:
        return arg_bytes(v, regno, 16, ACCESS_WRITE, false, c);
    case ARG_FIX20:
        return arg_bytes(v, regno, 20, ACCESS_READ, false, c);
    case ARG_FIX40:
        return arg_bytes(v, regno, 40, ACCESS_READ, false, c);
    case ARG_SIZE:
    case ARG_SIZE0:
        return arg_length(v, regno, r, c);
    case ARG_ANY:
        if (c->kfunc && r->kind != KIND_SCALAR)
            return vf_refuse(v, WHY(KFUNC_NUMBER), regno);
        return 0;
    case ARG_NONE:
    case ARG_IGNORED:
        return 0;
    default:
        return arg_more(v, regno, r, c);
    }
}
