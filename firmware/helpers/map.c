/* SPDX-License-Identifier: BSD-3-Clause */
/* Helpers 1 to 3, 87 to 89 and 195: the map operations, arguments checked first. */
#include "maps/hash_inline.h"
#include "maps/ref.h"

#include "core/firmware.h"
#include "helpers/args.h"

static struct fw_map *arg_map(uint64_t addr)
{
    struct fw_map *m = fw_map_at(addr);
    if (!m || fw_map_kind(m->hot) == FW_KIND_NONE)
        fw_program_abort(FW_FAULT_BAD_MAP, addr);
    return m;
}

/* The verifier refused writes to BPF_F_RDONLY_PROG maps; one that comes here was not proved. */
static struct fw_map *arg_map_to_write(uint64_t addr)
{
    struct fw_map *m = arg_map(addr);
    if (m->spec.flags & FW_F_RDONLY_PROG)
        fw_program_abort(FW_FAULT_BAD_MAP, addr);
    return m;
}

/* Any map, any key. Not in line: the usual case below then needs no stack frame. */
__attribute__((noinline)) static uint64_t lookup(uint64_t map, uint64_t key)
{
    const struct fw_map *m = arg_map(map);
    uint64_t hot = m->hot;
    if (fw_map_kind(hot) == FW_KIND_HASH) /* which is all that its lookup needs of shared SRAM */
        return (uint64_t)(uintptr_t)fw_hash_lookup(m, hot,
                                                   fw_arg_bytes(key, fw_hash_key_size(hot)));
    return (uint64_t)(uintptr_t)fw_map_lookup(m, fw_arg_bytes(key, m->spec.key_size));
}

/* The usual case first: a key on the stack, in an array or a hash of 4-byte keys. */
uint64_t fw_helper_map_lookup(uint64_t map, uint64_t key, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a2, (void)a3, (void)a4;
    if (fw_map_index(map) >= FW_MAPS_MAX || key - FW_STK_LO > FW_STK_BYTES - 4)
        return lookup(map, key);
    uint64_t hot = ((const struct fw_map *)(uintptr_t)map)->hot;
    const void *k = (const void *)(uintptr_t)key;
    if (fw_map_kind(hot) == FW_KIND_ARRAY)
        return (uint64_t)(uintptr_t)fw_array_lookup_packed(hot, fw_get32(k));
    if (fw_map_kind(hot) == FW_KIND_PERCPU_ARRAY)
        return (uint64_t)(uintptr_t)fw_percpu_lookup_packed(hot, fw_get32(k), plat_cpu());
    if (fw_map_kind(hot) == FW_KIND_HASH && fw_hash_key_size(hot) == 4)
        return (uint64_t)(uintptr_t)fw_hash_lookup_word(hot, (const struct fw_map *)(uintptr_t)map,
                                                        k);
    if (fw_map_is(hot, FW_MAP_ARRAY_OF_MAPS))
        return fw_ref_to(fw_ref_get(hot, fw_get32(k)));
    return lookup(map, key);
}

uint64_t fw_helper_map_update(uint64_t map, uint64_t key, uint64_t value, uint64_t flags,
                              uint64_t a4)
{
    struct fw_map *m = arg_map_to_write(map);
    (void)a4;
    const void *k = fw_arg_bytes(key, m->spec.key_size);
    const void *v = fw_arg_bytes(value, m->spec.value_size);
    return fw_helper_error(fw_map_update(m, k, v, flags));
}

uint64_t fw_helper_map_delete(uint64_t map, uint64_t key, uint64_t a2, uint64_t a3, uint64_t a4)
{
    struct fw_map *m = arg_map_to_write(map);
    (void)a2, (void)a3, (void)a4;
    return fw_helper_error(fw_map_delete(m, fw_arg_bytes(key, m->spec.key_size)));
}

uint64_t fw_helper_map_push(uint64_t map, uint64_t value, uint64_t flags, uint64_t a3, uint64_t a4)
{
    struct fw_map *m = arg_map_to_write(map);
    (void)a3, (void)a4;
    return fw_helper_error(fw_map_push(m, fw_arg_bytes(value, m->spec.value_size), flags));
}

uint64_t fw_helper_map_pop(uint64_t map, uint64_t value, uint64_t a2, uint64_t a3, uint64_t a4)
{
    struct fw_map *m = arg_map_to_write(map);
    (void)a2, (void)a3, (void)a4;
    void *to = (void *)(uintptr_t)fw_arg_bytes(value, m->spec.value_size);
    return fw_helper_error(fw_map_pop(m, to));
}

uint64_t fw_helper_map_peek(uint64_t map, uint64_t value, uint64_t a2, uint64_t a3, uint64_t a4)
{
    struct fw_map *m = arg_map(map);
    (void)a2, (void)a3, (void)a4;
    void *to = (void *)(uintptr_t)fw_arg_bytes(value, m->spec.value_size);
    return fw_helper_error(fw_map_peek(m, to));
}

uint64_t fw_helper_map_lookup_percpu(uint64_t map, uint64_t key, uint64_t cpu, uint64_t a3,
                                     uint64_t a4)
{
    const struct fw_map *m = arg_map(map);
    (void)a3, (void)a4;
    const void *k = fw_arg_bytes(key, m->spec.key_size);
    return (uint64_t)(uintptr_t)fw_map_lookup_cpu(m, k, (uint32_t)cpu);
}
