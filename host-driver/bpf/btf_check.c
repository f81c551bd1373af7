/* SPDX-License-Identifier: BSD-3-Clause */
#include "bpf/btf_check.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_MAX 64u /* references in a row: deeper than any C type, and the end of a loop */

struct checker {
    const uint8_t *types;
    size_t types_len;
    const char *strs;
    uint32_t strs_len;
    uint32_t *offsets; /* of each type; [0] is void */
    uint32_t count;    /* with void */
    char *why;
    size_t why_len;
};

__attribute__((format(printf, 2, 3))) static int bad(struct checker *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(c->why, c->why_len, fmt, ap);
    va_end(ap);
    return -EINVAL;
}

static struct btf_type type_at(const struct checker *c, size_t off)
{
    struct btf_type t;

    memcpy(&t, c->types + off, sizeof(t));
    return t;
}

/* Bytes after struct btf_type for each kind: fixed, and per vlen. -1 = unknown kind. */
static int64_t extra_bytes(const struct btf_type *t)
{
    int64_t vlen = BTF_INFO_VLEN(t->info);

    switch (BTF_INFO_KIND(t->info)) {
    case BTF_KIND_INT:
        return sizeof(uint32_t);
    case BTF_KIND_ARRAY:
        return sizeof(struct btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
        return vlen * (int64_t)sizeof(struct btf_member);
    case BTF_KIND_ENUM:
        return vlen * (int64_t)sizeof(struct btf_enum);
    case BTF_KIND_ENUM64:
        return vlen * (int64_t)sizeof(struct btf_enum64);
    case BTF_KIND_FUNC_PROTO:
        return vlen * (int64_t)sizeof(struct btf_param);
    case BTF_KIND_VAR:
        return sizeof(struct btf_var);
    case BTF_KIND_DATASEC:
        return vlen * (int64_t)sizeof(struct btf_var_secinfo);
    case BTF_KIND_DECL_TAG:
        return sizeof(struct btf_decl_tag);
    case BTF_KIND_FWD:
    case BTF_KIND_PTR:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG:
        return 0;
    default:
        return -1;
    }
}

/* Kinds whose `type` field is a type id. */
static bool refers(unsigned kind)
{
    switch (kind) {
    case BTF_KIND_PTR:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FUNC_PROTO:
    case BTF_KIND_VAR:
    case BTF_KIND_DECL_TAG:
    case BTF_KIND_TYPE_TAG:
        return true;
    default:
        return false;
    }
}

static int check_name(struct checker *c, uint32_t id, uint32_t off)
{
    return off < c->strs_len ? 0 : bad(c, "[%u] name offset %u is outside the strings", id, off);
}

static int check_id(struct checker *c, uint32_t id, uint32_t ref)
{
    return ref < c->count ? 0 : bad(c, "[%u] refers to type %u of %u", id, ref, c->count - 1);
}

/* ---- pass 1: where each type is ---- */

static int walk(struct checker *c)
{
    size_t room = c->types_len / sizeof(struct btf_type) + 1;

    c->offsets = calloc(room, sizeof(*c->offsets));
    if (!c->offsets)
        return -ENOMEM;
    c->count = 1;
    for (size_t off = 0; off < c->types_len;) {
        if (c->types_len - off < sizeof(struct btf_type))
            return bad(c, "[%u] is cut short", c->count);
        struct btf_type t = type_at(c, off);
        int64_t extra = extra_bytes(&t);
        if (extra < 0)
            return bad(c, "[%u] has unknown kind %u", c->count, BTF_INFO_KIND(t.info));
        if ((uint64_t)extra > c->types_len - off - sizeof(t))
            return bad(c, "[%u] runs past the type section", c->count);
        c->offsets[c->count++] = (uint32_t)off;
        off += sizeof(t) + (size_t)extra;
    }
    return 0;
}

/* ---- pass 2: what each refers to ---- */

static int check_members(struct checker *c, uint32_t id, const struct btf_type *t, size_t off)
{
    for (uint32_t i = 0; i < BTF_INFO_VLEN(t->info); i++) {
        struct btf_member m;
        memcpy(&m, c->types + off + i * sizeof(m), sizeof(m));
        uint32_t bit = BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m.offset) : m.offset;
        int rc = check_name(c, id, m.name_off);
        if (!rc)
            rc = check_id(c, id, m.type);
        if (!rc && bit / 8 > t->size)
            rc = bad(c, "[%u] member %u starts behind its struct", id, i);
        if (rc)
            return rc;
    }
    return 0;
}

static int check_enums(struct checker *c, uint32_t id, const struct btf_type *t, size_t off,
                       size_t entry)
{
    for (uint32_t i = 0; i < BTF_INFO_VLEN(t->info); i++) {
        uint32_t name;
        memcpy(&name, c->types + off + i * entry, sizeof(name)); /* first field of both forms */
        int rc = check_name(c, id, name);
        if (rc)
            return rc;
    }
    return 0;
}

static int check_params(struct checker *c, uint32_t id, const struct btf_type *t, size_t off)
{
    for (uint32_t i = 0; i < BTF_INFO_VLEN(t->info); i++) {
        struct btf_param p;
        memcpy(&p, c->types + off + i * sizeof(p), sizeof(p));
        int rc = check_name(c, id, p.name_off);
        if (!rc)
            rc = check_id(c, id, p.type);
        if (rc)
            return rc;
    }
    return 0;
}

static int check_datasec(struct checker *c, uint32_t id, const struct btf_type *t, size_t off)
{
    for (uint32_t i = 0; i < BTF_INFO_VLEN(t->info); i++) {
        struct btf_var_secinfo v;
        memcpy(&v, c->types + off + i * sizeof(v), sizeof(v));
        int rc = check_id(c, id, v.type);
        if (rc)
            return rc;
        if (v.offset > t->size || v.size > t->size - v.offset)
            return bad(c, "[%u] variable %u lies outside its section", id, i);
    }
    return 0;
}

static int check_array(struct checker *c, uint32_t id, size_t off)
{
    struct btf_array a;

    memcpy(&a, c->types + off, sizeof(a));
    int rc = check_id(c, id, a.type);
    return rc ? rc : check_id(c, id, a.index_type);
}

static int check_func(struct checker *c, uint32_t id, const struct btf_type *t)
{
    if (!t->type || BTF_INFO_KIND(type_at(c, c->offsets[t->type]).info) != BTF_KIND_FUNC_PROTO)
        return bad(c, "[%u] is a function without a prototype", id);
    if (BTF_INFO_VLEN(t->info) > BTF_FUNC_GLOBAL)
        return bad(c, "[%u] has a linkage that programs may not have", id);
    return 0;
}

static int check_type(struct checker *c, uint32_t id)
{
    size_t off = c->offsets[id] + sizeof(struct btf_type);
    struct btf_type t = type_at(c, c->offsets[id]);
    unsigned kind = BTF_INFO_KIND(t.info);
    int rc = check_name(c, id, t.name_off);

    if (!rc && refers(kind))
        rc = check_id(c, id, t.type);
    if (rc)
        return rc;
    switch (kind) {
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
        return check_members(c, id, &t, off);
    case BTF_KIND_ENUM:
        return check_enums(c, id, &t, off, sizeof(struct btf_enum));
    case BTF_KIND_ENUM64:
        return check_enums(c, id, &t, off, sizeof(struct btf_enum64));
    case BTF_KIND_FUNC_PROTO:
        return check_params(c, id, &t, off);
    case BTF_KIND_DATASEC:
        return check_datasec(c, id, &t, off);
    case BTF_KIND_ARRAY:
        return check_array(c, id, off);
    case BTF_KIND_FUNC:
        return check_func(c, id, &t);
    default:
        return 0;
    }
}

/* ---- pass 3: nothing contains itself ---- */

/* The type that `id` is made of or stands for, if there is exactly one; pointers end a chain. */
static uint32_t step(const struct checker *c, uint32_t id)
{
    struct btf_type t = type_at(c, c->offsets[id]);
    struct btf_array a;

    switch (BTF_INFO_KIND(t.info)) {
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_TYPE_TAG:
    case BTF_KIND_VAR:
        return t.type;
    case BTF_KIND_ARRAY:
        memcpy(&a, c->types + c->offsets[id] + sizeof(t), sizeof(a));
        return a.type;
    default:
        return 0;
    }
}

static int check_chain(struct checker *c, uint32_t id)
{
    uint32_t at = id;

    for (unsigned i = 0; i < CHAIN_MAX; i++) {
        at = step(c, at);
        if (!at)
            return 0;
    }
    return bad(c, "[%u] starts a loop of types", id);
}

static int check_types(struct checker *c)
{
    int rc = walk(c);

    for (uint32_t id = 1; !rc && id < c->count; id++)
        rc = check_type(c, id);
    for (uint32_t id = 1; !rc && id < c->count; id++)
        rc = check_chain(c, id);
    return rc;
}

static int check_header(struct checker *c, const struct btf_header *h, size_t size)
{
    if (h->magic != BTF_MAGIC)
        return bad(c, "the magic number is 0x%04x", h->magic);
    if (h->version != BTF_VERSION || h->flags)
        return bad(c, "version %u, flags %u are not supported", h->version, h->flags);
    if (h->hdr_len < sizeof(*h) || h->hdr_len > size)
        return bad(c, "the header has %u bytes", h->hdr_len);
    size_t body = size - h->hdr_len;
    if (h->type_off % 4 || h->type_off > body || h->type_len > body - h->type_off)
        return bad(c, "the type section lies outside the data");
    if (h->str_off > body || h->str_len != body - h->str_off ||
        (uint64_t)h->type_off + h->type_len > h->str_off)
        return bad(c, "the string section does not end the data");
    return 0;
}

int btf_check(const void *data, size_t size, char *why, size_t why_len)
{
    struct checker c = {.why = why, .why_len = why_len};
    const uint8_t *bytes = data;
    struct btf_header h;

    if (size < sizeof(h))
        return bad(&c, "%zu bytes are less than a header", size);
    memcpy(&h, bytes, sizeof(h));
    int rc = check_header(&c, &h, size);
    if (rc)
        return rc;
    c.types = bytes + h.hdr_len + h.type_off;
    c.types_len = h.type_len;
    c.strs = (const char *)bytes + h.hdr_len + h.str_off;
    c.strs_len = h.str_len;
    if (!c.strs_len || c.strs[0] || c.strs[c.strs_len - 1])
        return bad(&c, "the strings do not start and end with a NUL");
    rc = check_types(&c);
    free(c.offsets);
    return rc;
}
