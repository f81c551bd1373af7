/* SPDX-License-Identifier: BSD-3-Clause */
/* OBJ_GET_INFO_BY_FD: what user space may know of an object. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf_impl.h"

/* The user's struct, of a size that may be older or newer than ours. */
struct info_buf {
    union bpf_attr *user_attr;
    uint8_t *user;
    uint32_t len;
};

/* Copies the user's fields in; -E2BIG when it has newer ones that are not zero. */
static int info_begin(const struct info_buf *buf, void *info, size_t size)
{
    if (!buf->user)
        return -EFAULT;
    for (size_t i = size; i < buf->len; i++) {
        if (buf->user[i])
            return -E2BIG;
    }
    memset(info, 0, size);
    memcpy(info, buf->user, buf->len < size ? buf->len : size);
    return 0;
}

static long info_end(const struct info_buf *buf, const void *info, size_t size)
{
    uint32_t len = buf->len < size ? buf->len : (uint32_t)size;

    memcpy(buf->user, info, len);
    buf->user_attr->info.info_len = len;
    return 0;
}

/* An array the user may ask for: as many of `have` entries as it has room for; *room becomes
 * `have`. */
static int give_array(uint64_t user, uint32_t *room, const void *from, uint32_t have, size_t entry)
{
    uint32_t n = *room < have ? *room : have;

    *room = have;
    if (!n)
        return 0;
    if (!user)
        return -EFAULT;
    memcpy(user_ptr(user), from, n * entry);
    return 0;
}

/* ---- maps, BTF, links ---- */

static long map_info(const struct map_obj *m, const struct info_buf *buf)
{
    struct bpf_map_info info;
    int rc = info_begin(buf, &info, sizeof(info));

    if (rc)
        return rc;
    memset(&info, 0, sizeof(info));
    info.type = m->hw.spec.type;
    info.id = m->obj.id;
    info.key_size = m->hw.spec.key_size;
    info.value_size = m->hw.spec.value_size;
    info.max_entries = m->hw.spec.max_entries;
    info.map_flags = m->flags;
    info.map_extra = m->extra;
    memcpy(info.name, m->name, sizeof(info.name));
    info.ifindex = m->ifindex;
    info.btf_id = m->btf ? m->btf->obj.id : 0;
    info.btf_key_type_id = m->btf_key_type_id;
    info.btf_value_type_id = m->btf_value_type_id;
    return info_end(buf, &info, sizeof(info));
}

static long btf_info(const struct btf_obj *t, const struct info_buf *buf)
{
    struct bpf_btf_info info;
    int rc = info_begin(buf, &info, sizeof(info));

    if (rc)
        return rc;
    info.id = t->obj.id;
    info.kernel_btf = 0;
    rc = give_array(info.btf, &info.btf_size, t->data, t->size, 1);
    if (rc)
        return rc;
    /* BTF of programs has no name: an empty string, where there is room for one. */
    if (!!info.name != !!info.name_len)
        return -EINVAL;
    if (info.name)
        *(char *)user_ptr(info.name) = '\0';
    info.name_len = 0;
    return info_end(buf, &info, sizeof(info));
}

static long link_info(const struct link_obj *l, const struct info_buf *buf)
{
    struct bpf_link_info info;
    int rc = info_begin(buf, &info, sizeof(info));

    if (rc)
        return rc;
    memset(&info, 0, sizeof(info));
    info.type = BPF_LINK_TYPE_XDP;
    info.id = l->obj.id;
    info.prog_id = l->prog->obj.id;
    info.xdp.ifindex = l->port;
    return info_end(buf, &info, sizeof(info));
}

/* ---- programs ---- */

/* The instructions as user space sees them: maps by id instead of by index. */
static int give_insns(const struct prog_obj *p, struct bpf_prog_info *info)
{
    size_t bytes = p->prog.insn_count * sizeof(*p->insns);
    struct ebpf_insn *copy = malloc(bytes);

    if (!copy)
        return -ENOMEM;
    memcpy(copy, p->insns, bytes);
    for (uint32_t i = 0; i < p->prog.insn_count; i++) {
        if (copy[i].opcode != (BPF_LD | BPF_IMM | BPF_DW))
            continue;
        if (copy[i].src == BPF_PSEUDO_MAP_FD || copy[i].src == BPF_PSEUDO_MAP_VALUE)
            copy[i].imm = (int32_t)p->maps[copy[i].imm]->obj.id;
        i++;
    }
    int rc = give_array(info->xlated_prog_insns, &info->xlated_prog_len, copy, (uint32_t)bytes, 1);
    free(copy);
    return rc;
}

static int give_maps(const struct prog_obj *p, struct bpf_prog_info *info)
{
    uint32_t count = p->prog.map_count + p->bound_count;
    uint32_t *ids = calloc(count ? count : 1, sizeof(*ids));

    if (!ids)
        return -ENOMEM;
    for (uint32_t i = 0; i < p->prog.map_count; i++)
        ids[i] = p->maps[i]->obj.id;
    for (uint32_t i = 0; i < p->bound_count; i++)
        ids[p->prog.map_count + i] = p->bound[i]->obj.id;
    int rc = give_array(info->map_ids, &info->nr_map_ids, ids, count, sizeof(*ids));
    free(ids);
    return rc;
}

static int give_arrays(const struct prog_obj *p, struct bpf_prog_info *info)
{
    int rc = give_insns(p, info);

    if (!rc)
        rc = give_maps(p, info);
    if (!rc)
        rc = give_array(info->jited_prog_insns, &info->jited_prog_len,
                        p->image ? p->image->code : NULL, p->image ? p->image->code_words * 4 : 0,
                        1);
    if (!rc)
        rc = give_array(info->func_info, &info->nr_func_info, p->func_info, p->prog.subprog_count,
                        sizeof(*p->func_info));
    if (!rc)
        rc = give_array(info->line_info, &info->nr_line_info, p->line_info, p->prog.line_count,
                        sizeof(*p->line_info));
    return rc;
}

static long prog_info(const struct prog_obj *p, const struct info_buf *buf)
{
    struct bpf_prog_info info;
    int rc = info_begin(buf, &info, sizeof(info));

    if (!rc)
        rc = give_arrays(p, &info);
    if (rc)
        return rc;
    info.type = p->type;
    info.id = p->obj.id;
    memcpy(info.tag, p->tag, sizeof(info.tag));
    info.load_time = p->load_time_ns;
    memcpy(info.name, p->name, sizeof(info.name));
    info.ifindex = p->ifindex;
    info.gpl_compatible = p->gpl;
    info.btf_id = p->btf ? p->btf->obj.id : 0;
    info.func_info_rec_size = sizeof(*p->func_info);
    info.line_info_rec_size = sizeof(*p->line_info);
    info.verified_insns =
        p->facts->processed > UINT32_MAX ? UINT32_MAX : (uint32_t)p->facts->processed;
    /* What there is none of here. */
    info.nr_jited_ksyms = 0;
    info.nr_jited_func_lens = 0;
    info.nr_jited_line_info = 0;
    info.nr_prog_tags = 0;
    info.jited_line_info_rec_size = sizeof(uint64_t);
    return info_end(buf, &info, sizeof(info));
}

/* The object behind fd, of whatever kind. */
static struct obj *any_obj(struct nicbpf *b, uint32_t fd, int *err)
{
    for (int kind = 0; kind < OBJ_KINDS; kind++) {
        struct obj *o = obj_of_fd(b, (int)fd, (enum obj_kind)kind, err);
        if (o || *err == -EBADF)
            return o;
    }
    return NULL;
}

long cmd_obj_info(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct info_buf buf = {user, user_ptr(attr->info.info), attr->info.info_len};
    int err;
    const struct obj *o = any_obj(b, attr->info.bpf_fd, &err);

    if (!o)
        return err;
    switch (o->kind) {
    case OBJ_MAP:
        return map_info((const struct map_obj *)o, &buf);
    case OBJ_PROG:
        return prog_info((const struct prog_obj *)o, &buf);
    case OBJ_BTF:
        return btf_info((const struct btf_obj *)o, &buf);
    default:
        return link_info((const struct link_obj *)o, &buf);
    }
}
