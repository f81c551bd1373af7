/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_TYPE_PERF_EVENT_ARRAY: which of its entries the host listens to. The
 * events themselves go through the event queue. The value that the host stores is
 * 1 + the CPU of its perf event; lookups have no answer, as in the kernel.
 *
 * There are usually more harts than CPUs for which the host opened events: a hart is
 * then the CPU of its number modulo the entries up to the last one in use.
 */
#ifndef FW_PERF_ARRAY_H
#define FW_PERF_ARRAY_H

#include "maps/map.h"

#define FW_F_INDEX_MASK  0xffffffffu
#define FW_F_CURRENT_CPU 0xffffffffu
#define FW_F_CTXLEN_MASK ((uint64_t)0xfffff << 32) /* bytes of packet */

struct fw_perf_entry {
    uint32_t cpu; /* 1 + CPU; 0 = nobody listens */
    uint32_t lost;
};

extern const struct fw_map_type_ops fw_perf_array_type;

/*
 * The entry that flags (BPF_F_INDEX_MASK or BPF_F_CURRENT_CPU) name for a program
 * on hart `cpu`. FW_E2BIG, FW_ENOENT, FW_EOPNOTSUPP (another CPU's) as the kernel.
 */
int fw_perf_entry(const struct fw_map *m, uint64_t flags, uint32_t cpu, uint32_t *index);

/* Events lost at an entry that no event has told of yet: from now on the caller's to tell. */
uint32_t fw_perf_lost_take(const struct fw_map *m, uint32_t index);
/* One more was lost, and `untold` that were taken are told by nobody. */
void fw_perf_lost(struct fw_map *m, uint32_t index, uint32_t untold);

/* Events lost at all entries, ever. */
static inline uint64_t fw_perf_lost_all(const struct fw_map *m)
{
    return __atomic_load_n(&m->own[0], __ATOMIC_RELAXED);
}

#endif
