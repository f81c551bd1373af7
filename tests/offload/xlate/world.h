/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a proved program runs in: context, packet, maps, helpers and kernel functions, the same
 * for the reference interpreter and the engine. Two worlds of one seed begin alike; programs
 * that do the same leave them alike. What the programs say to helpers goes into a sum, numbers as
 * they are, memory by what it holds.
 */
#ifndef TESTS_XLATE_WORLD_H
#define TESTS_XLATE_WORLD_H

#include "offload/refint.h"
#include "offload/verifier.h"
#include "refint/refint.h"

#define WORLD_BASE 0x30000000u

enum {
    WORLD_CTX = 0x0,
    WORLD_CELLS = 0x200,   /* numbers of iterators, 8 bytes each */
    WORLD_RECORDS = 0x400, /* of ring buffers */
    WORLD_MAILBOX = 0xf00, /* how the engine calls: not compared */
    WORLD_HEADROOM = 0x1000,
    WORLD_PACKET = 0x1100, /* first byte, at the start */
    WORLD_PACKET_END = 0x1400,
    WORLD_HANDLES = 0x2000, /* of maps, 16 bytes each, then of those inside them */
    WORLD_STACK = 0x4000,
    WORLD_STACK_TOP = 0xc000,
    WORLD_STACK_BYTES = WORLD_STACK_TOP - WORLD_STACK,
    WORLD_VALUES = 0xd000,
    WORLD_BYTES = 0x40000,

    WORLD_MAPS = 16,
    WORLD_SLOTS = 64, /* entries of a hash table, at most */
    WORLD_KEY = 64,   /* bytes of its key, at most */
    WORLD_CPU = 1,
    WORLD_ITERS = 8,
};

/* A map, or the one inside a map of maps. */
struct world_map {
    const struct offload_map *map;
    uint32_t values; /* offset of what the map's address points to */
    uint32_t first;  /* offset of the first value */
    uint32_t stride, entries;
    uint32_t plane;   /* bytes from one processor's values to the next one's; 0 = no such */
    uint32_t buckets; /* of tables as in offload/hash.h; else 0 */
    uint64_t used;    /* hash tables: bit n: entry n */
    uint8_t key[WORLD_SLOTS][WORLD_KEY];
};

struct world {
    uint8_t mem[WORLD_BYTES]; /* at WORLD_BASE */
    uint32_t mem_used;
    const struct offload_prog *prog;
    struct world_map map[2 * WORLD_MAPS];
    uint64_t seed;
    uint64_t sum;     /* of all that the helpers were told */
    uint32_t calls;   /* of helpers, and what their answers hang on */
    uint32_t records; /* bytes of records given */
    struct {
        uint64_t addr;
        int32_t now, end;
    } iter[WORLD_ITERS];
    uint64_t stack_top;     /* address; the engine's is at WORLD_STACK_TOP */
    struct refint_run *run; /* whose stack it is; NULL: the stack is in mem */
};

/* The world at the start. -1: the program's maps do not fit. */
int world_init(struct world *w, const struct offload_prog *prog, uint64_t seed);
/* *to = *from, as far as it is used. */
void world_copy(struct world *to, const struct world *from);
/* NULL, or what of them differs. */
const char *world_differs(const struct world *a, const struct world *b);

/* Helper `id`, kernel function of row `id`: 0, or -1 when this world has it not. */
int world_helper(struct world *w, uint32_t id, const uint64_t arg[5], uint64_t *r0);
int world_kfunc(struct world *w, uint32_t id, const uint64_t arg[5], uint64_t *r0);
/* Whether a tail call is taken; it leads to world_target, which returns WORLD_VERDICT. */
bool world_tail(struct world *w, const uint64_t arg[5]);
extern const struct offload_prog world_target;
enum { WORLD_VERDICT = 3 };

/* Runs the program in the reference interpreter. */
enum refint_end world_refint(struct world *w, struct refint_result *res);

/* ---- world.c, for world_calls.c ---- */

uint64_t world_mix(uint64_t a, uint64_t b);
/* Bytes of the world or of the stack; false when they are in neither. */
bool world_get(const struct world *w, uint64_t addr, void *to, uint32_t len);
bool world_set(struct world *w, uint64_t addr, const void *from, uint32_t len);
/* The map with this handle. */
struct world_map *world_map(struct world *w, uint64_t handle);
/* Address of the entry, or 0. */
uint64_t world_lookup(struct world *w, struct world_map *m, uint64_t key);
int world_update(struct world *w, struct world_map *m, uint64_t key, uint64_t value,
                 uint64_t flags);
int world_delete(struct world *w, struct world_map *m, uint64_t key);
/* Seed of the n-th map's hash. */
uint32_t world_seed(const struct world *w, unsigned n);

/* ---- world_hash.c ---- */

/* Tables as in offload/hash.h. */
bool world_has_chains(const struct offload_map *map);
/* Whether a lookup may be no call: it leaves no trace but a mark. */
bool world_in_place(const struct offload_map *map);
/* Where things are in a map at m->values; how many bytes it takes. */
uint32_t world_chains_room(struct world_map *m);
/* The chains are of the entries that are there. */
void world_chains(struct world *w, struct world_map *m);
/* Entry n of an LRU map was found. */
void world_mark(struct world *w, const struct world_map *m, uint32_t n);

/* ---- world.c ---- */

/* Moves one end of the packet. */
int world_adjust(struct world *w, uint32_t id, int64_t by);

#endif
