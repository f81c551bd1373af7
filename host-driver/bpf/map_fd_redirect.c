/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DEVMAP, DEVMAP_HASH, CPUMAP, XSKMAP: where packets go. Interfaces are the ports of
 * the NIC, processors its hardware threads. An XSKMAP holds host receive queues: no
 * socket of this machine's kernel can be bound to one, so the value is its number.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "bpf/map_fd.h"

#define CPUMAP_QUEUE_MAX   16384u
#define CPUMAP_ENTRIES_MAX 8192u /* NR_CPUS */
#define FLAGS_USER         (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)

static int check_as(struct nicbpf *b, const union bpf_attr *attr, bool has_prog, uint32_t flags)
{
    if (attr->key_size != 4 || !attr->max_entries ||
        (attr->value_size != 4 && !(has_prog && attr->value_size == 8)))
        return refuse_map(b, -EINVAL, attr, "key or value of a size that this map type has not");
    if (attr->map_flags & ~flags)
        return refuse_map(b, -EINVAL, attr, "a flag that this map type has not");
    return 0;
}

static int check_dev(struct nicbpf *b, const union bpf_attr *attr)
{
    return check_as(b, attr, true, FLAGS_USER);
}

static int check_cpu(struct nicbpf *b, const union bpf_attr *attr)
{
    return check_as(b, attr, true, BPF_F_NUMA_NODE);
}

static int check_xsk(struct nicbpf *b, const union bpf_attr *attr)
{
    return check_as(b, attr, false, FLAGS_USER);
}

/* Programs read entries where they lie, and must not write there. */
static int opened_dev(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr)
{
    m->flags |= BPF_F_RDONLY_PROG;
    return fds_opened(b, m, attr);
}

/* As the kernel, which counts when it makes the map, after all checks. */
static int opened_cpu(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr)
{
    if (attr->max_entries > CPUMAP_ENTRIES_MAX)
        return refuse_map(b, -E2BIG, attr, "more entries than processors can be");
    return fds_opened(b, m, attr);
}

/* The value as user space has it: a number, and the descriptor or the id of a program. */
struct target {
    uint32_t to, prog;
};

static struct target target_of(const struct map_obj *m, const void *value)
{
    struct target t = {0};

    memcpy(&t, value, m->hw.spec.value_size);
    return t;
}

/* Puts the handle of the program in the place of its descriptor; as the kernel, none for fd <= 0.
 */
static int take_prog(struct nicbpf *b, struct map_obj *m, struct target *t, struct prog_obj **p)
{
    int fd = (int)t->prog;

    *p = NULL;
    t->prog = 0;
    if (fd <= 0)
        return 0;
    if (fds_prog(b, m, (uint32_t)fd, p))
        return -EINVAL;
    t->prog = (*p)->hw.handle;
    return 0;
}

static int put(struct nicbpf *b, struct map_obj *m, const void *key, const struct target *t,
               uint64_t flags, struct prog_obj *p)
{
    return fds_update(b, m, key, t, flags, p ? &p->obj : NULL, t->prog);
}

/* The first of what the kernel checks; 0 when the entry itself is next. */
static int check_update(const struct map_obj *m, const void *key, uint64_t flags)
{
    uint32_t index;

    memcpy(&index, key, sizeof(index));
    if (flags > BPF_EXIST)
        return -EINVAL;
    if (m->hw.spec.type == BPF_MAP_TYPE_DEVMAP_HASH)
        return 0;
    if (index >= m->hw.spec.max_entries)
        return -E2BIG;
    return flags == BPF_NOEXIST && m->hw.spec.type != BPF_MAP_TYPE_XSKMAP ? -EEXIST : 0;
}

static int update_dev(struct nicbpf *b, struct map_obj *m, const void *key, const void *value,
                      uint64_t flags)
{
    struct target t = target_of(m, value);
    struct prog_obj *p = NULL;
    int rc = check_update(m, key, flags);

    if (!rc && !t.to && (int)t.prog > 0)
        rc = -EINVAL;
    if (!rc)
        rc = take_prog(b, m, &t, &p);
    return rc ? rc : put(b, m, key, &t, flags, p);
}

static int update_cpu(struct nicbpf *b, struct map_obj *m, const void *key, const void *value,
                      uint64_t flags)
{
    struct target t = target_of(m, value);
    struct prog_obj *p = NULL;
    uint32_t cpu;
    int rc = check_update(m, key, flags);

    memcpy(&cpu, key, sizeof(cpu));
    if (!rc && t.to > CPUMAP_QUEUE_MAX)
        rc = -EOVERFLOW;
    if (!rc && cpu >= nicbpf_cpus(b))
        rc = -ENODEV;
    if (!rc && !t.to)
        t.prog = 0; /* an entry that goes needs no program */
    if (!rc && take_prog(b, m, &t, &p))
        rc = -ENOMEM; /* so says the kernel */
    return rc ? rc : put(b, m, key, &t, flags, p);
}

/* A socket is refused as such, and what is neither a queue nor a descriptor as the kernel would. */
static int check_queue(struct nicbpf *b, uint32_t queue)
{
    struct stat st;

    if (!fstat((int)queue, &st) && S_ISSOCK(st.st_mode))
        return -EOPNOTSUPP;
    if (queue < nicdrv_caps(b->drv)->rxqs_max)
        return 0;
    return fstat((int)queue, &st) ? -EBADF : -ENOTSOCK;
}

static int update_xsk(struct nicbpf *b, struct map_obj *m, const void *key, const void *value,
                      uint64_t flags)
{
    struct target t = target_of(m, value);
    int rc = check_update(m, key, flags);

    if (!rc)
        rc = check_queue(b, t.to);
    return rc ? rc : nicdrv_map_update(b->drv, &m->hw, key, &t.to, flags);
}

static int lookup(struct nicbpf *b, struct map_obj *m, const void *key, void *value, uint64_t flags)
{
    struct target t = {0};
    int rc = nicdrv_map_lookup(b->drv, &m->hw, key, &t);

    (void)flags;
    if (rc)
        return rc;
    t.prog = t.prog ? fds_id(m, t.prog) : 0;
    memcpy(value, &t, m->hw.spec.value_size);
    return 0;
}

static int lookup_xsk(struct nicbpf *b, struct map_obj *m, const void *key, void *value,
                      uint64_t flags)
{
    (void)b, (void)m, (void)key, (void)value, (void)flags;
    return -EOPNOTSUPP;
}

const struct map_ops map_fd_devmap = {
    .type = BPF_MAP_TYPE_DEVMAP,
    .check = check_dev,
    .opened = opened_dev,
    .closed = fds_closed,
    .lookup = lookup,
    .update = update_dev,
    .del = fds_delete,
    .btf = MAP_BTF_NONE,
};

const struct map_ops map_fd_devmap_hash = {
    .type = BPF_MAP_TYPE_DEVMAP_HASH,
    .check = check_dev,
    .opened = opened_dev,
    .closed = fds_closed,
    .lookup = lookup,
    .update = update_dev,
    .del = fds_delete,
    .btf = MAP_BTF_NONE,
};

const struct map_ops map_fd_cpumap = {
    .type = BPF_MAP_TYPE_CPUMAP,
    .check = check_cpu,
    .opened = opened_cpu,
    .closed = fds_closed,
    .lookup = lookup,
    .update = update_cpu,
    .del = fds_delete,
    .btf = MAP_BTF_NONE,
};

const struct map_ops map_fd_xskmap = {
    .type = BPF_MAP_TYPE_XSKMAP,
    .check = check_xsk,
    .lookup = lookup_xsk,
    .update = update_xsk,
    .btf = MAP_BTF_NONE,
};
