/* SPDX-License-Identifier: BSD-3-Clause */
/* MAP_LOOKUP/UPDATE/DELETE_ELEM, MAP_GET_NEXT_KEY, MAP_FREEZE. The map's own errors are the
 * firmware's. */
#include <errno.h>

#include <stdlib.h>

#include "bpf/bpf_impl.h"

struct map_obj *map_for(struct nicbpf *b, uint32_t fd, uint32_t access, int *err)
{
    struct map_obj *m = map_of_fd(b, fd, err);

    if (!m)
        return NULL;
    uint32_t only = obj_fd_access((int)fd);
    if ((access & BPF_F_RDONLY && only == BPF_F_WRONLY) ||
        (access & BPF_F_WRONLY && (only == BPF_F_RDONLY || m->frozen))) {
        *err = -EPERM;
        return NULL;
    }
    return m;
}

uint32_t map_user_bytes(const struct nicbpf *b, const struct map_obj *m)
{
    return nicdrv_map_value_bytes(b->drv, &m->hw);
}

/* A key of no bytes must be NULL, any other must not. */
static int check_key(const struct map_obj *m, uint64_t key)
{
    if (!m->hw.spec.key_size)
        return key ? -EINVAL : 0;
    return key ? 0 : -EFAULT;
}

/* BPF_F_LOCK needs a lock in the value. */
static int check_lock(const struct map_obj *m, uint64_t flags)
{
    return flags & BPF_F_LOCK && !m->spin_lock ? -EINVAL : 0;
}

/* ---- one element of any type: its own function, or the firmware's ---- */

int map_lookup(struct nicbpf *b, struct map_obj *m, const void *key, void *value, uint64_t flags)
{
    if (m->ops->lookup)
        return m->ops->lookup(b, m, key, value, flags);
    return nicdrv_map_lookup_flags(b->drv, &m->hw, key, value, flags);
}

int map_update(struct nicbpf *b, struct map_obj *m, const void *key, const void *value,
               uint64_t flags)
{
    if (m->ops->update)
        return m->ops->update(b, m, key, value, flags);
    return nicdrv_map_update(b->drv, &m->hw, key, value, flags);
}

int map_delete(struct nicbpf *b, struct map_obj *m, const void *key)
{
    if (m->ops->del)
        return m->ops->del(b, m, key);
    return nicdrv_map_delete(b->drv, &m->hw, key);
}

int map_next(struct nicbpf *b, struct map_obj *m, const void *key, void *next)
{
    if (m->ops->next)
        return m->ops->next(b, m, key, next);
    return nicdrv_map_next(b->drv, &m->hw, key, next);
}

static bool is_queue(const struct map_obj *m)
{
    return m->hw.spec.type == BPF_MAP_TYPE_QUEUE || m->hw.spec.type == BPF_MAP_TYPE_STACK;
}

static int map_take(struct nicbpf *b, struct map_obj *m, const void *key, void *value,
                    uint64_t flags)
{
    const uint32_t walk = 1u << (BPF_MAP_LOOKUP_AND_DELETE_BATCH - BPF_MAP_LOOKUP_BATCH);

    if (m->ops->take)
        return m->ops->take(b, m, key, value, flags);
    /* hash tables take by key, but not those of descriptors */
    if (!is_queue(m) && (m->ops->lookup || !(m->ops->batch & walk)))
        return -BPF_ENOTSUPP;
    return nicdrv_map_lookup_delete(b->drv, &m->hw, key, value, flags);
}

/* ---- the commands ---- */

/* A value to be filled for the user: found out where it does not go only when it is there. */
static int lookup_to(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr,
                     int (*get)(struct nicbpf *b, struct map_obj *m, const void *key, void *value,
                                uint64_t flags))
{
    void *value = user_ptr(attr->value);
    void *own = value ? NULL : malloc(map_user_bytes(b, m));

    if (!value && !own)
        return -ENOMEM;
    int rc = get(b, m, user_ptr(attr->key), value ? value : own, attr->flags);
    free(own);
    return rc || value ? rc : -EFAULT;
}

long cmd_map_lookup(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    int rc;

    (void)user;
    if (attr->flags & ~(uint64_t)BPF_F_LOCK)
        return -EINVAL;
    struct map_obj *m = map_for(b, attr->map_fd, BPF_F_RDONLY, &rc);
    if (!m)
        return rc;
    rc = check_lock(m, attr->flags);
    if (!rc)
        rc = check_key(m, attr->key);
    if (!rc && m->hw.spec.type == BPF_MAP_TYPE_BLOOM_FILTER && !attr->value)
        rc = -EFAULT; /* the value is what is asked for */
    return rc ? rc : lookup_to(b, m, attr, map_lookup);
}

long cmd_map_take(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    int rc;

    (void)user;
    if (attr->flags & ~(uint64_t)BPF_F_LOCK)
        return -EINVAL;
    struct map_obj *m = map_for(b, attr->map_fd, BPF_F_RDONLY | BPF_F_WRONLY, &rc);
    if (!m)
        return rc;
    rc = attr->flags && is_queue(m) ? -EINVAL : check_lock(m, attr->flags);
    if (!rc)
        rc = check_key(m, attr->key);
    return rc ? rc : lookup_to(b, m, attr, map_take);
}

long cmd_map_update(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    int rc;
    struct map_obj *m = map_for(b, attr->map_fd, BPF_F_WRONLY, &rc);

    (void)user;
    if (!m)
        return rc;
    rc = check_lock(m, attr->flags);
    if (!rc)
        rc = check_key(m, attr->key);
    if (!rc && !attr->value && m->hw.spec.value_size)
        rc = -EFAULT;
    if (!rc && !m->ops->update && (attr->flags & ~(uint64_t)BPF_F_LOCK) > BPF_EXIST)
        rc = -EINVAL;
    return rc ? rc : map_update(b, m, user_ptr(attr->key), user_ptr(attr->value), attr->flags);
}

long cmd_map_delete(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    int rc;
    struct map_obj *m = map_for(b, attr->map_fd, BPF_F_WRONLY, &rc);

    (void)user;
    if (!m)
        return rc;
    rc = check_key(m, attr->key);
    return rc ? rc : map_delete(b, m, user_ptr(attr->key));
}

long cmd_map_next(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    uint8_t unseen[MAP_KEY_MAX];
    int rc;
    struct map_obj *m = map_for(b, attr->map_fd, BPF_F_RDONLY, &rc);

    (void)user;
    if (!m)
        return rc;
    if (!m->hw.spec.key_size && attr->key)
        return -EINVAL;
    rc = map_next(b, m, user_ptr(attr->key), attr->next_key ? user_ptr(attr->next_key) : unseen);
    return rc || attr->next_key ? rc : -EFAULT;
}

long cmd_map_freeze(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    int rc;
    struct map_obj *m = map_of_fd(b, attr->map_fd, &rc);

    (void)user;
    if (!m)
        return rc;
    if (m->spin_lock || m->timer)
        return -BPF_ENOTSUPP;
    /* the right to write, which freezing takes, is what freezing needs */
    if (!map_for(b, attr->map_fd, BPF_F_WRONLY, &rc))
        return rc;
    if (map_mapped_for_write(b, m))
        return -EBUSY;
    m->frozen = true;
    return 0;
}

int map_frozen_values(struct nicbpf *b, struct map_obj *m)
{
    const struct fw_map_spec *spec = &m->hw.spec;
    const uint32_t key = 0;

    if (m->frozen_data || !m->frozen || !(m->flags & BPF_F_RDONLY_PROG) ||
        spec->type != BPF_MAP_TYPE_ARRAY || spec->max_entries != 1)
        return 0;
    uint8_t *data = malloc(spec->value_size);
    if (!data)
        return -ENOMEM;
    int rc = nicdrv_map_lookup(b->drv, &m->hw, &key, data);
    if (rc)
        free(data);
    else
        m->frozen_data = data;
    return rc;
}
