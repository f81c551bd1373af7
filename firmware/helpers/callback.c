/* SPDX-License-Identifier: BSD-3-Clause */
/* Helpers that call a function of the program. */
#include "core/firmware.h"
#include "core/mem.h"
#include "core/protect.h"
#include "helpers/helpers.h"

#define LOOPS_MAX 0x800000u /* BPF_MAX_LOOPS */

/* The callback gets the number of the round; nonzero from it ends the loop. */
uint64_t fw_helper_loop(uint64_t rounds, uint64_t fn, uint64_t ctx, uint64_t flags, uint64_t a4)
{
    uint32_t n = (uint32_t)rounds;
    (void)a4;
    if (flags)
        return fw_helper_error(FW_EINVAL);
    if (n > LOOPS_MAX)
        return fw_helper_error(FW_E2BIG);
    for (uint32_t i = 0; i < n; i++)
        if (fw_call_program(fn, i, ctx, 0, 0, 0))
            return i + 1;
    return n;
}

/* ---- for_each_map_elem ---- */

static int walkable(const struct fw_map *m)
{
    switch (m->spec.type) {
    case FW_MAP_HASH:
    case FW_MAP_ARRAY:
    case FW_MAP_PERCPU_HASH:
    case FW_MAP_PERCPU_ARRAY:
    case FW_MAP_LRU_HASH:
    case FW_MAP_LRU_PERCPU_HASH:
        return 1;
    default:
        return 0;
    }
}

/* The key where the callback may read it: on the program's stack, below the caller. */
static void *key_room(uint64_t prog_sp, uint32_t key_size)
{
    uint64_t sp = (prog_sp & ~(uint64_t)15) - ((key_size + 15) & ~15u);
    if (prog_sp > FW_STK_HI || sp < FW_STK_LO + sizeof(struct fw_xdp_md))
        fw_program_abort(FW_FAULT_STACK, key_size);
    return (void *)(uintptr_t)sp;
}

/*
 * The next key is found before the callback, which may delete the one it is given. More rounds
 * than the map has places cannot be: keys that others delete and insert meanwhile may come twice.
 */
static uint64_t walk(struct fw_map *m, uint64_t fn, uint64_t ctx, void *key)
{
    uint8_t next[FW_KEY_MAX];
    uint64_t visited = 0;
    int err = fw_map_next(m, NULL, next);
    for (uint32_t n = 0; !err && n < m->spec.max_entries; n++) {
        memcpy(key, next, m->spec.key_size);
        err = fw_map_next(m, key, next);
        void *value = fw_map_lookup(m, key);
        if (!value)
            continue;
        visited++;
        if (fw_call_program(fn, (uintptr_t)m, (uintptr_t)key, (uintptr_t)value, ctx, 0))
            break;
    }
    return visited;
}

uint64_t fw_helper_for_each_map_elem(uint64_t map, uint64_t fn, uint64_t ctx, uint64_t flags,
                                     uint64_t a4)
{
    struct fw_map *m = fw_map_at(map);
    uint64_t prog_sp = FW_HART->prog_sp;
    (void)a4;
    if (!m || fw_map_kind(m->hot) == FW_KIND_NONE)
        fw_program_abort(FW_FAULT_BAD_MAP, map);
    if (flags || !walkable(m))
        return fw_helper_error(FW_EINVAL);
    void *key = key_room(prog_sp, m->spec.key_size);
    FW_HART->prog_sp = (uintptr_t)key;
    uint64_t visited = walk(m, fn, ctx, key);
    FW_HART->prog_sp = prog_sp;
    return visited;
}
