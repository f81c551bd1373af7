/* SPDX-License-Identifier: BSD-3-Clause */
/* Contents of maps, by the same calls that bpftool makes, and their JSON. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/maps.h"
#include "cmd/maptype.h"
#include "nicdrv/bpf.h"

#define ENOTSUPP_KERNEL 524

size_t map_entry_size(const struct map_dump *m)
{
    return (((size_t)m->key_size + 7) & ~(size_t)7) + m->copies * m->stride;
}

const unsigned char *map_key(const struct map_dump *m, size_t i)
{
    return m->entries + i * map_entry_size(m);
}

const unsigned char *map_value(const struct map_dump *m, size_t i, size_t copy)
{
    return map_key(m, i) + (((size_t)m->key_size + 7) & ~(size_t)7) + copy * m->stride;
}

static int failed(const struct map_dump *m, int code, struct nic_err *err)
{
    return nic_err_set(err, -code, "map '%s' cannot be read: %s", m->name, strerror(code));
}

/* Room for one entry more; NULL when there is none. */
static unsigned char *next_entry(struct map_dump *m, size_t *room)
{
    if (m->count == *room) {
        size_t grown = *room != 0 ? *room * 2 : 64;
        unsigned char *p = realloc(m->entries, grown * map_entry_size(m));

        if (p == NULL)
            return NULL;
        m->entries = p;
        *room = grown;
    }
    memset(m->entries + m->count * map_entry_size(m), 0, map_entry_size(m));
    return m->entries + m->count * map_entry_size(m);
}

/* A queue's: what comes out of it. 1 = no more. */
static int take_entry(struct map_dump *m, int fd, unsigned char *e)
{
    (void)m;
    if (bpf_map_lookup_and_delete_elem(fd, NULL, e) != 0)
        return errno == ENOENT ? 1 : -errno;
    m->count++;
    return 0;
}

/* The key behind `previous` and its values; a key without values is left out. */
static int walk_entry(struct map_dump *m, int fd, unsigned char *e, unsigned char *previous)
{
    if (bpf_map_get_next_key(fd, previous[0] != 0 ? previous + 1 : NULL, e) != 0)
        return errno == ENOENT ? 1 : -errno;
    previous[0] = 1;
    memcpy(previous + 1, e, m->key_size);
    if (bpf_map_lookup_elem(fd, e, e + (((size_t)m->key_size + 7) & ~(size_t)7)) == 0)
        m->count++;
    else if (errno != ENOENT)
        return -errno;
    return 0;
}

/* Maps that keep nothing that could be shown say so by these. */
static bool is_unreadable(int rc)
{
    return rc == -EOPNOTSUPP || rc == -EINVAL || rc == -ENOTSUPP_KERNEL;
}

static int read_map(struct map_dump *m, struct nic_err *err)
{
    unsigned char *previous = calloc(1, (size_t)m->key_size + 1), *e;
    int fd = bpf_map__fd(m->map), rc = previous != NULL ? map_read_batches(m, fd) : -ENOMEM;
    bool batched = rc <= 0;
    size_t room = 0, steps = 0;

    rc = rc > 0 ? 0 : rc;
    while (rc == 0 && !batched) {
        /* More entries than the map can have: its keys run in a circle. */
        if (steps++ > m->max_entries)
            rc = -EIO;
        else if ((e = next_entry(m, &room)) == NULL)
            rc = -ENOMEM;
        else
            rc = map_type_keyless(bpf_map__type(m->map)) ? take_entry(m, fd, e)
                                                         : walk_entry(m, fd, e, previous);
    }
    free(previous);
    if (rc < 0 && m->count == 0 && is_unreadable(rc))
        rc = 0;
    return rc < 0 ? failed(m, -rc, err) : 0;
}

size_t map_copies(const struct bpf_map *map)
{
    if (!map_type_per_cpu(bpf_map__type(map)) || nicbpf_bound() == NULL)
        return 1;
    return nicbpf_cpus(nicbpf_bound());
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
    m->copies = map_copies(map);
    m->stride = ((size_t)m->value_size + 7) & ~(size_t)7;
}

int maps_read(struct bpf_object *obj, struct map_dump **out, size_t *count, struct nic_err *err)
{
    struct map_dump *maps;
    struct bpf_map *map;
    size_t n = 0;
    int rc = 0;

    if (obj != NULL)
        bpf_object__for_each_map(map, obj) n++;
    maps = calloc(n + 1, sizeof(*maps));
    if (maps == NULL)
        return nic_err_set(err, -ENOMEM, "maps: out of memory");
    if (n == 0)
        obj = NULL;
    n = 0;
    for (map = obj != NULL ? bpf_object__next_map(obj, NULL) : NULL; map != NULL;
         map = bpf_object__next_map(obj, map)) {
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

/* The name that an id has; "" for none. */
static void name_of_id(bool map, uint32_t id, char *buf, size_t len)
{
    int fd = map ? bpf_map_get_fd_by_id(id) : bpf_prog_get_fd_by_id(id);
    struct bpf_prog_info prog = {0};
    struct bpf_map_info info = {0};
    uint32_t size = map ? sizeof(info) : sizeof(prog);

    buf[0] = '\0';
    if (fd < 0)
        return;
    if (bpf_obj_get_info_by_fd(fd, map ? (void *)&info : (void *)&prog, &size) == 0)
        snprintf(buf, len, "%s", map ? info.name : prog.name);
    close(fd);
}

/* An id is the first number of a value, in a map for DEVMAPs the second. */
void map_value_name(const struct map_dump *m, size_t i, char *buf, size_t len)
{
    uint32_t type = bpf_map__type(m->map), id[2] = {0};

    buf[0] = '\0';
    memcpy(id, map_value(m, i, 0), m->value_size < sizeof(id) ? m->value_size : sizeof(id));
    if (map_type_holds_maps(type) || map_type_holds_progs(type))
        name_of_id(map_type_holds_maps(type), id[0], buf, len);
    else if (map_type_calls(type) && id[1] != 0)
        name_of_id(false, id[1], buf, len);
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

/* bpftool's form: [{cpu, value}] */
static json_object *values_json(const struct map_dump *m, size_t i)
{
    json_object *a = json_object_new_array();

    for (size_t c = 0; c < m->copies; c++) {
        json_object *o = json_object_new_object();

        json_object_object_add(o, "cpu", json_object_new_uint64(c));
        json_object_object_add(o, "value", bytes_json(map_value(m, i, c), m->value_size));
        json_object_array_add(a, o);
    }
    return a;
}

static json_object *entry_json(const struct map_dump *m, size_t i)
{
    uint32_t type = bpf_map__type(m->map);
    json_object *e = json_object_new_object();
    char name[64];

    json_object_object_add(e, "key", bytes_json(map_key(m, i), m->key_size));
    if (map_type_per_cpu(type))
        json_object_object_add(e, "values", values_json(m, i));
    else
        json_object_object_add(e, "value", bytes_json(map_value(m, i, 0), m->value_size));
    map_value_name(m, i, name, sizeof(name));
    if (name[0] != '\0')
        json_object_object_add(e, map_type_holds_maps(type) ? "map" : "program",
                               json_object_new_string(name));
    return e;
}

static json_object *map_json(const struct map_dump *m)
{
    json_object *o = json_object_new_object(), *entries = json_object_new_array();

    json_object_object_add(o, "name", json_object_new_string(m->name));
    json_object_object_add(o, "type", json_object_new_string(m->type));
    for (size_t i = 0; i < m->count; i++)
        json_object_array_add(entries, entry_json(m, i));
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
