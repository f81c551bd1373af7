/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maps. A map is a descriptor in shared SRAM, which programs cannot reach, and
 * one block of DRAM for its contents. The handle that the driver and programs
 * hold is the descriptor's device address.
 *
 * `hot` is all that a lookup needs of the descriptor, in one 8-byte load:
 *   bits 0-2    enum fw_map_kind
 *   bits 39-63  (contents - NIC_DRAM_BASE) / 64
 *   ARRAY       bits 3-10 value stride / 8, bits 11-38 max_entries
 *   ARRAY_WIDE  an array whose figures do not fit: see the cold fields
 *   HASH        bits 3-12 key_size, bits 13-17 log2(buckets), bits 18-38 seed
 *
 * Everything works with any number of harts at once; create and destroy are for
 * the control core, which destroys only what no packet uses any more.
 */
#ifndef FW_MAP_H
#define FW_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "core/extents.h"
#include "fw/admin.h"
#include "fw/bpf.h"
#include "nic/memmap.h"
#include "plat_mem.h"

enum fw_map_kind {
    FW_KIND_NONE = 0,
    FW_KIND_ARRAY = 1,
    FW_KIND_ARRAY_WIDE = 2,
    FW_KIND_HASH = 3,
};

#define FW_MAPS_MAX        256u
#define FW_ARRAY_VALUE_MAX 0x1000000u /* 16 MiB: one DMA transfer */
#define FW_HASH_VALUE_MAX  0x100000u
#define FW_ARRAY_FLAGS                                                                             \
    (FW_F_NUMA_NODE | FW_F_RDONLY | FW_F_WRONLY | FW_F_RDONLY_PROG | FW_F_WRONLY_PROG |            \
     FW_F_MMAPABLE)
#define FW_HASH_FLAGS                                                                              \
    (FW_F_NO_PREALLOC | FW_F_NUMA_NODE | FW_F_RDONLY | FW_F_WRONLY | FW_F_ZERO_SEED |              \
     FW_F_RDONLY_PROG | FW_F_WRONLY_PROG)

struct fw_map {
    uint64_t hot;
    struct fw_map_spec spec;
    uint32_t base;   /* device address of the contents */
    uint32_t elems;  /* hash: device address of element 0 */
    uint64_t bytes;  /* of the contents */
    uint32_t stride; /* array: of a value; hash: of an element */
    uint32_t total;  /* hash: elements, spares included */
    /* written by many harts: kept away from the words above, which all only read */
    _Alignas(64) uint64_t free; /* hash: stack of released elements, address | uses << 32 */
    uint32_t fresh;             /* hash: elements ever taken from the untouched end */
    uint32_t count;             /* hash: entries */
};
_Static_assert(sizeof(struct fw_map) == 128, "handles are 128 bytes apart");
#define FW_MAP_SHIFT 7u

struct fw_maps {
    struct fw_extents dram;
    struct fw_map *map;   /* FW_MAPS_MAX descriptors */
    uint32_t handle_base; /* device address of map[0] */
    uint32_t spares; /* hash elements beyond max_entries: one per hart that can replace a value */
    uint64_t seed;
};

static inline enum fw_map_kind fw_map_kind(uint64_t hot)
{
    return (enum fw_map_kind)(hot & 7);
}

static inline uint32_t fw_map_base(uint64_t hot)
{
    return NIC_DRAM_BASE + (uint32_t)(hot >> 39 << 6);
}

static inline uint32_t fw_hash_key_size(uint64_t hot)
{
    return hot >> 3 & 0x3ff;
}

/* Lends both to *ms for good. `harts` counts all that may update maps at once. */
void fw_maps_init(struct fw_maps *ms, struct fw_map *map, uint32_t handle_base,
                  struct fw_extent *rows, uint32_t row_room, uint64_t dram_bytes, uint32_t harts,
                  uint64_t seed);

/* The map a handle names, or NULL. */
struct fw_map *fw_maps_find(const struct fw_maps *ms, uint32_t handle);

/* FW_EINVAL, FW_E2BIG as bpf(2) BPF_MAP_CREATE; FW_ENOMEM for want of DRAM; FW_ENOSPC of
 * descriptors. */
int fw_map_create(struct fw_maps *ms, const struct fw_map_spec *spec, uint32_t *handle);
void fw_map_destroy(struct fw_maps *ms, struct fw_map *m);

/*
 * As the kernel's map operations: pointer or NULL, 0 or a positive errno. Keys
 * and values are spec.key_size and spec.value_size bytes, of any alignment.
 */
void *fw_map_lookup(const struct fw_map *m, const void *key);
int fw_map_update(struct fw_map *m, const void *key, const void *value, uint64_t flags);
int fw_map_delete(struct fw_map *m, const void *key);
/* key NULL: the first. `next` has room for FW_KEY_MAX bytes. */
int fw_map_next(struct fw_map *m, const void *key, void *next);

/* Device address of array value 0; 0 for other types. */
uint32_t fw_map_value_addr(const struct fw_map *m);

/* ---- one row per type: array.c, hash.c ---- */

struct fw_map_type_ops {
    uint32_t type, key_max, value_max, flags;
    /* Checks the spec and fills stride, total, bytes (all of *m but the addresses). */
    int (*plan)(const struct fw_maps *ms, struct fw_map *m);
    /* Contents at m->base: fills them and m->hot. */
    void (*format)(const struct fw_maps *ms, struct fw_map *m);
};
extern const struct fw_map_type_ops fw_array_type, fw_hash_type;
/* Row i, NULL past the last. */
const struct fw_map_type_ops *fw_map_type(uint32_t i);

void *fw_array_lookup(const struct fw_map *m, uint64_t hot, uint32_t index);
int fw_array_update(struct fw_map *m, const void *key, const void *value, uint64_t flags);
int fw_array_next(const struct fw_map *m, const void *key, void *next);
void *fw_hash_lookup(uint64_t hot, const void *key);
int fw_hash_update(struct fw_map *m, const void *key, const void *value, uint64_t flags);
int fw_hash_delete(struct fw_map *m, const void *key);
int fw_hash_next(struct fw_map *m, const void *key, void *next);

/* Kind ARRAY only. In line: a lookup from a program is the firmware's most frequent work. */
static inline void *fw_array_lookup_packed(uint64_t hot, uint32_t index)
{
    uint32_t stride = hot & 0x7f8; /* bits 3-10, times 8 */
    uint32_t entries = (uint32_t)(hot >> 11 & 0xfffffff);
    return index < entries ? plat_ptr(fw_map_base(hot) + stride * index) : NULL;
}

/* One word of any alignment. */
struct fw_word32 {
    uint32_t v;
} __attribute__((packed, may_alias));
struct fw_word64 {
    uint64_t v;
} __attribute__((packed, may_alias));

static inline uint32_t fw_get32(const void *p)
{
    return ((const struct fw_word32 *)p)->v;
}

static inline uint64_t fw_get64(const void *p)
{
    return ((const struct fw_word64 *)p)->v;
}

#endif
