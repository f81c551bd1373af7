/* SPDX-License-Identifier: BSD-3-Clause */
/* Maps for people. */
#include <stdlib.h>
#include <string.h>

#include "cmd/btfprint.h"
#include "cmd/maps.h"
#include "cmd/maptype.h"

#define KEY_WIDTH_MAX 40 /* longer keys are not lined up */
#define CPUS_SHOWN    4  /* of an entry, where not all is asked for */

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
    return !map_type_array(bpf_map__type(m->map)) || bpf_map__is_internal(m->map) ||
           !all_zero(map_value(m, i, 0), m->copies * m->stride);
}

/*
 * An array's key is a plain u32 (the kernel insists), so its BTF cannot name the entries. By
 * convention an enum called MAP_key in the object's BTF does.
 */
static uint32_t key_type(const struct btf *btf, const struct map_dump *m)
{
    char name[128];
    int32_t id;

    snprintf(name, sizeof(name), "%s_key", m->name);
    id = btf != NULL && m->key_size == 4 ? btf__find_by_name_kind(btf, name, BTF_KIND_ENUM) : -1;
    return id > 0 ? (uint32_t)id : bpf_map__btf_key_type_id(m->map);
}

/* Maps whose keys the kernel takes as a u32 only may be defined without a type for them. */
static void print_key(FILE *out, const struct btf *btf, const struct map_dump *m, uint32_t type,
                      const void *key)
{
    uint32_t number;

    if (type == 0 && m->key_size == sizeof(number) && map_type_indexed(bpf_map__type(m->map))) {
        memcpy(&number, key, sizeof(number));
        fprintf(out, "%u", number);
    } else {
        btf_print(out, btf, type, key, m->key_size);
    }
}

/* The key as text, malloc'ed; NULL when out of memory. */
static char *key_text(const struct btf *btf, const struct map_dump *m, uint32_t key, size_t i)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    if (f == NULL)
        return NULL;
    print_key(f, btf, m, key, map_key(m, i));
    fclose(f);
    return text;
}

static void print_copy(FILE *out, const struct btf *btf, const struct map_dump *m, size_t i,
                       size_t copy)
{
    btf_print(out, btf, bpf_map__btf_value_type_id(m->map), map_value(m, i, copy), m->value_size);
    fputc('\n', out);
}

/* Where the lines of a value start, and how many there may be. */
struct indent {
    int columns;
    bool brief;
};

/* "total" and the sum of all copies, on a line; false when their type cannot be added. */
static bool print_total(FILE *out, const struct btf *btf, const struct map_dump *m, size_t i)
{
    uint32_t type = bpf_map__btf_value_type_id(m->map);
    void *sum = calloc(1, m->value_size);
    bool whole = sum != NULL;

    for (size_t c = 0; c < m->copies && whole; c++)
        whole = btf_add(btf, type, sum, map_value(m, i, c), m->value_size);
    if (whole) {
        fputs("total    ", out);
        btf_print(out, btf, type, sum, m->value_size);
        fputc('\n', out);
    }
    free(sum);
    return whole;
}

/*
 * A value for each processor: their sum, and those that are not zero, a line each.
 */
static void print_copies(FILE *out, const struct btf *btf, const struct map_dump *m, size_t i,
                         struct indent indent)
{
    size_t used = 0, shown = 0;

    for (size_t c = 0; c < m->copies; c++)
        used += !all_zero(map_value(m, i, c), m->value_size);
    if (used == 0)
        fputs("0 on every cpu\n", out);
    else if (used > 1)
        shown += print_total(out, btf, m, i);
    if (used > CPUS_SHOWN && shown != 0 && indent.brief) {
        fprintf(out, "%*s%zu cpus  (--maps shows each)\n", indent.columns, "", used);
        return;
    }
    for (size_t c = 0; c < m->copies; c++) {
        if (all_zero(map_value(m, i, c), m->value_size))
            continue;
        fprintf(out, "%*scpu %-3zu  ", shown++ == 0 ? 0 : indent.columns, "", c);
        print_copy(out, btf, m, i, c);
    }
}

static void print_value(FILE *out, const struct btf *btf, const struct map_dump *m, size_t i,
                        struct indent indent)
{
    char name[64];

    map_value_name(m, i, name, sizeof(name));
    if (name[0] != '\0' && !map_type_calls(bpf_map__type(m->map)))
        fprintf(out, "%s\n", name);
    else if (map_type_per_cpu(bpf_map__type(m->map)))
        print_copies(out, btf, m, i, indent);
    else
        print_copy(out, btf, m, i, 0);
}

static void print_entry(FILE *out, const struct btf *btf, const struct map_dump *m, uint32_t key,
                        int width, size_t i, size_t most)
{
    char *text = key_text(btf, m, key, i);
    struct indent indent = {.columns = 4, .brief = most != SIZE_MAX};

    if (bpf_map__is_internal(m->map) || m->key_size == 0)
        fputs("    ", out);
    else
        indent.columns = fprintf(out, "    %-*s  ", width, text != NULL ? text : "?");
    print_value(out, btf, m, i, indent);
    free(text);
}

static int key_width(const struct btf *btf, const struct map_dump *m, uint32_t key, size_t most)
{
    size_t shown = 0;
    int width = 0;

    for (size_t i = 0; i < m->count && shown < most; i++) {
        char *text = worth_showing(m, i) ? key_text(btf, m, key, i) : NULL;

        if (text == NULL)
            continue;
        if (strlen(text) <= KEY_WIDTH_MAX && (int)strlen(text) > width)
            width = (int)strlen(text);
        shown++;
        free(text);
    }
    return width;
}

static int by_key(const void *a, const void *b, void *size)
{
    return memcmp(a, b, *(const size_t *)size);
}

/* The order of a hash map's entries means nothing; sorted, they are easier to find. */
static void sort_entries(const struct map_dump *m)
{
    uint32_t type = bpf_map__type(m->map);
    size_t key_size = m->key_size;

    if (!map_type_array(type) && !map_type_keyless(type) && m->count != 0)
        qsort_r(m->entries, m->count, map_entry_size(m), by_key, &key_size);
}

/* What ring buffers and perf event arrays held is told by the events, not by entries. */
static void print_head(FILE *out, const struct map_dump *m, size_t worth)
{
    uint32_t type = bpf_map__type(m->map);

    if (bpf_map__is_internal(m->map))
        fprintf(out, "  %s (global variables)\n", m->name);
    else if (type == BPF_MAP_TYPE_RINGBUF)
        fprintf(out, "  %s (%s, %u bytes)\n", m->name, m->type, m->max_entries);
    else if (type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
        fprintf(out, "  %s (%s, %u entries)\n", m->name, m->type, m->max_entries);
    else
        fprintf(out, "  %s (%s, %zu of %u entries%s)\n", m->name, m->type, worth, m->max_entries,
                worth == m->count ? "" : " not zero");
}

static void print_map(FILE *out, const struct btf *btf, const struct map_dump *m, size_t most)
{
    uint32_t key = key_type(btf, m);
    size_t shown = 0, worth = 0;
    int width;

    for (size_t i = 0; i < m->count; i++)
        worth += worth_showing(m, i);
    print_head(out, m, worth);
    sort_entries(m);
    width = key_width(btf, m, key, most);
    for (size_t i = 0; i < m->count && shown < most; i++) {
        if (!worth_showing(m, i))
            continue;
        print_entry(out, btf, m, key, width, i, most);
        shown++;
    }
    if (worth > shown)
        fprintf(out, "    ... and %zu more (--maps shows all)\n", worth - shown);
}

void maps_print(FILE *out, const struct bpf_object *obj, const struct map_dump *maps, size_t count,
                size_t most)
{
    for (size_t i = 0; i < count; i++)
        print_map(out, obj != NULL ? bpf_object__btf(obj) : NULL, &maps[i], most);
}
