/* SPDX-License-Identifier: BSD-3-Clause */
/* MAP_CREATE: the kernel's checks, then what this firmware has. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf_impl.h"

/*
 * Flags that ask nothing of the firmware: who may do what is enforced here and by
 * the verifier, and the NIC has one memory node. BPF_F_MMAPABLE is a permission
 * (map_mmap.c), for which the firmware gives arrays pages of their own.
 * BPF_F_INNER_MAP allows arrays of other lengths inside a map of maps.
 */
#define FLAGS_LAYER                                                                                \
    (BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_NUMA_NODE |       \
     BPF_F_MMAPABLE | BPF_F_INNER_MAP)

#define TOKEN_FD (1u << 16) /* BPF_F_TOKEN_FD, newer than some headers */

/* "" for a map without a name. */
int refuse_map(struct nicbpf *b, int code, const union bpf_attr *attr, const char *why)
{
    return refuse(b, code, "map '%.*s': %s", (int)sizeof(attr->map_name), attr->map_name, why);
}

static const struct fw_cap_map *cap_of(const struct nicdrv_caps *caps, uint32_t type)
{
    for (uint32_t i = 0; i < caps->map_type_count; i++) {
        if (caps->map_types[i].type == type)
            return &caps->map_types[i];
    }
    return NULL;
}

static int refuse_type(struct nicbpf *b, const union bpf_attr *attr)
{
    const struct nicdrv_caps *caps = nicdrv_caps(b->drv);
    char has[256] = "none";
    size_t at = 0;

    for (uint32_t i = 0; i < caps->map_type_count && at < sizeof(has); i++)
        at += (size_t)snprintf(has + at, sizeof(has) - at, "%s%s", i ? ", " : "",
                               map_type_name(caps->map_types[i].type));
    return refuse(b, -EINVAL,
                  "map '%.*s': type %s (%u) is not supported by the firmware (it has %s)",
                  (int)sizeof(attr->map_name), attr->map_name, map_type_name(attr->map_type),
                  attr->map_type, has);
}

/* ---- what the kernel checks of every type ---- */

static int check_common(struct nicbpf *b, const union bpf_attr *attr)
{
    const uint32_t both = BPF_F_RDONLY | BPF_F_WRONLY;

    if (attr->btf_vmlinux_value_type_id)
        return refuse_map(b, -EINVAL, attr, "btf_vmlinux_value_type_id is for STRUCT_OPS maps");
    if (attr->btf_key_type_id && !attr->btf_value_type_id)
        return refuse_map(b, -EINVAL, attr, "BTF of the key without BTF of the value");
    if (attr->map_extra && attr->map_type != BPF_MAP_TYPE_BLOOM_FILTER)
        return refuse_map(b, -EINVAL, attr, "map_extra is for bloom filters");
    if ((attr->map_flags & both) == both)
        return refuse_map(b, -EINVAL, attr, "read-only and write-only at once");
    if (attr->map_flags & BPF_F_NUMA_NODE && attr->numa_node)
        return refuse_map(b, -EINVAL, attr, "the NIC has only memory node 0");
    if (attr->map_ifindex > nicdrv_caps(b->drv)->ports)
        return refuse_map(b, -EINVAL, attr, "map_ifindex is not a port of the NIC");
    return 0;
}

/* ---- the firmware's ---- */

static int check_caps(struct nicbpf *b, const union bpf_attr *attr, const struct fw_cap_map *cap)
{
    uint32_t unknown = attr->map_flags & ~(cap->flags | (uint32_t)FLAGS_LAYER);

    if (unknown)
        return refuse(
            b, -EINVAL, "map '%.*s': map_flags 0x%x are not supported by the firmware for type %s",
            (int)sizeof(attr->map_name), attr->map_name, unknown, map_type_name(attr->map_type));
    if (attr->key_size > cap->key_max || attr->value_size > cap->value_max)
        return refuse(
            b, -E2BIG,
            "map '%.*s': key of %u and value of %u bytes; the firmware takes at most %u and "
            "%u for type %s",
            (int)sizeof(attr->map_name), attr->map_name, attr->key_size, attr->value_size,
            cap->key_max, cap->value_max, map_type_name(attr->map_type));
    return 0;
}

/* Bytes that the empty map takes at least; saturates. Tries grow, filters hold no values. */
static uint64_t least_bytes(const struct nicdrv_caps *caps, const union bpf_attr *attr)
{
    if (attr->map_type == BPF_MAP_TYPE_LPM_TRIE)
        return 0;
    if (attr->map_type == BPF_MAP_TYPE_BLOOM_FILTER)
        return attr->max_entries / 8;
    bool array =
        attr->map_type == BPF_MAP_TYPE_ARRAY || attr->map_type == BPF_MAP_TYPE_PERCPU_ARRAY;
    uint64_t key = array ? 0 : attr->key_size;
    uint64_t copies = map_ops_of(attr->map_type)->percpu ? caps->limits.cpus : 1;
    uint64_t entry = (key + 7) / 8 * 8 + (attr->value_size + UINT64_C(7)) / 8 * 8 * copies;

    if (entry > UINT64_MAX / attr->max_entries)
        return UINT64_MAX;
    return entry * attr->max_entries;
}

static int refuse_room(struct nicbpf *b, int code, const union bpf_attr *attr)
{
    const struct nicdrv_caps *caps = nicdrv_caps(b->drv);

    return refuse(b, code,
                  "map '%.*s': %u entries (key %u, value %u bytes) take %" PRIu64
                  " bytes or more; the NIC's DRAM has %" PRIu64 " bytes free for maps, of %" PRIu64,
                  (int)sizeof(attr->map_name), attr->map_name, attr->max_entries, attr->key_size,
                  attr->value_size, least_bytes(nicdrv_caps(b->drv), attr),
                  caps->limits.map_bytes_free, caps->dram_size);
}

static int create_on_nic(struct nicbpf *b, const union bpf_attr *attr, const struct fw_cap_map *cap,
                         struct map_obj *m)
{
    struct fw_map_spec spec = {
        .type = attr->map_type,
        .key_size = attr->key_size,
        .value_size = attr->value_size,
        .max_entries = attr->max_entries,
        .flags = attr->map_flags & cap->flags,
        .lock_at = m->spin_lock,
        .timer_at = m->timer,
        .extra = attr->map_extra,
    };
    int rc = nicdrv_caps_refresh(b->drv);

    if (rc)
        return refuse_map(b, rc, attr, "the NIC does not answer");
    if (least_bytes(nicdrv_caps(b->drv), attr) > nicdrv_caps(b->drv)->limits.map_bytes_free)
        return refuse_room(b, -E2BIG, attr);
    rc = nicdrv_map_create(b->drv, &spec, &m->hw);
    if (rc == -ENOMEM || rc == -E2BIG)
        return refuse_room(b, rc, attr);
    if (rc)
        return refuse(b, rc, "map '%.*s': the firmware refused it: %s", (int)sizeof(attr->map_name),
                      attr->map_name, strerror(-rc));
    return 0;
}

/* ---- the command ---- */

static int check_map(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr,
                     const struct fw_cap_map **cap)
{
    if (copy_name(m->name, attr->map_name))
        return refuse(b, -EINVAL, "map: its name has bytes that names may not have");
    int rc = check_common(b, attr);
    if (rc)
        return rc;
    *cap = cap_of(nicdrv_caps(b->drv), attr->map_type);
    m->ops = map_ops_of(attr->map_type);
    if (!*cap || !m->ops)
        return refuse_type(b, attr);
    union bpf_attr plain = *attr;
    plain.map_flags &= ~TOKEN_FD; /* the kernel looks at the token after all else */
    rc = m->ops->check(b, &plain);
    if (!rc && attr->map_flags & TOKEN_FD)
        rc = refuse_map(b, -EINVAL, attr, "there are no BPF tokens on a NIC");
    return rc ? rc : check_caps(b, attr, *cap);
}

/* Everything but the descriptor; leaves nothing behind on failure. */
static int make_map(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr)
{
    const struct fw_cap_map *cap = NULL;
    int rc = check_map(b, m, attr, &cap);

    m->flags = attr->map_flags & ~(uint32_t)(BPF_F_RDONLY | BPF_F_WRONLY); /* the descriptor's */
    m->ifindex = attr->map_ifindex;
    m->extra = attr->map_extra;
    if (!rc)
        rc = map_attach_btf(b, m, attr);
    if (!rc)
        rc = create_on_nic(b, attr, cap, m);
    if (!rc && m->ops->opened) {
        rc = m->ops->opened(b, m, attr);
        if (rc)
            (void)nicdrv_map_destroy(b->drv, &m->hw);
    }
    if (rc)
        obj_put(b, m->btf ? &m->btf->obj : NULL);
    return rc;
}

long cmd_map_create(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct map_obj *m = calloc(1, sizeof(*m));

    (void)user;
    if (!m)
        return -ENOMEM;
    int rc = make_map(b, m, attr);
    if (rc) {
        free(m);
        return rc;
    }
    rc = obj_publish_as(b, &m->obj, OBJ_MAP, attr->map_flags);
    if (rc < 0)
        map_release(b, m);
    return rc;
}

void map_release(struct nicbpf *b, struct map_obj *m)
{
    if (m->ops->closing)
        m->ops->closing(b, m);
    (void)nicdrv_map_destroy(b->drv, &m->hw);
    if (m->ops->closed)
        m->ops->closed(b, m);
    obj_put(b, m->btf ? &m->btf->obj : NULL);
    free(m->frozen_data);
    free(m);
}
