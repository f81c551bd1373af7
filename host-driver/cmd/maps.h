/* SPDX-License-Identifier: BSD-3-Clause */
/* Maps of a loaded object: initial contents from a file, contents afterwards. */
#ifndef CMD_MAPS_H
#define CMD_MAPS_H

#include <bpf/libbpf.h>
#include <json-c/json.h>
#include <stdio.h>

#include "nic/err.h"

/*
 * Lines "map NAME KEYHEX VALUEHEX"; empty ones and those that start with # are
 * skipped. -EINVAL and others, with "file:line: reason" in err.
 */
int maps_load(struct bpf_object *obj, const char *path, struct nic_err *err);

/* A map's contents: `count` entries of key, then value. */
struct map_dump {
    const struct bpf_map *map;
    const char *name, *type;
    uint32_t key_size, value_size, max_entries;
    size_t count;
    unsigned char *entries;
};

/* Reads all maps of the object, in its order. *out is owned by the caller. */
int maps_read(struct bpf_object *obj, struct map_dump **out, size_t *count, struct nic_err *err);
void maps_free(struct map_dump *maps, size_t count);

const unsigned char *map_key(const struct map_dump *m, size_t i);
const unsigned char *map_value(const struct map_dump *m, size_t i);

/* [{name, type, entries}] with bytes as bpftool shows them; NULL when out of memory. */
json_object *maps_json(const struct map_dump *maps, size_t count);

/* For people: by name, decoded by BTF; at most `most` entries of each map. */
void maps_print(FILE *out, const struct bpf_object *obj, const struct map_dump *maps, size_t count,
                size_t most);

#endif
