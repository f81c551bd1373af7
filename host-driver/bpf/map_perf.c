/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_TYPE_PERF_EVENT_ARRAY: elements are descriptors of perf events
 * (perf_event.c); the NIC learns which entries have one, and for which CPU.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/events.h"

#define FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_PRESERVE_ELEMS)

/* kernel/bpf/arraymap.c: fd_array_map_alloc_check */
static int check(struct nicbpf *b, const union bpf_attr *attr)
{
    if (attr->value_size != sizeof(uint32_t))
        return refuse_map(b, -EINVAL, attr, "the value of a perf event array is a descriptor");
    if (attr->key_size != sizeof(uint32_t) || !attr->max_entries)
        return refuse_map(b, -EINVAL, attr, "the key of an array is 4 bytes, and it has entries");
    if (attr->map_flags & ~(uint32_t)FLAGS)
        return refuse_map(b, -EINVAL, attr, "a flag that this map type has not");
    return 0;
}

static int opened(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr)
{
    int rc = events_need(b);

    if (rc)
        return refuse_map(b, rc, attr, "the NIC's event queue does not open");
    m->perf = calloc(1, sizeof(*m->perf));
    if (m->perf)
        m->perf->event = calloc(attr->max_entries, sizeof(*m->perf->event));
    if (m->perf && m->perf->event)
        return 0;
    free(m->perf);
    return -ENOMEM;
}

static void closing(struct nicbpf *b, struct map_obj *m)
{
    for (uint32_t i = 0; i < m->hw.spec.max_entries; i++) {
        struct perf_obj *p = m->perf->event[i];
        obj_put(b, p ? &p->obj : NULL);
    }
    free(m->perf->event);
    free(m->perf);
    m->perf = NULL;
}

static uint32_t index_of(const void *key)
{
    uint32_t index;

    memcpy(&index, key, sizeof(index));
    return index;
}

static int lookup(struct nicbpf *b, struct map_obj *m, const void *key, void *value, uint64_t flags)
{
    (void)b;
    (void)m;
    (void)key;
    (void)value;
    (void)flags;
    return -BPF_ENOTSUPP;
}

/* kernel/bpf/arraymap.c: bpf_fd_array_map_update_elem */
static int update(struct nicbpf *b, struct map_obj *m, const void *key, const void *value,
                  uint64_t flags)
{
    uint32_t index = index_of(key), fd;
    int err;

    if (flags != BPF_ANY)
        return -EINVAL;
    if (index >= m->hw.spec.max_entries)
        return -E2BIG;
    memcpy(&fd, value, sizeof(fd));
    struct perf_obj *p = perf_of_fd(b, (int)fd, &err);
    if (!p)
        return err;
    const uint32_t cpu = p->cpu + 1;
    err = nicdrv_map_update(b->drv, &m->hw, key, &cpu, BPF_ANY);
    if (err)
        return err;
    struct perf_obj *old = m->perf->event[index];
    obj_get(&p->obj);
    m->perf->event[index] = p;
    obj_put(b, old ? &old->obj : NULL);
    return 0;
}

static int del(struct nicbpf *b, struct map_obj *m, const void *key)
{
    int rc = nicdrv_map_delete(b->drv, &m->hw, key);

    if (rc)
        return rc;
    struct perf_obj *old = m->perf->event[index_of(key)];
    m->perf->event[index_of(key)] = NULL;
    obj_put(b, old ? &old->obj : NULL);
    return 0;
}

void perf_map_event(struct map_obj *m, const struct fw_event *ev, const void *data)
{
    struct perf_obj *p = ev->index < m->hw.spec.max_entries ? m->perf->event[ev->index] : NULL;

    if (!p || !perf_sample(p, data, ev->len, ev->time_ns, ev->lost))
        m->lost++;
}

const struct map_ops perf_array_ops = {
    .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
    .check = check,
    .opened = opened,
    .closing = closing,
    .lookup = lookup,
    .update = update,
    .del = del,
    .btf = MAP_BTF_NONE,
};
