/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maps whose entries refer to something: ARRAY_OF_MAPS, HASH_OF_MAPS, DEVMAP,
 * DEVMAP_HASH, CPUMAP, XSKMAP. Only the host changes them. An entry is one word,
 * read and written whole; 0 = there is none:
 *   bits 0-31   map: its handle; DEVMAP: port; CPUMAP: queue size; XSKMAP: host queue
 *   bits 32-63  DEVMAP, CPUMAP: handle of the program to run there, 0 = none; XSKMAP: 1
 * The host's value is its first value_size bytes, so a hash holds the value as it came.
 *
 * Entries lie in DRAM. What they say is checked where it is used: a handle names
 * a map or a loaded program, or nothing.
 *
 *   hot of the arrays: bits 9-36 max_entries, bits 39-63 as everywhere
 */
#ifndef FW_REF_H
#define FW_REF_H

#include "maps/map.h"

#define FW_CPUMAP_QUEUE_MAX 16384u
#define FW_CPUMAP_MAX       8192u /* entries */

static inline uint32_t fw_ref_to(uint64_t entry)
{
    return (uint32_t)entry;
}

static inline uint32_t fw_ref_prog(uint64_t entry)
{
    return (uint32_t)(entry >> 32);
}

/* The place of an array's entry; NULL past the end. */
static inline uint64_t *fw_ref_at(uint64_t hot, uint32_t index)
{
    uint32_t entries = hot >> 9 & 0xfffffff;
    return index < entries ? (uint64_t *)plat_ptr(fw_map_base(hot) + index * 8) : NULL;
}

static inline uint64_t fw_ref_get(uint64_t hot, uint32_t index)
{
    const uint64_t *at = fw_ref_at(hot, index);
    return at ? __atomic_load_n(at, __ATOMIC_RELAXED) : 0;
}

/*
 * CPUMAP: behind the entries a word for each, packets that wait in its queue. Changes of the entry
 * leave it: packets on their way come off it when they arrive.
 */
static inline uint32_t *fw_cpumap_waiting(uint64_t hot, uint32_t index)
{
    uint32_t entries = hot >> 9 & 0xfffffff;
    return (uint32_t *)plat_ptr(fw_map_base(hot) + entries * 8) + index;
}

/* A chosen entry of a CPUMAP: its number and the queue's size in the entry's lower half. */
static inline uint64_t fw_cpumap_target(uint64_t entry, uint32_t index)
{
    return entry >> 32 << 32 | (fw_ref_to(entry) << 16 | index);
}

static inline uint32_t fw_cpumap_index(uint64_t target)
{
    return target & 0xffff;
}

static inline uint32_t fw_cpumap_size(uint64_t target)
{
    return target >> 16 & 0xffff;
}

/* ref.c: what entries of all these types share. */

/*
 * Checks a value that the host gave and holds what it names: 0 and the entry (0: the value
 * says that there be none), or an errno.
 */
int fw_ref_take(struct fw_map *m, const void *value, uint64_t *entry);
/* What the entry names is no more held. */
void fw_ref_drop(const struct fw_map *m, uint64_t entry);
int fw_ref_bad_spec(const struct fw_map *m);

static inline int fw_ref_is_of_maps(const struct fw_map *m)
{
    return m->spec.type == FW_MAP_ARRAY_OF_MAPS || m->spec.type == FW_MAP_HASH_OF_MAPS;
}

#endif
