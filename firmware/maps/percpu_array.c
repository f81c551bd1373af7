/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_TYPE_PERCPU_ARRAY: for each CPU (hart) a plane of values side by side.
 * Planes start on lines of their own: counters of different harts are never in one
 * bank by accident.
 */
#include "core/mem.h"
#include "maps/array.h"
#include "maps/value.h"

static uint64_t plane(const struct fw_map *m)
{
    return m->own[0];
}

static int plan(const struct fw_maps *ms, struct fw_map *m)
{
    int err = fw_array_plan(ms, m);
    m->own[0] = (m->bytes + 63) & ~(uint64_t)63;
    m->bytes = m->own[0] * ms->cpus;
    return err;
}

static void format(struct fw_maps *ms, struct fw_map *m)
{
    (void)ms;
    memset(plat_ptr(m->base), 0, m->bytes);
    uint64_t hot = fw_array_fits_hot(m) ? fw_array_hot(m, FW_KIND_PERCPU_ARRAY)
                                        : fw_hot_base(m->base) | FW_KIND_ARRAY_MORE;
    __atomic_store_n(&m->hot, hot, __ATOMIC_RELEASE);
}

static void *lookup_cpu(const struct fw_map *m, const void *key, uint32_t cpu)
{
    uint32_t index = fw_get32(key);
    if (index >= m->spec.max_entries)
        return NULL;
    return plat_ptr(m->base + (uint32_t)plane(m) * cpu + m->stride * index);
}

static void *lookup(const struct fw_map *m, const void *key)
{
    return lookup_cpu(m, key, plat_cpu());
}

static int update(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    int err = fw_array_check(m, key, flags);
    if (!err)
        memcpy(lookup(m, key), value, m->spec.value_size);
    return err;
}

static int read_all(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    const uint8_t *first = lookup_cpu(m, key, 0);
    (void)flags;
    if (!first)
        return FW_ENOENT;
    fw_copies_load(m, value, first, plane(m));
    return 0;
}

static int write_all(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    int err = fw_array_check(m, key, flags);
    if (!err)
        fw_copies_store(m, lookup_cpu(m, key, 0), plane(m), value);
    return err;
}

const struct fw_map_type_ops fw_percpu_array_type = {
    .type = FW_MAP_PERCPU_ARRAY,
    .key_max = 4,
    .value_max = FW_PERCPU_VALUE_MAX,
    .flags = FW_ACCESS_FLAGS,
    .plan = plan,
    .format = format,
    .lookup = lookup,
    .update = update,
    .next = fw_array_next,
    .lookup_cpu = lookup_cpu,
    .read = read_all,
    .write = write_all,
};
