/* SPDX-License-Identifier: BSD-3-Clause */
/* What maps of descriptors share, and PROG_ARRAY. */
#include "bpf/map_fd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- references ---- */

static struct fd_held *find_held(const struct map_obj *m, uint32_t handle)
{
    for (uint32_t i = 0; i < m->fds->count; i++)
        if (m->fds->held[i].handle == handle)
            return &m->fds->held[i];
    return NULL;
}

static int hold(struct map_obj *m, struct obj *obj, uint32_t handle)
{
    struct fd_held *h = find_held(m, handle);

    if (!h) {
        h = realloc(m->fds->held, (m->fds->count + 1) * sizeof(*h));
        if (!h)
            return -ENOMEM;
        m->fds->held = h;
        h += m->fds->count++;
        *h = (struct fd_held){.obj = obj, .handle = handle};
    }
    h->count++;
    obj_get(obj);
    return 0;
}

static void drop(struct nicbpf *b, struct map_obj *m, uint32_t handle)
{
    struct fd_held *h = handle ? find_held(m, handle) : NULL;

    if (!h)
        return;
    struct obj *obj = h->obj;
    if (--h->count == 0)
        *h = m->fds->held[--m->fds->count];
    obj_put(b, obj);
}

static void drop_all(struct nicbpf *b, struct map_obj *m)
{
    while (m->fds->count)
        drop(b, m, m->fds->held[0].handle);
}

int fds_opened(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr)
{
    (void)b, (void)attr;
    m->fds = calloc(1, sizeof(*m->fds));
    return m->fds ? 0 : -ENOMEM;
}

void fds_closed(struct nicbpf *b, struct map_obj *m)
{
    struct map_fds *fds = m->fds;

    if (!fds)
        return;
    drop_all(b, m);
    m->fds = NULL;
    free(fds->held);
    free(fds);
}

uint32_t fds_id(const struct map_obj *m, uint32_t handle)
{
    const struct fd_held *h = find_held(m, handle);

    return h ? h->obj->id : 0;
}

/* ---- entries ---- */

/* The handle in the entry of `key`, 0 when there is none. */
static uint32_t handle_at(struct nicbpf *b, const struct map_obj *m, const void *key)
{
    uint32_t value[2] = {0};

    if (nicdrv_map_lookup(b->drv, &m->hw, key, value))
        return 0;
    return value[m->hw.spec.value_size / 4 - 1];
}

int fds_update(struct nicbpf *b, struct map_obj *m, const void *key, const void *value,
               uint64_t flags, struct obj *obj, uint32_t handle)
{
    uint32_t old = handle_at(b, m, key);
    int rc = handle ? hold(m, obj, handle) : 0;

    if (rc)
        return rc;
    rc = nicdrv_map_update(b->drv, &m->hw, key, value, flags);
    drop(b, m, rc ? handle : old);
    return rc;
}

int fds_delete(struct nicbpf *b, struct map_obj *m, const void *key)
{
    uint32_t old = handle_at(b, m, key);
    int rc = nicdrv_map_delete(b->drv, &m->hw, key);

    if (!rc)
        drop(b, m, old);
    return rc;
}

/* ---- programs ---- */

/*
 * The kernel's bpf_prog_map_compatible(): the first one sets what the others must be, so that no
 * packet in fragments comes to a program that does not know them.
 */
static int check_owner(struct map_obj *m, const struct prog_obj *p)
{
    struct fd_owner is = {
        .set = true,
        .frags = p->prog.frags,
        .type = p->type,
        .attach_type = p->attach_type,
    };
    struct fd_owner *owner = &m->fds->owner;

    if (p->prog.dev_bound)
        return -EINVAL;
    if (!owner->set)
        *owner = is;
    if (owner->type != is.type || owner->frags != is.frags)
        return -EINVAL;
    return m->hw.spec.type == BPF_MAP_TYPE_PROG_ARRAY && owner->attach_type != is.attach_type
               ? -EINVAL
               : 0;
}

/* What entries of such a map are for, which goes before the owner. */
static bool is_for(const struct map_obj *m, const struct prog_obj *p)
{
    switch (m->hw.spec.type) {
    case BPF_MAP_TYPE_DEVMAP:
    case BPF_MAP_TYPE_DEVMAP_HASH:
        return p->attach_type == BPF_XDP_DEVMAP;
    case BPF_MAP_TYPE_CPUMAP:
        return p->attach_type == BPF_XDP_CPUMAP;
    default:
        return true;
    }
}

int fds_prog(struct nicbpf *b, struct map_obj *m, uint32_t fd, struct prog_obj **out)
{
    int err;
    struct prog_obj *p = prog_of_fd(b, fd, &err);

    if (!p)
        return err;
    *out = p;
    return p->loaded && is_for(m, p) ? check_owner(m, p) : -EINVAL;
}

int map_fd_check_use(struct map_obj *m, const struct prog_obj *p)
{
    switch (m->hw.spec.type) {
    case BPF_MAP_TYPE_PROG_ARRAY:
    case BPF_MAP_TYPE_DEVMAP:
    case BPF_MAP_TYPE_CPUMAP: /* but not DEVMAP_HASH, as in the kernel */
        return check_owner(m, p);
    default:
        return 0;
    }
}

void map_fd_clear(struct nicbpf *b, struct map_obj *m)
{
    uint32_t key[MAP_KEY_MAX / 4], next[MAP_KEY_MAX / 4] = {0};

    if (!m->fds || !m->fds->count)
        return;
    obj_get(&m->obj); /* its programs may be the last to refer to it */
    int rc = nicdrv_map_next(b->drv, &m->hw, NULL, key);
    while (!rc && m->fds->count) {
        rc = nicdrv_map_next(b->drv, &m->hw, key, next);
        (void)fds_delete(b, m, key);
        memcpy(key, next, m->hw.spec.key_size);
    }
    drop_all(b, m); /* of a NIC that does not answer any more */
    obj_put(b, &m->obj);
}

/* ---- PROG_ARRAY ---- */

static int check(struct nicbpf *b, const union bpf_attr *attr)
{
    const uint32_t known = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY;

    if (attr->key_size != 4 || attr->value_size != 4 || !attr->max_entries)
        return refuse_map(b, -EINVAL, attr, "a program array has 4-byte keys and values");
    if (attr->map_flags & ~known)
        return refuse_map(b, -EINVAL, attr, "a flag that program arrays do not have");
    return 0;
}

static int update(struct nicbpf *b, struct map_obj *m, const void *key, const void *value,
                  uint64_t flags)
{
    struct prog_obj *p;
    uint32_t index, fd;

    memcpy(&index, key, sizeof(index));
    memcpy(&fd, value, sizeof(fd));
    if (flags != BPF_ANY)
        return -EINVAL;
    if (index >= m->hw.spec.max_entries)
        return -E2BIG;
    int rc = fds_prog(b, m, fd, &p);
    return rc ? rc : fds_update(b, m, key, &p->hw.handle, flags, &p->obj, p->hw.handle);
}

int fds_lookup(struct nicbpf *b, struct map_obj *m, const void *key, void *value, uint64_t flags)
{
    uint32_t handle;
    int rc = nicdrv_map_lookup(b->drv, &m->hw, key, &handle);

    (void)flags;
    if (rc)
        return rc;
    uint32_t id = fds_id(m, handle);
    memcpy(value, &id, sizeof(id));
    return 0;
}

const struct map_ops map_fd_prog_array = {
    .type = BPF_MAP_TYPE_PROG_ARRAY,
    .check = check,
    .opened = fds_opened,
    .closed = fds_closed,
    .lookup = fds_lookup,
    .update = update,
    .del = fds_delete,
};
