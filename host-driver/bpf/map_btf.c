/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BTF of a map's key and value (the kernel's map_check_btf()), and what it says lies in
 * the value that only helpers may touch (btf_parse_fields()).
 */
#include <errno.h>
#include <string.h>

#include "bpf/bpf_impl.h"

#define DEPTH_MAX 8u /* structs in structs; the kernel looks less deep */

/* Types whose memory is not plain data. */
struct special {
    const char *name;
    uint32_t size, align;
};

enum { SPECIAL_LOCK, SPECIAL_TIMER, SPECIALS };
static const struct special specials[SPECIALS] = {
    [SPECIAL_LOCK] = {"bpf_spin_lock", 4, 4},
    [SPECIAL_TIMER] = {"bpf_timer", 16, 8},
};

/* Those of the kernel that programs on the NIC cannot have. */
static const char *const strangers[] = {
    "bpf_list_head", "bpf_list_node",     "bpf_rb_root", "bpf_rb_node",
    "bpf_refcount",  "bpf_res_spin_lock", "bpf_wq",      "bpf_task_work",
};

struct search {
    const struct btf *btf;
    uint32_t at[SPECIALS]; /* 1 + offset */
    const char *why;
};

static int bad(struct search *s, int code, const char *why)
{
    s->why = why;
    return code;
}

static int found(struct search *s, unsigned which, uint32_t size, uint32_t off)
{
    if (size != specials[which].size || off % specials[which].align)
        return bad(s, -EINVAL, "a lock or timer of the wrong size or alignment");
    if (s->at[which])
        return bad(s, -E2BIG, "more than one lock, or more than one timer, in a value");
    s->at[which] = off + 1;
    return 0;
}

static int look_at(struct search *s, uint32_t id, uint32_t off, unsigned depth);

static int look_in_struct(struct search *s, const struct btf_type *t, uint32_t off, unsigned depth)
{
    const char *name = btf__name_by_offset(s->btf, t->name_off);
    const struct btf_member *m = btf_members(t);
    int rc = 0;

    for (unsigned i = 0; i < SPECIALS; i++) {
        if (!strcmp(name, specials[i].name))
            return found(s, i, t->size, off);
    }
    for (unsigned i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        if (!strcmp(name, strangers[i]))
            return bad(s, -EOPNOTSUPP, "a kernel object in the value that the NIC has not");
    }
    for (unsigned i = 0; i < btf_vlen(t) && !rc; i++) {
        uint32_t bit = btf_member_bit_offset(t, i);
        if (bit % 8 == 0)
            rc = look_at(s, m[i].type, off + bit / 8, depth + 1);
    }
    return rc;
}

static int look_in_section(struct search *s, const struct btf_type *t, unsigned depth)
{
    const struct btf_var_secinfo *v = btf_var_secinfos(t);
    int rc = 0;

    for (unsigned i = 0; i < btf_vlen(t) && !rc; i++) {
        const struct btf_type *var = btf__type_by_id(s->btf, v[i].type);
        if (var)
            rc = look_at(s, var->type, v[i].offset, depth + 1);
    }
    return rc;
}

/* As the kernel: by the struct's own name, not through typedefs and qualifiers. */
static int look_at(struct search *s, uint32_t id, uint32_t off, unsigned depth)
{
    const struct btf_type *t = btf__type_by_id(s->btf, id);

    if (!t || depth > DEPTH_MAX)
        return 0;
    if (btf_is_struct(t))
        return look_in_struct(s, t, off, depth);
    if (btf_is_datasec(t))
        return look_in_section(s, t, depth);
    if (btf_is_array(t) && btf_array(t)->nelems == 1)
        return look_at(s, btf_array(t)->type, off, depth + 1);
    return 0;
}

/* ---- which types may have them ---- */

static bool may_lock(uint32_t type)
{
    return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_ARRAY;
}

static bool may_time(uint32_t type)
{
    return may_lock(type) || type == BPF_MAP_TYPE_LRU_HASH;
}

static int take_specials(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr,
                         const struct btf *btf)
{
    struct search s = {.btf = btf};
    int value = btf__resolve_type(btf, attr->btf_value_type_id);
    int rc = value < 0 ? 0 : look_at(&s, (uint32_t)value, 0, 0);

    if (rc)
        return refuse_map(b, rc, attr, s.why);
    m->spin_lock = s.at[SPECIAL_LOCK];
    m->timer = s.at[SPECIAL_TIMER];
    if (!m->spin_lock && !m->timer)
        return 0;
    if (attr->map_flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
        return refuse_map(b, -EACCES, attr, "a lock or timer that programs may not write");
    if ((m->spin_lock && !may_lock(attr->map_type)) || (m->timer && !may_time(attr->map_type)))
        return refuse_map(b, -EOPNOTSUPP, attr, "a lock or timer in a map type that has none");
    return 0;
}

/* ---- key and value ---- */

static bool is_int32(const struct btf *btf, uint32_t id)
{
    int type = btf__resolve_type(btf, id);
    const struct btf_type *t = type < 0 ? NULL : btf__type_by_id(btf, (uint32_t)type);

    return t && btf_is_int(t) && btf_int_bits(t) == 32 && !btf_int_offset(t);
}

static bool is_kind(const struct btf *btf, uint32_t id, unsigned kind)
{
    int type = btf__resolve_type(btf, id);
    const struct btf_type *t = type < 0 ? NULL : btf__type_by_id(btf, (uint32_t)type);

    return t && btf_kind(t) == kind;
}

/* Arrays of one entry may have a data section for their value, and then no key. */
static bool key_fits(const struct map_obj *m, const union bpf_attr *attr, const struct btf *btf)
{
    uint32_t key = attr->btf_key_type_id;

    switch (m->ops->btf) {
    case MAP_BTF_ARRAY:
        if (key)
            return is_int32(btf, key);
        return attr->map_type == BPF_MAP_TYPE_ARRAY && attr->max_entries == 1 &&
               is_kind(btf, attr->btf_value_type_id, BTF_KIND_DATASEC);
    case MAP_BTF_LPM:
        return is_kind(btf, key, BTF_KIND_STRUCT);
    case MAP_BTF_NO_KEY:
        return !key;
    default:
        return key != 0;
    }
}

static int check_btf(struct nicbpf *b, const struct map_obj *m, const union bpf_attr *attr,
                     const struct btf *btf)
{
    uint32_t key = attr->btf_key_type_id;

    if ((key && btf__resolve_size(btf, key) != (int64_t)attr->key_size) ||
        btf__resolve_size(btf, attr->btf_value_type_id) != (int64_t)attr->value_size)
        return refuse_map(b, -EINVAL, attr, "the BTF types of key and value have other sizes");
    if (m->ops->btf == MAP_BTF_NONE)
        return refuse_map(b, -BPF_ENOTSUPP, attr, "a map type without BTF");
    if (!key_fits(m, attr, btf))
        return refuse_map(b, -EINVAL, attr, "the BTF of its key is not what the type wants");
    return 0;
}

int map_attach_btf(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr)
{
    int rc;

    if (!attr->btf_key_type_id && !attr->btf_value_type_id)
        return 0;
    struct btf_obj *t = btf_of_fd(b, attr->btf_fd, &rc);
    if (!t)
        return refuse_map(b, rc, attr, "btf_fd is not BTF");
    rc = check_btf(b, m, attr, t->btf);
    if (!rc)
        rc = take_specials(b, m, attr, t->btf);
    if (rc)
        return rc;
    obj_get(&t->obj);
    m->btf = t;
    m->btf_key_type_id = attr->btf_key_type_id;
    m->btf_value_type_id = attr->btf_value_type_id;
    return 0;
}
