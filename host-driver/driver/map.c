/* SPDX-License-Identifier: BSD-3-Clause */
/* Maps: thin wrappers of the admin commands, with results checked. */
#include <errno.h>
#include <linux/bpf.h>

#include "driver/driver_impl.h"

/* Commands that may visit every entry: to clear it, to find the next one. */
#define NS_PER_ENTRY UINT64_C(2000)

static bool per_cpu(uint32_t type)
{
    return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
           type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

uint32_t nicdrv_map_value_bytes(const struct nicdrv *drv, const struct nicdrv_map *map)
{
    const struct fw_map_spec *s = &map->spec;

    return per_cpu(s->type) ? (s->value_size + 7) / 8 * 8 * drv->caps.limits.cpus : s->value_size;
}

uint64_t map_patience_ns(const struct nicdrv *drv, const struct fw_map_spec *spec)
{
    uint64_t copies = per_cpu(spec->type) ? drv->caps.limits.cpus : 1;

    return spec->max_entries * (NS_PER_ENTRY + copies * spec->value_size);
}

int nicdrv_map_create(struct nicdrv *drv, const struct fw_map_spec *spec, struct nicdrv_map *out)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_CREATE};
    struct admin_io io = {
        .key = spec,
        .key_len = sizeof(*spec),
        .patience_ns = map_patience_ns(drv, spec),
    };
    uint64_t result;
    int rc = admin_exec(drv, &sqe, &io, &result);

    if (rc)
        return rc;
    *out = (struct nicdrv_map){
        .handle = (uint32_t)result,
        .value_addr = (uint32_t)(result >> 32),
        .spec = *spec,
    };
    return 0;
}

int map_hash(struct nicdrv *drv, const struct nicdrv_map *map, uint32_t *bucket, uint32_t *seed)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_HASH, .handle = map->handle};
    struct admin_io io = {0};
    uint64_t result;
    int rc = admin_exec(drv, &sqe, &io, &result);

    if (rc)
        return rc;
    *bucket = (uint32_t)result;
    *seed = (uint32_t)(result >> 32);
    return 0;
}

int nicdrv_map_held(struct nicdrv *drv, const struct nicdrv_map *map, bool held)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_HELD, .handle = map->handle, .arg0 = held};
    struct admin_io io = {.patience_ns = map_patience_ns(drv, &map->spec)};

    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_map_destroy(struct nicdrv *drv, const struct nicdrv_map *map)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_DESTROY, .handle = map->handle};
    struct admin_io io = {.patience_ns = map_patience_ns(drv, &map->spec)};

    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_map_lookup(struct nicdrv *drv, const struct nicdrv_map *map, const void *key,
                      void *value)
{
    return nicdrv_map_lookup_flags(drv, map, key, value, 0);
}

int nicdrv_map_lookup_flags(struct nicdrv *drv, const struct nicdrv_map *map, const void *key,
                            void *value, uint64_t flags)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_LOOKUP, .handle = map->handle, .arg0 = flags};
    struct admin_io io = {
        .key = key,
        .key_len = map->spec.key_size,
        .in = map->spec.type == BPF_MAP_TYPE_BLOOM_FILTER ? value : NULL, /* what it asks about */
        .out = value,
        .value_len = nicdrv_map_value_bytes(drv, map),
    };
    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_map_update(struct nicdrv *drv, const struct nicdrv_map *map, const void *key,
                      const void *value, uint64_t flags)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_UPDATE, .handle = map->handle, .arg0 = flags};
    struct admin_io io = {
        .key = key,
        .key_len = map->spec.key_size,
        .in = value,
        .value_len = nicdrv_map_value_bytes(drv, map),
    };
    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_map_lookup_delete(struct nicdrv *drv, const struct nicdrv_map *map, const void *key,
                             void *value, uint64_t flags)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_LOOKUP_DELETE, .handle = map->handle, .arg0 = flags};
    struct admin_io io = {
        .key = key,
        .key_len = map->spec.key_size,
        .out = value,
        .value_len = nicdrv_map_value_bytes(drv, map),
    };
    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_map_delete(struct nicdrv *drv, const struct nicdrv_map *map, const void *key)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_DELETE, .handle = map->handle};
    struct admin_io io = {.key = key, .key_len = map->spec.key_size};

    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_map_next(struct nicdrv *drv, const struct nicdrv_map *map, const void *key, void *next)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_NEXT, .handle = map->handle, .arg0 = key ? 0 : 1};
    struct admin_io io = {
        .key = key,
        .key_len = key ? map->spec.key_size : 0,
        .out = next,
        .value_len = map->spec.key_size,
        .patience_ns = map_patience_ns(drv, &map->spec),
    };
    return admin_exec(drv, &sqe, &io, NULL);
}
