/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/maptype.h"

#include <linux/bpf.h>
#include <stddef.h>

enum {
    MAPS = 1u << 0,
    PROGS = 1u << 1,
    PER_CPU = 1u << 2,
    KEYLESS = 1u << 3,
    ARRAYS = 1u << 4,
    CALLS = 1u << 5,
    INDEXED = 1u << 6,
};

static const struct {
    const char *name;
    unsigned is;
} types[] = {
#define TYPE(type, is) [BPF_MAP_TYPE_##type] = {"BPF_MAP_TYPE_" #type, (is)}
    TYPE(HASH, 0),
    TYPE(ARRAY, ARRAYS | INDEXED),
    TYPE(PROG_ARRAY, PROGS | INDEXED),
    TYPE(PERF_EVENT_ARRAY, 0),
    TYPE(PERCPU_HASH, PER_CPU),
    TYPE(PERCPU_ARRAY, PER_CPU | ARRAYS | INDEXED),
    TYPE(STACK_TRACE, 0),
    TYPE(CGROUP_ARRAY, 0),
    TYPE(LRU_HASH, 0),
    TYPE(LRU_PERCPU_HASH, PER_CPU),
    TYPE(LPM_TRIE, 0),
    TYPE(ARRAY_OF_MAPS, MAPS | INDEXED),
    TYPE(HASH_OF_MAPS, MAPS),
    TYPE(DEVMAP, CALLS | INDEXED),
    TYPE(SOCKMAP, 0),
    TYPE(CPUMAP, CALLS | INDEXED),
    TYPE(XSKMAP, INDEXED),
    TYPE(SOCKHASH, 0),
    TYPE(QUEUE, KEYLESS),
    TYPE(STACK, KEYLESS),
    TYPE(SK_STORAGE, 0),
    TYPE(DEVMAP_HASH, CALLS),
    TYPE(STRUCT_OPS, 0),
    TYPE(RINGBUF, 0),
    TYPE(BLOOM_FILTER, 0),
#undef TYPE
};

static bool is(uint32_t type, unsigned what)
{
    return type < sizeof(types) / sizeof(types[0]) && (types[type].is & what) != 0;
}

const char *map_type_enum(uint32_t type)
{
    return type < sizeof(types) / sizeof(types[0]) ? types[type].name : NULL;
}

bool map_type_holds_maps(uint32_t type)
{
    return is(type, MAPS);
}

bool map_type_holds_progs(uint32_t type)
{
    return is(type, PROGS);
}

bool map_type_per_cpu(uint32_t type)
{
    return is(type, PER_CPU);
}

bool map_type_keyless(uint32_t type)
{
    return is(type, KEYLESS);
}

bool map_type_indexed(uint32_t type)
{
    return is(type, INDEXED);
}

bool map_type_array(uint32_t type)
{
    return is(type, ARRAYS);
}

bool map_type_calls(uint32_t type)
{
    return is(type, CALLS);
}
