/* SPDX-License-Identifier: BSD-3-Clause */
/* Walking and opening objects by id. */
#include <errno.h>

#include "bpf/bpf_impl.h"

/* What a new descriptor may do: all, only read, or only write. */
static bool access_valid(uint32_t flags)
{
    return !flags || flags == BPF_F_RDONLY || flags == BPF_F_WRONLY;
}

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

static long open_id(struct nicbpf *b, const union bpf_attr *attr, enum obj_kind kind,
                    uint32_t access)
{
    obj_sweep(b);
    struct obj *o = obj_of_id(b, attr->prog_id, kind); /* one place in the union for all kinds */
    return o ? obj_reopen(b, o, access) : -ENOENT;
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
    return open_id(b, attr, OBJ_PROG, 0);
}

long cmd_map_by_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    (void)user;
    if (!access_valid(attr->open_flags))
        return -EINVAL;
    return open_id(b, attr, OBJ_MAP, attr->open_flags);
}

long cmd_btf_by_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    (void)user;
    return open_id(b, attr, OBJ_BTF, 0);
}

long cmd_link_by_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    (void)user;
    return open_id(b, attr, OBJ_LINK, 0);
}
