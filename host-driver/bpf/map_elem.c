/* SPDX-License-Identifier: BSD-3-Clause */
/* MAP_LOOKUP/UPDATE/DELETE_ELEM, MAP_GET_NEXT_KEY, MAP_FREEZE. The map's own errors are the
 * firmware's. */
#include <errno.h>

#include <stdlib.h>

#include "bpf/bpf_impl.h"

/* The map of attr->map_fd, if user space may do this to it. */
static int open_map(struct nicbpf *b, const union bpf_attr *attr, uint32_t forbidden,
                    struct map_obj **out)
{
    int err;
    struct map_obj *m = map_of_fd(b, attr->map_fd, &err);

    if (!m)
        return err;
    if (m->flags & forbidden)
        return -EPERM;
    *out = m;
    return 0;
}

long cmd_map_lookup(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct map_obj *m = NULL;
    int rc = attr->flags ? -EINVAL : open_map(b, attr, BPF_F_WRONLY, &m);

    (void)user;
    if (rc)
        return rc;
    if (!attr->key || !attr->value)
        return -EFAULT;
    return nicdrv_map_lookup(b->drv, &m->hw, user_ptr(attr->key), user_ptr(attr->value));
}

long cmd_map_update(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct map_obj *m = NULL;
    int rc = open_map(b, attr, BPF_F_RDONLY, &m);

    (void)user;
    if (rc)
        return rc;
    if (m->frozen)
        return -EPERM;
    if (attr->flags > BPF_EXIST) /* BPF_F_LOCK too: no map here has a spin lock */
        return -EINVAL;
    if (!attr->key || !attr->value)
        return -EFAULT;
    return nicdrv_map_update(b->drv, &m->hw, user_ptr(attr->key), user_ptr(attr->value),
                             attr->flags);
}

long cmd_map_delete(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct map_obj *m = NULL;
    int rc = open_map(b, attr, BPF_F_RDONLY, &m);

    (void)user;
    if (rc)
        return rc;
    if (m->frozen)
        return -EPERM;
    if (!attr->key)
        return -EFAULT;
    return nicdrv_map_delete(b->drv, &m->hw, user_ptr(attr->key));
}

long cmd_map_next(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct map_obj *m = NULL;
    int rc = open_map(b, attr, BPF_F_WRONLY, &m);

    (void)user;
    if (rc)
        return rc;
    if (!attr->next_key)
        return -EFAULT;
    return nicdrv_map_next(b->drv, &m->hw, user_ptr(attr->key), user_ptr(attr->next_key));
}

long cmd_map_freeze(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct map_obj *m = NULL;
    int rc = open_map(b, attr, BPF_F_RDONLY, &m);

    (void)user;
    if (rc)
        return rc;
    if (m->frozen) /* the right to write, which freezing takes, is what freezing needs */
        return -EPERM;
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
