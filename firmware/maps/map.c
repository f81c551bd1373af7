/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of maps and of their types, and what operations do before the type's own part. */
#include "maps/map.h"

#include "core/mem.h"
#include "maps/timer.h"
#include "offload/hash.h"

#define CONTENTS_ALIGN 64u
/* fewer than writers costs them a wait, nothing else (hash.c) */
#define SPARES_MAX ((uint32_t)OFFLOAD_HASH_SPARES)

/* One line a type: TYPE(name of its fw_map_type_ops). */
#define FW_MAP_TYPES(TYPE)                                                                         \
    TYPE(fw_hash_type)                                                                             \
    TYPE(fw_array_type)                                                                            \
    TYPE(fw_percpu_array_type)                                                                     \
    TYPE(fw_percpu_hash_type)                                                                      \
    TYPE(fw_lru_hash_type)                                                                         \
    TYPE(fw_lru_percpu_hash_type)                                                                  \
    TYPE(fw_ringbuf_type)                                                                          \
    TYPE(fw_perf_array_type)                                                                       \
    TYPE(fw_prog_array_type)                                                                       \
    TYPE(fw_lpm_type)                                                                              \
    TYPE(fw_queue_type)                                                                            \
    TYPE(fw_stack_type)                                                                            \
    TYPE(fw_bloom_type)                                                                            \
    TYPE(fw_array_of_maps_type)                                                                    \
    TYPE(fw_hash_of_maps_type)                                                                     \
    TYPE(fw_devmap_type)                                                                           \
    TYPE(fw_devmap_hash_type)                                                                      \
    TYPE(fw_cpumap_type)                                                                           \
    TYPE(fw_xskmap_type)

#define TYPE(row) extern const struct fw_map_type_ops row;
FW_MAP_TYPES(TYPE)
#undef TYPE

const struct fw_map_type_ops *fw_map_type(uint32_t i)
{
#define TYPE(row) &row,
    static const struct fw_map_type_ops *const types[] = {FW_MAP_TYPES(TYPE)};
#undef TYPE
    return i < sizeof(types) / sizeof(types[0]) ? types[i] : NULL;
}

static const struct fw_map_type_ops *type_ops(uint32_t type)
{
    const struct fw_map_type_ops *ops;
    for (uint32_t i = 0; (ops = fw_map_type(i)) != NULL; i++)
        if (ops->type == type)
            return ops;
    return NULL;
}

/* ---- memory and descriptors ---- */

void fw_maps_init(struct fw_maps *ms, struct fw_map *map, uint32_t handle_base,
                  struct fw_extent *rows, uint32_t row_room, uint64_t dram_bytes, uint32_t cpus,
                  uint64_t seed)
{
    *ms = (struct fw_maps){.map = map, .handle_base = handle_base, .cpus = cpus, .seed = seed};
    ms->spares = cpus + 1 < SPARES_MAX ? cpus + 1 : SPARES_MAX;
    for (uint32_t i = 0; i < FW_MAPS_MAX; i++)
        map[i].hot = FW_KIND_NONE;
    fw_extents_init(&ms->dram, rows, row_room, CONTENTS_ALIGN, NIC_DRAM_BASE, dram_bytes);
}

static int alloc_at(struct fw_maps *ms, uint64_t bytes, uint64_t align, uint32_t *addr)
{
    uint64_t at = 0;
    fw_lock(&ms->lock);
    int err = fw_extents_alloc_at(&ms->dram, bytes, align, &at);
    fw_unlock(&ms->lock);
    *addr = (uint32_t)at;
    return err;
}

int fw_maps_alloc(struct fw_maps *ms, uint64_t bytes, uint32_t *addr)
{
    return alloc_at(ms, bytes, CONTENTS_ALIGN, addr);
}

void fw_maps_free(struct fw_maps *ms, uint32_t addr, uint64_t bytes)
{
    fw_lock(&ms->lock);
    fw_extents_free(&ms->dram, addr, bytes);
    fw_unlock(&ms->lock);
}

void fw_maps_sram(struct fw_maps *ms, struct fw_extent *rows, uint32_t row_room, uint64_t lo,
                  uint64_t hi)
{
    fw_extents_init(&ms->sram, rows, row_room, CONTENTS_ALIGN, lo, hi > lo ? hi - lo : 0);
}

/* The control core alone uses it. */
static int sram_alloc(struct fw_maps *ms, uint64_t bytes, uint32_t *addr)
{
    uint64_t at;
    if (ms->sram_maps == FW_SRAM_MAPS_MAX)
        return FW_ENOSPC;
    int err = fw_extents_alloc(&ms->sram, bytes, &at);
    if (err)
        return err;
    ms->sram_maps++;
    *addr = (uint32_t)at;
    return 0;
}

static void sram_free(struct fw_maps *ms, uint32_t addr, uint64_t bytes)
{
    fw_extents_free(&ms->sram, addr, bytes);
    ms->sram_maps--;
}

struct fw_map *fw_maps_find(const struct fw_maps *ms, uint32_t handle)
{
    uint32_t at = handle - ms->handle_base;
    uint32_t i = at >> FW_MAP_SHIFT;
    if (at % sizeof(struct fw_map) != 0 || i >= FW_MAPS_MAX)
        return NULL;
    return fw_map_kind(ms->map[i].hot) == FW_KIND_NONE ? NULL : &ms->map[i];
}

/* A descriptor without a map, or NULL; taken by slot_taken. */
static struct fw_map *slot_free(const struct fw_maps *ms)
{
    if (ms->released)
        return &ms->map[ms->released - 1];
    return ms->fresh < FW_MAPS_MAX ? &ms->map[ms->fresh] : NULL;
}

static void slot_taken(struct fw_maps *ms, const struct fw_map *m)
{
    if (ms->released)
        ms->released = m->base;
    else
        ms->fresh++;
}

/* ---- life ---- */

/* The rules of the kernel's map_create and bpf_map_flags_access_ok that hold for each type. */
static int check_spec(const struct fw_map_type_ops *ops, const struct fw_map_spec *s)
{
    uint32_t prog = FW_F_RDONLY_PROG | FW_F_WRONLY_PROG;
    uint32_t user = FW_F_RDONLY | FW_F_WRONLY;
    int no_key = (ops->spec & FW_SPEC_NO_KEY) != 0;
    if (s->flags & ~ops->flags || (s->flags & prog) == prog || (s->flags & user) == user)
        return FW_EINVAL;
    if ((s->key_size == 0) != no_key || s->max_entries == 0)
        return FW_EINVAL;
    if (s->value_size == 0 && !(ops->spec & FW_SPEC_NO_VALUE))
        return FW_EINVAL;
    return s->key_size > ops->key_max || s->value_size > ops->value_max ? FW_E2BIG : 0;
}

/* `at`: 1 + the offset of `size` bytes in the value; 0 = none. */
static int bad_field(const struct fw_map_spec *s, uint32_t at, uint32_t size, uint32_t allowed)
{
    if (at == 0)
        return 0;
    return !allowed || s->value_size < size || at - 1 > s->value_size - size || (at - 1) % 4 != 0;
}

static int check_fields(const struct fw_map_type_ops *ops, const struct fw_map_spec *s)
{
    if (bad_field(s, s->lock_at, 4, ops->spec & FW_SPEC_LOCK) ||
        bad_field(s, s->timer_at, 16, ops->spec & FW_SPEC_TIMER) ||
        (s->inner && !(ops->spec & FW_SPEC_INNER)) || (s->extra && !(ops->spec & FW_SPEC_EXTRA)))
        return FW_EINVAL;
    return 0;
}

static uint64_t contents_align(const struct fw_map *m)
{
    int pages = (m->ops->spec & FW_SPEC_PAGES) || (m->spec.flags & FW_F_MMAPABLE);
    return pages ? FW_MAP_PAGE : CONTENTS_ALIGN;
}

int fw_map_create(struct fw_maps *ms, const struct fw_map_spec *spec, uint32_t *handle)
{
    const struct fw_map_type_ops *ops = type_ops(spec->type);
    struct fw_map *m = slot_free(ms);
    if (!ops)
        return FW_EINVAL;
    int err = check_spec(ops, spec);
    if (!err)
        err = check_fields(ops, spec);
    if (err)
        return err;
    if (!m)
        return FW_ENOSPC;
    struct fw_map plan = {.ops = ops, .spec = *spec, .maps = ms};
    err = ops->plan(ms, &plan);
    uint64_t records = fw_timer_bytes(&plan);
    if (records)
        plan.bytes = ((plan.bytes + 63) & ~(uint64_t)63) + records;
    if (!err)
        err = ops->sram ? sram_alloc(ms, plan.bytes, &plan.base)
                        : alloc_at(ms, plan.bytes, contents_align(&plan), &plan.base);
    if (err)
        return err;
    slot_taken(ms, m);
    *m = plan;
    *handle = ms->handle_base + ((uint32_t)(m - ms->map) << FW_MAP_SHIFT);
    ops->format(ms, m);
    fw_timer_held(m, 1);
    if (records)
        memset(plat_ptr((uint32_t)(m->base + m->bytes - records)), 0, records);
    return 0;
}

void fw_map_destroy(struct fw_maps *ms, struct fw_map *m)
{
    if (m->ops->release)
        m->ops->release(ms, m);
    __atomic_store_n(&m->hot, FW_KIND_NONE, __ATOMIC_RELEASE);
    if (m->ops->sram)
        sram_free(ms, m->base, m->bytes);
    else
        fw_maps_free(ms, m->base, m->bytes);
    m->base = ms->released;
    ms->released = 1 + (uint32_t)(m - ms->map);
}

uint32_t fw_map_value_addr(const struct fw_map *m)
{
    enum fw_map_kind kind = fw_map_kind(m->hot);
    int pages = kind == FW_KIND_OTHER && (m->ops->spec & FW_SPEC_PAGES);
    return kind == FW_KIND_ARRAY || kind == FW_KIND_ARRAY_WIDE || pages ? m->base : 0;
}

uint32_t fw_map_program_addr(const struct fw_map *m)
{
    return m->spec.type == FW_MAP_PERCPU_ARRAY ? m->base : fw_map_value_addr(m);
}

/* ---- for programs ---- */

void *fw_map_lookup(const struct fw_map *m, const void *key)
{
    return m->ops->lookup ? m->ops->lookup(m, key) : NULL;
}

int fw_map_update(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    return m->ops->update ? m->ops->update(m, key, value, flags) : FW_EINVAL;
}

int fw_map_delete(struct fw_map *m, const void *key)
{
    return m->ops->remove ? m->ops->remove(m, key) : FW_EINVAL;
}

int fw_map_next(struct fw_map *m, const void *key, void *next)
{
    return m->ops->next ? m->ops->next(m, key, next) : FW_EOPNOTSUPP;
}

int fw_map_push(struct fw_map *m, const void *value, uint64_t flags)
{
    return m->ops->push ? m->ops->push(m, value, flags) : FW_EOPNOTSUPP;
}

int fw_map_pop(struct fw_map *m, void *value)
{
    return m->ops->pop ? m->ops->pop(m, value) : FW_EOPNOTSUPP;
}

int fw_map_peek(struct fw_map *m, void *value)
{
    return m->ops->peek ? m->ops->peek(m, value) : FW_EOPNOTSUPP;
}

void *fw_map_lookup_cpu(const struct fw_map *m, const void *key, uint32_t cpu)
{
    return m->ops->lookup_cpu && cpu < m->maps->cpus ? m->ops->lookup_cpu(m, key, cpu) : NULL;
}

/* ---- for the host ---- */

uint32_t fw_map_host_bytes(const struct fw_map *m)
{
    return m->ops->lookup_cpu ? fw_round8(m->spec.value_size) * m->maps->cpus : m->spec.value_size;
}

int fw_map_read(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    if (flags & ~(uint64_t)FW_LOCK || (flags & FW_LOCK && !m->spec.lock_at))
        return FW_EINVAL;
    if (m->ops->read)
        return m->ops->read(m, key, value, flags);
    const void *from = fw_map_lookup(m, key);
    if (!from)
        return FW_ENOENT;
    memcpy(value, from, m->spec.value_size);
    return 0;
}

int fw_map_write(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    if (flags & FW_LOCK && !m->spec.lock_at)
        return FW_EINVAL;
    return m->ops->write ? m->ops->write(m, key, value, flags)
                         : fw_map_update(m, key, value, flags);
}

int fw_map_take(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    if (flags & ~(uint64_t)FW_LOCK || (flags & FW_LOCK && !m->spec.lock_at))
        return FW_EINVAL;
    return m->ops->take ? m->ops->take(m, key, value, flags) : FW_ENOTSUPP;
}
