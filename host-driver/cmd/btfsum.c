/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums of the values of one entry, by their BTF type. */
#include <string.h>

#include "cmd/btfprint.h"

#define DEPTH_MAX 16 /* of types within types */

static bool add(const struct btf *btf, uint32_t id, unsigned char *sum, const unsigned char *value,
                size_t len, unsigned depth);

static bool add_int(const struct btf_type *t, unsigned char *sum, const unsigned char *value,
                    size_t len)
{
    uint64_t a = 0, b = 0;

    if (t->size > sizeof(a) || t->size > len || btf_int_encoding(t) & BTF_INT_BOOL)
        return false;
    memcpy(&a, sum, t->size);
    memcpy(&b, value, t->size);
    a += b;
    memcpy(sum, &a, t->size);
    return true;
}

static bool add_members(const struct btf *btf, const struct btf_type *t, unsigned char *sum,
                        const unsigned char *value, size_t len, unsigned depth)
{
    const struct btf_member *m = btf_members(t);

    for (unsigned i = 0; i < btf_vlen(t); i++) {
        uint32_t at = btf_member_bit_offset(t, i) / 8;

        if (btf_member_bitfield_size(t, i) != 0 || at >= len ||
            !add(btf, m[i].type, sum + at, value + at, len - at, depth))
            return false;
    }
    return true;
}

/* Arrays of bytes are addresses and names. */
static bool add_elements(const struct btf *btf, const struct btf_type *t, unsigned char *sum,
                         const unsigned char *value, size_t len, unsigned depth)
{
    const struct btf_array *a = btf_array(t);
    int64_t size = btf__resolve_size(btf, a->type);

    if (size <= 1 || (uint64_t)size * a->nelems > len)
        return false;
    for (uint32_t i = 0; i < a->nelems; i++) {
        size_t at = i * (size_t)size;

        if (!add(btf, a->type, sum + at, value + at, (size_t)size, depth))
            return false;
    }
    return true;
}

/* __be32 and its like are addresses and ports. */
static bool is_number(const struct btf *btf, const struct btf_type *t)
{
    return strncmp(btf__name_by_offset(btf, t->name_off), "__be", 4) != 0;
}

static bool add(const struct btf *btf, uint32_t id, unsigned char *sum, const unsigned char *value,
                size_t len, unsigned depth)
{
    const struct btf_type *t = btf__type_by_id(btf, id);

    if (t == NULL || depth == DEPTH_MAX)
        return false;
    switch (btf_kind(t)) {
    case BTF_KIND_TYPEDEF:
        return is_number(btf, t) && add(btf, t->type, sum, value, len, depth + 1);
    case BTF_KIND_CONST:
    case BTF_KIND_VOLATILE:
        return add(btf, t->type, sum, value, len, depth + 1);
    case BTF_KIND_INT:
        return add_int(t, sum, value, len);
    case BTF_KIND_STRUCT:
        return add_members(btf, t, sum, value, len, depth + 1);
    case BTF_KIND_ARRAY:
        return add_elements(btf, t, sum, value, len, depth + 1);
    default:
        return false;
    }
}

bool btf_add(const struct btf *btf, uint32_t id, void *sum, const void *value, size_t len)
{
    return btf != NULL && id != 0 && add(btf, id, sum, value, len, 0);
}
