/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Global functions: proved once, for any arguments that their types allow. A call
 * checks its arguments against the types and learns nothing from the function.
 */
#include "verifier/vf.h"

/* `size` bytes to read and write, or NULL. */
static int give_memory(struct vf *v, unsigned regno, struct vf_reg *r, uint32_t size)
{
    if (r->kind == KIND_SCALAR && range_is_value(&r->r, 0)) {
        vf_demand_reg(v, r);
        return 0;
    }
    bool nullable = r->nullable;
    r->nullable = false;
    int err = vf_helper_memory(v, regno, size, ACCESS_READ, false, true);
    if (!err)
        err = vf_helper_memory(v, regno, size, ACCESS_WRITE, false, true);
    r->nullable = nullable;
    return err;
}

static int give_context(struct vf *v, unsigned n, const struct vf_reg *r)
{
    if (r->kind != KIND_CTX)
        return vf_refuse(v, WHY(GLOBAL_CONTEXT), n);
    if (r->off != 0 || !range_is_value(&r->r, 0))
        return vf_refuse(v, WHY(CONTEXT_MODIFIED), n + 1, r->off);
    return 0;
}

static int give(struct vf *v, unsigned n, const struct offload_subprog *to)
{
    const struct offload_arg *arg = &to->arg[n];
    struct vf_reg *r, dynptr;
    int err = vf_read(v, n + 1, &r);
    if (err)
        return err;
    switch (arg->kind) {
    case OFFLOAD_ARG_SCALAR:
        if (r->kind != KIND_SCALAR)
            return vf_refuse(v, WHY(GLOBAL_NUMBER), n + 1);
        return 0;
    case OFFLOAD_ARG_CTX:
        return give_context(v, n, r);
    case OFFLOAD_ARG_DYNPTR:
        return vf_dynptr_arg(v, n + 1, r, &dynptr);
    case OFFLOAD_ARG_MEM:
    case OFFLOAD_ARG_MEM_OR_NULL:
        if (arg->kind == OFFLOAD_ARG_MEM &&
            (r->nullable || (r->kind == KIND_SCALAR && range_is_value(&r->r, 0))))
            return vf_refuse(v, WHY(GLOBAL_NULL), n);
        return give_memory(v, n + 1, r, arg->size);
    default:
        return vf_refuse(v, WHY(GLOBAL_ARGUMENT), n, to->name);
    }
}

int vf_call_global(struct vf *v, uint32_t sub)
{
    const struct offload_subprog *info = v->sub[sub].info;
    struct vf_reg *reg = vf_top(&v->cur)->reg;
    int err = 0;
    if (v->cur.lock.held)
        return vf_refuse(v, WHY(LOCKED_GLOBAL));
    if (!info->returns_number)
        err = vf_refuse(v, WHY(GLOBAL_RESULT), info->name);
    for (unsigned n = 0; !err && n < info->args; n++)
        err = give(v, n, info);
    if (err) {
        vf_note(v, "Caller passes invalid args into func#%u ('%s')", sub, info->name);
        return err;
    }
    vf_log_global(v, sub);
    if (v->sub[sub].moves_packet)
        vf_forget_packet(&v->cur);
    for (unsigned n = 0; n <= 5; n++)
        reg[n] = (struct vf_reg){0};
    reg[0] = vf_reg_scalar();
    v->touched |= 1;
    v->cur.calls++;
    return vf_add_root(v, ROOT_GLOBAL, sub, NULL);
}

static struct vf_reg argument(struct vf *v, const struct offload_arg *arg)
{
    struct vf_reg r;
    switch (arg->kind) {
    case OFFLOAD_ARG_SCALAR:
        return vf_reg_scalar();
    case OFFLOAD_ARG_CTX:
        return vf_reg_pointer(KIND_CTX);
    case OFFLOAD_ARG_DYNPTR:
        r = vf_reg_pointer(KIND_DYNPTR);
        r.id = r.owner = vf_new_id(v);
        return r;
    default:
        r = vf_reg_pointer(KIND_MEM);
        r.size = arg->size;
        r.nullable = arg->kind == OFFLOAD_ARG_MEM_OR_NULL;
        r.id = r.nullable ? vf_new_id(v) : 0;
        return r;
    }
}

void vf_global_arguments(struct vf *v, uint32_t sub)
{
    const struct offload_subprog *info = v->sub[sub].info;
    for (unsigned n = 0; n < info->args; n++)
        vf_top(&v->cur)->reg[n + 1] = argument(v, &info->arg[n]);
}
