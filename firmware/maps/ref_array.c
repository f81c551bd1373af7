/* SPDX-License-Identifier: BSD-3-Clause */
/* ARRAY_OF_MAPS, DEVMAP, CPUMAP, XSKMAP: a word an entry. */
#include "core/mem.h"
#include "maps/array.h"
#include "maps/ref.h"

#define HOT_ENTRIES_MAX 0xfffffffu

static int plan(const struct fw_maps *ms, struct fw_map *m)
{
    int err = fw_ref_bad_spec(m);
    (void)ms;
    if (err)
        return err;
    if (m->spec.max_entries > HOT_ENTRIES_MAX)
        return FW_ENOMEM;
    if (m->spec.type == FW_MAP_CPUMAP && m->spec.max_entries > FW_CPUMAP_MAX)
        return FW_E2BIG;
    m->stride = 8;
    m->bytes = (uint64_t)m->spec.max_entries * 8;
    if (m->spec.type == FW_MAP_CPUMAP)
        m->bytes += (uint64_t)m->spec.max_entries * 4;
    return 0;
}

static void format(struct fw_maps *ms, struct fw_map *m)
{
    uint64_t hot = FW_KIND_OTHER | (uint64_t)m->spec.type << 3 |
                   (uint64_t)m->spec.max_entries << 9 | fw_hot_base(m->base);
    (void)ms;
    memset(plat_ptr(m->base), 0, m->bytes);
    __atomic_store_n(&m->hot, hot, __ATOMIC_RELEASE);
}

/* The inner map itself, or the entry. */
static void *lookup(const struct fw_map *m, const void *key)
{
    uint64_t *at = fw_ref_at(m->hot, fw_get32(key));
    uint64_t entry = at ? __atomic_load_n(at, __ATOMIC_RELAXED) : 0;
    if (!entry)
        return NULL;
    return m->spec.type == FW_MAP_ARRAY_OF_MAPS ? (void *)(uintptr_t)fw_ref_to(entry) : at;
}

static uint64_t exchange(struct fw_map *m, uint32_t index, uint64_t entry)
{
    uint64_t old = __atomic_exchange_n(fw_ref_at(m->hot, index), entry, __ATOMIC_ACQ_REL);
    fw_ref_drop(m, old);
    return old;
}

/* The kernel's rules: each type has its own. */
static int check_flags(const struct fw_map *m, uint32_t index, uint64_t flags)
{
    uint64_t most = m->spec.type == FW_MAP_ARRAY_OF_MAPS ? FW_ANY : FW_EXIST;
    if (flags > most)
        return FW_EINVAL;
    if (index >= m->spec.max_entries)
        return FW_E2BIG;
    uint64_t old = fw_ref_get(m->hot, index);
    if (flags == FW_NOEXIST)
        return m->spec.type != FW_MAP_XSKMAP || old ? FW_EEXIST : 0;
    return flags == FW_EXIST && m->spec.type == FW_MAP_XSKMAP && !old ? FW_ENOENT : 0;
}

static int host_write(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    uint32_t index = fw_get32(key);
    uint64_t entry;
    int err = check_flags(m, index, flags);
    if (!err)
        err = fw_ref_take(m, value, &entry);
    if (err)
        return err;
    (void)exchange(m, index, entry);
    return 0;
}

static int host_read(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    uint64_t entry = fw_ref_get(m->hot, fw_get32(key));
    (void)flags;
    if (!entry)
        return FW_ENOENT;
    memcpy(value, &entry, m->spec.value_size);
    return 0;
}

static int clear(struct fw_map *m, const void *key)
{
    uint32_t index = fw_get32(key);
    int of_maps = m->spec.type == FW_MAP_ARRAY_OF_MAPS;
    if (index >= m->spec.max_entries)
        return of_maps ? FW_E2BIG : FW_EINVAL;
    return exchange(m, index, 0) || !of_maps ? 0 : FW_ENOENT;
}

static void release(struct fw_maps *ms, struct fw_map *m)
{
    const uint64_t *entry = plat_ptr(m->base);
    (void)ms;
    for (uint32_t i = 0; i < m->spec.max_entries; i++)
        fw_ref_drop(m, entry[i]);
}

#define REF_ARRAY(name, id, value_bytes, takes)                                                    \
    const struct fw_map_type_ops name = {                                                          \
        .type = (id),                                                                              \
        .key_max = 4,                                                                              \
        .value_max = (value_bytes),                                                                \
        .flags = (takes),                                                                          \
        .plan = plan,                                                                              \
        .format = format,                                                                          \
        .release = release,                                                                        \
        .lookup = lookup,                                                                          \
        .remove = clear,                                                                           \
        .next = fw_array_next,                                                                     \
        .read = host_read,                                                                         \
        .write = host_write,                                                                       \
    }

REF_ARRAY(fw_array_of_maps_type, FW_MAP_ARRAY_OF_MAPS, 4,
          FW_F_NUMA_NODE | FW_F_RDONLY | FW_F_WRONLY);
REF_ARRAY(fw_devmap_type, FW_MAP_DEVMAP, 8, FW_F_NUMA_NODE | FW_F_RDONLY | FW_F_WRONLY);
REF_ARRAY(fw_cpumap_type, FW_MAP_CPUMAP, 8, FW_F_NUMA_NODE);
REF_ARRAY(fw_xskmap_type, FW_MAP_XSKMAP, 4, FW_F_NUMA_NODE | FW_F_RDONLY | FW_F_WRONLY);
