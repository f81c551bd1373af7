/* SPDX-License-Identifier: BSD-3-Clause */
/* ARRAY_OF_MAPS, HASH_OF_MAPS. */
#include <errno.h>
#include <string.h>

#include "bpf/map_fd.h"

static bool is_of_maps(uint32_t type)
{
    return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* The kernel's bpf_map_meta_alloc(): one level, and no program arrays. */
static int check_inner(struct nicbpf *b, const union bpf_attr *attr, struct map_obj **inner)
{
    int err;

    *inner = map_of_fd(b, attr->inner_map_fd, &err);
    if (!*inner)
        return refuse_map(b, err, attr, "inner_map_fd is not a map");
    if (is_of_maps((*inner)->hw.spec.type))
        return refuse_map(b, -EINVAL, attr, "a map of maps of maps");
    if ((*inner)->hw.spec.type == BPF_MAP_TYPE_PROG_ARRAY)
        return refuse_map(b, -BPF_ENOTSUPP, attr, "a program array cannot be an inner map");
    return 0;
}

static int check(struct nicbpf *b, const union bpf_attr *attr)
{
    bool hash = attr->map_type == BPF_MAP_TYPE_HASH_OF_MAPS;
    uint32_t known = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY;
    struct map_obj *inner;

    if (hash)
        known |= BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
    if (attr->value_size != 4 || !attr->max_entries || !attr->key_size ||
        (!hash && attr->key_size != 4))
        return refuse_map(b, -EINVAL, attr, "a map of maps has values of 4 bytes");
    if (attr->map_flags & ~known)
        return refuse_map(b, -EINVAL, attr, "a flag that this map type has not");
    return check_inner(b, attr, &inner);
}

/* What the verifier is told of each inner map; the frozen contents of one are not those of all. */
static int opened(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr)
{
    struct map_obj *inner;
    int rc = check_inner(b, attr, &inner);

    if (!rc)
        rc = fds_opened(b, m, attr);
    if (rc)
        return rc;
    memcpy(m->fds->inner_name, inner->name, sizeof(m->fds->inner_name));
    m->fds->inner_flags = inner->flags;
    m->fds->inner = (struct offload_map){
        .type = inner->hw.spec.type,
        .key_size = inner->hw.spec.key_size,
        .value_size = inner->hw.spec.value_size,
        .max_entries = inner->hw.spec.max_entries,
        .flags = inner->flags,
        .name = m->fds->inner_name,
        .spin_lock = inner->spin_lock,
        .timer = inner->timer,
    };
    return 0;
}

/* Types whose length programs may rely on: look-ups by constant index, registers of sockets. */
static bool length_matters(const struct offload_map *meta)
{
    if (meta->type == BPF_MAP_TYPE_ARRAY)
        return !(meta->flags & BPF_F_INNER_MAP);
    return meta->type == BPF_MAP_TYPE_PERCPU_ARRAY || meta->type == BPF_MAP_TYPE_XSKMAP;
}

/* The kernel's bpf_map_meta_equal(), with what arrays add. */
static bool fits(const struct map_fds *fds, const struct map_obj *inner)
{
    const struct offload_map *meta = &fds->inner;
    const struct fw_map_spec *is = &inner->hw.spec;

    if (meta->type != is->type || meta->key_size != is->key_size ||
        meta->value_size != is->value_size || fds->inner_flags != inner->flags ||
        meta->spin_lock != inner->spin_lock || meta->timer != inner->timer)
        return false;
    return !length_matters(meta) || meta->max_entries == is->max_entries;
}

static int update(struct nicbpf *b, struct map_obj *m, const void *key, const void *value,
                  uint64_t flags)
{
    uint32_t index, fd;
    int err;

    memcpy(&fd, value, sizeof(fd));
    if (m->hw.spec.type == BPF_MAP_TYPE_ARRAY_OF_MAPS) {
        memcpy(&index, key, sizeof(index));
        if (flags != BPF_ANY)
            return -EINVAL;
        if (index >= m->hw.spec.max_entries)
            return -E2BIG;
    }
    struct map_obj *inner = map_of_fd(b, fd, &err);
    if (!inner)
        return err;
    if (!fits(m->fds, inner))
        return -EINVAL;
    return fds_update(b, m, key, &inner->hw.handle, flags, &inner->obj, inner->hw.handle);
}

const struct map_ops map_fd_array_of_maps = {
    .type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
    .check = check,
    .opened = opened,
    .closed = fds_closed,
    .lookup = fds_lookup,
    .update = update,
    .del = fds_delete,
    .btf = MAP_BTF_NONE,
    .batch = BATCH_ARRAY,
};

const struct map_ops map_fd_hash_of_maps = {
    .type = BPF_MAP_TYPE_HASH_OF_MAPS,
    .check = check,
    .opened = opened,
    .closed = fds_closed,
    .lookup = fds_lookup,
    .update = update,
    .del = fds_delete,
    .btf = MAP_BTF_NONE,
    .batch = BATCH_HASH,
};
