/* SPDX-License-Identifier: BSD-3-Clause */
/* Walking and opening objects by id; OBJ_GET. */
#include <errno.h>

#include "bpf/bpf_impl.h"

static long next_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user,
                    enum obj_kind kind)
{
    if (attr->open_flags)
        return -EINVAL;
    obj_sweep(b);
    uint32_t id = obj_next_id(b, attr->start_id, kind);
    if (!id)
        return -ENOENT;
    user->next_id = id;
    return 0;
}

static long open_id(struct nicbpf *b, const union bpf_attr *attr, enum obj_kind kind)
{
    obj_sweep(b);
    struct obj *o = obj_of_id(b, attr->prog_id, kind); /* one place in the union for all kinds */
    return o ? obj_reopen(o) : -ENOENT;
}

long cmd_prog_next_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    return next_id(b, attr, user, OBJ_PROG);
}

long cmd_map_next_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    return next_id(b, attr, user, OBJ_MAP);
}

long cmd_btf_next_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    return next_id(b, attr, user, OBJ_BTF);
}

long cmd_link_next_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    return next_id(b, attr, user, OBJ_LINK);
}

long cmd_prog_by_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    (void)user;
    return open_id(b, attr, OBJ_PROG);
}

long cmd_map_by_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    (void)user;
    /* A descriptor that may do less than the map allows is not kept apart here. */
    return attr->open_flags ? -EINVAL : open_id(b, attr, OBJ_MAP);
}

long cmd_btf_by_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    (void)user;
    return open_id(b, attr, OBJ_BTF);
}

long cmd_link_by_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    (void)user;
    return open_id(b, attr, OBJ_LINK);
}

/* Nothing is ever pinned here, so no path leads to an object. */
long cmd_obj_get(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    (void)b;
    (void)user;
    return attr->pathname ? -ENOENT : -EFAULT;
}
