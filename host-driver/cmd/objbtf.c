/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An object's BTF (Documentation/bpf/btf.rst) holds together: every record within it, every
 * reference to a type that is there, no type made of itself. libbpf 1.1 follows them unseen.
 */
#include <linux/btf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/objfile.h"

#define DEPTH_MAX 128u /* of types within types; the kernel allows 32 */

enum { KIND_ENUM64 = 19, KIND_TYPE_TAG = 18, KIND_DECL_TAG = 17, KIND_FLOAT = 16 };
enum { WHITE, GREY, BLACK };

struct btf_view {
    const char *types, *strings;
    uint32_t types_len, strings_len;
    uint32_t *at; /* offset of type n + 1 */
    uint32_t count;
    uint8_t *colour;
    char *why;
    size_t why_len;
};

static bool broken(const struct btf_view *v, uint32_t id, const char *what)
{
    snprintf(v->why, v->why_len, "its BTF: type %u: %s", id, what);
    return false;
}

static struct btf_type type_at(const struct btf_view *v, uint32_t id)
{
    struct btf_type t;

    memcpy(&t, v->types + v->at[id - 1], sizeof(t));
    return t;
}

/* Word n behind the type's record. */
static uint32_t word(const struct btf_view *v, uint32_t id, uint32_t n)
{
    uint32_t w;

    memcpy(&w, v->types + v->at[id - 1] + sizeof(struct btf_type) + 4 * (size_t)n, sizeof(w));
    return w;
}

/* Words behind the record of a type of this kind; UINT32_MAX for a kind that there is not. */
static uint32_t words_behind(uint32_t kind, uint32_t vlen)
{
    switch (kind) {
    case BTF_KIND_INT:
    case BTF_KIND_VAR:
    case KIND_DECL_TAG:
        return 1;
    case BTF_KIND_ARRAY:
        return 3;
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_DATASEC:
    case KIND_ENUM64:
        return 3 * vlen;
    case BTF_KIND_ENUM:
    case BTF_KIND_FUNC_PROTO:
        return 2 * vlen;
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case KIND_FLOAT:
    case KIND_TYPE_TAG:
        return 0;
    default:
        return UINT32_MAX;
    }
}

/* Finds where each type begins; v->at has room for as many as could be. */
static bool index_types(struct btf_view *v)
{
    for (uint32_t at = 0; at < v->types_len;) {
        struct btf_type t;
        uint32_t words;

        if (v->types_len - at < sizeof(t))
            return broken(v, v->count + 1, "cut off");
        memcpy(&t, v->types + at, sizeof(t));
        words = words_behind(BTF_INFO_KIND(t.info), BTF_INFO_VLEN(t.info));
        if (words == UINT32_MAX)
            return broken(v, v->count + 1, "of no known kind");
        if (words > (v->types_len - at - sizeof(t)) / 4)
            return broken(v, v->count + 1, "cut off");
        if (t.name_off >= v->strings_len)
            return broken(v, v->count + 1, "its name lies outside the strings");
        v->at[v->count++] = at;
        at += (uint32_t)sizeof(t) + 4 * words;
    }
    return true;
}

/* Calls of fn for each type that type `id` refers to; `within`: by value. */
static bool each_reference(const struct btf_view *v, uint32_t id,
                           bool (*fn)(const struct btf_view *v, uint32_t id, uint32_t to,
                                      bool within, unsigned depth),
                           unsigned depth)
{
    struct btf_type t = type_at(v, id);
    uint32_t kind = BTF_INFO_KIND(t.info), vlen = BTF_INFO_VLEN(t.info);
    bool ok = true;

    switch (kind) {
    case BTF_KIND_ARRAY:
        return fn(v, id, word(v, id, 0), true, depth) && fn(v, id, word(v, id, 1), false, depth);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
        for (uint32_t i = 0; i < vlen && ok; i++)
            ok = fn(v, id, word(v, id, 3 * i + 1), true, depth);
        return ok;
    case BTF_KIND_DATASEC:
        for (uint32_t i = 0; i < vlen && ok; i++)
            ok = fn(v, id, word(v, id, 3 * i), false, depth);
        return ok;
    case BTF_KIND_FUNC_PROTO:
        for (uint32_t i = 0; i < vlen && ok; i++)
            ok = fn(v, id, word(v, id, 2 * i + 1), false, depth);
        return ok && fn(v, id, t.type, false, depth);
    case BTF_KIND_PTR:
    case BTF_KIND_FUNC:
    case BTF_KIND_VAR:
    case KIND_DECL_TAG:
        return fn(v, id, t.type, false, depth);
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case KIND_TYPE_TAG:
        return fn(v, id, t.type, true, depth);
    default:
        return true;
    }
}

static bool check_reference(const struct btf_view *v, uint32_t id, uint32_t to, bool within,
                            unsigned depth)
{
    (void)within;
    (void)depth;
    if (to > v->count)
        return broken(v, id, "refers to a type that is not there");
    return true;
}

/* Names of members, parameters and enumerators are in the strings; sections hold variables. */
static bool check_parts(const struct btf_view *v, uint32_t id)
{
    struct btf_type t = type_at(v, id);
    uint32_t kind = BTF_INFO_KIND(t.info), vlen = BTF_INFO_VLEN(t.info);
    uint32_t step = vlen != 0 ? words_behind(kind, vlen) / vlen : 0;

    for (uint32_t i = 0; i < vlen && step != 0 && kind != BTF_KIND_DATASEC; i++)
        if (word(v, id, step * i) >= v->strings_len)
            return broken(v, id, "the name of a part lies outside the strings");
    for (uint32_t i = 0; i < vlen && kind == BTF_KIND_DATASEC; i++) {
        uint32_t var = word(v, id, 3 * i), var_kind;

        if (var == 0 || var > v->count)
            return broken(v, id, "refers to a type that is not there");
        var_kind = BTF_INFO_KIND(type_at(v, var).info);
        if (var_kind != BTF_KIND_VAR && var_kind != BTF_KIND_FUNC)
            return broken(v, id, "has something that is no variable");
    }
    return true;
}

static bool walk(const struct btf_view *v, uint32_t id, unsigned depth);

static bool walk_reference(const struct btf_view *v, uint32_t id, uint32_t to, bool within,
                           unsigned depth)
{
    if (!within || to == 0 || v->colour[to - 1] == BLACK)
        return true;
    if (v->colour[to - 1] == GREY)
        return broken(v, id, "is made of itself");
    return walk(v, to, depth + 1);
}

static bool walk(const struct btf_view *v, uint32_t id, unsigned depth)
{
    if (depth > DEPTH_MAX)
        return broken(v, id, "lies too deep within others");
    v->colour[id - 1] = GREY;
    if (!each_reference(v, id, walk_reference, depth))
        return false;
    v->colour[id - 1] = BLACK;
    return true;
}

static bool check_types(struct btf_view *v)
{
    if (!index_types(v))
        return false;
    for (uint32_t id = 1; id <= v->count; id++)
        if (!each_reference(v, id, check_reference, 0) || !check_parts(v, id))
            return false;
    for (uint32_t id = 1; id <= v->count; id++)
        if (v->colour[id - 1] == WHITE && !walk(v, id, 0))
            return false;
    return true;
}

static bool open_view(struct btf_view *v, const char *bytes, size_t len)
{
    struct btf_header h;

    snprintf(v->why, v->why_len, "its BTF: the header is wrong");
    if (len < sizeof(h))
        return false;
    memcpy(&h, bytes, sizeof(h));
    if (h.magic != BTF_MAGIC || h.version != BTF_VERSION || h.hdr_len < sizeof(h) ||
        h.hdr_len > len)
        return false;
    bytes += h.hdr_len;
    len -= h.hdr_len;
    if (h.type_off > len || h.type_len > len - h.type_off || h.str_off > len ||
        h.str_len > len - h.str_off || h.type_off % 4 != 0)
        return false;
    v->types = bytes + h.type_off;
    v->types_len = h.type_len;
    v->strings = bytes + h.str_off;
    v->strings_len = h.str_len;
    return h.str_len != 0 && v->strings[0] == '\0' && v->strings[h.str_len - 1] == '\0';
}

bool objbtf_check(const char *bytes, size_t len, char *why, size_t why_len)
{
    struct btf_view v = {.why = why, .why_len = why_len};
    bool ok;

    if (!open_view(&v, bytes, len))
        return false;
    v.at = calloc(v.types_len / sizeof(struct btf_type) + 1, sizeof(*v.at));
    v.colour = calloc(v.types_len / sizeof(struct btf_type) + 1, sizeof(*v.colour));
    snprintf(why, why_len, "out of memory");
    ok = v.at != NULL && v.colour != NULL && check_types(&v);
    free(v.at);
    free(v.colour);
    return ok;
}
