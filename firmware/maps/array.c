/* SPDX-License-Identifier: BSD-3-Clause */
/* BPF_MAP_TYPE_ARRAY: values side by side, each rounded up to 8 bytes as in the kernel. */
#include "core/mem.h"
#include "maps/map.h"

#define HOT_STRIDE_MAX  255u /* in units of 8 bytes */
#define HOT_ENTRIES_MAX 0xfffffffu

static int array_plan(const struct fw_maps *ms, struct fw_map *m)
{
    (void)ms;
    if (m->spec.key_size != 4)
        return FW_EINVAL;
    m->stride = (m->spec.value_size + 7) & ~7u;
    m->bytes = (uint64_t)m->stride * m->spec.max_entries;
    return 0;
}

static void array_format(const struct fw_maps *ms, struct fw_map *m)
{
    uint64_t hot = (uint64_t)(m->base - NIC_DRAM_BASE) / 64 << 39;
    (void)ms;
    memset(plat_ptr(m->base), 0, m->bytes);
    if (m->stride / 8 <= HOT_STRIDE_MAX && m->spec.max_entries <= HOT_ENTRIES_MAX)
        hot |= FW_KIND_ARRAY | (uint64_t)(m->stride / 8) << 3 | (uint64_t)m->spec.max_entries << 11;
    else
        hot |= FW_KIND_ARRAY_WIDE;
    __atomic_store_n(&m->hot, hot, __ATOMIC_RELEASE);
}

const struct fw_map_type_ops fw_array_type = {
    .type = FW_MAP_ARRAY,
    .key_max = 4,
    .value_max = FW_ARRAY_VALUE_MAX,
    .flags = FW_ARRAY_FLAGS,
    .plan = array_plan,
    .format = array_format,
};

void *fw_array_lookup(const struct fw_map *m, uint64_t hot, uint32_t index)
{
    if (fw_map_kind(hot) == FW_KIND_ARRAY)
        return fw_array_lookup_packed(hot, index);
    return index < m->spec.max_entries ? plat_ptr(m->base + m->stride * index) : NULL;
}

int fw_array_update(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    void *to = fw_array_lookup(m, m->hot, fw_get32(key));
    if (!to)
        return FW_E2BIG;
    if (flags & FW_NOEXIST)
        return FW_EEXIST;
    if (flags & FW_LOCK)
        return FW_EINVAL;
    memcpy(to, value, m->spec.value_size);
    return 0;
}

int fw_array_next(const struct fw_map *m, const void *key, void *next)
{
    uint32_t index = key ? fw_get32(key) : UINT32_MAX;
    uint32_t first = 0;
    if (index == m->spec.max_entries - 1)
        return FW_ENOENT;
    if (index < m->spec.max_entries)
        first = index + 1;
    memcpy(next, &first, sizeof(first));
    return 0;
}
