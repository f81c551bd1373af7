/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_TYPE_LRU_HASH and LRU_PERCPU_HASH: hash tables whose oldest entries make
 * room. Age is a clock's (Corbato's second chance): a hand goes round the elements;
 * one that was looked up since its last visit is spared once, the first that was
 * not leaves. The hand is a counter that harts advance by atomic adds; there is no
 * list and no lock but the bucket's of the entry that leaves.
 *
 * As in the kernel, lookups by programs and updates of what is there make an entry young,
 * lookups by the host do not, and after LOCAL_NR_SCANS (128) spared elements one leaves in any
 * case, so that an update's work has a bound.
 */
#include "maps/hash_impl.h"

#define SPARED_MAX 128u
#define LRU_FLAGS  (FW_ACCESS_FLAGS | FW_F_ZERO_SEED | FW_F_NO_COMMON_LRU)

static struct elem *hand_advance(struct fw_map *m, uint32_t used)
{
    uint64_t at = __atomic_fetch_add(&m->own[0], 1, __ATOMIC_RELAXED);
    return plat_ptr(m->elems + (uint32_t)(at % used) * m->stride);
}

/* Elements that were ever used lie before the others, whose state means nothing. */
int fw_lru_evict(struct fw_map *m)
{
    uint32_t used = __atomic_load_n(&m->fresh, __ATOMIC_RELAXED);
    uint32_t spared = 0;
    used = used < m->total ? used : m->total;
    for (uint32_t n = 0; n < 2 * used + SPARED_MAX && used; n++) {
        struct elem *e = hand_advance(m, used);
        uint32_t state = __atomic_load_n(&e->state, __ATOMIC_RELAXED);
        if (!(state & ELEM_LIVE))
            continue;
        if (state & ELEM_USED && spared < SPARED_MAX) {
            (void)__atomic_fetch_and(&e->state, ~ELEM_USED, __ATOMIC_RELAXED);
            spared++;
        } else if (fw_hash_drop(m, e, state)) {
            return 1;
        }
    }
    return 0;
}

static void *lookup_cpu(const struct fw_map *m, const void *key, uint32_t cpu)
{
    uint8_t *first = fw_hash_lookup(m, m->hot, key);
    if (!first)
        return NULL;
    fw_lru_mark(elem_of_value(m, first));
    return first + (size_t)m->copy * cpu;
}

static void *lookup(const struct fw_map *m, const void *key)
{
    return lookup_cpu(m, key, m->copy ? plat_cpu() : 0);
}

static int plan(const struct fw_maps *ms, struct fw_map *m)
{
    return fw_hash_plan(ms, m, m->spec.value_size);
}

static int update(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    return fw_hash_put(m, key, value, flags, HASH_PLAIN);
}

const struct fw_map_type_ops fw_lru_hash_type = {
    .type = FW_MAP_LRU_HASH,
    .key_max = FW_KEY_MAX,
    .value_max = FW_HASH_VALUE_MAX,
    .flags = LRU_FLAGS,
    .spec = FW_SPEC_TIMER,
    .plan = plan,
    .format = fw_hash_format_more,
    .lookup = lookup,
    .update = update,
    .remove = fw_hash_remove,
    .next = fw_hash_next,
    .read = fw_hash_read,
    .take = fw_hash_take,
    .bucket = fw_hash_bucket,
};

const struct fw_map_type_ops fw_lru_percpu_hash_type = {
    .type = FW_MAP_LRU_PERCPU_HASH,
    .key_max = FW_KEY_MAX,
    .value_max = FW_PERCPU_VALUE_MAX,
    .flags = LRU_FLAGS,
    .plan = fw_percpu_hash_plan,
    .format = fw_hash_format_more,
    .lookup = lookup,
    .update = fw_percpu_hash_update,
    .remove = fw_hash_remove,
    .next = fw_hash_next,
    .lookup_cpu = lookup_cpu,
    .read = fw_hash_read,
    .write = fw_percpu_hash_write,
    .take = fw_hash_take,
    .bucket = fw_hash_bucket,
};
