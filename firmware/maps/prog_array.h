/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_TYPE_PROG_ARRAY: a word an entry, in shared SRAM, which programs
 * cannot reach: an address that the firmware jumps to must be one it wrote. A
 * tail call is two dependent reads: the map's `hot`, and the entry.
 *
 *   hot    bits 9-36 max_entries, bits 42-63 (contents - NIC_SRAM_BASE) / 64
 *   entry  0 = empty; bits 0-31 entry address, 32-47 slot of the program (from 0),
 *          48-63 the program's stack / 16
 */
#ifndef FW_PROG_ARRAY_H
#define FW_PROG_ARRAY_H

#include "maps/map.h"

static inline uint64_t *fw_prog_array_at(uint64_t hot, uint32_t index)
{
    uint32_t base = NIC_SRAM_BASE + (uint32_t)(hot >> 42 << 6);
    return (uint64_t *)plat_ptr(base + index * 8);
}

static inline uint32_t fw_prog_array_entries(uint64_t hot)
{
    return hot >> 9 & 0xfffffff;
}

/* The word at `index`; 0 also past the end. */
static inline uint64_t fw_prog_array_get(uint64_t hot, uint32_t index)
{
    if (index >= fw_prog_array_entries(hot))
        return 0;
    return __atomic_load_n(fw_prog_array_at(hot, index), __ATOMIC_RELAXED);
}

static inline uint64_t fw_prog_array_word(uint32_t entry, uint32_t slot, uint32_t stack)
{
    return (uint64_t)((stack + 15) / 16) << 48 | (uint64_t)slot << 32 | entry;
}

static inline uint32_t fw_prog_array_entry(uint64_t word)
{
    return (uint32_t)word;
}

static inline uint32_t fw_prog_array_slot(uint64_t word)
{
    return word >> 32 & 0xffff;
}

/* Bytes. */
static inline uint32_t fw_prog_array_stack(uint64_t word)
{
    return (uint32_t)(word >> 48) * 16;
}

#endif
