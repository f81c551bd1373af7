/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Structures of the kernel that kernel functions give: what may be read of them, by the
 * kernel's BTF, and they as arguments. No card has them; a program that uses them is proved all
 * the same.
 */
#include <stdio.h>
#include <string.h>

#include "verifier/vf.h"

static const char *const names[VF_STRUCTS] = {
    [VF_CONN] = "nf_conn",
    [VF_NEW_CONN] = "nf_conn___init",
    [VF_KERNEL_CTX] = "xdp_buff",
};

/* Types that the kernel's BTF does not know, or without it. */
static uint32_t unknown_type(enum vf_struct what)
{
    return UINT32_MAX - (uint32_t)what;
}

uint32_t vf_struct_type(struct vf *v, enum vf_struct what)
{
    const struct offload_kernel *k = v->prog->kernel;
    uint32_t *type = &v->structs[what];
    if (*type == 0 && k)
        *type = k->find(k->ctx, names[what]);
    if (*type == 0)
        *type = unknown_type(what);
    return *type;
}

static bool is_known(const struct vf *v, uint32_t type)
{
    return v->prog->kernel && type <= unknown_type(VF_STRUCTS);
}

const char *vf_struct_name(const struct vf *v, const struct vf_reg *r)
{
    const struct offload_kernel *k = v->prog->kernel;
    return is_known(v, r->map) ? k->name(k->ctx, r->map) : names[UINT32_MAX - r->map];
}

/* Whoever reads or writes: the licence, and a constant place. */
static int check_access(struct vf *v, unsigned regno, const struct vf_reg *r, int64_t off)
{
    const char *name = vf_struct_name(v, r);
    char text[48];
    if (!v->prog->gpl)
        return vf_refuse(v, WHY(KERNEL_LICENCE), name);
    if (off < 0)
        return vf_refuse(v, WHY(KERNEL_OFFSET), regno, name, "negative access", (int)off, "", "");
    if (!range_is_value(&r->r, 0))
        return vf_refuse(v, WHY(KERNEL_OFFSET), regno, name, "variable offset", (int)off,
                         ", var_off=", vf_tnum_text(r->r.var, text));
    return 0;
}

/* A pointer that was read: as much to be trusted as where it was. */
static struct vf_reg pointer_read(struct vf *v, const struct vf_reg *from,
                                  const struct offload_kernel_place *place)
{
    struct vf_reg r = vf_reg_pointer(KIND_STRUCT);
    bool safe = vf_struct_is_trusted(from) || (from->flags & REG_RCU);
    r.map = place->type;
    if ((from->flags & REG_UNTRUSTED) || place->untrusted) {
        r.flags = REG_UNTRUSTED;
    } else if (safe && place->rcu) {
        r.flags = REG_RCU;
        r.nullable = true;
        r.id = vf_new_id(v);
    }
    return r;
}

int vf_struct_load(struct vf *v, unsigned regno, const struct vf_reg *r, int64_t off, uint32_t size,
                   struct vf_reg *out)
{
    const struct offload_kernel *k = v->prog->kernel;
    struct offload_kernel_place place = {0};
    char why[OFFLOAD_KERNEL_WHY];
    int err = check_access(v, regno, r, off);
    if (err)
        return err;
    *out = vf_reg_scalar();
    if (!is_known(v, r->map)) {
        snprintf(why, sizeof(why), "struct %s is not in the kernel's BTF", vf_struct_name(v, r));
        return vf_refuse(v, WHY(KERNEL_FIELD), why);
    }
    if (k->place(k->ctx, r->map, (uint32_t)off, size, &place, why))
        return vf_refuse(v, WHY(KERNEL_FIELD), why);
    if (place.pointer)
        *out = pointer_read(v, r, &place);
    return 0;
}

/* Of a connection, its mark. */
int vf_struct_store(struct vf *v, unsigned regno, const struct vf_reg *r, int64_t off,
                    uint32_t size)
{
    const struct offload_kernel *k = v->prog->kernel;
    const uint32_t mark_size = sizeof(uint32_t);
    bool conn = r->map == vf_struct_type(v, VF_CONN) || r->map == vf_struct_type(v, VF_NEW_CONN);
    int err = check_access(v, regno, r, off);
    if (err)
        return err;
    if (!conn || (r->flags & REG_UNTRUSTED))
        return vf_refuse(v, WHY(KERNEL_WRITE));
    uint32_t type = vf_struct_type(v, VF_CONN);
    uint32_t mark = is_known(v, type) ? k->member(k->ctx, type, "mark") : 0;
    if (!mark || off != mark - 1)
        return vf_refuse(v, WHY(CONN_WRITE), (int)off);
    if (size <= mark_size)
        return 0;
    char why[OFFLOAD_KERNEL_WHY];
    snprintf(why, sizeof(why),
             "write access at off %d with size %u beyond the member of nf_conn ended at %u",
             (int)off, size, mark - 1 + mark_size);
    return vf_refuse(v, WHY(KERNEL_FIELD), why);
}

int vf_struct_arg(struct vf *v, unsigned regno, const struct vf_reg *r, const char *func,
                  enum vf_struct what, bool gone)
{
    unsigned arg = regno - 1;
    if (r->nullable || (r->kind == KIND_SCALAR && range_is_value(&r->r, 0))) {
        vf_demand_reg(v, r);
        return vf_refuse(v, WHY(KERNEL_NULL), arg);
    }
    if (r->kind != KIND_STRUCT)
        return vf_refuse(v, WHY(KERNEL_POINTER), arg, names[what]);
    if (!vf_struct_is_trusted(r))
        return vf_refuse(v, WHY(KERNEL_TRUST), regno);
    if (gone && (r->off != 0 || !range_is_value(&r->r, 0)))
        return vf_refuse(v, WHY(RELEASE_OFFSET), regno);
    if (r->map != vf_struct_type(v, what) || r->off != 0 || !range_is_value(&r->r, 0))
        return vf_refuse(v, WHY(KERNEL_TYPE), func, arg, names[what], regno, vf_struct_name(v, r));
    return 0;
}
