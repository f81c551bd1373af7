/* SPDX-License-Identifier: BSD-3-Clause */
#include "maps/perf_array.h"

#include "core/mem.h"

static struct fw_perf_entry *entry(const struct fw_map *m, uint32_t index)
{
    return (struct fw_perf_entry *)plat_ptr(m->base) + index;
}

static int plan(const struct fw_maps *ms, struct fw_map *m)
{
    (void)ms;
    if (m->spec.key_size != 4 || m->spec.value_size != 4)
        return FW_EINVAL;
    m->bytes = (uint64_t)m->spec.max_entries * sizeof(struct fw_perf_entry);
    return 0;
}

static void format(struct fw_maps *ms, struct fw_map *m)
{
    (void)ms;
    memset(plat_ptr(m->base), 0, m->bytes);
    m->count = 0;  /* entries up to the last in use */
    m->own[0] = 0; /* events lost */
    __atomic_store_n(&m->hot, fw_hot_other(m), __ATOMIC_RELEASE);
}

static void set_count(struct fw_map *m)
{
    uint32_t n = m->spec.max_entries;
    while (n > 0 && entry(m, n - 1)->cpu == 0)
        n--;
    __atomic_store_n(&m->count, n, __ATOMIC_RELEASE);
}

/* By the control core only: programs may not update these maps (check_map_func_compatibility). */
static int update(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    uint32_t index = fw_get32(key);
    if (flags != FW_ANY)
        return FW_EINVAL;
    if (index >= m->spec.max_entries)
        return FW_E2BIG;
    __atomic_store_n(&entry(m, index)->cpu, fw_get32(value), __ATOMIC_RELAXED);
    set_count(m);
    return 0;
}

static int remove_entry(struct fw_map *m, const void *key)
{
    uint32_t index = fw_get32(key);
    if (index >= m->spec.max_entries)
        return FW_E2BIG;
    if (!__atomic_exchange_n(&entry(m, index)->cpu, 0, __ATOMIC_RELAXED))
        return FW_ENOENT;
    set_count(m);
    return 0;
}

static int next(struct fw_map *m, const void *key, void *out)
{
    uint32_t index = key ? fw_get32(key) : UINT32_MAX;
    uint32_t first = index < m->spec.max_entries ? index + 1 : 0;
    if (first == m->spec.max_entries)
        return FW_ENOENT;
    memcpy(out, &first, sizeof(first));
    return 0;
}

static int no_read(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    (void)m, (void)key, (void)value, (void)flags;
    return FW_ENOTSUPP;
}

const struct fw_map_type_ops fw_perf_array_type = {
    .type = FW_MAP_PERF_EVENT_ARRAY,
    .key_max = 4,
    .value_max = 4,
    .flags = FW_F_NUMA_NODE | FW_F_RDONLY | FW_F_WRONLY | FW_F_PRESERVE_ELEMS,
    .plan = plan,
    .format = format,
    .update = update,
    .remove = remove_entry,
    .next = next,
    .read = no_read,
};

int fw_perf_entry(const struct fw_map *m, uint64_t flags, uint32_t cpu, uint32_t *index)
{
    uint32_t span = __atomic_load_n(&m->count, __ATOMIC_ACQUIRE);
    uint32_t want = flags & FW_F_INDEX_MASK;
    uint32_t here = span ? cpu % span : 0;
    *index = want == FW_F_CURRENT_CPU ? here : want;
    if (*index >= m->spec.max_entries)
        return FW_E2BIG;
    uint32_t listens = __atomic_load_n(&entry(m, *index)->cpu, __ATOMIC_RELAXED);
    if (listens == 0)
        return FW_ENOENT;
    return listens == here + 1 ? 0 : FW_EOPNOTSUPP;
}

uint32_t fw_perf_lost_take(const struct fw_map *m, uint32_t index)
{
    uint32_t *lost = &entry(m, index)->lost;
    return __atomic_load_n(lost, __ATOMIC_RELAXED) ? __atomic_exchange_n(lost, 0, __ATOMIC_RELAXED)
                                                   : 0;
}

void fw_perf_lost(struct fw_map *m, uint32_t index, uint32_t untold)
{
    (void)__atomic_fetch_add(&entry(m, index)->lost, untold + 1, __ATOMIC_RELAXED);
    (void)__atomic_fetch_add(&m->own[0], 1, __ATOMIC_RELAXED);
}
