/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maps. A map is a descriptor in shared SRAM, which programs cannot reach, and
 * one block of DRAM for its contents (types that grow take more). The handle that
 * the driver and programs hold is the descriptor's device address.
 *
 * `hot` is all that a frequent lookup needs of the descriptor, in one 8-byte load:
 *   bits 0-2    enum fw_map_kind
 *   bits 39-63  (contents - NIC_DRAM_BASE) / 64
 *   ARRAY, PERCPU_ARRAY, ARRAY_MORE
 *               bits 3-10 value stride / 8, bits 11-38 max_entries
 *   HASH, HASH_MORE
 *               bits 3-12 key_size, bits 13-17 log2(buckets), bits 18-38 seed
 *   OTHER       bits 3-8 the map's type (fw_map_is), bits 9-38 the type's own
 * The _MORE kinds are laid out like the plain ones, for types whose lookup does
 * more: it is behind `ops`, as is everything that is not in line.
 *
 * Everything works with any number of harts at once; create and destroy are for
 * the control core, which destroys only what no packet uses any more.
 *
 * A type is a row of struct fw_map_type_ops in a file of its own and a line in
 * map.c's table.
 */
#ifndef FW_MAP_H
#define FW_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/extents.h"
#include "fw/admin.h"
#include "fw/bpf.h"
#include "nic/memmap.h"
#include "plat_mem.h"

enum fw_map_kind {
    FW_KIND_NONE = 0, /* no map */
    FW_KIND_ARRAY = 1,
    FW_KIND_ARRAY_WIDE = 2, /* an array whose figures do not fit: see the cold fields */
    FW_KIND_HASH = 3,
    FW_KIND_PERCPU_ARRAY = 4,
    FW_KIND_HASH_MORE = 5,
    FW_KIND_ARRAY_MORE = 6,
    FW_KIND_OTHER = 7,
};

#define FW_MAPS_MAX         4096u
#define FW_SRAM_MAPS_MAX    256u
#define FW_ARRAY_VALUE_MAX  0x1000000u /* 16 MiB: one DMA transfer */
#define FW_HASH_VALUE_MAX   0x100000u
#define FW_QUEUE_VALUE_MAX  0x400000u /* KMALLOC_MAX_SIZE */
#define FW_PERCPU_VALUE_MAX 32768u    /* PCPU_MIN_UNIT_SIZE */
#define FW_ACCESS_FLAGS                                                                            \
    (FW_F_NUMA_NODE | FW_F_RDONLY | FW_F_WRONLY | FW_F_RDONLY_PROG | FW_F_WRONLY_PROG)

struct fw_map_type_ops;
struct fw_maps;
struct fw_ctl;

#define FW_MAP_PAGE 4096u /* maps that the host mmaps: a page is all of one map */

struct fw_map {
    uint64_t hot;
    const struct fw_map_type_ops *ops;
    struct fw_map_spec spec;
    uint32_t base;   /* device address of the contents */
    uint32_t elems;  /* hash: device address of element 0 */
    uint64_t bytes;  /* of the contents */
    uint32_t stride; /* array: of a value; hash: of an element */
    uint32_t total;  /* hash: elements, spares included */
    /* written by many harts: a line of SRAM after the words that all only read */
    uint64_t free;  /* hash: stack of released elements, address | uses << 32 */
    uint32_t fresh; /* hash: elements ever taken from the untouched end */
    uint32_t count; /* entries */
    struct fw_maps *maps;
    uint32_t lock;   /* types with one lock for all writers */
    uint32_t copy;   /* per-CPU types: bytes from one CPU's copy to the next */
    uint64_t own[2]; /* the type's */
};
#define FW_MAP_SHIFT 7u
_Static_assert(sizeof(struct fw_map) == 1u << FW_MAP_SHIFT, "handles are 128 bytes apart");

/* Of timers (maps/timer.h): those that a hart runs. */
struct fw_timer_queue {
    uint32_t lock;
    uint32_t root;    /* device address of the record that expires first, 0 = none */
    uint32_t running; /* of the one whose callback is under way, 0 = none */
    uint32_t order;   /* of the next start */
    uint32_t ended;   /* callbacks */
    uint32_t rsvd[3];
};
_Static_assert(sizeof(struct fw_timer_queue) == 32, "two in a line");

struct fw_timers {
    struct fw_timer_queue *queue; /* one a hart, the control core's last */
    uint32_t queues;
    uint32_t orphan[FW_MAPS_MAX / 32]; /* bit of each descriptor: held by programs alone */
    uint64_t dram_bytes;
};

struct fw_maps {
    struct fw_extents dram; /* fw_maps_alloc */
    struct fw_map *map;     /* FW_MAPS_MAX descriptors */
    uint32_t handle_base;   /* device address of map[0] */
    uint32_t spares;   /* hash elements beyond max_entries: one per hart that can replace a value */
    uint32_t cpus;     /* harts that run programs: copies of a per-CPU value */
    uint32_t lock;     /* of `dram` */
    uint32_t released; /* 1 + number of a descriptor that was used; through its `base`, the next */
    uint32_t fresh;    /* descriptors ever used */
    uint64_t seed;
    struct fw_extents sram; /* for contents that programs must not reach */
    uint32_t sram_maps;
    struct fw_ctl *ctl; /* whose programs maps may hold */
    uint32_t *held;     /* of each descriptor: entries of other maps that name it */
    struct fw_timers timers;
};

static inline enum fw_map_kind fw_map_kind(uint64_t hot)
{
    return (enum fw_map_kind)(hot & 7);
}

/* Of kind OTHER and of this BPF_MAP_TYPE? */
static inline int fw_map_is(uint64_t hot, uint32_t type)
{
    return (hot & 0x1ff) == (FW_KIND_OTHER | (uint64_t)type << 3);
}

static inline uint32_t fw_map_base(uint64_t hot)
{
    return NIC_DRAM_BASE + (uint32_t)(hot >> 39 << 6);
}

/* The part of `hot` that says where the contents are. */
static inline uint64_t fw_hot_base(uint32_t base)
{
    return (uint64_t)(base - NIC_DRAM_BASE) / 64 << 39;
}

/* `hot` of kind OTHER with nothing of the type's own. */
static inline uint64_t fw_hot_other(const struct fw_map *m)
{
    return fw_hot_base(m->base) | (uint64_t)m->spec.type << 3 | FW_KIND_OTHER;
}

static inline uint32_t fw_hash_key_size(uint64_t hot)
{
    return hot >> 3 & 0x3ff;
}

/* Lends both to *ms for good. `cpus` harts run programs; they and the control core may update maps
 * at once. */
void fw_maps_init(struct fw_maps *ms, struct fw_map *map, uint32_t handle_base,
                  struct fw_extent *rows, uint32_t row_room, uint64_t dram_bytes, uint32_t cpus,
                  uint64_t seed);

/* DRAM, by any hart: FW_ENOMEM. The caller remembers sizes. */
int fw_maps_alloc(struct fw_maps *ms, uint64_t bytes, uint32_t *addr);
void fw_maps_free(struct fw_maps *ms, uint32_t addr, uint64_t bytes);

/* Lends *ms `rows` and the shared SRAM [lo, hi); without it there is none. */
void fw_maps_sram(struct fw_maps *ms, struct fw_extent *rows, uint32_t row_room, uint64_t lo,
                  uint64_t hi);

/* The map a handle names, or NULL. */
struct fw_map *fw_maps_find(const struct fw_maps *ms, uint32_t handle);

/* FW_EINVAL, FW_E2BIG as bpf(2) BPF_MAP_CREATE; FW_ENOMEM for want of DRAM; FW_ENOSPC of
 * descriptors. */
int fw_map_create(struct fw_maps *ms, const struct fw_map_spec *spec, uint32_t *handle);
void fw_map_destroy(struct fw_maps *ms, struct fw_map *m);

/*
 * For programs, as the kernel's map operations: pointer or NULL, 0 or a positive
 * errno. Keys and values are spec.key_size and spec.value_size bytes, of any
 * alignment. Per-CPU maps: the calling hart's copy.
 */
void *fw_map_lookup(const struct fw_map *m, const void *key);
int fw_map_update(struct fw_map *m, const void *key, const void *value, uint64_t flags);
int fw_map_delete(struct fw_map *m, const void *key);
/* key NULL: the first. `next` has room for FW_KEY_MAX bytes. */
int fw_map_next(struct fw_map *m, const void *key, void *next);
int fw_map_push(struct fw_map *m, const void *value, uint64_t flags);
int fw_map_pop(struct fw_map *m, void *value);
int fw_map_peek(struct fw_map *m, void *value);
/* Per-CPU types: the copy of `cpu`; NULL for other types too. */
void *fw_map_lookup_cpu(const struct fw_map *m, const void *key, uint32_t cpu);

/*
 * For the host: values are fw_map_host_bytes(m), per-CPU maps all copies in CPU
 * order, each at a multiple of 8 bytes. Copied whole, never torn by an update.
 */
uint32_t fw_map_host_bytes(const struct fw_map *m);
int fw_map_read(struct fw_map *m, const void *key, void *value, uint64_t flags);
int fw_map_write(struct fw_map *m, const void *key, const void *value, uint64_t flags);
/* Reads and deletes in one step. */
int fw_map_take(struct fw_map *m, const void *key, void *value, uint64_t flags);

/* Device address of array value 0, of a ring buffer's first page; 0 for other types. */
uint32_t fw_map_value_addr(const struct fw_map *m);
/* The same for code of programs, which knows how per-CPU arrays are laid out. */
uint32_t fw_map_program_addr(const struct fw_map *m);

/* ---- one row per type ---- */

/* What a type takes of struct fw_map_spec beyond the sizes. */
enum fw_spec_field {
    FW_SPEC_LOCK = 1,
    FW_SPEC_TIMER = 2,
    FW_SPEC_INNER = 4,
    FW_SPEC_EXTRA = 8,
    FW_SPEC_NO_KEY = 16,   /* key_size is 0 */
    FW_SPEC_NO_VALUE = 32, /* value_size may be 0 */
    FW_SPEC_VALUE_IN = 64, /* a lookup asks about the value it is given */
    FW_SPEC_PAGES = 128,   /* contents begin on a page, for the host to map */
};

/* Functions that may be NULL say what then. */
struct fw_map_type_ops {
    uint32_t type, key_max, value_max, flags;
    uint32_t spec; /* enum fw_spec_field */
    bool sram;     /* contents in shared SRAM */
    /* Checks the spec and fills stride, total, bytes (all of *m but the addresses). */
    int (*plan)(const struct fw_maps *ms, struct fw_map *m);
    /* Contents at m->base: fills them and m->hot. */
    void (*format)(struct fw_maps *ms, struct fw_map *m);
    /* Gives back what it holds beyond [base, base + bytes). NULL: nothing. */
    void (*release)(struct fw_maps *ms, struct fw_map *m);

    void *(*lookup)(const struct fw_map *m, const void *key); /* NULL: no entry */
    int (*update)(struct fw_map *m, const void *key, const void *value,
                  uint64_t flags);                                              /* EINVAL */
    int (*remove)(struct fw_map *m, const void *key);                           /* EINVAL */
    int (*next)(struct fw_map *m, const void *key, void *next);                 /* EOPNOTSUPP */
    int (*push)(struct fw_map *m, const void *value, uint64_t flags);           /* EOPNOTSUPP */
    int (*pop)(struct fw_map *m, void *value);                                  /* EOPNOTSUPP */
    int (*peek)(struct fw_map *m, void *value);                                 /* EOPNOTSUPP */
    void *(*lookup_cpu)(const struct fw_map *m, const void *key, uint32_t cpu); /* no entry */

    int (*read)(struct fw_map *m, const void *key, void *value,
                uint64_t flags); /* copies lookup's */
    int (*write)(struct fw_map *m, const void *key, const void *value, uint64_t flags); /* update */
    int (*take)(struct fw_map *m, const void *key, void *value, uint64_t flags); /* ENOTSUPP */
    /*
     * The whole of bucket *cursor, at most `room` entries, keys and host values side by
     * side; `del`: they leave the map. *count entries; ENOSPC (*count = what it holds)
     * when it has more; ENOENT past the last. NULL: walk by next.
     */
    int (*bucket)(struct fw_map *m, uint32_t number, uint32_t room, uint8_t *keys, uint8_t *values,
                  uint32_t *count, int del);
};
/* Row i, NULL past the last. */
const struct fw_map_type_ops *fw_map_type(uint32_t i);

/* Bytes of a value where values lie side by side. */
static inline uint32_t fw_round8(uint32_t bytes)
{
    return (bytes + 7) & ~7u;
}

/* What programs of kind PERCPU_ARRAY's layout see: a plane of values a CPU, on lines of its own. */
static inline uint32_t fw_percpu_plane(uint32_t stride, uint32_t entries)
{
    return (stride * entries + 63) & ~63u;
}

void *fw_hash_lookup(const struct fw_map *m, uint64_t hot, const void *key);

/* Kind ARRAY only. In line: a lookup from a program is the firmware's most frequent work. */
static inline void *fw_array_lookup_packed(uint64_t hot, uint32_t index)
{
    uint32_t stride = hot & 0x7f8; /* bits 3-10, times 8 */
    uint32_t entries = (uint32_t)(hot >> 11 & 0xfffffff);
    return index < entries ? plat_ptr(fw_map_base(hot) + stride * index) : NULL;
}

/* Kind PERCPU_ARRAY only. */
static inline void *fw_percpu_lookup_packed(uint64_t hot, uint32_t index, uint32_t cpu)
{
    uint32_t stride = hot & 0x7f8;
    uint32_t entries = (uint32_t)(hot >> 11 & 0xfffffff);
    uint32_t plane = fw_percpu_plane(stride, entries);
    return index < entries ? plat_ptr(fw_map_base(hot) + plane * cpu + stride * index) : NULL;
}

/* ---- a lock of one word, for what is short and rare ---- */

static inline void fw_lock(uint32_t *word)
{
    while (__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE))
        plat_relax();
}

static inline void fw_unlock(uint32_t *word)
{
    __atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

/* ---- words of any alignment ---- */

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
