/* SPDX-License-Identifier: BSD-3-Clause */
/* Which maps a helper takes, as the kernel's check_map_func_compatibility(). */
#include <linux/bpf.h>

#include "verifier/helper.h"
#include "verifier/vf.h"

bool vf_map_is_percpu(uint32_t type)
{
    return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
           type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

bool vf_map_is_outer(uint32_t type)
{
    return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

bool vf_map_is_sockets(uint32_t type)
{
    return type == BPF_MAP_TYPE_SOCKMAP || type == BPF_MAP_TYPE_SOCKHASH;
}

static bool is_storage(uint32_t type)
{
    return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_ARRAY ||
           type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LPM_TRIE || vf_map_is_percpu(type);
}

static bool is_devmap(uint32_t type)
{
    return type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_DEVMAP_HASH;
}

static bool is_list(uint32_t type)
{
    return type == BPF_MAP_TYPE_QUEUE || type == BPF_MAP_TYPE_STACK;
}

/* for_each needs entries to visit in place. */
static bool is_visited(uint32_t type)
{
    return is_storage(type) && type != BPF_MAP_TYPE_LPM_TRIE;
}

/* What a program reads of a devmap's value is the device's own record. */
bool vf_map_is_rdonly(const struct offload_map *m)
{
    return (m->flags & BPF_F_RDONLY_PROG) || is_devmap(m->type);
}

static bool fits(uint32_t helper, uint32_t type)
{
    switch (helper) {
    case BPF_FUNC_map_lookup_elem:
        return is_storage(type) || is_devmap(type) || type == BPF_MAP_TYPE_XSKMAP ||
               vf_map_is_outer(type) || vf_map_is_sockets(type);
    case BPF_FUNC_map_update_elem:
    case BPF_FUNC_map_delete_elem:
        return is_storage(type) || vf_map_is_sockets(type);
    case BPF_FUNC_map_lookup_percpu_elem:
        return vf_map_is_percpu(type);
    case BPF_FUNC_tail_call:
        return type == BPF_MAP_TYPE_PROG_ARRAY;
    case BPF_FUNC_redirect_map:
        return is_devmap(type) || type == BPF_MAP_TYPE_CPUMAP || type == BPF_MAP_TYPE_XSKMAP;
    case BPF_FUNC_perf_event_output:
        return type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
    case BPF_FUNC_ringbuf_output:
    case BPF_FUNC_ringbuf_reserve:
    case BPF_FUNC_ringbuf_query:
    case BPF_FUNC_ringbuf_reserve_dynptr:
        return type == BPF_MAP_TYPE_RINGBUF;
    case BPF_FUNC_user_ringbuf_drain:
        return type == BPF_MAP_TYPE_USER_RINGBUF;
    case BPF_FUNC_map_push_elem:
    case BPF_FUNC_map_peek_elem:
        return is_list(type) || type == BPF_MAP_TYPE_BLOOM_FILTER;
    case BPF_FUNC_map_pop_elem:
        return is_list(type);
    case BPF_FUNC_for_each_map_elem:
        return is_visited(type);
    case BPF_FUNC_timer_init:
        return true;
    default:
        return false;
    }
}

static bool writes(uint32_t helper)
{
    return helper == BPF_FUNC_map_update_elem || helper == BPF_FUNC_map_delete_elem ||
           helper == BPF_FUNC_map_push_elem || helper == BPF_FUNC_map_pop_elem;
}

int vf_check_map_fit(struct vf *v, const struct helper *h, const struct offload_map *m)
{
    if (h->id == BPF_FUNC_tail_call && m->type != BPF_MAP_TYPE_PROG_ARRAY)
        return vf_refuse(v, WHY(TAIL_CALL_MAP));
    if (h->id == BPF_FUNC_for_each_map_elem && !is_visited(m->type))
        return vf_refuse(v, WHY(CALLBACK_MAP));
    if (!fits(h->id, m->type) || (vf_map_is_outer(m->type) && !m->inner))
        return vf_refuse(v, WHY(MAP_TYPE), m->type, h->name, h->id);
    if ((m->flags & BPF_F_RDONLY_PROG) && writes(h->id))
        return vf_refuse(v, WHY(MAP_WRITE));
    return 0; /* what is read of a map that is only written is known at the load */
}
