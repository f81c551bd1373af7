/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel_maps.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Exactly `len` bytes of hex into out; -1 when the text is anything else. */
static int hex_parse(const char *text, uint8_t *out, size_t len)
{
    if (strlen(text) != 2 * len)
        return -1;
    for (size_t i = 0; i < len; i++) {
        char byte[3] = {text[2 * i], text[2 * i + 1], 0};

        if (!isxdigit((unsigned char)byte[0]) || !isxdigit((unsigned char)byte[1]))
            return -1;
        out[i] = (uint8_t)strtoul(byte, NULL, 16);
    }
    return 0;
}

static bool per_cpu(const struct bpf_map *map)
{
    enum bpf_map_type type = bpf_map__type(map);

    return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
           type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool holds_maps(const struct bpf_map *map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
           bpf_map__type(map) == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static bool keyless(const struct bpf_map *map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_QUEUE || bpf_map__type(map) == BPF_MAP_TYPE_STACK;
}

static size_t copies_of(const struct bpf_map *map)
{
    int cpus = per_cpu(map) ? libbpf_num_possible_cpus() : 1;

    return cpus > 0 ? (size_t)cpus : 1;
}

static size_t stride_of(const struct bpf_map *map)
{
    return (bpf_map__value_size(map) + 7u) & ~7u;
}

/* A part of a value: bytes, or the descriptor of a program or map. Its length, or -1. */
static int part_parse(const struct bpf_object *obj, const char *text, uint8_t *out, size_t room)
{
    const struct bpf_program *p;
    int fd = -1;

    if (strncmp(text, "prog:", 5) == 0) {
        p = bpf_object__find_program_by_name(obj, text + 5);
        fd = p != NULL ? bpf_program__fd(p) : -1;
    } else if (strncmp(text, "map:", 4) == 0) {
        fd = bpf_object__find_map_fd_by_name(obj, text + 4);
    } else {
        size_t len = strlen(text) / 2;

        return len <= room && hex_parse(text, out, len) == 0 ? (int)len : -1;
    }
    if (fd < 0 || room < sizeof(fd))
        return -1;
    memcpy(out, &fd, sizeof(fd));
    return sizeof(fd);
}

static int value_parse(const struct bpf_object *obj, char **save, uint8_t *out, size_t size)
{
    const char *text;
    size_t used = 0;
    int n;

    while ((text = strtok_r(NULL, " \t\n", save)) != NULL) {
        n = part_parse(obj, text, out + used, size - used);
        if (n < 0)
            return -1;
        used += (size_t)n;
    }
    return used == size ? 0 : -1;
}

static int map_set(const struct bpf_object *obj, const struct bpf_map *map, const char *key_hex,
                   char **save)
{
    size_t key_size = bpf_map__key_size(map), copies = copies_of(map), stride = stride_of(map);
    uint8_t *key = calloc(1, key_size + 1), *value = calloc(copies, stride);
    int rc = -EINVAL;

    if (key != NULL && value != NULL && (keyless(map) || hex_parse(key_hex, key, key_size) == 0) &&
        value_parse(obj, save, value, bpf_map__value_size(map)) == 0) {
        for (size_t i = 1; i < copies; i++)
            memcpy(value + i * stride, value, stride);
        rc = bpf_map_update_elem(bpf_map__fd(map), keyless(map) ? NULL : key, value, BPF_ANY);
    }
    free(key);
    free(value);
    return rc;
}

static int line_apply(const struct bpf_object *obj, char *line)
{
    char *save = NULL;
    const char *word = strtok_r(line, " \t\n", &save);
    const char *name = strtok_r(NULL, " \t\n", &save);
    const char *key = strtok_r(NULL, " \t\n", &save);
    const struct bpf_map *map;

    if (word == NULL || word[0] == '#')
        return 0;
    if (strcmp(word, "map") != 0 || key == NULL)
        return -EINVAL;
    map = bpf_object__find_map_by_name(obj, name);
    return map == NULL ? -ENOENT : map_set(obj, map, key, &save);
}

int kernel_maps_fill(const struct bpf_object *obj, const char *path)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    unsigned number = 0;
    int rc = f == NULL ? -errno : 0;

    while (rc == 0 && f != NULL && getline(&line, &size, f) >= 0) {
        number++;
        rc = line_apply(obj, line);
    }
    if (rc != 0)
        fprintf(stderr, "%s:%u: %s\n", path, number, strerror(-rc));
    free(line);
    if (f != NULL)
        fclose(f);
    return rc == 0 ? 0 : -1;
}

static struct json_object *bytes_json(const uint8_t *p, size_t len)
{
    struct json_object *a = json_object_new_array();
    char text[8];

    for (size_t i = 0; i < len; i++) {
        snprintf(text, sizeof(text), "0x%02x", (unsigned)p[i]);
        json_object_array_add(a, json_object_new_string(text));
    }
    return a;
}

static struct json_object *values_json(const struct bpf_map *map, const uint8_t *value)
{
    struct json_object *a = json_object_new_array();

    for (size_t i = 0; i < copies_of(map); i++) {
        struct json_object *o = json_object_new_object();

        json_object_object_add(o, "cpu", json_object_new_uint64(i));
        json_object_object_add(o, "value",
                               bytes_json(value + i * stride_of(map), bpf_map__value_size(map)));
        json_object_array_add(a, o);
    }
    return a;
}

/* The name of the map or program whose id a value begins with. */
static struct json_object *name_json(const struct bpf_map *map, const uint8_t *value)
{
    struct bpf_prog_info prog = {0};
    struct bpf_map_info info = {0};
    struct json_object *name;
    __u32 id, len = holds_maps(map) ? sizeof(info) : sizeof(prog);
    int fd;

    memcpy(&id, value, sizeof(id));
    fd = holds_maps(map) ? bpf_map_get_fd_by_id(id) : bpf_prog_get_fd_by_id(id);
    if (fd < 0 ||
        bpf_obj_get_info_by_fd(fd, holds_maps(map) ? (void *)&info : (void *)&prog, &len) != 0)
        return NULL;
    name = json_object_new_string(holds_maps(map) ? info.name : prog.name);
    close(fd);
    return name;
}

static struct json_object *entry_json(const struct bpf_map *map, const uint8_t *key,
                                      const uint8_t *value)
{
    struct json_object *e = json_object_new_object();

    json_object_object_add(e, "key", bytes_json(key, keyless(map) ? 0 : bpf_map__key_size(map)));
    if (per_cpu(map))
        json_object_object_add(e, "values", values_json(map, value));
    else
        json_object_object_add(e, "value", bytes_json(value, bpf_map__value_size(map)));
    if (holds_maps(map) || bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY)
        json_object_object_add(e, holds_maps(map) ? "map" : "program", name_json(map, value));
    return e;
}

static struct json_object *entries_json(const struct bpf_map *map)
{
    struct json_object *entries = json_object_new_array();
    uint8_t *key = calloc(1, bpf_map__key_size(map) + 1),
            *value = calloc(copies_of(map), stride_of(map) + 8);
    int fd = bpf_map__fd(map);
    const void *prev = NULL;

    while (key != NULL && value != NULL && keyless(map) &&
           bpf_map_lookup_and_delete_elem(fd, NULL, value) == 0)
        json_object_array_add(entries, entry_json(map, key, value));
    while (key != NULL && value != NULL && !keyless(map) &&
           bpf_map_get_next_key(fd, prev, key) == 0) {
        if (bpf_map_lookup_elem(fd, key, value) == 0)
            json_object_array_add(entries, entry_json(map, key, value));
        prev = key;
    }
    free(key);
    free(value);
    return entries;
}

static struct json_object *map_json(const struct bpf_map *map)
{
    struct json_object *m = json_object_new_object();

    json_object_object_add(m, "name", json_object_new_string(bpf_map__name(map)));
    json_object_object_add(m, "type",
                           json_object_new_string(libbpf_bpf_map_type_str(bpf_map__type(map))));
    json_object_object_add(m, "entries", entries_json(map));
    return m;
}

struct json_object *kernel_maps_dump(const struct bpf_object *obj)
{
    struct json_object *maps = json_object_new_array();
    struct bpf_map *map;

    bpf_object__for_each_map(map, obj) json_object_array_add(maps, map_json(map));
    return maps;
}
