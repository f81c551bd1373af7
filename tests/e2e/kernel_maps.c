/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel_maps.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int map_set(const struct bpf_map *map, const char *key_hex, const char *value_hex)
{
    size_t key_size = bpf_map__key_size(map), value_size = bpf_map__value_size(map);
    uint8_t *key = malloc(key_size), *value = malloc(value_size);
    int rc = -EINVAL;

    if (key != NULL && value != NULL && hex_parse(key_hex, key, key_size) == 0 &&
        hex_parse(value_hex, value, value_size) == 0)
        rc = bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY);
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
    const char *value = strtok_r(NULL, " \t\n", &save);
    const struct bpf_map *map;

    if (word == NULL || word[0] == '#')
        return 0;
    if (strcmp(word, "map") != 0 || value == NULL)
        return -EINVAL;
    map = bpf_object__find_map_by_name(obj, name);
    return map == NULL ? -ENOENT : map_set(map, key, value);
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

static struct json_object *entry_json(const struct bpf_map_info *info, const uint8_t *key,
                                      const uint8_t *value)
{
    struct json_object *e = json_object_new_object();

    json_object_object_add(e, "key", bytes_json(key, info->key_size));
    json_object_object_add(e, "value", bytes_json(value, info->value_size));
    return e;
}

static struct json_object *entries_json(int fd, const struct bpf_map_info *info)
{
    struct json_object *entries = json_object_new_array();
    uint8_t *key = calloc(1, info->key_size), *value = calloc(1, info->value_size);
    const void *prev = NULL;

    while (key != NULL && value != NULL && bpf_map_get_next_key(fd, prev, key) == 0) {
        if (bpf_map_lookup_elem(fd, key, value) == 0)
            json_object_array_add(entries, entry_json(info, key, value));
        prev = key;
    }
    free(key);
    free(value);
    return entries;
}

static struct json_object *map_json(const struct bpf_map *map)
{
    struct bpf_map_info info = {0};
    __u32 len = sizeof(info);
    int fd = bpf_map__fd(map);
    struct json_object *m;

    if (bpf_obj_get_info_by_fd(fd, &info, &len) != 0)
        return NULL;
    m = json_object_new_object();
    json_object_object_add(m, "name", json_object_new_string(bpf_map__name(map)));
    json_object_object_add(m, "type",
                           json_object_new_string(libbpf_bpf_map_type_str(bpf_map__type(map))));
    json_object_object_add(m, "entries", entries_json(fd, &info));
    return m;
}

struct json_object *kernel_maps_dump(const struct bpf_object *obj)
{
    struct json_object *maps = json_object_new_array();
    struct bpf_map *map;

    bpf_object__for_each_map(map, obj)
    {
        struct json_object *m = map_json(map);

        if (m == NULL) {
            fprintf(stderr, "map %s: %s\n", bpf_map__name(map), strerror(errno));
            json_object_put(maps);
            return NULL;
        }
        json_object_array_add(maps, m);
    }
    return maps;
}
