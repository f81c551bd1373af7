/* SPDX-License-Identifier: BSD-3-Clause */
/* bpf(2): the attribute's size and padding rules, and the table of commands. */
#include <errno.h>
#include <string.h>

#include "bpf/bpf_impl.h"

#define ATTR_SIZE_MAX 4096u /* as the kernel: a page */

struct bpf_cmd_row {
    int cmd;
    const char *name;
    size_t used;  /* bytes of the attr the command reads; the rest must be zero */
    bool creates; /* makes an object: forgets the last refusal, frees what was closed */
    bpf_cmd_fn run;
};

#define UP_TO(field) (offsetof(union bpf_attr, field) + sizeof(((union bpf_attr *)0)->field))

static const struct bpf_cmd_row rows[] = {
    {BPF_MAP_CREATE, "MAP_CREATE", UP_TO(map_extra), true, cmd_map_create},
    {BPF_MAP_LOOKUP_ELEM, "MAP_LOOKUP_ELEM", UP_TO(flags), false, cmd_map_lookup},
    {BPF_MAP_UPDATE_ELEM, "MAP_UPDATE_ELEM", UP_TO(flags), false, cmd_map_update},
    {BPF_MAP_DELETE_ELEM, "MAP_DELETE_ELEM", UP_TO(key), false, cmd_map_delete},
    {BPF_MAP_GET_NEXT_KEY, "MAP_GET_NEXT_KEY", UP_TO(next_key), false, cmd_map_next},
    {BPF_MAP_FREEZE, "MAP_FREEZE", UP_TO(map_fd), false, cmd_map_freeze},
    {BPF_PROG_LOAD, "PROG_LOAD", UP_TO(core_relo_rec_size), true, cmd_prog_load},
    {BPF_PROG_BIND_MAP, "PROG_BIND_MAP", UP_TO(prog_bind_map.flags), false, cmd_prog_bind_map},
    {BPF_PROG_TEST_RUN, "PROG_TEST_RUN", UP_TO(test.batch_size), false, cmd_prog_test_run},
    {BPF_BTF_LOAD, "BTF_LOAD", UP_TO(btf_log_level), true, cmd_btf_load},
    {BPF_OBJ_GET_INFO_BY_FD, "OBJ_GET_INFO_BY_FD", UP_TO(info.info), false, cmd_obj_info},
    {BPF_OBJ_PIN, "OBJ_PIN", UP_TO(file_flags), false, cmd_obj_pin},
    {BPF_OBJ_GET, "OBJ_GET", UP_TO(file_flags), false, cmd_obj_get},
    {BPF_LINK_CREATE, "LINK_CREATE", sizeof(union bpf_attr), true, cmd_link_create},
    {BPF_LINK_UPDATE, "LINK_UPDATE", UP_TO(link_update.old_prog_fd), false, cmd_link_update},
    {BPF_LINK_DETACH, "LINK_DETACH", UP_TO(link_detach.link_fd), false, cmd_link_detach},
    {BPF_PROG_GET_NEXT_ID, "PROG_GET_NEXT_ID", UP_TO(next_id), false, cmd_prog_next_id},
    {BPF_MAP_GET_NEXT_ID, "MAP_GET_NEXT_ID", UP_TO(next_id), false, cmd_map_next_id},
    {BPF_BTF_GET_NEXT_ID, "BTF_GET_NEXT_ID", UP_TO(next_id), false, cmd_btf_next_id},
    {BPF_LINK_GET_NEXT_ID, "LINK_GET_NEXT_ID", UP_TO(next_id), false, cmd_link_next_id},
    {BPF_PROG_GET_FD_BY_ID, "PROG_GET_FD_BY_ID", UP_TO(prog_id), false, cmd_prog_by_id},
    {BPF_MAP_GET_FD_BY_ID, "MAP_GET_FD_BY_ID", UP_TO(open_flags), false, cmd_map_by_id},
    {BPF_BTF_GET_FD_BY_ID, "BTF_GET_FD_BY_ID", UP_TO(btf_id), false, cmd_btf_by_id},
    {BPF_LINK_GET_FD_BY_ID, "LINK_GET_FD_BY_ID", UP_TO(link_id), false, cmd_link_by_id},
    {BPF_MAP_LOOKUP_AND_DELETE_ELEM, "MAP_LOOKUP_AND_DELETE_ELEM", UP_TO(flags), false,
     cmd_map_take},
    {BPF_MAP_LOOKUP_BATCH, "MAP_LOOKUP_BATCH", UP_TO(batch.flags), false, cmd_map_lookup_batch},
    {BPF_MAP_LOOKUP_AND_DELETE_BATCH, "MAP_LOOKUP_AND_DELETE_BATCH", UP_TO(batch.flags), false,
     cmd_map_take_batch},
    {BPF_MAP_UPDATE_BATCH, "MAP_UPDATE_BATCH", UP_TO(batch.flags), false, cmd_map_update_batch},
    {BPF_MAP_DELETE_BATCH, "MAP_DELETE_BATCH", UP_TO(batch.flags), false, cmd_map_delete_batch},
};

static const struct bpf_cmd_row *find_row(int cmd)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].cmd == cmd)
            return &rows[i];
    }
    return NULL;
}

static bool all_zero(const void *p, size_t from, size_t to)
{
    const uint8_t *bytes = p;

    for (size_t i = from; i < to; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

static long run_row(struct nicbpf *b, const struct bpf_cmd_row *row, union bpf_attr *attr,
                    union bpf_attr *user)
{
    if (row->creates) {
        b->refusal = (struct nicbpf_refusal){0};
        obj_sweep(b);
    }
    long rc = all_zero(attr, row->used, sizeof(*attr)) ? row->run(b, attr, user) : -EINVAL;
    if (row->creates && rc < 0 && !b->refusal.code)
        refuse(b, (int)rc, "bpf(%s): %s", row->name, strerror((int)-rc));
    return rc;
}

long nicbpf_call(struct nicbpf *b, int cmd, void *attr, unsigned size)
{
    const struct bpf_cmd_row *row = find_row(cmd);
    union bpf_attr copy;

    if (size > ATTR_SIZE_MAX)
        return -E2BIG;
    if (size && !attr)
        return -EFAULT;
    if (size > sizeof(copy) && !all_zero(attr, sizeof(copy), size))
        return -E2BIG; /* fields newer than this layer, and used */
    if (!row)
        return -EINVAL;
    memset(&copy, 0, sizeof(copy));
    if (size)
        memcpy(&copy, attr, size < sizeof(copy) ? size : sizeof(copy));
    return run_row(b, row, &copy, attr);
}
