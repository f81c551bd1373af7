/* SPDX-License-Identifier: BSD-3-Clause */
/* HASH_OF_MAPS, DEVMAP_HASH: hashes of the host's values. The control core is the only writer. */
#include "core/mem.h"
#include "maps/hash_impl.h"
#include "maps/ref.h"

static int plan(const struct fw_maps *ms, struct fw_map *m)
{
    int err = fw_ref_bad_spec(m);
    return err ? err : fw_hash_plan(ms, m, 8);
}

static uint64_t find(const struct fw_map *m, const void *key)
{
    const void *value = fw_hash_lookup(m, m->hot, key);
    if (!value)
        return 0;
    return m->spec.value_size == 8 ? fw_get64(value) : fw_get32(value);
}

static void *lookup(const struct fw_map *m, const void *key)
{
    void *value = fw_hash_lookup(m, m->hot, key);
    if (!value || m->spec.type == FW_MAP_DEVMAP_HASH)
        return value;
    return (void *)(uintptr_t)fw_get32(value);
}

static int host_write(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    uint64_t entry, old = find(m, key);
    if (flags > FW_EXIST)
        return FW_EINVAL;
    if (flags == FW_EXIST && m->spec.type == FW_MAP_DEVMAP_HASH)
        flags = FW_ANY; /* as the kernel has it */
    int err = fw_ref_take(m, value, &entry);
    if (err)
        return err;
    err = fw_hash_put(m, key, value, flags, HASH_PLAIN);
    fw_ref_drop(m, err ? entry : old);
    return err;
}

static int host_read(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    uint64_t entry = find(m, key);
    (void)flags;
    if (!entry)
        return FW_ENOENT;
    memcpy(value, &entry, m->spec.value_size);
    return 0;
}

static int clear(struct fw_map *m, const void *key)
{
    uint64_t old = find(m, key);
    int err = fw_hash_remove(m, key);
    if (!err)
        fw_ref_drop(m, old);
    return err;
}

static void release(struct fw_maps *ms, struct fw_map *m)
{
    uint8_t key[FW_KEY_MAX], next[FW_KEY_MAX];
    int err = fw_hash_next(m, NULL, key);
    while (!err) {
        fw_ref_drop(m, find(m, key));
        err = fw_hash_next(m, key, next);
        if (!err)
            memcpy(key, next, m->spec.key_size);
    }
    fw_hash_release(ms, m);
}

const struct fw_map_type_ops fw_hash_of_maps_type = {
    .type = FW_MAP_HASH_OF_MAPS,
    .key_max = FW_KEY_MAX,
    .value_max = 4,
    .flags = FW_HASH_FLAGS,
    .plan = plan,
    .format = fw_hash_format_more,
    .release = release,
    .lookup = lookup,
    .remove = clear,
    .next = fw_hash_next,
    .read = host_read,
    .write = host_write,
};

const struct fw_map_type_ops fw_devmap_hash_type = {
    .type = FW_MAP_DEVMAP_HASH,
    .key_max = 4,
    .value_max = 8,
    .flags = FW_F_NUMA_NODE | FW_F_RDONLY | FW_F_WRONLY,
    .plan = plan,
    .format = fw_hash_format_more,
    .release = release,
    .lookup = lookup,
    .remove = clear,
    .next = fw_hash_next,
    .read = host_read,
    .write = host_write,
};
