/* SPDX-License-Identifier: BSD-3-Clause */
/* Contents of maps, by the same calls that bpftool makes, and their JSON. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/maps.h"

static size_t entry_size(const struct map_dump *m)
{
    return (size_t)m->key_size + m->value_size;
}

const unsigned char *map_key(const struct map_dump *m, size_t i)
{
    return m->entries + i * entry_size(m);
}

const unsigned char *map_value(const struct map_dump *m, size_t i)
{
    return map_key(m, i) + m->key_size;
}

static int failed(const struct map_dump *m, int code, struct nic_err *err)
{
    return nic_err_set(err, -code, "map '%s' cannot be read: %s", m->name, strerror(code));
}

static int read_entry(struct map_dump *m, int fd, size_t *room, const void *previous)
{
    unsigned char *e;

    if (m->count == *room) {
        size_t grown = *room != 0 ? *room * 2 : 64;
        unsigned char *p = realloc(m->entries, grown * entry_size(m));

        if (p == NULL)
            return -ENOMEM;
        if (previous != NULL) /* it lies in the old block */
            previous = p + (m->count - 1) * entry_size(m);
        m->entries = p;
        *room = grown;
    }
    e = m->entries + m->count * entry_size(m);
    if (bpf_map_get_next_key(fd, previous, e) != 0)
        return errno == ENOENT ? 1 : -errno;
    if (bpf_map_lookup_elem(fd, e, e + m->key_size) != 0)
        return -errno;
    m->count++;
    return 0;
}

static int read_map(struct map_dump *m, struct nic_err *err)
{
    int fd = bpf_map__fd(m->map), rc = 0;
    size_t room = 0;

    while (rc == 0) {
        /* More entries than the map can have: its keys run in a circle. */
        if (m->count > m->max_entries)
            return failed(m, EIO, err);
        rc = read_entry(m, fd, &room, m->count != 0 ? map_key(m, m->count - 1) : NULL);
    }
    return rc < 0 ? failed(m, -rc, err) : 0;
}

static void describe(struct map_dump *m, const struct bpf_map *map)
{
    const char *type = libbpf_bpf_map_type_str(bpf_map__type(map));

    m->map = map;
    m->name = bpf_map__name(map);
    m->type = type != NULL ? type : "unknown";
    m->key_size = bpf_map__key_size(map);
    m->value_size = bpf_map__value_size(map);
    m->max_entries = bpf_map__max_entries(map);
}

int maps_read(struct bpf_object *obj, struct map_dump **out, size_t *count, struct nic_err *err)
{
    struct map_dump *maps;
    struct bpf_map *map;
    size_t n = 0;
    int rc = 0;

    bpf_object__for_each_map(map, obj) n++;
    maps = calloc(n + 1, sizeof(*maps));
    if (maps == NULL)
        return nic_err_set(err, -ENOMEM, "maps: out of memory");
    n = 0;
    bpf_object__for_each_map(map, obj)
    {
        if (bpf_map__fd(map) < 0)
            continue;
        describe(&maps[n], map);
        rc = read_map(&maps[n++], err);
        if (rc != 0)
            break;
    }
    if (rc != 0) {
        maps_free(maps, n);
        return rc;
    }
    *out = maps;
    *count = n;
    return 0;
}

void maps_free(struct map_dump *maps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(maps[i].entries);
    free(maps);
}

static json_object *bytes_json(const unsigned char *p, size_t len)
{
    json_object *a = json_object_new_array_ext((int)len);
    char text[8];

    for (size_t i = 0; i < len; i++) {
        snprintf(text, sizeof(text), "0x%02x", p[i]);
        json_object_array_add(a, json_object_new_string(text));
    }
    return a;
}

static json_object *map_json(const struct map_dump *m)
{
    json_object *o = json_object_new_object(), *entries = json_object_new_array();

    json_object_object_add(o, "name", json_object_new_string(m->name));
    json_object_object_add(o, "type", json_object_new_string(m->type));
    for (size_t i = 0; i < m->count; i++) {
        json_object *e = json_object_new_object();

        json_object_object_add(e, "key", bytes_json(map_key(m, i), m->key_size));
        json_object_object_add(e, "value", bytes_json(map_value(m, i), m->value_size));
        json_object_array_add(entries, e);
    }
    json_object_object_add(o, "entries", entries);
    return o;
}

json_object *maps_json(const struct map_dump *maps, size_t count)
{
    json_object *a = json_object_new_array();

    for (size_t i = 0; i < count; i++)
        json_object_array_add(a, map_json(&maps[i]));
    return a;
}
