/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads, stores and atomics, by the kind of pointer. Stack: stack.c. */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "verifier/vf.h"

enum {
    XDP_MD_DATA = 0,
    XDP_MD_DATA_END = 4,
    XDP_MD_DATA_META = 8,
    XDP_MD_EGRESS = 20, /* only for programs in a devmap */
};

/* One access of an instruction. */
struct access {
    unsigned regno;
    struct vf_reg ptr;
    int32_t off; /* of the instruction */
    uint32_t size;
};

static int min_negative(struct vf *v, unsigned regno)
{
    return vf_refuse(v, WHY(INDEX_NEGATIVE), regno);
}

static bool inside(int64_t off, uint32_t size, int64_t limit)
{
    return off >= 0 && off + size <= limit;
}

int vf_check_packet(struct vf *v, unsigned regno, const struct vf_reg *r, int64_t off,
                    uint32_t size)
{
    if (r->r.smin < 0)
        return min_negative(v, regno);
    if (r->pkt_range >= 0 && inside(off, size, r->pkt_range))
        return 0;
    if (r->pkt_range < 0)
        return vf_refuse(v, WHY(PACKET_OUTSIDE), regno);
    int err = vf_refuse(v, WHY(PACKET_BOUNDS), (long long)off, size, regno, r->id, (long long)off,
                        r->pkt_range);
    vf_note(v, "R%u offset is outside of the packet", regno);
    return err;
}

/* What an access must stay in. */
struct region {
    const char *what, *size_name; /* "map value", "value_size" */
    uint32_t size;
};

static int region_refused(struct vf *v, const struct region *g, int64_t off, uint32_t size)
{
    return vf_refuse(v, WHY(OBJECT_BOUNDS), g->what, g->size_name, g->size, (long long)off, size);
}

static int check_region(struct vf *v, unsigned regno, const struct vf_reg *r, int64_t off,
                        uint32_t size, const struct region *g)
{
    if (r->r.smin < 0 && (r->r.smin == INT64_MIN || off + r->r.smin != (int32_t)(off + r->r.smin) ||
                          off + r->r.smin < 0))
        return min_negative(v, regno);
    int64_t lo = off + r->r.smin;
    if (!inside(lo, size, g->size)) {
        int err = region_refused(v, g, lo, size);
        vf_note(v, "R%u min value is outside of the allowed memory range", regno);
        return err;
    }
    if (r->r.umax >= VF_VAR_MAX)
        return vf_refuse(v, WHY(INDEX_UNBOUNDED), regno);
    int64_t hi = off + (int64_t)r->r.umax;
    if (!inside(hi, size, g->size)) {
        int err = region_refused(v, g, hi, size);
        vf_note(v, "R%u max value is outside of the allowed memory range", regno);
        return err;
    }
    return 0;
}

static int check_mem(struct vf *v, unsigned regno, const struct vf_reg *r, int64_t off,
                     uint32_t size, enum vf_access access)
{
    struct region g = {"memory", "mem_size", r->size};
    if (access == ACCESS_WRITE && (r->flags & REG_RDONLY))
        return vf_refuse(v, WHY(READ_ONLY), regno, vf_kind_name(r));
    return check_region(v, regno, r, off, size, &g);
}

static int check_key(struct vf *v, unsigned regno, const struct vf_reg *r, int64_t off,
                     uint32_t size, enum vf_access access)
{
    struct region g = {"map key", "key_size", vf_map(v, r)->key_size};
    if (access == ACCESS_WRITE)
        return vf_refuse(v, WHY(KEY_WRITE), regno);
    return check_region(v, regno, r, off, size, &g);
}

int vf_check_value(struct vf *v, unsigned regno, const struct vf_reg *r, int64_t off, uint32_t size,
                   enum vf_access access)
{
    const struct offload_map *m = vf_map(v, r);
    if (access == ACCESS_WRITE && vf_map_is_rdonly(m))
        return vf_refuse(v, WHY(VALUE_WRITE), m->value_size,
                         (long long)(off + (int64_t)r->r.var.value), size);
    if (access == ACCESS_READ && (m->flags & BPF_F_WRONLY_PROG))
        return vf_refuse(v, WHY(VALUE_READ), m->value_size,
                         (long long)(off + (int64_t)r->r.var.value), size);
    struct region g = {"map value", "value_size", m->value_size};
    int err = check_region(v, regno, r, off, size, &g);
    if (err || !(m->spin_lock || m->timer))
        return err;
    return vf_check_value_fields(v, m, off + r->r.smin, off + (int64_t)r->r.umax + size);
}

int vf_check_aligned(struct vf *v, const struct vf_reg *ptr, int32_t off, uint32_t size)
{
    static const char *const what[] = {
        [KIND_STACK] = "stack ", [KIND_VALUE] = "value ", [KIND_KEY] = "key ", [KIND_ITER] = NULL};
    struct tnum at = tnum_add(ptr->r.var, tnum_const((uint64_t)((int64_t)ptr->off + off)));
    char text[48];
    if (tnum_aligned(at, size))
        return 0;
    return vf_refuse(v, WHY(MISALIGNED), what[ptr->kind] ? what[ptr->kind] : "",
                     range_is_const(&ptr->r) ? "0" : vf_tnum_text(ptr->r.var, text), ptr->off, off,
                     size);
}

/* BPF_F_STRICT_ALIGNMENT. Packets begin 2 bytes beyond alignment, whatever the machine. */
static int check_strict(struct vf *v, const struct access *a)
{
    static const char *const what[] = {
        [KIND_CTX] = "context ",  [KIND_PKT] = "packet ",
        [KIND_META] = "packet ",  [KIND_VALUE] = "value ",
        [KIND_STACK] = "stack ",  [KIND_KEY] = "key ",
        [KIND_SOCK] = "sock ",    [KIND_SOCK_COMMON] = "sock_common ",
        [KIND_XSK] = "xdp_sock ", [KIND_ITER] = NULL};
    bool packet = vf_is_packet(&a->ptr);
    int64_t fixed = (int64_t)a->ptr.off + a->off + (packet ? 2 : 0);
    struct tnum at = tnum_add(a->ptr.r.var, tnum_const((uint64_t)fixed));
    char text[48], place[64];
    if (!v->prog->strict || tnum_aligned(at, a->size))
        return 0;
    snprintf(place, sizeof(place), "%s%s", packet ? "2+" : "",
             range_is_const(&a->ptr.r) ? "0" : vf_tnum_text(a->ptr.r.var, text));
    const char *name = a->ptr.nullable || !what[a->ptr.kind] ? "" : what[a->ptr.kind];
    return vf_refuse(v, WHY(MISALIGNED), name, place, a->ptr.off, a->off, a->size);
}

/* ---- loads ---- */

static bool frozen_constant(const struct vf *v, const struct access *a, uint64_t *out)
{
    const struct offload_map *m = vf_map(v, &a->ptr);
    if (!m->frozen_data || !(m->flags & BPF_F_RDONLY_PROG) || !range_is_const(&a->ptr.r))
        return false;
    *out = 0;
    memcpy(out, m->frozen_data + a->ptr.off + a->off + (int64_t)a->ptr.r.var.value, a->size);
    return true;
}

static int load_value(struct vf *v, const struct access *a, struct vf_reg *out)
{
    uint64_t constant;
    int err =
        vf_check_value(v, a->regno, &a->ptr, (int64_t)a->ptr.off + a->off, a->size, ACCESS_READ);
    if (err)
        return err;
    *out = vf_reg_scalar();
    if (frozen_constant(v, a, &constant))
        out->r = range_const(constant);
    return 0;
}

static int check_ctx_pointer(struct vf *v, const struct access *a)
{
    if (a->ptr.off < 0)
        return vf_refuse(v, WHY(CONTEXT_NEGATIVE), a->regno, a->ptr.off);
    if (a->ptr.off != 0)
        return vf_refuse(v, WHY(CONTEXT_MODIFIED), a->regno, a->ptr.off);
    if (!range_is_value(&a->ptr.r, 0)) {
        char text[48];
        return vf_refuse(v, WHY(CONTEXT_VARIABLE), vf_tnum_text(a->ptr.r.var, text));
    }
    return 0;
}

static int bad_ctx(struct vf *v, const struct access *a)
{
    return vf_refuse(v, WHY(CONTEXT_FIELD), a->off, a->size);
}

static int load_ctx(struct vf *v, const struct access *a, struct vf_reg *out)
{
    int err = check_ctx_pointer(v, a);
    if (err)
        return err;
    if (v->opts->no_ctx || a->size != 4 || a->off < 0 || a->off % 4 != 0 || a->off > XDP_MD_EGRESS)
        return bad_ctx(v, a);
    if (a->off == XDP_MD_EGRESS && v->prog->hook != OFFLOAD_HOOK_DEVMAP)
        return bad_ctx(v, a);
    switch (a->off) {
    case XDP_MD_DATA:
        *out = vf_reg_pointer(KIND_PKT);
        break;
    case XDP_MD_DATA_END:
        *out = vf_reg_pointer(KIND_END);
        break;
    case XDP_MD_DATA_META:
        *out = vf_reg_pointer(KIND_META);
        break;
    default:
        *out = vf_reg_scalar();
        break;
    }
    return 0;
}

static int bad_pointer(struct vf *v, const struct access *a)
{
    return vf_refuse(v, WHY(NOT_A_POINTER), a->regno, vf_kind_name(&a->ptr));
}

static int load_from(struct vf *v, const struct access *a, struct vf_reg *out)
{
    int64_t off = (int64_t)a->ptr.off + a->off;
    int err = check_strict(v, a);
    if (err)
        return err;
    if (a->ptr.nullable)
        return bad_pointer(v, a);
    vf_note_access(v, &a->ptr, off);
    switch (a->ptr.kind) {
    case KIND_CTX:
        return load_ctx(v, a, out);
    case KIND_STACK:
        return vf_stack_read(v, a->regno, &a->ptr, a->off, a->size, out);
    case KIND_VALUE:
        return load_value(v, a, out);
    case KIND_PKT:
    case KIND_META:
        err = vf_check_packet(v, a->regno, &a->ptr, off, a->size);
        *out = vf_reg_scalar();
        return err;
    case KIND_MEM:
        *out = vf_reg_scalar();
        return check_mem(v, a->regno, &a->ptr, off, a->size, ACCESS_READ);
    case KIND_KEY:
        *out = vf_reg_scalar();
        return check_key(v, a->regno, &a->ptr, off, a->size, ACCESS_READ);
    case KIND_STRUCT:
        return vf_struct_load(v, a->regno, &a->ptr, off, a->size, out);
    case KIND_XSK:
    case KIND_SOCK:
    case KIND_SOCK_COMMON:
        *out = vf_reg_scalar();
        return vf_check_socket(v, a->regno, &a->ptr, a->off, a->size);
    default:
        return bad_pointer(v, a);
    }
}

static void extend(struct vf_reg *r, uint32_t size, bool sext)
{
    if (r->kind != KIND_SCALAR || size == 8)
        return;
    if (sext)
        range_sext(&r->r, size);
    else
        range_zext(&r->r, size);
}

/*
 * The kernel rewrites loads from the context, from sockets and its own structures, so there no
 * instruction may read from other memory as well.
 */
static bool is_rewritten(const struct vf_reg *r)
{
    return r->kind == KIND_CTX || r->kind == KIND_STRUCT || vf_is_socket(r);
}

static int check_same(struct vf *v, const struct vf_reg *ptr)
{
    uint8_t *first = &v->at[v->pc].read;
    struct vf_reg before = {.kind = *first};
    if (*first == KIND_NONE)
        *first = ptr->kind;
    else if (*first != ptr->kind && (is_rewritten(ptr) || is_rewritten(&before)))
        return vf_refuse(v, WHY(MIXED_LOAD));
    return 0;
}

int vf_load(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct vf_reg *src, out;
    int err = vf_read(v, i->src, &src);
    if (err)
        return err;
    bool sext = row->kind == EBPF_KIND_LDSX;
    struct access a = {.regno = i->src, .ptr = *src, .off = i->off, .size = row->bits / 8u};
    err = load_from(v, &a, &out);
    if (err)
        return err;
    if (sext && a.ptr.kind == KIND_CTX && out.kind != KIND_SCALAR)
        return bad_ctx(v, &a);
    err = check_same(v, &a.ptr);
    if (err)
        return err;
    extend(&out, a.size, sext);
    *vf_write(v, i->dst) = out;
    return 0;
}

/* ---- stores ---- */

/* `value`: what is stored, for the stack to remember; may be changed (linked). */
static int store_to(struct vf *v, const struct access *a, struct vf_reg *value)
{
    int64_t off = (int64_t)a->ptr.off + a->off;
    int err = check_strict(v, a);
    if (err)
        return err;
    if (a->ptr.nullable)
        return bad_pointer(v, a);
    vf_note_access(v, &a->ptr, off);
    switch (a->ptr.kind) {
    case KIND_CTX:
        err = check_ctx_pointer(v, a);
        return err ? err : bad_ctx(v, a);
    case KIND_STACK:
        return vf_stack_write(v, a->regno, &a->ptr, a->off, a->size, value);
    case KIND_VALUE:
        return vf_check_value(v, a->regno, &a->ptr, off, a->size, ACCESS_WRITE);
    case KIND_PKT:
    case KIND_META:
        return vf_check_packet(v, a->regno, &a->ptr, off, a->size);
    case KIND_MEM:
        return check_mem(v, a->regno, &a->ptr, off, a->size, ACCESS_WRITE);
    case KIND_KEY:
        return check_key(v, a->regno, &a->ptr, off, a->size, ACCESS_WRITE);
    case KIND_STRUCT:
        return vf_struct_store(v, a->regno, &a->ptr, off, a->size);
    case KIND_XSK:
    case KIND_SOCK:
    case KIND_SOCK_COMMON:
        return vf_refuse(v, WHY(READ_ONLY), a->regno, vf_kind_name(&a->ptr));
    default:
        return bad_pointer(v, a);
    }
}

int vf_store(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct vf_reg imm = vf_reg_const((uint64_t)(int64_t)i->imm), *value = &imm, *dst;
    int err = row->kind != EBPF_KIND_ST ? vf_read(v, i->src, &value) : 0;
    if (!err)
        err = vf_read(v, i->dst, &dst);
    if (err)
        return err;
    struct access a = {.regno = i->dst, .ptr = *dst, .off = i->off, .size = row->bits / 8u};
    return store_to(v, &a, value);
}

/* ---- atomics ---- */

static int atomic_operands(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct vf_reg *r;
    int err = vf_read(v, i->src, &r);
    if (!err)
        err = vf_read(v, i->dst, &r);
    if (!err && row->kind == EBPF_KIND_CMPXCHG)
        err = vf_read(v, 0, &r);
    return err;
}

static int check_atomic_kind(struct vf *v, const struct access *a, const char *how)
{
    bool socket = vf_is_socket(&a->ptr) && !a->ptr.nullable;
    if (a->ptr.kind != KIND_CTX && !vf_is_packet(&a->ptr) && !socket)
        return 0;
    return vf_refuse(v, WHY(ATOMIC_MEMORY), how, a->regno, vf_kind_name(&a->ptr));
}

/* Atomics need natural alignment; of the stack that is checked with the access. */
static int check_atomic_aligned(struct vf *v, const struct access *a)
{
    unsigned kind = a->ptr.nullable ? KIND_NONE : a->ptr.kind;
    if (kind != KIND_VALUE && kind != KIND_MEM && kind != KIND_KEY && kind != KIND_SCALAR)
        return 0;
    return vf_check_aligned(v, &a->ptr, a->off, a->size);
}

static int check_atomic_place(struct vf *v, const struct access *a)
{
    int err = check_atomic_kind(v, a, "stores into");
    return err ? err : check_atomic_aligned(v, a);
}

/* As the kernel: their place on the stack is known. */
static int check_atomic_stack(struct vf *v, const struct access *a)
{
    char text[48];
    if (a->ptr.kind != KIND_STACK || range_is_const(&a->ptr.r))
        return 0;
    return vf_refuse(v, WHY(STACK_ATOMIC), vf_tnum_text(a->ptr.r.var, text), a->ptr.off + a->off,
                     a->size);
}

int vf_atomic(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct vf_reg old, unknown = vf_reg_scalar();
    int err = atomic_operands(v, row, i);
    if (err)
        return err;
    struct access a = {.regno = i->dst, .off = i->off, .size = row->bits / 8u};
    a.ptr = vf_top(&v->cur)->reg[i->dst];
    if (a.ptr.kind != KIND_VALUE)
        v->at[v->pc].facts |= OFFLOAD_FACT_NOT_MAP;
    err = check_atomic_place(v, &a);
    if (!err)
        err = load_from(v, &a, &old);
    if (!err)
        err = check_atomic_stack(v, &a);
    if (err)
        return err;
    if (row->kind != EBPF_KIND_ATOMIC) {
        extend(&old, a.size, false);
        *vf_write(v, row->kind == EBPF_KIND_CMPXCHG ? 0 : i->src) = old;
        /* the old value may have replaced the address: as the kernel, refuse that */
        a.ptr = vf_top(&v->cur)->reg[i->dst];
        err = check_atomic_place(v, &a);
    }
    return err ? err : store_to(v, &a, &unknown);
}

int vf_load_acquire(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct vf_reg *src;
    int err = vf_read(v, i->src, &src);
    if (err)
        return err;
    struct access a = {.regno = i->src, .ptr = *src, .off = i->off, .size = row->bits / 8u};
    err = check_atomic_aligned(v, &a);
    if (!err)
        err = vf_load(v, row, i);
    return err ? err : check_atomic_kind(v, &a, "loads from");
}

int vf_store_release(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct vf_reg *dst;
    int err = vf_read(v, i->dst, &dst);
    if (err)
        return err;
    struct access a = {.regno = i->dst, .ptr = *dst, .off = i->off, .size = row->bits / 8u};
    err = check_atomic_aligned(v, &a);
    if (!err)
        err = vf_store(v, row, i);
    return err ? err : check_atomic_kind(v, &a, "stores into");
}

/* ---- helpers ---- */

int vf_helper_memory(struct vf *v, unsigned regno, uint32_t size, enum vf_access access, bool init,
                     bool packet_ok)
{
    const struct vf_reg *r = &vf_top(&v->cur)->reg[regno];
    switch (r->nullable ? KIND_NONE : r->kind) {
    case KIND_PKT:
    case KIND_META:
        if (!packet_ok)
            return vf_refuse(v, WHY(PACKET_ARGUMENT));
        return vf_check_packet(v, regno, r, r->off, size);
    case KIND_VALUE:
        return vf_check_value(v, regno, r, r->off, size, access);
    case KIND_STACK:
        return vf_stack_helper(v, regno, r, size, access, init);
    case KIND_KEY:
        return check_key(v, regno, r, r->off, size, access);
    case KIND_MEM:
        if (access == ACCESS_READ || !(r->flags & REG_RDONLY))
            return check_mem(v, regno, r, r->off, size, access);
        /* fallthrough */
    default:
        return vf_wrong_kind(v, regno, r, VF_MEMORY_KINDS);
    }
}
