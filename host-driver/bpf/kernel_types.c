/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which member of a structure an access reaches, by the rules of the kernel's
 * btf_struct_access(), whose sentences it gives.
 */
#include "bpf/kernel_types.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Deeper than structures are nested. */
enum { DEPTH_MAX = 64 };

/* Where the search is: bytes [off, off + size) of type `id`. */
struct search {
    const struct btf *btf;
    uint32_t id, off, size;
    struct offload_kernel_place *out;
    char *why;
};

enum found { FOUND, DEEPER, WRONG };

static const struct btf_type *resolved(const struct btf *btf, uint32_t *id)
{
    const struct btf_type *t = btf__type_by_id(btf, *id);

    while (t && (btf_is_mod(t) || btf_is_typedef(t) || btf_is_type_tag(t))) {
        *id = t->type;
        t = btf__type_by_id(btf, *id);
    }
    return t;
}

static const char *name_of(const struct btf *btf, uint32_t offset)
{
    const char *name = btf__name_by_offset(btf, offset);

    return name ? name : "";
}

__attribute__((format(printf, 2, 3))) static enum found wrong(struct search *s, const char *fmt,
                                                              ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(s->why, OFFLOAD_KERNEL_WHY, fmt, ap);
    va_end(ap);
    return WRONG;
}

static enum found number(struct search *s)
{
    s->out->pointer = false;
    return FOUND;
}

/* An array without a length at the end goes on for as long as one likes. */
static enum found beyond(struct search *s, const struct btf_type *t)
{
    uint16_t count = btf_vlen(t);
    const struct btf_member *m = count ? &btf_members(t)[count - 1] : NULL;
    uint32_t id = m ? m->type : 0, at = m ? btf_member_bit_offset(t, count - 1u) / 8 : 0;
    const struct btf_type *array = m ? resolved(s->btf, &id) : NULL;

    if (array && btf_is_array(array) && btf_array(array)->nelems == 0 && s->off >= at) {
        id = btf_array(array)->type;
        const struct btf_type *elem = resolved(s->btf, &id);
        if (elem && btf_is_int(elem))
            return number(s);
        if (elem && btf_is_composite(elem) && elem->size) {
            s->off = (s->off - at) % elem->size;
            s->id = id;
            return DEEPER;
        }
    }
    return wrong(s, "access beyond struct %s at off %u size %u", name_of(s->btf, t->name_off),
                 s->off, s->size);
}

/* A member, made one element of it where it is an array. */
struct member {
    const char *name;
    uint32_t id, at, size, true_end;
    const struct btf_type *type;
};

/* False: no overlap. */
static bool narrow_array(struct search *s, struct member *m)
{
    uint32_t total = m->size, count = 1;

    while (m->type && btf_is_array(m->type)) {
        count *= btf_array(m->type)->nelems;
        m->id = btf_array(m->type)->type;
        m->type = resolved(s->btf, &m->id);
    }
    if (!total || !count)
        return false;
    m->size = total / count;
    m->at += (s->off - m->at) / m->size * m->size;
    return true;
}

static const char *tag_of(const struct btf *btf, const struct btf_type *pointer)
{
    const struct btf_type *t = btf__type_by_id(btf, pointer->type);

    return t && btf_is_type_tag(t) ? name_of(btf, t->name_off) : "";
}

/* 1: a pointer to a structure, 0: to something else, which is a number. */
static enum found pointer(struct search *s, const struct member *m, const struct btf_type *in,
                          bool *is_struct)
{
    uint32_t id = m->type->type;
    const struct btf_type *to = resolved(s->btf, &id);
    const char *tag = tag_of(s->btf, m->type);

    *is_struct = false;
    if (m->size != s->size || s->off != m->at)
        return wrong(s, "cannot access ptr member %s with moff %u in struct %s with off %u size %u",
                     m->name, m->at, name_of(s->btf, in->name_off), s->off, s->size);
    if (!to || !btf_is_composite(to) || !strcmp(tag, "user") || !strcmp(tag, "percpu"))
        return number(s); /* what those point at cannot be read */
    *is_struct = true;
    s->out->pointer = true;
    s->out->rcu = !strcmp(tag, "rcu");
    s->out->type = id;
    return FOUND;
}

static enum found in_member(struct search *s, struct member *m, const struct btf_type *in)
{
    bool is_struct;

    if (m->type && btf_is_composite(m->type)) {
        s->id = m->id;
        s->off -= m->at;
        return DEEPER;
    }
    if (m->type && btf_is_ptr(m->type)) {
        enum found f = pointer(s, m, in, &is_struct);
        if (f == WRONG || is_struct)
            return f;
    }
    if (s->off + s->size > m->true_end && !s->out->untrusted)
        return wrong(
            s, "access beyond the end of member %s (mend:%u) in struct %s with off %u size %u",
            m->name, m->true_end, name_of(s->btf, in->name_off), s->off, s->size);
    return number(s);
}

/* All of the bits are read. */
static bool holds_bitfield(const struct search *s, const struct btf_type *t, uint16_t n)
{
    uint32_t first = btf_member_bit_offset(t, n), bits = btf_member_bitfield_size(t, n);

    return s->off <= first / 8 && (first + bits + 7) / 8 <= s->off + s->size;
}

static enum found step(struct search *s)
{
    const struct btf_type *t = resolved(s->btf, &s->id);

    if (!t || !btf_is_composite(t))
        return wrong(s, "Type '%s' is not a struct", t ? name_of(s->btf, t->name_off) : "");
    if (btf_is_union(t) && btf_vlen(t) != 1)
        s->out->untrusted = true;
    if ((uint64_t)s->off + s->size > t->size)
        return beyond(s, t);
    for (uint16_t n = 0; n < btf_vlen(t); n++) {
        const struct btf_member *raw = &btf_members(t)[n];
        struct member m = {.name = name_of(s->btf, raw->name_off),
                           .id = raw->type,
                           .at = btf_member_bit_offset(t, n) / 8};
        if (s->off + s->size <= m.at)
            break;
        if (btf_member_bitfield_size(t, n)) {
            if (holds_bitfield(s, t, n))
                return number(s);
            continue;
        }
        if (s->off < m.at)
            break;
        int64_t size = btf__resolve_size(s->btf, m.id);
        if (size < 0)
            return wrong(s, "field %s doesn't have size", m.name);
        m.size = (uint32_t)size;
        m.true_end = m.at + m.size;
        m.type = resolved(s->btf, &m.id);
        if (s->off >= m.true_end || (m.type && btf_is_array(m.type) && !narrow_array(s, &m)))
            continue;
        return in_member(s, &m, t);
    }
    return wrong(s, "struct %s doesn't have field at offset %u", name_of(s->btf, t->name_off),
                 s->off);
}

static int place(void *ctx, uint32_t type, uint32_t off, uint32_t size,
                 struct offload_kernel_place *out, char why[OFFLOAD_KERNEL_WHY])
{
    struct search s = {ctx, type, off, size, out, why};

    *out = (struct offload_kernel_place){0};
    for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
        enum found f = step(&s);
        if (f != DEEPER)
            return f == FOUND ? 0 : -EACCES;
    }
    wrong(&s, "struct is nested too deep");
    return -EACCES;
}

static uint32_t find(void *ctx, const char *name)
{
    int id = btf__find_by_name_kind(ctx, name, BTF_KIND_STRUCT);

    return id > 0 ? (uint32_t)id : 0;
}

static const char *name(void *ctx, uint32_t type)
{
    const struct btf_type *t = btf__type_by_id(ctx, type);

    return t ? name_of(ctx, t->name_off) : "";
}

static uint32_t member(void *ctx, uint32_t type, const char *wanted)
{
    const struct btf_type *t = btf__type_by_id(ctx, type);

    for (uint16_t n = 0; t && btf_is_composite(t) && n < btf_vlen(t); n++)
        if (!strcmp(name_of(ctx, btf_members(t)[n].name_off), wanted))
            return 1 + btf_member_bit_offset(t, n) / 8;
    return 0;
}

struct offload_kernel kernel_types(struct btf *btf)
{
    return (struct offload_kernel){
        .ctx = btf, .find = find, .name = name, .place = place, .member = member};
}
