/* SPDX-License-Identifier: BSD-3-Clause */
/* Helpers 1 to 3: the map operations, arguments checked first. */
#include "maps/map.h"

#include "core/firmware.h"
#include "core/protect.h"
#include "helpers/helpers.h"

static inline int inside(uint64_t addr, uint64_t len, uint64_t lo, uint64_t bytes)
{
    uint64_t at = addr - lo;
    return at < bytes && len <= bytes - at;
}

/* The program may read [addr, addr + len): stack and context, packet, or map memory. */
static inline const void *arg_bytes(uint64_t addr, uint64_t len)
{
    if (inside(addr, len, FW_STK_LO, FW_STK_HI - FW_STK_LO) ||
        inside(addr, len, NIC_DRAM_BASE, FW_HART->map_bytes) ||
        inside(addr, len, FW_PKT->data_meta, FW_PKT->data_end - FW_PKT->data_meta))
        return (const void *)(uintptr_t)addr;
    fw_program_abort(FW_FAULT_BAD_POINTER, addr);
}

static inline struct fw_map *arg_map(uint64_t addr)
{
    uint64_t at = addr - (uint64_t)(uintptr_t)fw_shared.map;
    if (at >= sizeof(fw_shared.map) || at % sizeof(struct fw_map) != 0)
        fw_program_abort(FW_FAULT_BAD_MAP, addr);
    return (struct fw_map *)(uintptr_t)addr;
}

uint64_t fw_helper_map_lookup(uint64_t map, uint64_t key, uint64_t a2, uint64_t a3, uint64_t a4)
{
    const struct fw_map *m = arg_map(map);
    uint64_t hot = m->hot;
    (void)a2, (void)a3, (void)a4;
    switch (fw_map_kind(hot)) {
    case FW_KIND_ARRAY:
    case FW_KIND_ARRAY_WIDE:
        return (uint64_t)(uintptr_t)fw_array_lookup(m, hot, fw_get32(arg_bytes(key, 4)));
    case FW_KIND_HASH:
        return (uint64_t)(uintptr_t)fw_hash_lookup(hot, arg_bytes(key, fw_hash_key_size(hot)));
    case FW_KIND_NONE:
        break;
    }
    fw_program_abort(FW_FAULT_BAD_MAP, map);
}

uint64_t fw_helper_map_update(uint64_t map, uint64_t key, uint64_t value, uint64_t flags,
                              uint64_t a4)
{
    struct fw_map *m = arg_map(map);
    (void)a4;
    if (fw_map_kind(m->hot) == FW_KIND_NONE)
        fw_program_abort(FW_FAULT_BAD_MAP, map);
    const void *k = arg_bytes(key, m->spec.key_size);
    const void *v = arg_bytes(value, m->spec.value_size);
    return fw_helper_error(fw_map_update(m, k, v, flags));
}

uint64_t fw_helper_map_delete(uint64_t map, uint64_t key, uint64_t a2, uint64_t a3, uint64_t a4)
{
    struct fw_map *m = arg_map(map);
    (void)a2, (void)a3, (void)a4;
    if (fw_map_kind(m->hot) == FW_KIND_NONE)
        fw_program_abort(FW_FAULT_BAD_MAP, map);
    return fw_helper_error(fw_map_delete(m, arg_bytes(key, m->spec.key_size)));
}
