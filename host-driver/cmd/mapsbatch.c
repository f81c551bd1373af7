/* SPDX-License-Identifier: BSD-3-Clause */
/* A map's contents by BPF_MAP_LOOKUP_BATCH. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/maps.h"
#include "cmd/maptype.h"

#define CHUNK    1024u /* entries asked for at once */
#define TOKEN    64u   /* bytes, at least: where the next batch begins */
#define NO_BATCH 1

struct batch {
    struct map_dump *m;
    unsigned char *keys, *values, *token;
    uint32_t room; /* entries */
    size_t value_bytes;
    bool begun;
};

static int make_room(struct batch *b, uint32_t entries)
{
    unsigned char *keys = realloc(b->keys, (size_t)entries * b->m->key_size + 1);
    unsigned char *values;

    if (keys == NULL)
        return -ENOMEM;
    b->keys = keys;
    values = realloc(b->values, (size_t)entries * b->value_bytes + 1);
    if (values == NULL)
        return -ENOMEM;
    b->values = values;
    b->room = entries;
    return 0;
}

static int keep(struct batch *b, uint32_t count)
{
    struct map_dump *m = b->m;
    size_t size = map_entry_size(m);
    unsigned char *grown = realloc(m->entries, (m->count + count) * size + 1);

    if (grown == NULL)
        return -ENOMEM;
    m->entries = grown;
    for (uint32_t i = 0; i < count; i++, m->count++) {
        unsigned char *e = m->entries + m->count * size;

        memset(e, 0, size);
        memcpy(e, b->keys + (size_t)i * m->key_size, m->key_size);
        memcpy(e + (size - m->copies * m->stride), b->values + i * b->value_bytes, b->value_bytes);
    }
    return 0;
}

/* 0 with more to come, -ENOENT after the last, NO_BATCH, or another negative errno. */
static int next_batch(struct batch *b, int fd)
{
    uint32_t count = b->room;
    int code = 0, rc;

    if (bpf_map_lookup_batch(fd, b->begun ? b->token : NULL, b->token, b->keys, b->values, &count,
                             NULL) != 0)
        code = errno;
    if (code == ENOSPC) /* one bucket has more entries than there is room */
        return b->room < b->m->max_entries ? make_room(b, b->room * 2) : -EIO;
    if (code != 0 && code != ENOENT)
        return b->begun ? -code : NO_BATCH;
    if (count > b->room || b->m->count + count > b->m->max_entries)
        return -EIO;
    b->begun = true;
    rc = keep(b, count);
    return rc != 0 ? rc : -code;
}

int map_read_batches(struct map_dump *m, int fd)
{
    uint32_t type = bpf_map__type(m->map);
    size_t token = m->key_size > TOKEN ? m->key_size : TOKEN;
    struct batch b = {
        .m = m, .value_bytes = map_type_per_cpu(type) ? m->copies * m->stride : m->value_size};
    int rc;

    if (m->max_entries < CHUNK || map_type_keyless(type) || map_type_holds_maps(type))
        return NO_BATCH;
    b.token = calloc(1, token);
    rc = b.token != NULL ? make_room(&b, CHUNK) : -ENOMEM;
    while (rc == 0)
        rc = next_batch(&b, fd);
    free(b.keys);
    free(b.values);
    free(b.token);
    return rc == -ENOENT ? 0 : rc;
}
