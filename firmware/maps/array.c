/* SPDX-License-Identifier: BSD-3-Clause */
/* BPF_MAP_TYPE_ARRAY: values side by side, each rounded up to 8 bytes as in the kernel. */
#include "maps/array.h"

#include "core/mem.h"
#include "maps/timer.h"
#include "maps/value.h"

#define HOT_STRIDE_MAX  255u /* in units of 8 bytes */
#define HOT_ENTRIES_MAX 0xfffffffu

int fw_array_plan(const struct fw_maps *ms, struct fw_map *m)
{
    (void)ms;
    if (m->spec.key_size != 4)
        return FW_EINVAL;
    m->stride = fw_round8(m->spec.value_size);
    m->bytes = (uint64_t)m->stride * m->spec.max_entries;
    if (m->spec.flags & FW_F_MMAPABLE)
        m->bytes = (m->bytes + FW_MAP_PAGE - 1) / FW_MAP_PAGE * FW_MAP_PAGE;
    return 0;
}

int fw_array_fits_hot(const struct fw_map *m)
{
    return m->stride / 8 <= HOT_STRIDE_MAX && m->spec.max_entries <= HOT_ENTRIES_MAX;
}

uint64_t fw_array_hot(const struct fw_map *m, enum fw_map_kind kind)
{
    return fw_hot_base(m->base) | (uint64_t)(m->stride / 8) << 3 |
           (uint64_t)m->spec.max_entries << 11 | kind;
}

static void array_format(struct fw_maps *ms, struct fw_map *m)
{
    (void)ms;
    memset(plat_ptr(m->base), 0, m->bytes);
    uint64_t hot = fw_array_fits_hot(m) ? fw_array_hot(m, FW_KIND_ARRAY)
                                        : fw_hot_base(m->base) | FW_KIND_ARRAY_WIDE;
    __atomic_store_n(&m->hot, hot, __ATOMIC_RELEASE);
}

static void *array_at(const struct fw_map *m, uint32_t index)
{
    return index < m->spec.max_entries ? plat_ptr(m->base + m->stride * index) : NULL;
}

static void *array_lookup(const struct fw_map *m, const void *key)
{
    return array_at(m, fw_get32(key));
}

int fw_array_check(const struct fw_map *m, const void *key, uint64_t flags)
{
    if ((flags & ~(uint64_t)FW_LOCK) > FW_EXIST)
        return FW_EINVAL;
    if (fw_get32(key) >= m->spec.max_entries)
        return FW_E2BIG;
    if (flags & FW_NOEXIST)
        return FW_EEXIST;
    return fw_value_flags(m, flags);
}

static int array_update(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    int err = fw_array_check(m, key, flags);
    if (err)
        return err;
    fw_value_store(m, array_lookup(m, key), value, flags);
    if (m->spec.timer_at)
        fw_timer_free(m, m->base + m->stride * fw_get32(key));
    return 0;
}

static int array_read(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    const void *from = array_lookup(m, key);
    if (!from)
        return FW_ENOENT;
    fw_value_load(m, value, from, flags);
    return 0;
}

int fw_array_next(struct fw_map *m, const void *key, void *next)
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

const struct fw_map_type_ops fw_array_type = {
    .type = FW_MAP_ARRAY,
    .key_max = 4,
    .value_max = FW_ARRAY_VALUE_MAX,
    .flags = FW_ACCESS_FLAGS | FW_F_MMAPABLE,
    .spec = FW_SPEC_LOCK | FW_SPEC_TIMER,
    .plan = fw_array_plan,
    .format = array_format,
    .lookup = array_lookup,
    .update = array_update,
    .next = fw_array_next,
    .read = array_read,
};
