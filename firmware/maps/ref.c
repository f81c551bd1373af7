/* SPDX-License-Identifier: BSD-3-Clause */
/* What an entry may say, by type, and what it holds meanwhile. */
#include "maps/ref.h"

#include "admin/ctl.h"

/* The host's value as an entry. */
static uint64_t entry_of(const struct fw_map *m, const void *value)
{
    return m->spec.value_size == 8 ? fw_get64(value) : fw_get32(value);
}

static int take_map(struct fw_map *m, uint64_t said, uint64_t *entry)
{
    struct fw_map *inner = fw_maps_find(m->maps, fw_ref_to(said));
    if (!inner)
        return FW_ENOENT;
    if (fw_ref_is_of_maps(inner) || inner->spec.type == FW_MAP_PROG_ARRAY)
        return FW_EINVAL;
    m->maps->held[inner - m->maps->map]++;
    *entry = said;
    return 0;
}

static int hold_prog(const struct fw_map *m, uint32_t handle)
{
    struct fw_prog *p;
    return handle ? fw_prog_hold(m->maps->ctl, handle, &p) : 0;
}

static int take_dev(const struct fw_map *m, uint64_t said, uint64_t *entry)
{
    *entry = said;
    if (fw_ref_to(said) == 0)
        return m->spec.type == FW_MAP_DEVMAP_HASH || fw_ref_prog(said) ? FW_EINVAL : 0;
    if (fw_ref_to(said) > m->maps->ctl->ports)
        return FW_EINVAL;
    return hold_prog(m, fw_ref_prog(said));
}

static int take_cpu(const struct fw_map *m, uint64_t said, uint64_t *entry)
{
    *entry = fw_ref_to(said) ? said : 0;
    if (fw_ref_to(said) > FW_CPUMAP_QUEUE_MAX)
        return FW_EOVERFLOW;
    return *entry ? hold_prog(m, fw_ref_prog(said)) : 0;
}

int fw_ref_take(struct fw_map *m, const void *value, uint64_t *entry)
{
    uint64_t said = entry_of(m, value);
    switch (m->spec.type) {
    case FW_MAP_ARRAY_OF_MAPS:
    case FW_MAP_HASH_OF_MAPS:
        return take_map(m, said, entry);
    case FW_MAP_DEVMAP:
    case FW_MAP_DEVMAP_HASH:
        return take_dev(m, said, entry);
    case FW_MAP_CPUMAP:
        return take_cpu(m, said, entry);
    default:
        *entry = said | (uint64_t)1 << 32;
        return said < m->maps->ctl->rxqs ? 0 : FW_EINVAL;
    }
}

void fw_ref_drop(const struct fw_map *m, uint64_t entry)
{
    struct fw_prog *p;
    if (!entry || m->spec.type == FW_MAP_XSKMAP)
        return;
    if (fw_ref_is_of_maps(m)) {
        const struct fw_map *inner = fw_maps_find(m->maps, fw_ref_to(entry));
        if (inner)
            m->maps->held[inner - m->maps->map]--;
    } else if ((p = fw_prog_find(m->maps->ctl, fw_ref_prog(entry))) != NULL) {
        fw_prog_release(p);
    }
}

int fw_ref_bad_spec(const struct fw_map *m)
{
    const struct fw_map_spec *s = &m->spec;
    int eight =
        s->type == FW_MAP_DEVMAP || s->type == FW_MAP_DEVMAP_HASH || s->type == FW_MAP_CPUMAP;
    if (s->value_size != 4 && !(eight && s->value_size == 8))
        return FW_EINVAL;
    return s->type != FW_MAP_HASH_OF_MAPS && s->key_size != 4 ? FW_EINVAL : 0;
}
