/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Helpers 23 and 51: they choose a target, by the kernel's rules (include/linux/filter.h:
 * __bpf_xdp_redirect_map). Nothing moves before the program has returned.
 */
#include "core/firmware.h"
#include "core/protect.h"
#include "helpers/helpers.h"
#include "maps/ref.h"

#define ACTIONS 3u /* XDP_ABORTED to XDP_TX: what to return where a map has no entry */

static uint64_t chosen(uint64_t map, uint64_t to, uint64_t flags)
{
    struct fw_hart *h = FW_HART;
    h->redirect_seq = FW_PKT->seq;
    h->redirect_map = map;
    h->redirect_to = to;
    h->redirect_flags = flags;
    return FW_XDP_REDIRECT;
}

uint64_t fw_helper_redirect(uint64_t ifindex, uint64_t flags, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a2, (void)a3, (void)a4;
    return flags ? FW_XDP_ABORTED : chosen(0, (uint32_t)ifindex, 0);
}

/* The entry at `key`; *flags: what this type takes beside an action. */
static uint64_t entry_of(uint64_t map, uint32_t key, uint64_t *flags)
{
    const struct fw_map *m = fw_map_at(map);
    uint64_t hot = m ? m->hot : 0;
    *flags = FW_REDIRECT_BROADCAST | FW_REDIRECT_EXCLUDE_INGRESS;
    if (fw_map_is(hot, FW_MAP_DEVMAP))
        return fw_ref_get(hot, key);
    if (fw_map_kind(hot) == FW_KIND_HASH_MORE && m->spec.type == FW_MAP_DEVMAP_HASH) {
        const void *value = fw_map_lookup(m, &key);
        if (!value)
            return 0;
        return m->spec.value_size == 8 ? fw_get64(value) : fw_get32(value);
    }
    *flags = 0;
    if (!fw_map_is(hot, FW_MAP_CPUMAP) && !fw_map_is(hot, FW_MAP_XSKMAP))
        fw_program_abort(FW_FAULT_BAD_MAP, map);
    return fw_ref_get(hot, key);
}

uint64_t fw_helper_redirect_map(uint64_t map, uint64_t key, uint64_t flags, uint64_t a3,
                                uint64_t a4)
{
    uint64_t takes;
    (void)a3, (void)a4;
    uint64_t entry = entry_of(map, (uint32_t)key, &takes);
    if (flags & ~(takes | ACTIONS))
        return FW_XDP_ABORTED;
    if (!entry && !(flags & FW_REDIRECT_BROADCAST)) {
        FW_HART->redirect_seq = UINT64_MAX; /* an earlier call's target is forgotten */
        return flags & ACTIONS;
    }
    if (fw_map_is(((const struct fw_map *)(uintptr_t)map)->hot, FW_MAP_CPUMAP))
        entry = fw_cpumap_target(entry, (uint32_t)key);
    return chosen(map, entry, flags);
}
