/* SPDX-License-Identifier: BSD-3-Clause */
/* Map operations on many entries: a call is as many admin commands as its bytes need. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "driver/driver_impl.h"

#define COMMAND_BYTES 65536u /* of keys and values that one command carries, when entries allow */
#define ENOTSUPP_BPF  524    /* what the kernel answers; not in the C library's errno.h */

static bool by_bucket(uint32_t type)
{
    return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
           type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool by_key(uint32_t type)
{
    return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
           type == BPF_MAP_TYPE_LPM_TRIE;
}

static bool supported(uint32_t type, enum nicdrv_batch_op op)
{
    if (op == NICDRV_BATCH_LOOKUP || op == NICDRV_BATCH_UPDATE)
        return by_bucket(type) || by_key(type);
    if (op == NICDRV_BATCH_DELETE)
        return by_bucket(type) || type == BPF_MAP_TYPE_LPM_TRIE;
    return by_bucket(type);
}

uint32_t nicdrv_map_cursor_bytes(const struct nicdrv_map *map)
{
    return by_bucket(map->spec.type) ? sizeof(uint32_t) : map->spec.key_size;
}

/* Sizes of one call's entries. */
struct shape {
    uint32_t key, value; /* bytes */
    uint32_t step;       /* entries of a command */
};

static struct shape shape_of(const struct nicdrv *drv, const struct nicdrv_map *map,
                             enum nicdrv_batch_op op)
{
    struct shape s = {
        .key = map->spec.key_size,
        .value = op == NICDRV_BATCH_DELETE ? 0 : nicdrv_map_value_bytes(drv, map),
    };
    uint64_t entry = (uint64_t)s.key + s.value;

    s.step = entry >= COMMAND_BYTES ? 1 : (uint32_t)(COMMAND_BYTES / entry);
    return s;
}

/* ---- lookups ---- */

/* What a lookup call knows between its commands. */
struct walk {
    struct nicdrv *drv;
    const struct nicdrv_map *map;
    struct shape shape;
    struct nicdrv_batch *batch;
    uint8_t *stage;   /* keys, then values, of one command */
    uint32_t entries; /* that the stage holds */
    uint64_t arg1;    /* FW_BATCH_DELETE or 0 */
    uint32_t done;
    uint32_t bucket; /* hash types: to go on with */
    bool end;
};

static const void *walk_cursor(const struct walk *w)
{
    const uint8_t *keys = w->batch->keys;

    if (!w->done)
        return w->batch->in;
    return by_bucket(w->map->spec.type) ? (const void *)&w->bucket
                                        : keys + (size_t)(w->done - 1) * w->shape.key;
}

static int stage_room(struct walk *w, uint32_t entries)
{
    size_t entry = (size_t)w->shape.key + w->shape.value;
    uint32_t cursor = nicdrv_map_cursor_bytes(w->map);

    if (entries <= w->entries)
        return 0;
    free(w->stage);
    w->stage = malloc(entries * entry + cursor);
    w->entries = w->stage ? entries : 0;
    return w->stage ? 0 : -ENOMEM;
}

static void walk_take(struct walk *w, const uint8_t *values, uint64_t result)
{
    uint32_t n = (uint32_t)result & ~FW_BATCH_END;
    uint32_t room = w->batch->count - w->done;

    n = n < room ? n : room; /* the firmware is not trusted */
    if (n) {
        memcpy((uint8_t *)w->batch->keys + (size_t)w->done * w->shape.key, w->stage,
               (size_t)n * w->shape.key);
        memcpy((uint8_t *)w->batch->values + (size_t)w->done * w->shape.value, values,
               (size_t)n * w->shape.value);
    }
    w->done += n;
    w->bucket = (uint32_t)(result >> 32);
    w->end = (result & FW_BATCH_END) != 0;
}

/* One command for `want` entries. -ENOSPC: *more entries are in the next bucket. */
static int walk_step(struct walk *w, uint32_t want, uint32_t *more)
{
    const void *cursor = walk_cursor(w);
    uint32_t bytes = nicdrv_map_cursor_bytes(w->map), keys = want * w->shape.key;
    uint32_t key_len = keys < bytes ? bytes : keys;
    uint8_t *values = w->stage + key_len;
    uint64_t result = 0;
    struct fw_sqe sqe = {
        .op = FW_ADMIN_MAP_LOOKUP_BATCH,
        .handle = w->map->handle,
        .arg0 = want,
        .arg1 = w->arg1 | (cursor ? FW_BATCH_MORE : 0),
    };
    struct admin_io io = {
        .key = cursor,
        .key_in = bytes,
        .key_len = key_len,
        .key_out = w->stage,
        .out = values,
        .value_len = want * w->shape.value,
        .patience_ns = map_patience_ns(w->drv, &w->map->spec),
    };
    int rc = admin_exec(w->drv, &sqe, &io, &result);

    *more = (uint32_t)result & ~FW_BATCH_END;
    if (!rc)
        walk_take(w, values, result);
    return rc;
}

/* Until the call's room is used or the map is through. */
static int walk_all(struct walk *w)
{
    uint32_t more = 0, want = w->shape.step;
    int rc = 0;

    while (!rc && !w->end && w->done < w->batch->count) {
        uint32_t room = w->batch->count - w->done, before = w->done;
        want = want < room ? want : room;
        rc = stage_room(w, want);
        if (!rc)
            rc = walk_step(w, want, &more);
        if (rc == -ENOSPC && more > want && more <= room) {
            want = more; /* a bucket larger than the step, for which there is room */
            rc = 0;
        } else if (rc == -ENOSPC && w->done) {
            return 0; /* the next call will meet it first */
        } else if (!rc && w->done == before && !w->end) {
            return -EPROTO; /* neither an entry nor the end */
        } else {
            want = w->shape.step;
        }
    }
    return rc;
}

static int lookup(struct nicdrv *drv, const struct nicdrv_map *map, enum nicdrv_batch_op op,
                  struct nicdrv_batch *b)
{
    struct walk w = {
        .drv = drv,
        .map = map,
        .batch = b,
        .shape = shape_of(drv, map, op),
        .arg1 = op == NICDRV_BATCH_LOOKUP_DELETE ? FW_BATCH_DELETE : 0,
    };
    int rc = walk_all(&w);

    if (w.done)
        memcpy(b->out, walk_cursor(&w), nicdrv_map_cursor_bytes(map));
    b->count = w.done;
    free(w.stage);
    return rc ? rc : w.end ? -ENOENT : 0;
}

/* ---- changes ---- */

static int change(struct nicdrv *drv, const struct nicdrv_map *map, enum nicdrv_batch_op op,
                  struct nicdrv_batch *b)
{
    struct shape s = shape_of(drv, map, op);
    bool update = op == NICDRV_BATCH_UPDATE;
    uint32_t done = 0;
    int rc = 0;

    while (!rc && done < b->count) {
        uint32_t n = b->count - done < s.step ? b->count - done : s.step;
        uint64_t result = 0;
        struct fw_sqe sqe = {
            .op = update ? FW_ADMIN_MAP_UPDATE_BATCH : FW_ADMIN_MAP_DELETE_BATCH,
            .handle = map->handle,
            .arg0 = n,
            .arg1 = update ? b->flags : 0,
        };
        struct admin_io io = {
            .key = (const uint8_t *)b->keys + (size_t)done * s.key,
            .key_len = n * s.key,
            .in = update ? (const uint8_t *)b->values + (size_t)done * s.value : NULL,
            .value_len = n * s.value,
        };
        rc = admin_exec(drv, &sqe, &io, &result);
        done += result < n ? (uint32_t)result : n;
    }
    b->count = done;
    return rc;
}

int nicdrv_map_batch(struct nicdrv *drv, const struct nicdrv_map *map, enum nicdrv_batch_op op,
                     struct nicdrv_batch *b)
{
    if (!supported(map->spec.type, op))
        return -ENOTSUPP_BPF;
    if (b->flags & ~(uint64_t)BPF_F_LOCK || (b->flags && !map->spec.lock_at))
        return -EINVAL;
    if (!b->count)
        return 0;
    return op == NICDRV_BATCH_LOOKUP || op == NICDRV_BATCH_LOOKUP_DELETE ? lookup(drv, map, op, b)
                                                                         : change(drv, map, op, b);
}
