/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Map commands on many entries at once. Entries pass through one stage, keys
 * first, so that each command costs two transfers and not two an entry.
 */
#include "admin/stage.h"
#include "core/mem.h"
#include "platform/platform.h"

struct batch {
    struct fw_ctl *ctl;
    const struct fw_sqe *sqe;
    struct fw_map *m;
    struct fw_stage stage;
    uint8_t *keys, *values; /* in the stage */
    uint32_t key_bytes, value_bytes, room;
    uint32_t done, next;
    int end;
};

/* As many entries as the host has room for; fewer when there is no DRAM for them. */
static int batch_open(struct batch *b, struct fw_ctl *ctl, const struct fw_sqe *sqe, int values)
{
    *b = (struct batch){.ctl = ctl, .sqe = sqe, .m = fw_maps_find(&ctl->maps, sqe->handle)};
    if (!b->m)
        return FW_ENOENT;
    b->key_bytes = b->m->spec.key_size;
    b->value_bytes = values ? fw_map_host_bytes(b->m) : 0;
    uint32_t entry = b->key_bytes + b->value_bytes;
    if (sqe->arg0 == 0 || b->key_bytes == 0 || sqe->arg0 > sqe->key_len / b->key_bytes ||
        (values && sqe->arg0 > sqe->value_len / b->value_bytes))
        return FW_EINVAL;
    b->room = (uint32_t)sqe->arg0;
    int err = fw_stage_open(ctl, &b->stage, (uint64_t)b->room * entry);
    if (err == FW_ENOMEM && FW_SCRATCH / entry > 0) {
        b->room = FW_SCRATCH / entry;
        err = fw_stage_open(ctl, &b->stage, (uint64_t)b->room * entry);
    }
    b->keys = b->stage.mem;
    b->values = b->stage.mem + (size_t)b->room * b->key_bytes;
    return err;
}

static uint8_t *key_at(const struct batch *b, uint32_t i)
{
    return b->keys + (size_t)i * b->key_bytes;
}

static uint8_t *value_at(const struct batch *b, uint32_t i)
{
    return b->values + (size_t)i * b->value_bytes;
}

/* ---- lookups ---- */

/* Whole buckets from b->next on. ENOSPC when not even the first fits: b->done = what it holds. */
static int by_bucket(struct batch *b, int del)
{
    uint32_t n = 0;
    int err = 0;
    while (!err) {
        err = b->m->ops->bucket(b->m, b->next, b->room - b->done, key_at(b, b->done),
                                value_at(b, b->done), &n, del);
        b->done += err ? 0 : n;
        b->next += err ? 0 : 1;
    }
    b->end = err == FW_ENOENT;
    if (err != FW_ENOSPC || b->done)
        return 0;
    b->done = n;
    return FW_ENOSPC;
}

/* Entry by entry after the key at `prev`, or from the first on; `prev` moves along. */
static int by_key(struct batch *b, uint8_t prev[FW_KEY_MAX], int more)
{
    uint8_t key[FW_KEY_MAX];
    for (; b->done < b->room; more = 1) {
        int err = fw_map_next(b->m, more ? prev : NULL, key);
        b->end = err == FW_ENOENT;
        if (err)
            return b->end ? 0 : err;
        memcpy(prev, key, b->key_bytes);
        if (fw_map_read(b->m, prev, value_at(b, b->done), 0) != 0)
            continue; /* it has gone meanwhile */
        memcpy(key_at(b, b->done), prev, b->key_bytes);
        b->done++;
    }
    return 0;
}

static int gather(struct batch *b, int more, int del)
{
    uint8_t cursor[FW_KEY_MAX];
    uint32_t bytes = b->m->ops->bucket ? sizeof(b->next) : b->key_bytes;
    int err = !more                     ? 0
              : b->sqe->key_len < bytes ? FW_EINVAL
                                        : plat_dma_read(cursor, b->sqe->key_iova, bytes);
    if (err)
        return err;
    if (!b->m->ops->bucket)
        return del ? FW_ENOTSUPP : by_key(b, cursor, more);
    if (more)
        memcpy(&b->next, cursor, bytes);
    return by_bucket(b, del);
}

static int put_all(const struct batch *b)
{
    if (b->done == 0)
        return 0;
    int err = plat_dma_write(b->sqe->key_iova, b->keys, b->done * b->key_bytes);
    if (!err)
        err = plat_dma_write(b->sqe->value_iova, b->values, b->done * b->value_bytes);
    return err;
}

int fw_cmd_MAP_LOOKUP_BATCH(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    int more = (sqe->arg1 & FW_BATCH_MORE) != 0;
    int del = (sqe->arg1 & FW_BATCH_DELETE) != 0;
    struct batch b;
    if (sqe->arg1 & ~(uint64_t)(FW_BATCH_MORE | FW_BATCH_DELETE))
        return FW_EINVAL;
    int err = batch_open(&b, ctl, sqe, 1);
    if (err)
        return err;
    if (b.m->spec.flags & (FW_F_WRONLY | (del ? FW_F_RDONLY : 0)))
        err = FW_EPERM;
    if (!err)
        err = gather(&b, more, del);
    if (!err)
        err = put_all(&b);
    *result = (uint64_t)b.next << 32 | (b.end ? FW_BATCH_END : 0) | b.done;
    fw_stage_close(ctl, &b.stage);
    return err;
}

/* ---- changes ---- */

typedef int change_fn(struct batch *b, uint32_t i);

static int update_one(struct batch *b, uint32_t i)
{
    return fw_map_write(b->m, key_at(b, i), value_at(b, i), b->sqe->arg1);
}

static int delete_one(struct batch *b, uint32_t i)
{
    return fw_map_delete(b->m, key_at(b, i));
}

/* Takes entries [done, done + n) of the command from the host, and changes each. */
static int change_some(struct batch *b, uint32_t n, change_fn *change, uint32_t *done)
{
    uint64_t keys = b->sqe->key_iova + (uint64_t)*done * b->key_bytes;
    uint64_t values = b->sqe->value_iova + (uint64_t)*done * b->value_bytes;
    int err = plat_dma_read(b->keys, keys, n * b->key_bytes);
    if (!err && b->value_bytes)
        err = plat_dma_read(b->values, values, n * b->value_bytes);
    for (uint32_t i = 0; i < n && !err; i++) {
        err = change(b, i);
        *done += !err;
    }
    return err;
}

static int change_all(struct fw_ctl *ctl, const struct fw_sqe *sqe, int values, change_fn *change,
                      uint64_t *result)
{
    uint32_t done = 0;
    struct batch b;
    int err = batch_open(&b, ctl, sqe, values);
    if (err)
        return err;
    if (b.m->spec.flags & FW_F_RDONLY)
        err = FW_EPERM;
    while (!err && done < sqe->arg0) {
        uint32_t left = (uint32_t)sqe->arg0 - done;
        err = change_some(&b, left < b.room ? left : b.room, change, &done);
    }
    *result = done;
    fw_stage_close(ctl, &b.stage);
    return err;
}

int fw_cmd_MAP_UPDATE_BATCH(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    return change_all(ctl, sqe, 1, update_one, result);
}

int fw_cmd_MAP_DELETE_BATCH(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    return change_all(ctl, sqe, 0, delete_one, result);
}
