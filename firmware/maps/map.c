/* SPDX-License-Identifier: BSD-3-Clause */
#include "maps/map.h"

#include "core/mem.h"

#define CONTENTS_ALIGN 64u
#define SPARES_MAX     64u /* fewer than writers costs them a wait, nothing else (hash.c) */

const struct fw_map_type_ops *fw_map_type(uint32_t i)
{
    switch (i) {
    case 0:
        return &fw_hash_type;
    case 1:
        return &fw_array_type;
    default:
        return NULL;
    }
}

static const struct fw_map_type_ops *type_ops(uint32_t type)
{
    const struct fw_map_type_ops *ops;
    for (uint32_t i = 0; (ops = fw_map_type(i)) != NULL; i++)
        if (ops->type == type)
            return ops;
    return NULL;
}

void fw_maps_init(struct fw_maps *ms, struct fw_map *map, uint32_t handle_base,
                  struct fw_extent *rows, uint32_t row_room, uint64_t dram_bytes, uint32_t harts,
                  uint64_t seed)
{
    *ms = (struct fw_maps){.map = map, .handle_base = handle_base, .seed = seed};
    ms->spares = harts < SPARES_MAX ? harts : SPARES_MAX;
    memset(map, 0, FW_MAPS_MAX * sizeof(map[0]));
    fw_extents_init(&ms->dram, rows, row_room, CONTENTS_ALIGN, NIC_DRAM_BASE, dram_bytes);
}

struct fw_map *fw_maps_find(const struct fw_maps *ms, uint32_t handle)
{
    uint32_t at = handle - ms->handle_base;
    uint32_t i = at >> FW_MAP_SHIFT;
    if (at % sizeof(struct fw_map) != 0 || i >= FW_MAPS_MAX)
        return NULL;
    return fw_map_kind(ms->map[i].hot) == FW_KIND_NONE ? NULL : &ms->map[i];
}

/* The rules of the kernel's map_create and bpf_map_flags_access_ok that hold for each type. */
static int check_spec(const struct fw_map_type_ops *ops, const struct fw_map_spec *s)
{
    uint32_t prog = FW_F_RDONLY_PROG | FW_F_WRONLY_PROG;
    uint32_t user = FW_F_RDONLY | FW_F_WRONLY;
    if (s->flags & ~ops->flags || (s->flags & prog) == prog || (s->flags & user) == user)
        return FW_EINVAL;
    if (s->key_size == 0 || s->value_size == 0 || s->max_entries == 0 || s->rsvd != 0)
        return FW_EINVAL;
    return s->key_size > ops->key_max || s->value_size > ops->value_max ? FW_E2BIG : 0;
}

static struct fw_map *free_slot(const struct fw_maps *ms, uint32_t *handle)
{
    for (uint32_t i = 0; i < FW_MAPS_MAX; i++) {
        *handle = ms->handle_base + (i << FW_MAP_SHIFT);
        if (fw_map_kind(ms->map[i].hot) == FW_KIND_NONE)
            return &ms->map[i];
    }
    return NULL;
}

int fw_map_create(struct fw_maps *ms, const struct fw_map_spec *spec, uint32_t *handle)
{
    const struct fw_map_type_ops *ops = type_ops(spec->type);
    struct fw_map *m = free_slot(ms, handle);
    uint64_t addr;
    if (!ops)
        return FW_EINVAL;
    int err = check_spec(ops, spec);
    if (err)
        return err;
    if (!m)
        return FW_ENOSPC;
    *m = (struct fw_map){.spec = *spec};
    err = ops->plan(ms, m);
    if (!err)
        err = fw_extents_alloc(&ms->dram, m->bytes, &addr);
    if (err)
        return err;
    m->base = (uint32_t)addr;
    ops->format(ms, m);
    return 0;
}

void fw_map_destroy(struct fw_maps *ms, struct fw_map *m)
{
    __atomic_store_n(&m->hot, FW_KIND_NONE, __ATOMIC_RELEASE);
    fw_extents_free(&ms->dram, m->base, m->bytes);
}

uint32_t fw_map_value_addr(const struct fw_map *m)
{
    return fw_map_kind(m->hot) == FW_KIND_HASH ? 0 : m->base;
}

void *fw_map_lookup(const struct fw_map *m, const void *key)
{
    uint64_t hot = m->hot;
    switch (fw_map_kind(hot)) {
    case FW_KIND_ARRAY:
    case FW_KIND_ARRAY_WIDE:
        return fw_array_lookup(m, hot, fw_get32(key));
    case FW_KIND_HASH:
        return fw_hash_lookup(hot, key);
    case FW_KIND_NONE:
        break;
    }
    return NULL;
}

int fw_map_update(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    /* BPF_F_LOCK needs a bpf_spin_lock in the value, which no map here has */
    if ((flags & ~(uint64_t)FW_LOCK) > FW_EXIST)
        return FW_EINVAL;
    switch (fw_map_kind(m->hot)) {
    case FW_KIND_ARRAY:
    case FW_KIND_ARRAY_WIDE:
        return fw_array_update(m, key, value, flags);
    case FW_KIND_HASH:
        return fw_hash_update(m, key, value, flags);
    case FW_KIND_NONE:
        break;
    }
    return FW_EINVAL;
}

int fw_map_delete(struct fw_map *m, const void *key)
{
    return fw_map_kind(m->hot) == FW_KIND_HASH ? fw_hash_delete(m, key) : FW_EINVAL;
}

int fw_map_next(struct fw_map *m, const void *key, void *next)
{
    return fw_map_kind(m->hot) == FW_KIND_HASH ? fw_hash_next(m, key, next)
                                               : fw_array_next(m, key, next);
}
