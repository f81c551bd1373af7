/* SPDX-License-Identifier: BSD-3-Clause */
/* Maps of a loaded object: initial contents from a file, contents afterwards. */
#ifndef CMD_MAPS_H
#define CMD_MAPS_H

#include <bpf/libbpf.h>
#include <json-c/json.h>
#include <stdio.h>

#include "nic/err.h"

/*
 * Lines "map NAME KEY VALUE"; empty ones and those that start with # are skipped. KEY and VALUE
 * are hexadecimal; VALUE may have several parts, each of them may be prog:NAME or map:NAME (a
 * program or map of the object, four bytes), KEY is - in a queue or stack. -EINVAL and others,
 * with "file:line: reason" in err.
 */
int maps_load(struct bpf_object *obj, const char *path, struct nic_err *err);

/* Calls fn with each NAME of a prog:NAME in the file. */
int maps_programs(const char *path, void (*fn)(void *ctx, const char *name), void *ctx,
                  struct nic_err *err);

/* Values that an entry has: one, or one for each processor of the card. */
size_t map_copies(const struct bpf_map *map);

/* A map's contents: `count` entries of key, then its values, each at a multiple of `stride`. */
struct map_dump {
    const struct bpf_map *map;
    const char *name, *type;
    uint32_t key_size, value_size, max_entries;
    size_t copies, stride; /* stride in bytes */
    size_t count;
    unsigned char *entries;
};

/* ---- mapsbatch.c ---- */
/*
 * Reads a large map many entries at a time. 1: this map or card has no such command, and nothing
 * was read; else 0 or a negative errno.
 */
int map_read_batches(struct map_dump *m, int fd);

/* Reads all maps of the object, in its order. *out is owned by the caller. */
int maps_read(struct bpf_object *obj, struct map_dump **out, size_t *count, struct nic_err *err);
void maps_free(struct map_dump *maps, size_t count);

const unsigned char *map_key(const struct map_dump *m, size_t i);
const unsigned char *map_value(const struct map_dump *m, size_t i, size_t copy);
size_t map_entry_size(const struct map_dump *m); /* bytes from one entry to the next */
/* The program or map that a value stands for, "" when it stands for none. */
void map_value_name(const struct map_dump *m, size_t i, char *buf, size_t len);

/* [{name, type, entries}], values per processor and names of programs and maps included, with bytes
 * as bpftool shows them; NULL when out of memory. */
json_object *maps_json(const struct map_dump *maps, size_t count);

/* For people: by name, decoded by BTF; at most `most` entries of each map. */
void maps_print(FILE *out, const struct bpf_object *obj, const struct map_dump *maps, size_t count,
                size_t most);

#endif
