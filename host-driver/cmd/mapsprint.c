/* SPDX-License-Identifier: BSD-3-Clause */
/* Maps for people. */
#include <string.h>

#include "cmd/btfprint.h"
#include "cmd/maps.h"

static bool all_zero(const unsigned char *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] != 0)
            return false;
    return true;
}

/* An array has all its entries always; those that are zero tell nothing. */
static bool worth_showing(const struct map_dump *m, size_t i)
{
    return bpf_map__type(m->map) != BPF_MAP_TYPE_ARRAY || !all_zero(map_value(m, i), m->value_size);
}

static void print_entry(FILE *out, const struct btf *btf, const struct map_dump *m, size_t i)
{
    fputs("    ", out);
    if (!bpf_map__is_internal(m->map)) {
        btf_print(out, btf, bpf_map__btf_key_type_id(m->map), map_key(m, i), m->key_size);
        fputs("  ->  ", out);
    }
    btf_print(out, btf, bpf_map__btf_value_type_id(m->map), map_value(m, i), m->value_size);
    fputc('\n', out);
}

static void print_map(FILE *out, const struct btf *btf, const struct map_dump *m, size_t most)
{
    size_t shown = 0, worth = 0;

    for (size_t i = 0; i < m->count; i++)
        worth += worth_showing(m, i);
    fprintf(out, "  %s (%s, %zu of %u entries%s)\n", m->name, m->type, worth, m->max_entries,
            worth == m->count ? "" : " not zero");
    for (size_t i = 0; i < m->count && shown < most; i++) {
        if (!worth_showing(m, i))
            continue;
        print_entry(out, btf, m, i);
        shown++;
    }
    if (worth > shown)
        fprintf(out, "    ... and %zu more (--maps shows all)\n", worth - shown);
}

void maps_print(FILE *out, const struct bpf_object *obj, const struct map_dump *maps, size_t count,
                size_t most)
{
    for (size_t i = 0; i < count; i++)
        print_map(out, bpf_object__btf(obj), &maps[i], most);
}
