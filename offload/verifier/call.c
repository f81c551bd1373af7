/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls of helpers: may it be called, are its arguments sound, what does it leave. */
#include <linux/bpf.h>

#include "verifier/helper.h"
#include "verifier/vf.h"

/* One call being checked. */
struct call {
    const struct helper *h;
    const struct offload_map *map; /* of the MAP argument */
    struct vf_reg map_reg;
};

static int wrong_type(struct vf *v, unsigned regno, const struct vf_reg *r, const char *expected)
{
    return vf_refuse(v, -EACCES, "R%u type=%s expected=%s", regno, vf_kind_name(r), expected);
}

static int arg_ctx(struct vf *v, unsigned regno, const struct vf_reg *r)
{
    if (r->kind != KIND_CTX)
        return wrong_type(v, regno, r, "ctx");
    if (r->off < 0)
        return vf_refuse(v, -EACCES, "negative offset ctx ptr R%u off=%d disallowed", regno,
                         r->off);
    if (r->off != 0 || !range_is_value(&r->r, 0))
        return vf_refuse(v, -EACCES, "dereference of modified ctx ptr R%u off=%d disallowed", regno,
                         r->off);
    return 0;
}

static int arg_map(struct vf *v, unsigned regno, const struct vf_reg *r, struct call *c)
{
    if (r->kind != KIND_MAP || r->nullable)
        return wrong_type(v, regno, r, "map_ptr");
    c->map_reg = *r;
    c->map = vf_map(v, r);
    return 0;
}

/* Fixed number of bytes at the argument. */
static int arg_bytes(struct vf *v, unsigned regno, uint32_t size, enum vf_access access, bool init,
                     const struct call *c)
{
    bool packet = c->h->flags & HELPER_PKT;
    if (access == ACCESS_WRITE && !init) { /* read as well */
        int err = vf_helper_memory(v, regno, size, ACCESS_READ, false, packet);
        if (err)
            return err;
    }
    return vf_helper_memory(v, regno, size, access, init, packet);
}

static int check_length(struct vf *v, unsigned regno, const struct vf_reg *r, bool zero_ok)
{
    if (r->kind != KIND_SCALAR)
        return wrong_type(v, regno, r, "scalar");
    if (r->r.smin < 0)
        return vf_refuse(v, -EACCES,
                         "R%u min value is negative, either use unsigned or 'var &= const'", regno);
    if (r->r.umin == 0 && !zero_ok)
        return vf_refuse(v, -EACCES, "R%u invalid zero-sized read: u64=[%llu,%llu]", regno,
                         (unsigned long long)r->r.umin, (unsigned long long)r->r.umax);
    if (r->r.umax >= VF_VAR_MAX)
        return vf_refuse(v, -EACCES,
                         "R%u unbounded memory access, use 'var &= const' or 'if (var < const)'",
                         regno);
    return 0;
}

static bool is_null(const struct vf_reg *r)
{
    return r->kind == KIND_SCALAR && range_is_value(&r->r, 0);
}

/* The pair (memory, length) of which `regno` is the length. */
static int arg_length(struct vf *v, unsigned regno, const struct vf_reg *r, const struct call *c)
{
    unsigned mem = c->h->arg[regno - 2];
    const struct vf_reg *ptr = &vf_top(&v->cur)->reg[regno - 1];
    int err = check_length(v, regno, r, c->h->arg[regno - 1] == ARG_SIZE0);
    if (err)
        return err;
    vf_demand_reg(v, r);
    if (mem == ARG_MEM_OR_NULL && is_null(ptr)) {
        vf_demand_reg(v, ptr);
        if (r->r.umax == 0)
            return 0;
        return vf_refuse(v, -EACCES, "R%u type=scalar expected=fp", regno - 1);
    }
    enum vf_access access = mem == ARG_MEM_OUT || mem == ARG_MEM_INOUT ? ACCESS_WRITE : ACCESS_READ;
    bool init = mem == ARG_MEM_OUT && range_is_const(&r->r);
    return arg_bytes(v, regno - 1, (uint32_t)r->r.umax, access, init, c);
}

static int check_arg(struct vf *v, unsigned regno, struct call *c)
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
        return arg_bytes(v, regno, c->map->key_size, ACCESS_READ, false, c);
    case ARG_VALUE:
        return arg_bytes(v, regno, c->map->value_size, ACCESS_READ, false, c);
    case ARG_VALUE_OUT: /* of a bloom filter it is what to look for */
        if (c->map->type == BPF_MAP_TYPE_BLOOM_FILTER)
            return arg_bytes(v, regno, c->map->value_size, ACCESS_READ, false, c);
        return arg_bytes(v, regno, c->map->value_size, ACCESS_WRITE, true, c);
    case ARG_LONG_OUT:
        return arg_bytes(v, regno, 8, ACCESS_WRITE, true, c);
    case ARG_INT_INOUT:
        return arg_bytes(v, regno, 4, ACCESS_WRITE, false, c);
    case ARG_FIX20:
        return arg_bytes(v, regno, 20, ACCESS_READ, false, c);
    case ARG_FIX40:
        return arg_bytes(v, regno, 40, ACCESS_READ, false, c);
    case ARG_SIZE:
    case ARG_SIZE0:
        return arg_length(v, regno, r, c);
    default: /* memory is checked with its length */
        return 0;
    }
}

/* ---- the call ---- */

/* Arguments that take more than a look at one register. */
static bool needs_more(const struct helper *h)
{
    for (unsigned n = 0; n < HELPER_ARGS; n++)
        if (h->arg[n] > ARG_FIX40 || h->arg[n] == ARG_DATA || h->arg[n] == ARG_ALLOC)
            return true;
    return false;
}

static int check_available(struct vf *v, uint32_t id, const struct helper *h)
{
    const char *name = h ? h->name : ebpf_helper_name(id);
    if (!name)
        return vf_refuse(v, -EINVAL, "invalid func unknown#%u", id);
    if (!h)
        return vf_refuse(v, -EINVAL, "program of this type cannot use helper %s#%u", name, id);
    if (id > 255 || !((v->opts->helpers[id / 64] >> (id % 64)) & 1))
        return vf_refuse(v, -EINVAL,
                         "program of this type cannot use helper %s#%u: the NIC firmware lacks it",
                         name, id);
    if (needs_more(h))
        return vf_refuse(v, -EINVAL, "program of this type cannot use helper %s#%u: not yet", name,
                         id);
    if ((h->flags & HELPER_GPL) && !v->prog->gpl)
        return vf_refuse(v, -EPERM,
                         "cannot call GPL-restricted function from non-GPL compatible "
                         "program");
    return 0;
}

/* A lookup in an array by a known index within it does not fail. */
static bool always_found(struct vf *v, const struct call *c)
{
    const struct vf_reg *key = &vf_top(&v->cur)->reg[2];
    uint32_t index;
    if (c->h->id != BPF_FUNC_map_lookup_elem || key->kind != KIND_STACK || c->map->key_size != 4)
        return false;
    /* inner maps may differ in their number of entries */
    if (c->map_reg.inner)
        return false;
    if (c->map->type != BPF_MAP_TYPE_ARRAY && c->map->type != BPF_MAP_TYPE_PERCPU_ARRAY)
        return false;
    return vf_stack_constant(v, key, &index) && index < c->map->max_entries;
}

static enum vf_kind found_kind(uint32_t type)
{
    if (vf_map_is_outer(type))
        return KIND_MAP;
    return type == BPF_MAP_TYPE_XSKMAP ? KIND_XSK : KIND_VALUE;
}

static void set_result(struct vf *v, const struct call *c)
{
    struct vf_reg *reg = vf_top(&v->cur)->reg;
    bool found = c->h->returns == RETURN_VALUE && always_found(v, c);
    for (unsigned n = 0; n <= 5; n++)
        reg[n] = (struct vf_reg){0};
    if (c->h->returns == RETURN_VOID)
        return;
    v->touched |= 1;
    if (c->h->returns == RETURN_INT) {
        reg[0] = vf_reg_scalar();
        if (c->h->id == BPF_FUNC_get_smp_processor_id && v->opts->cpus) {
            reg[0].r.umax = v->opts->cpus - 1;
            range_sync(&reg[0].r);
        }
        return;
    }
    reg[0] = vf_reg_pointer(found_kind(c->map->type));
    reg[0].map = c->map_reg.map;
    reg[0].inner = c->map_reg.inner || reg[0].kind == KIND_MAP;
    if (found)
        return;
    reg[0].nullable = true;
    reg[0].id = vf_new_id(v);
}

int vf_call(struct vf *v, const struct ebpf_insn *i)
{
    uint32_t id = (uint32_t)i->imm;
    struct call c = {.h = helper_find(id)};
    int err = check_available(v, id, c.h);
    for (unsigned regno = 1; !err && regno <= 5 && c.h->arg[regno - 1] != ARG_NONE; regno++)
        err = check_arg(v, regno, &c);
    if (!err)
        err = c.map ? vf_check_map_fit(v, c.h, c.map) : 0;
    if (err)
        return err;
    if (c.h->flags & HELPER_MOVES)
        vf_forget_packet(&v->cur);
    set_result(v, &c);
    return id == BPF_FUNC_tail_call ? vf_tail_taken(v) : VF_GO;
}
