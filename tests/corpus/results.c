/* SPDX-License-Identifier: BSD-3-Clause */
#include "results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MAX = 20000 };

static struct json_object *hex(const uint8_t *p, size_t len)
{
    struct json_object *text;
    char *buf = malloc(2 * len + 1);

    if (buf == NULL)
        return NULL;
    buf[0] = '\0';
    for (size_t i = 0; i < len; i++)
        snprintf(buf + 2 * i, 3, "%02x", (unsigned)p[i]);
    text = json_object_new_string(buf);
    free(buf);
    return text;
}

struct json_object *results_packet(int rc, const struct bpf_test_run_opts *run)
{
    struct json_object *out = json_object_new_array();

    json_object_array_add(out, json_object_new_int64(rc != 0 ? rc : (int64_t)run->retval));
    if (rc == 0)
        json_object_array_add(out, hex(run->data_out, run->data_size_out));
    return out;
}

static unsigned copies_of(const struct side *s, enum bpf_map_type t)
{
    switch (t) {
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_LPM_TRIE:
        return 1;
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
        return s->cpus;
    default:
        return 0; /* holds no data of the program's */
    }
}

/* All CPUs but one have what the fill put there, or what the program put for all: the copy that
 * differs from the last one, else any. */
static const uint8_t *changed_copy(const uint8_t *value, unsigned copies, size_t step)
{
    const uint8_t *last = value + (copies - 1) * step;

    for (unsigned c = 0; c + 1 < copies; c++)
        if (memcmp(value + c * step, last, step) != 0)
            return copies > 2 && c == 0 && memcmp(value + step, last, step) != 0 ? last
                                                                                 : value + c * step;
    return last;
}

static struct json_object *entries(const struct bpf_map *m, unsigned copies)
{
    uint32_t key_size = bpf_map__key_size(m), size = bpf_map__value_size(m);
    size_t step = copies > 1 ? (size + 7) & ~7u : size;
    uint8_t *key = calloc(2, key_size + 1), *value = calloc(copies, step + 8);
    uint8_t *next = key + key_size, *prev = NULL;
    struct json_object *out = json_object_new_object();

    for (unsigned n = 0; key && value && n < ENTRIES_MAX; n++) {
        if (bpf_map_get_next_key(bpf_map__fd(m), prev, next) != 0)
            break;
        memcpy(key, next, key_size);
        prev = key;
        if (bpf_map_lookup_elem(bpf_map__fd(m), key, value) != 0)
            continue;
        struct json_object *k = hex(key, key_size);
        json_object_object_add(out, json_object_get_string(k),
                               hex(changed_copy(value, copies, step), size));
        json_object_put(k);
    }
    free(key);
    free(value);
    return out;
}

struct json_object *results_maps(const struct side *s)
{
    struct json_object *out = json_object_new_object();
    const struct bpf_map *m;

    bpf_object__for_each_map(m, s->obj)
    {
        unsigned copies = copies_of(s, bpf_map__type(m));
        struct json_object *one;

        if (copies == 0 || bpf_map__fd(m) < 0)
            continue;
        one = json_object_new_object();
        json_object_object_add(one, "type", json_object_new_int((int)bpf_map__type(m)));
        json_object_object_add(one, "max", json_object_new_int64(bpf_map__max_entries(m)));
        json_object_object_add(one, "entries", entries(m, copies));
        json_object_object_add(out, bpf_map__name(m), one);
    }
    return out;
}
