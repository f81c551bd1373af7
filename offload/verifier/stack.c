/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stack, byte by byte: spilled registers, other data, zeros, and what was
 * never written. Slots are aligned words, byte 0 of a slot is its lowest address.
 */
#include <string.h>

#include "verifier/vf.h"

/* Bytes [lo, hi) of frame `f`, as offsets from its frame pointer. */
struct span {
    uint32_t frame;
    int64_t lo, hi;
    bool fixed;
};

static uint32_t slot_at(int64_t off)
{
    return (uint32_t)((-off - 1) / 8);
}

static unsigned byte_at(int64_t off)
{
    return (unsigned)(off & 7);
}

static int refuse_bounds(struct vf *v, unsigned regno, const struct vf_reg *ptr, int64_t off,
                         uint32_t size, const char *what)
{
    char text[48];
    if (range_is_const(&ptr->r))
        return vf_refuse(v, WHY(STACK_BOUNDS), what, regno,
                         (long long)(off + (int64_t)ptr->r.var.value), size);
    return vf_refuse(v, WHY(STACK_BOUNDS_VARIABLE), what, regno, vf_tnum_text(ptr->r.var, text),
                     (long long)off, size);
}

/* Where an access can fall; the frame's slots down to it exist afterwards. */
static int locate(struct vf *v, unsigned regno, const struct vf_reg *ptr, int64_t off,
                  uint32_t size, enum vf_access access, struct span *s)
{
    const char *what = access == ACCESS_READ ? "read from" : "write to";
    if (ptr->r.smax >= VF_VAR_MAX || ptr->r.smin <= -(int64_t)VF_VAR_MAX)
        return vf_refuse(v, WHY(STACK_UNBOUNDED), what, regno);
    s->frame = ptr->frame;
    s->fixed = range_is_const(&ptr->r);
    s->lo = off + ptr->r.smin;
    s->hi = off + ptr->r.smax + size;
    if (s->lo < -VF_STACK_BYTES || s->lo >= 0 || s->hi > 0)
        return refuse_bounds(v, regno, ptr, off, size, what);
    struct vf_frame *f = v->cur.frame[s->frame];
    uint32_t depth = (uint32_t)-s->lo;
    if (v->sub[f->subprog].stack < depth) {
        v->sub[f->subprog].stack = depth;
        int err = vf_check_chain_stack(v);
        if (err)
            return err;
    }
    return vf_state_need_slots(&v->cur, s->frame, slot_at(s->lo) + 1);
}

static uint64_t slots_of(const struct span *s)
{
    uint64_t mask = 0;
    for (int64_t off = s->lo; off < s->hi; off++)
        mask |= 1ull << slot_at(off);
    return mask;
}

static struct vf_slot *slot_of(struct vf *v, uint32_t frame, int64_t off)
{
    uint32_t n = slot_at(off);
    if (frame == v->cur.depth - 1)
        v->touched_slots |= 1ull << n;
    return &v->cur.frame[frame]->slot[n];
}

/* The slot holds no register any more; what was spilled is just data. */
static void scrub(struct vf_slot *s)
{
    if (!vf_slot_is_spill(s))
        return;
    for (unsigned b = 0; b < 8; b++)
        if (s->byte[b] == BYTE_SPILL)
            s->byte[b] = BYTE_MISC;
    memset(&s->reg, 0, sizeof(s->reg));
}

/* ---- writing ---- */

/* Dynptrs and iterators that the program writes over are gone. */
static int overwrite_objects(struct vf *v, const struct span *to)
{
    int err = 0;
    for (int64_t off = to->lo; off < to->hi && !err; off++) {
        uint32_t n = slot_at(off);
        if (vf_slot_is_object(&v->cur.frame[to->frame]->slot[n]))
            err = vf_object_overwrite(v, to->frame, n);
    }
    return err;
}

static void spill(struct vf_slot *s, const struct vf_reg *value, uint32_t size)
{
    scrub(s);
    s->reg = *value;
    s->reg.precise = false;
    for (unsigned b = 0; b < size; b++)
        s->byte[b] = BYTE_SPILL;
}

static int spill_scalar(struct vf *v, struct vf_slot *s, struct vf_reg *value, uint32_t size)
{
    bool fits = size == 8 || value->r.umax < 1ull << (size * 8);
    if (fits)
        vf_link(v, value);
    spill(s, value, size);
    if (!fits)
        vf_unlink(&s->reg);
    return 0;
}

static int spill_pointer(struct vf *v, const struct span *to, struct vf_slot *s,
                         const struct vf_reg *value, uint32_t size)
{
    if (size != 8)
        return vf_refuse(v, WHY(SPILL_SIZE));
    if (value->kind == KIND_STACK && to->frame != v->cur.depth - 1)
        return vf_refuse(v, WHY(SPILL_CALLER));
    spill(s, value, size);
    return 0;
}

static bool is_zero(const struct vf_reg *value)
{
    return value->kind == KIND_SCALAR && range_is_value(&value->r, 0);
}

static void write_bytes(struct vf *v, const struct span *to, const struct vf_reg *value)
{
    uint8_t byte = BYTE_MISC;
    if (is_zero(value)) {
        vf_demand_reg(v, value);
        byte = BYTE_ZERO;
    }
    for (int64_t off = to->lo; off < to->hi; off++) {
        struct vf_slot *s = slot_of(v, to->frame, off);
        scrub(s);
        s->byte[byte_at(off)] = byte;
    }
}

/* Some of [lo, hi) is written, we do not know which: no byte gets better. */
static void write_somewhere(struct vf *v, const struct span *to, const struct vf_reg *value)
{
    bool zero = is_zero(value);
    for (int64_t off = to->lo; off < to->hi; off++) {
        struct vf_slot *s = slot_of(v, to->frame, off);
        uint8_t *b = &s->byte[byte_at(off)];
        bool was_zero = *b == BYTE_ZERO;
        if (zero && *b == BYTE_SPILL && is_zero(&s->reg)) { /* of a spilled 0: still that */
            vf_demand_reg(v, value);
            continue;
        }
        scrub(s);
        if (*b == BYTE_INVALID && !vf_uninit_ok(v))
            continue;
        if (was_zero && zero)
            vf_demand_reg(v, value);
        else
            *b = BYTE_MISC;
    }
}

int vf_stack_write(struct vf *v, unsigned regno, const struct vf_reg *ptr, int32_t off,
                   uint32_t size, struct vf_reg *value)
{
    struct span to;
    int err = vf_check_aligned(v, ptr, off, size);
    if (!err)
        err = locate(v, regno, ptr, (int64_t)ptr->off + off, size, ACCESS_WRITE, &to);
    if (!err)
        err = overwrite_objects(v, &to);
    if (err)
        return err;
    if (!to.fixed) {
        write_somewhere(v, &to, value);
        return 0;
    }
    if (size == 8)
        v->cur.frame[to.frame]->written |= slots_of(&to);
    struct vf_slot *s = slot_of(v, to.frame, to.lo);
    if (value->kind != KIND_SCALAR)
        return spill_pointer(v, &to, s, value, size);
    if (byte_at(to.lo) == 0)
        return spill_scalar(v, s, value, size);
    write_bytes(v, &to, value);
    return 0;
}

/* ---- reading ---- */

static int read_uninit(struct vf *v, const struct span *from, int64_t at)
{
    return vf_refuse(v, WHY(STACK_NOT_INITIALISED), (long long)from->lo, (long long)(at - from->lo),
                     (long long)(from->hi - from->lo));
}

/* Data as bytes: 0 when all are known to be, or are of a spilled 0; else unknown. */
static int read_bytes(struct vf *v, const struct span *from, struct vf_reg *out)
{
    bool zero = true, spilled = from->fixed;
    const struct vf_slot *s = NULL;
    for (int64_t off = from->lo; off < from->hi; off++) {
        s = slot_of(v, from->frame, off);
        uint8_t byte = s->byte[byte_at(off)];
        if ((byte == BYTE_INVALID && !vf_uninit_ok(v)) || vf_slot_is_object(s))
            return read_uninit(v, from, off);
        zero &= byte == BYTE_ZERO;
        spilled &= byte == BYTE_SPILL && is_zero(&s->reg);
    }
    *out = zero || spilled ? vf_reg_const(0) : vf_reg_scalar();
    if (spilled && s)
        out->deps = s->reg.deps;
    return 0;
}

static uint32_t spill_size(const struct vf_slot *s)
{
    uint32_t n = 0;
    while (n < 8 && s->byte[n] == BYTE_SPILL)
        n++;
    return n;
}

/* The register itself, or its low bytes. */
static int fill(struct vf *v, const struct span *from, const struct vf_slot *s, uint32_t size,
                struct vf_reg *out)
{
    if (s->reg.kind != KIND_SCALAR) {
        if (size != 8 || !vf_slot_is_full_spill(s))
            return vf_refuse(v, WHY(FILL_SIZE));
        *out = s->reg;
        return 0;
    }
    if (byte_at(from->lo) != 0 || size > spill_size(s))
        return read_bytes(v, from, out);
    *out = s->reg;
    if (size < 8 && out->r.umax >= 1ull << (size * 8))
        vf_unlink(out);
    return 0;
}

int vf_stack_read(struct vf *v, unsigned regno, const struct vf_reg *ptr, int32_t off,
                  uint32_t size, struct vf_reg *out)
{
    struct span from;
    int err = vf_check_aligned(v, ptr, off, size);
    if (!err)
        err = locate(v, regno, ptr, (int64_t)ptr->off + off, size, ACCESS_READ, &from);
    if (err)
        return err;
    vf_slots_read(v, &v->cur, from.frame, slots_of(&from));
    const struct vf_slot *s = slot_of(v, from.frame, from.lo);
    if (from.fixed && vf_slot_is_spill(s))
        return fill(v, &from, s, size, out);
    uint64_t touched = v->touched_slots;
    err = read_bytes(v, &from, out);
    if (!from.fixed) /* the log shows the first, as the kernel's */
        v->touched_slots = touched;
    return err;
}

/* ---- helpers ---- */

static int helper_reads(struct vf *v, unsigned regno, const struct vf_reg *ptr,
                        const struct span *at, bool clobber)
{
    uint64_t touched = v->touched_slots;
    vf_slots_read(v, &v->cur, at->frame, slots_of(at));
    for (int64_t off = at->lo; off < at->hi; off++) {
        struct vf_slot *s = slot_of(v, at->frame, off);
        uint8_t *b = &s->byte[byte_at(off)];
        if ((*b == BYTE_INVALID && !vf_uninit_ok(v)) || vf_slot_is_object(s)) {
            char text[48];
            if (at->fixed)
                return vf_refuse(v, WHY(BUFFER_NOT_INITIALISED), regno, (long long)at->lo,
                                 (long long)(off - at->lo), (long long)(at->hi - at->lo));
            return vf_refuse(v, WHY(INDEXED_NOT_INITIALISED), regno, vf_tnum_text(ptr->r.var, text),
                             (long long)(off - at->lo), (long long)(at->hi - at->lo));
        }
        if (clobber) {
            scrub(s);
            *b = BYTE_MISC;
        }
    }
    v->touched_slots = touched; /* not in the log, as in the kernel's */
    return 0;
}

int vf_stack_helper(struct vf *v, unsigned regno, const struct vf_reg *ptr, uint32_t size,
                    enum vf_access access, bool init)
{
    struct span at;
    int err = locate(v, regno, ptr, ptr->off, size, access, &at);
    if (err || size == 0)
        return err;
    /* A buffer whose place or length varies may stay partly unwritten: it must be initialised. */
    if (!(init && at.fixed))
        return helper_reads(v, regno, ptr, &at, access == ACCESS_WRITE);
    struct vf_reg misc = vf_reg_scalar();
    err = overwrite_objects(v, &at);
    if (!err)
        write_bytes(v, &at, &misc);
    return err;
}

bool vf_stack_constant(struct vf *v, const struct vf_reg *ptr, uint32_t *out)
{
    int64_t off = (int64_t)ptr->off + (int64_t)ptr->r.var.value;
    const struct vf_frame *f = v->cur.frame[ptr->frame];
    if (!range_is_const(&ptr->r) || off % 4 != 0 || off >= 0 || slot_at(off) >= f->slots)
        return false;
    const struct vf_slot *s = &f->slot[slot_at(off)];
    unsigned b = byte_at(off), zeros = 0;
    vf_slots_read(v, &v->cur, ptr->frame, 1ull << slot_at(off));
    while (zeros < 4 && s->byte[b + zeros] == BYTE_ZERO)
        zeros++;
    *out = 0;
    if (zeros == 4)
        return true;
    if (b == 4 && vf_slot_is_full_spill(s) && is_zero(&s->reg)) { /* the upper half of 0 */
        vf_demand(v, &v->cur, s->reg.deps);
        return true;
    }
    if (b != 0 || spill_size(s) != 4 || s->reg.kind != KIND_SCALAR || !range_is_const(&s->reg.r))
        return false;
    vf_demand(v, &v->cur, s->reg.deps);
    *out = (uint32_t)s->reg.r.var.value;
    return true;
}
