/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_TYPE_PERCPU_HASH: an element's value is one copy for each CPU (hart), side
 * by side. An update of an entry that exists changes copies in place, as the
 * kernel's does: a hart writes its own copy only, so nobody can tear it.
 */
#include "maps/hash_impl.h"

int fw_percpu_hash_plan(const struct fw_maps *ms, struct fw_map *m)
{
    m->copy = fw_round8(m->spec.value_size);
    return fw_hash_plan(ms, m, (uint64_t)m->copy * ms->cpus);
}

void fw_hash_format_more(struct fw_maps *ms, struct fw_map *m)
{
    fw_hash_format(ms, m, FW_KIND_HASH_MORE);
}

static void *lookup_cpu(const struct fw_map *m, const void *key, uint32_t cpu)
{
    uint8_t *first = fw_hash_lookup(m, m->hot, key);
    return first ? first + (size_t)m->copy * cpu : NULL;
}

static void *lookup(const struct fw_map *m, const void *key)
{
    return lookup_cpu(m, key, plat_cpu());
}

int fw_percpu_hash_update(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    return fw_hash_put(m, key, value, flags, HASH_ONE_COPY);
}

int fw_percpu_hash_write(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    return fw_hash_put(m, key, value, flags, HASH_COPIES);
}

const struct fw_map_type_ops fw_percpu_hash_type = {
    .type = FW_MAP_PERCPU_HASH,
    .key_max = FW_KEY_MAX,
    .value_max = FW_PERCPU_VALUE_MAX,
    .flags = FW_HASH_FLAGS,
    .plan = fw_percpu_hash_plan,
    .format = fw_hash_format_more,
    .release = fw_hash_release,
    .lookup = lookup,
    .update = fw_percpu_hash_update,
    .remove = fw_hash_remove,
    .next = fw_hash_next,
    .lookup_cpu = lookup_cpu,
    .read = fw_hash_read,
    .write = fw_percpu_hash_write,
    .take = fw_hash_take,
    .bucket = fw_hash_bucket,
};
