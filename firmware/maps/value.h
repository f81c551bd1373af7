/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values that hold what only helpers may change (struct bpf_spin_lock, struct
 * bpf_timer): updates leave it alone, lookups by the host show zeroes.
 */
#ifndef FW_VALUE_H
#define FW_VALUE_H

#include "maps/map.h"

#define FW_TIMER_BYTES 16u

/* EINVAL for update flags no map takes, or BPF_F_LOCK where the value has no lock. */
static inline int fw_value_flags(const struct fw_map *m, uint64_t flags)
{
    if ((flags & ~(uint64_t)FW_LOCK) > FW_EXIST || (flags & FW_LOCK && !m->spec.lock_at))
        return FW_EINVAL;
    return 0;
}

/* Over an entry's value, or (fresh) into one that nobody sees yet. `flags`: under its lock with
 * FW_LOCK. */
void fw_value_store(const struct fw_map *m, void *to, const void *from, uint64_t flags);
void fw_value_store_new(const struct fw_map *m, void *to, const void *from);
/* To the host. */
void fw_value_load(const struct fw_map *m, void *to, const void *from, uint64_t flags);

/* The lock of a value in an entry; spec.lock_at is not 0. */
static inline uint32_t *fw_value_lock(const struct fw_map *m, const void *value)
{
    return (uint32_t *)(void *)((uint8_t *)(uintptr_t)value + m->spec.lock_at - 1);
}

/* ---- all copies of a per-CPU value, as the host gives and takes them; `first` is CPU 0's, the
 * others follow `step` bytes apart ---- */

void fw_copies_load(const struct fw_map *m, void *to, const uint8_t *first, uint64_t step);
void fw_copies_store(const struct fw_map *m, uint8_t *first, uint64_t step, const void *from);

#endif
