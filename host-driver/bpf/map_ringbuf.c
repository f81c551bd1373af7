/* SPDX-License-Identifier: BSD-3-Clause */
/* BPF_MAP_TYPE_RINGBUF: no elements, only pages to map (map_mmap.c) and records to wait for. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bpf/events.h"

#define PAGE 4096u

/* kernel/bpf/ringbuf.c: ringbuf_map_alloc */
static int check(struct nicbpf *b, const union bpf_attr *attr)
{
    uint32_t size = attr->max_entries;

    if (attr->map_flags & ~(uint32_t)BPF_F_NUMA_NODE)
        return refuse_map(b, -EINVAL, attr, "a flag that this map type has not");
    if (attr->key_size || attr->value_size)
        return refuse_map(b, -EINVAL, attr, "a ring buffer has neither key nor value");
    if (!size || size & (size - 1) || size % PAGE)
        return refuse_map(b, -EINVAL, attr,
                          "max_entries of a ring buffer is a power of two, at least a page");
    return 0;
}

/* The pages of positions, or NULL. */
static uint8_t *map_pages(struct nicbpf *b, const struct map_obj *m)
{
    struct nicdrv_link *l = nicdrv_link_of(b->drv);
    uint64_t offset;

    if (!l->ops->mem_file)
        return NULL;
    int fd = l->ops->mem_file(l, m->hw.value_addr, RING_PAGES_DATA * PAGE, &offset);
    if (fd < 0)
        return NULL;
    void *p = mmap(NULL, RING_PAGES_DATA * PAGE, PROT_READ, MAP_SHARED, fd, (off_t)offset);
    return p == MAP_FAILED ? NULL : p;
}

static int opened(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr)
{
    int rc = events_need(b);

    if (rc)
        return refuse_map(b, rc, attr, "the NIC's event queue does not open");
    m->ring = calloc(1, sizeof(*m->ring));
    if (!m->ring)
        return -ENOMEM;
    m->ring->pages = map_pages(b, m);
    return 0;
}

static void closing(struct nicbpf *b, struct map_obj *m)
{
    (void)b;
    if (m->ring->pages)
        munmap(m->ring->pages, RING_PAGES_DATA * PAGE);
    free(m->ring);
    m->ring = NULL;
}

static uint64_t position(const struct map_obj *m, uint32_t at)
{
    return __atomic_load_n((const uint64_t *)(const void *)(m->ring->pages + at), __ATOMIC_ACQUIRE);
}

bool ring_readable(const struct map_obj *m)
{
    return m->ring->pages && position(m, FW_RINGBUF_CONSUMER) != position(m, FW_RINGBUF_PRODUCER);
}

/* There are no elements. */
static int no_lookup(struct nicbpf *b, struct map_obj *m, const void *key, void *value,
                     uint64_t flags)
{
    (void)b, (void)m, (void)key, (void)value, (void)flags;
    return -BPF_ENOTSUPP;
}

static int no_update(struct nicbpf *b, struct map_obj *m, const void *key, const void *value,
                     uint64_t flags)
{
    (void)b, (void)m, (void)key, (void)value, (void)flags;
    return -BPF_ENOTSUPP;
}

static int no_delete(struct nicbpf *b, struct map_obj *m, const void *key)
{
    (void)b, (void)m, (void)key;
    return -BPF_ENOTSUPP;
}

static int no_next(struct nicbpf *b, struct map_obj *m, const void *key, void *next)
{
    (void)b, (void)m, (void)key, (void)next;
    return -BPF_ENOTSUPP;
}

const struct map_ops ringbuf_ops = {
    .type = BPF_MAP_TYPE_RINGBUF,
    .check = check,
    .opened = opened,
    .closing = closing,
    .lookup = no_lookup,
    .update = no_update,
    .del = no_delete,
    .next = no_next,
    .btf = MAP_BTF_NONE,
};
