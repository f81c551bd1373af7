/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/btfprint.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX    8
#define HEX_MAX      32u
#define ELEMENTS_MAX 16u

struct printer {
    FILE *out;
    const struct btf *btf;
};

static void print_type(const struct printer *p, uint32_t id, const unsigned char *data, size_t len,
                       int depth);

void hex_print(FILE *out, const void *data, size_t len)
{
    const unsigned char *b = data;

    for (size_t i = 0; i < len && i < HEX_MAX; i++)
        fprintf(out, "%02x", b[i]);
    if (len > HEX_MAX)
        fprintf(out, "... (%zu bytes)", len);
}

static uint64_t load(const unsigned char *data, size_t len)
{
    uint64_t v = 0;

    memcpy(&v, data, len); /* little-endian, as the device is */
    return v;
}

static void print_int(const struct printer *p, const struct btf_type *t, const unsigned char *data,
                      size_t len)
{
    uint64_t v = load(data, len);
    unsigned unused = 64 - 8 * (unsigned)len;

    if (btf_int_encoding(t) & BTF_INT_SIGNED)
        fprintf(p->out, "%" PRId64, (int64_t)(v << unused) >> unused);
    else if (btf_int_encoding(t) & BTF_INT_BOOL)
        fputs(v != 0 ? "true" : "false", p->out);
    else
        fprintf(p->out, "%" PRIu64, v);
}

static void print_enum(const struct printer *p, const struct btf_type *t, const unsigned char *data,
                       size_t len)
{
    const struct btf_enum *e = btf_enum(t);
    uint64_t v = load(data, len);

    for (unsigned i = 0; i < btf_vlen(t); i++)
        if ((uint32_t)e[i].val == (uint32_t)v) {
            fputs(btf__name_by_offset(p->btf, e[i].name_off), p->out);
            return;
        }
    fprintf(p->out, "%" PRIu64, v);
}

/* Types whose name says how people write them. */
static bool print_known(const struct printer *p, const char *name, const unsigned char *data,
                        size_t len)
{
    char text[INET6_ADDRSTRLEN];

    if (strcmp(name, "__be32") == 0 && len == 4)
        fputs(inet_ntop(AF_INET, data, text, sizeof(text)), p->out);
    else if (strcmp(name, "in6_addr") == 0 && len == 16)
        fputs(inet_ntop(AF_INET6, data, text, sizeof(text)), p->out);
    else if (strcmp(name, "__be16") == 0 && len == 2)
        fprintf(p->out, "%u", (unsigned)data[0] << 8 | data[1]);
    else
        return false;
    return true;
}

static bool is_char(const struct btf_type *t)
{
    return btf_is_int(t) && t->size == 1;
}

static void print_array(const struct printer *p, const struct btf_type *t,
                        const unsigned char *data, size_t len, int depth)
{
    const struct btf_array *a = btf_array(t);
    const struct btf_type *et =
        btf__type_by_id(p->btf, (uint32_t)btf__resolve_type(p->btf, a->type));
    int64_t size = btf__resolve_size(p->btf, a->type);

    if (et != NULL && is_char(et) && len == 6) {
        fprintf(p->out, "%02x:%02x:%02x:%02x:%02x:%02x", data[0], data[1], data[2], data[3],
                data[4], data[5]);
        return;
    }
    if (size <= 0 || (et != NULL && is_char(et))) {
        hex_print(p->out, data, len);
        return;
    }
    fputc('[', p->out);
    for (unsigned i = 0; i < a->nelems && (i + 1) * (size_t)size <= len; i++) {
        if (i == ELEMENTS_MAX) {
            fprintf(p->out, " ... (%u)", a->nelems);
            break;
        }
        fputs(i != 0 ? " " : "", p->out);
        print_type(p, a->type, data + i * (size_t)size, (size_t)size, depth + 1);
    }
    fputc(']', p->out);
}

static void print_bits(const struct printer *p, const unsigned char *data, size_t len, uint32_t at,
                       uint32_t bits)
{
    uint64_t v = 0;

    for (uint32_t i = 0; i < bits && (at + i) / 8 < len; i++)
        v |= (uint64_t)(data[(at + i) / 8] >> (at + i) % 8 & 1) << i;
    fprintf(p->out, "%" PRIu64, v);
}

static void print_members(const struct printer *p, const struct btf_type *t,
                          const unsigned char *data, size_t len, int depth)
{
    const struct btf_member *m = btf_members(t);

    for (unsigned i = 0; i < btf_vlen(t); i++) {
        uint32_t bit = btf_member_bit_offset(t, i), bits = btf_member_bitfield_size(t, i);
        int64_t size = btf__resolve_size(p->btf, m[i].type);
        const char *name = btf__name_by_offset(p->btf, m[i].name_off);

        fprintf(p->out, "%s%s%s", i != 0 ? ", " : "", name, name[0] != '\0' ? " " : "");
        if (bits != 0)
            print_bits(p, data, len, bit, bits);
        else if (size >= 0 && bit / 8 + (uint64_t)size <= len)
            print_type(p, m[i].type, data + bit / 8, (size_t)size, depth + 1);
    }
}

static void print_composite(const struct printer *p, const struct btf_type *t,
                            const unsigned char *data, size_t len, int depth)
{
    fputs(depth != 0 ? "{" : "", p->out);
    print_members(p, t, data, len, depth);
    fputs(depth != 0 ? "}" : "", p->out);
}

static void print_datasec(const struct printer *p, const struct btf_type *t,
                          const unsigned char *data, size_t len, int depth)
{
    const struct btf_var_secinfo *v = btf_var_secinfos(t);

    for (unsigned i = 0; i < btf_vlen(t); i++) {
        const struct btf_type *var = btf__type_by_id(p->btf, v[i].type);

        if (var == NULL || !btf_is_var(var) || (uint64_t)v[i].offset + v[i].size > len)
            continue;
        fprintf(p->out, "%s%s ", i != 0 ? ", " : "", btf__name_by_offset(p->btf, var->name_off));
        print_type(p, var->type, data + v[i].offset, v[i].size, depth + 1);
    }
}

static void print_sized(const struct printer *p, const struct btf_type *t,
                        const unsigned char *data, size_t len, int depth)
{
    if (btf_is_int(t) && len <= 8)
        print_int(p, t, data, len);
    else if (btf_is_enum(t) && len <= 8)
        print_enum(p, t, data, len);
    else if (btf_is_array(t))
        print_array(p, t, data, len, depth);
    else if (btf_is_composite(t))
        print_composite(p, t, data, len, depth);
    else if (btf_is_datasec(t))
        print_datasec(p, t, data, len, depth);
    else
        hex_print(p->out, data, len);
}

static void print_type(const struct printer *p, uint32_t id, const unsigned char *data, size_t len,
                       int depth)
{
    const struct btf_type *t = btf__type_by_id(p->btf, id);
    int64_t size = btf__resolve_size(p->btf, id);

    if (t == NULL || size < 0 || (uint64_t)size > len || depth > DEPTH_MAX) {
        hex_print(p->out, data, len);
        return;
    }
    for (int i = 0; t != NULL && i < 32; i++) {
        const char *name = btf__name_by_offset(p->btf, t->name_off);

        if (name != NULL && print_known(p, name, data, (size_t)size))
            return;
        if (!btf_is_mod(t) && !btf_is_typedef(t))
            break;
        t = btf__type_by_id(p->btf, t->type);
    }
    if (t != NULL)
        print_sized(p, t, data, (size_t)size, depth);
}

void btf_print(FILE *out, const struct btf *btf, uint32_t id, const void *data, size_t len)
{
    struct printer p = {.out = out, .btf = btf};

    if (btf == NULL || id == 0)
        hex_print(out, data, len);
    else
        print_type(&p, id, data, len, 0);
}
