/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MAP_*_BATCH. Most are loops over single elements, as in the kernel (kernel/bpf/syscall.c:
 * generic_map_lookup_batch, _update_batch, _delete_batch); hash tables are walked by bucket, by
 * the firmware (hashtab.c: __htab_map_lookup_and_delete_batch). How far a command came is in
 * batch.count, whatever it returns.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf_impl.h"

struct batch {
    struct nicbpf *b;
    struct map_obj *m;
    const union bpf_attr *attr;
    union bpf_attr *user;
    uint32_t key_size, value_size;
};

/* The map, if its type has the command and the descriptor may do it. */
static int begin(struct batch *t, int command, uint32_t access)
{
    int rc;

    t->m = map_for(t->b, t->attr->batch.map_fd, access, &rc);
    if (!t->m)
        return rc;
    if (!(t->m->ops->batch & 1u << (command - BPF_MAP_LOOKUP_BATCH)))
        return -BPF_ENOTSUPP;
    uint64_t flags = t->attr->batch.elem_flags;
    if (flags & ~(uint64_t)BPF_F_LOCK || (flags & BPF_F_LOCK && !t->m->spin_lock))
        return -EINVAL;
    t->key_size = t->m->hw.spec.key_size;
    t->value_size = map_user_bytes(t->b, t->m);
    return 0;
}

static void *key_at(const struct batch *t, uint32_t i)
{
    return (uint8_t *)user_ptr(t->attr->batch.keys) + (size_t)i * t->key_size;
}

static uint8_t *value_at(const struct batch *t, uint32_t i)
{
    return (uint8_t *)user_ptr(t->attr->batch.values) + (size_t)i * t->value_size;
}

/* ---- update and delete ---- */

static int change(const struct batch *t, uint32_t i, bool update)
{
    if (!t->attr->batch.keys || (update && !t->attr->batch.values))
        return -EFAULT;
    if (!update)
        return map_delete(t->b, t->m, key_at(t, i));
    return map_update(t->b, t->m, key_at(t, i), value_at(t, i), t->attr->batch.elem_flags);
}

/* Entries that are the firmware's own go in as few commands as their bytes need. */
static bool in_bulk(const struct batch *t, bool update)
{
    if (!t->attr->batch.keys || (update && !t->attr->batch.values))
        return false;
    return update ? !t->m->ops->update : !t->m->ops->del;
}

static long change_bulk(const struct batch *t, bool update)
{
    struct nicdrv_batch n = {
        .keys = user_ptr(t->attr->batch.keys),
        .values = user_ptr(t->attr->batch.values),
        .count = t->attr->batch.count,
        .flags = t->attr->batch.elem_flags,
    };
    int rc = nicdrv_map_batch(t->b->drv, &t->m->hw,
                              update ? NICDRV_BATCH_UPDATE : NICDRV_BATCH_DELETE, &n);

    t->user->batch.count = n.count;
    return rc;
}

static long change_all(const struct batch *t, bool update)
{
    uint32_t count = t->attr->batch.count, done = 0;
    int rc = 0;

    if (!count)
        return 0;
    if (in_bulk(t, update))
        return change_bulk(t, update);
    while (done < count && !rc) {
        rc = change(t, done, update);
        done += !rc;
    }
    t->user->batch.count = done;
    return rc;
}

long cmd_map_update_batch(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct batch t = {.b = b, .attr = attr, .user = user};
    int rc = begin(&t, BPF_MAP_UPDATE_BATCH, BPF_F_WRONLY);

    return rc ? rc : change_all(&t, true);
}

long cmd_map_delete_batch(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct batch t = {.b = b, .attr = attr, .user = user};
    int rc = begin(&t, BPF_MAP_DELETE_BATCH, BPF_F_WRONLY);

    return rc ? rc : change_all(&t, false);
}

/* ---- lookup of types whose cursor is the last key ---- */

/* The entry after `prev` (NULL: the first). One that a program deletes meanwhile is left out. */
static int look_up(const struct batch *t, const uint8_t *prev, uint32_t i)
{
    uint8_t next[MAP_KEY_MAX], gone[MAP_KEY_MAX];
    bool nowhere = !t->attr->batch.keys || !t->attr->batch.values;
    uint8_t *to = nowhere ? NULL : value_at(t, i), *unseen = nowhere ? malloc(t->value_size) : NULL;

    if (nowhere && !unseen)
        return -ENOMEM;
    int rc = map_next(t->b, t->m, prev, next);
    while (!rc) {
        rc = map_lookup(t->b, t->m, next, to ? to : unseen, t->attr->batch.elem_flags);
        if (rc != -ENOENT)
            break;
        memcpy(gone, next, t->key_size);
        rc = map_next(t->b, t->m, gone, next);
    }
    free(unseen);
    if (!rc && !to)
        return -EFAULT; /* found where nothing can go */
    if (!rc)
        memcpy(key_at(t, i), next, t->key_size);
    return rc;
}

static long look_up_all(const struct batch *t)
{
    const void *in = user_ptr(t->attr->batch.in_batch);
    uint32_t count = t->attr->batch.count, done = 0;
    uint8_t prev[MAP_KEY_MAX];
    int rc = 0;

    if (!count)
        return 0;
    t->user->batch.count = 0;
    if (in)
        memcpy(prev, in, t->key_size);
    while (done < count && !rc) {
        rc = look_up(t, in || done ? prev : NULL, done);
        if (!rc)
            memcpy(prev, key_at(t, done++), t->key_size);
    }
    if (rc == -EFAULT)
        return rc;
    t->user->batch.count = done;
    if (!done)
        return rc;
    if (!t->attr->batch.out_batch)
        return -EFAULT;
    memcpy(user_ptr(t->attr->batch.out_batch), prev, t->key_size);
    return rc;
}

/* ---- hash tables: bucket by bucket, with a cursor of 4 bytes ---- */

static bool has_buckets(const struct batch *t)
{
    return t->m->ops->batch & 1u << (BPF_MAP_LOOKUP_AND_DELETE_BATCH - BPF_MAP_LOOKUP_BATCH);
}

/* Where nothing can go: that matters only when there is something. */
static int walk_nowhere(const struct batch *t)
{
    uint8_t first[MAP_KEY_MAX];
    int rc = map_next(t->b, t->m, NULL, first);

    return rc ? rc : -EFAULT;
}

static long walk_buckets(const struct batch *t, enum nicdrv_batch_op op)
{
    uint32_t cursor = 0;
    struct nicdrv_batch n = {
        .in = user_ptr(t->attr->batch.in_batch),
        .out = &cursor,
        .keys = user_ptr(t->attr->batch.keys),
        .values = user_ptr(t->attr->batch.values),
        .count = t->attr->batch.count,
        .flags = t->attr->batch.elem_flags,
    };

    if (t->attr->batch.flags)
        return -EINVAL;
    if (!n.count)
        return 0;
    t->user->batch.count = 0;
    bool nowhere = !n.keys || !n.values;
    if (nowhere)
        n.count = 0;
    int rc = nowhere ? walk_nowhere(t) : nicdrv_map_batch(t->b->drv, &t->m->hw, op, &n);
    if (rc && rc != -ENOENT && rc != -ENOSPC)
        return rc;
    if (!t->attr->batch.out_batch)
        return -EFAULT;
    if (n.count)
        memcpy(user_ptr(t->attr->batch.out_batch), &cursor, sizeof(cursor));
    t->user->batch.count = n.count;
    return rc;
}

/* ---- hashes of maps: entries are this layer's, the cursor is how many were walked ---- */

/* The entry after `key` leaves when it was read; -ENOENT at the end. */
static int walk_place(const struct batch *t, uint8_t key[MAP_KEY_MAX], uint32_t i, bool take)
{
    int rc;

    if (!t->attr->batch.keys || !t->attr->batch.values)
        return -EFAULT;
    rc = map_lookup(t->b, t->m, key, value_at(t, i), 0);
    if (rc)
        return rc;
    memcpy(key_at(t, i), key, t->key_size);
    return take ? map_delete(t->b, t->m, key) : 0;
}

static long walk_places(const struct batch *t, bool take)
{
    uint8_t key[MAP_KEY_MAX], next[MAP_KEY_MAX];
    uint32_t from = 0, at = 0, done = 0;
    int rc;

    if (t->attr->batch.flags)
        return -EINVAL;
    if (!t->attr->batch.count)
        return 0;
    t->user->batch.count = 0;
    if (t->attr->batch.in_batch)
        memcpy(&from, user_ptr(t->attr->batch.in_batch), sizeof(from));
    rc = map_next(t->b, t->m, NULL, key);
    for (; !rc && (at < from || done < t->attr->batch.count); at++) {
        int more = map_next(t->b, t->m, key, next);
        rc = at < from ? 0 : walk_place(t, key, done, take);
        done += at >= from && !rc;
        rc = rc ? rc : more;
        memcpy(key, next, t->key_size);
    }
    if (rc && rc != -ENOENT)
        return rc;
    if (!t->attr->batch.out_batch)
        return -EFAULT;
    at = take ? from : at;
    memcpy(user_ptr(t->attr->batch.out_batch), &at, sizeof(at));
    t->user->batch.count = done;
    return rc;
}

static bool has_places(const struct batch *t)
{
    return t->m->hw.spec.type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

long cmd_map_lookup_batch(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct batch t = {.b = b, .attr = attr, .user = user};
    int rc = begin(&t, BPF_MAP_LOOKUP_BATCH, BPF_F_RDONLY);

    if (rc)
        return rc;
    if (has_places(&t))
        return walk_places(&t, false);
    return has_buckets(&t) ? walk_buckets(&t, NICDRV_BATCH_LOOKUP) : look_up_all(&t);
}

long cmd_map_take_batch(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct batch t = {.b = b, .attr = attr, .user = user};
    int rc = begin(&t, BPF_MAP_LOOKUP_AND_DELETE_BATCH, BPF_F_RDONLY | BPF_F_WRONLY);

    if (rc)
        return rc;
    return has_places(&t) ? walk_places(&t, true) : walk_buckets(&t, NICDRV_BATCH_LOOKUP_DELETE);
}
