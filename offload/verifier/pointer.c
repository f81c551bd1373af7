/* SPDX-License-Identifier: BSD-3-Clause */
/* Arithmetic on pointers. */
#include "verifier/vf.h"

/* Offsets that stay far from the edges of 32 bits can be added without care. */
static bool too_far(int64_t value)
{
    return value >= VF_VAR_MAX || value <= -(int64_t)VF_VAR_MAX;
}

int vf_pointer_sane(struct vf *v, const struct vf_reg *r, const char *what)
{
    if (range_is_const(&r->r) && too_far((int64_t)r->r.var.value))
        return vf_refuse(v, WHY(POINTER_CONSTANT), what, (long long)r->r.var.value);
    if (too_far(r->off))
        return vf_refuse(v, WHY(POINTER_OFFSET), what, r->off);
    if (r->r.smin == INT64_MIN)
        return vf_refuse(v, WHY(POINTER_UNBOUNDED), what);
    if (too_far(r->r.smin))
        return vf_refuse(v, WHY(POINTER_RANGE), (long long)r->r.smin, what);
    return 0;
}

static const char *op_name(const struct ebpf_row *row)
{
    static const char *const name[] = {
        [EBPF_OP_ADD] = "+=",  [EBPF_OP_SUB] = "-=", [EBPF_OP_MUL] = "*=",    [EBPF_OP_DIV] = "/=",
        [EBPF_OP_OR] = "|=",   [EBPF_OP_AND] = "&=", [EBPF_OP_LSH] = "<<=",   [EBPF_OP_RSH] = ">>=",
        [EBPF_OP_MOD] = "%=",  [EBPF_OP_XOR] = "^=", [EBPF_OP_ARSH] = "s>>=", [EBPF_OP_SDIV] = "/=",
        [EBPF_OP_SMOD] = "%=", [EBPF_OP_MOV] = "=",
    };
    return name[row->op];
}

static int check_kind(struct vf *v, const struct ebpf_row *row, unsigned regno,
                      const struct vf_reg *ptr, const struct vf_reg *scalar)
{
    if (row->bits != 64)
        return vf_refuse(v, WHY(POINTER_32BIT), regno);
    if (ptr->nullable)
        return vf_refuse(v, WHY(POINTER_NULL_MATH), regno, vf_kind_name(ptr));
    bool plus_zero = row->op == EBPF_OP_ADD && range_is_value(&scalar->r, 0);
    if (ptr->kind == KIND_END || vf_is_socket(ptr) || ptr->kind == KIND_FUNC ||
        ptr->kind == KIND_DYNPTR || (ptr->kind == KIND_MAP && !plus_zero))
        return vf_refuse(v, WHY(POINTER_MATH), regno, vf_kind_name(ptr));
    return 0;
}

static int check_op(struct vf *v, const struct ebpf_row *row, unsigned regno)
{
    switch (row->op) {
    case EBPF_OP_ADD:
    case EBPF_OP_SUB:
        return 0;
    case EBPF_OP_AND:
    case EBPF_OP_OR:
    case EBPF_OP_XOR:
        return vf_refuse(v, WHY(POINTER_BITWISE), regno, op_name(row));
    default:
        return vf_refuse(v, WHY(POINTER_OPERATOR), regno, op_name(row));
    }
}

static int check_subtract(struct vf *v, unsigned regno, const struct vf_reg *ptr, bool ptr_is_dst)
{
    if (!ptr_is_dst)
        return vf_refuse(v, WHY(NUMBER_MINUS_POINTER), regno);
    if (ptr->kind == KIND_STACK)
        return vf_refuse(v, WHY(STACK_POINTER_MINUS), regno);
    return 0;
}

/* A constant that keeps the offset in 32 bits moves `off`; the rest moves the variable part. */
static bool move_const(struct vf_reg *out, int64_t by)
{
    int32_t off;
    if (__builtin_add_overflow((int64_t)out->off, by, &off))
        return false;
    out->off = off;
    if (out->pkt_range < 0 && by < 0) /* beyond the end before, perhaps no longer */
        out->pkt_range = 0;
    return true;
}

static void move_variable(struct vf *v, struct vf_reg *out, const struct ebpf_row *row,
                          const struct vf_reg *scalar)
{
    range_alu64(&out->r, row->op, &scalar->r);
    if (!vf_is_packet(out))
        return;
    /* Another base: nothing is known of it, unless it only moved down. */
    out->id = vf_new_id(v);
    if (row->op == EBPF_OP_ADD || scalar->r.smin < 0)
        out->pkt_range = 0;
}

static bool known(const struct vf_reg *scalar)
{
    return range_is_const(&scalar->r);
}

int vf_pointer_alu(struct vf *v, const struct ebpf_row *row, unsigned regno,
                   const struct vf_reg *ptr, const struct vf_reg *scalar, bool ptr_is_dst)
{
    const char *what = vf_kind_name(ptr);
    vf_demand_reg(v, scalar);
    if (row->bits != 64 && row->op == EBPF_OP_SUB) { /* meaningless, but harmless */
        *vf_write(v, regno) = vf_reg_scalar();
        return 0;
    }
    int err = check_kind(v, row, regno, ptr, scalar);
    if (!err)
        err = vf_pointer_sane(v, scalar, what);
    if (!err)
        err = vf_pointer_sane(v, ptr, what);
    if (!err)
        err = check_op(v, row, regno);
    if (!err && row->op == EBPF_OP_SUB)
        err = check_subtract(v, regno, ptr, ptr_is_dst);
    if (err)
        return err;
    struct vf_reg out = *ptr;
    int64_t by = (int64_t)scalar->r.var.value;
    if (!(known(scalar) && move_const(&out, row->op == EBPF_OP_ADD ? by : -by)))
        move_variable(v, &out, row, scalar);
    *vf_write(v, regno) = out;
    return vf_pointer_sane(v, &out, what);
}
