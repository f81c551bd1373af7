/* SPDX-License-Identifier: BSD-3-Clause */
/* MAP_CREATE: the kernel's checks, then what this firmware has. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf_impl.h"

#define FLAGS_ACCESS (BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
#define FLAGS_ARRAY  (BPF_F_NUMA_NODE | BPF_F_MMAPABLE | FLAGS_ACCESS)
#define FLAGS_HASH   (BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | FLAGS_ACCESS)
#define FLAGS_LRU    (BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | FLAGS_ACCESS)
#define PERCPU_MAX   32768u /* the kernel's PCPU_MIN_UNIT_SIZE */

/*
 * Flags that ask nothing of the firmware: who may do what is enforced here and by
 * the verifier, and the NIC has one memory node. BPF_F_MMAPABLE the firmware must know
 * (it gives such maps pages of their own); here it is a permission.
 */
#define FLAGS_LAYER (FLAGS_ACCESS | BPF_F_NUMA_NODE | BPF_F_MMAPABLE)

#define ENTRY_BYTES_MAX                                                                            \
    (UINT32_C(1) << 30) /* key and value; the kernel's limit is of that order                      \
                         */

/* "" for a map without a name. */
static int refuse_map(struct nicbpf *b, int code, const union bpf_attr *attr, const char *why)
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

/* ---- the kernel's checks ---- */

static bool per_cpu(uint32_t type)
{
    return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
           type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static int check_array(struct nicbpf *b, const union bpf_attr *attr)
{
    uint32_t flags =
        per_cpu(attr->map_type) ? FLAGS_ARRAY & ~(uint32_t)BPF_F_MMAPABLE : FLAGS_ARRAY;

    if (attr->key_size != sizeof(uint32_t))
        return refuse_map(b, -EINVAL, attr, "the key of an array is 4 bytes");
    if (attr->map_flags & ~flags)
        return refuse_map(b, -EINVAL, attr, "a flag that arrays do not have");
    if (attr->value_size > INT_MAX)
        return refuse_map(b, -E2BIG, attr, "the value is too large");
    return 0;
}

static int check_hash(struct nicbpf *b, const union bpf_attr *attr)
{
    bool lru =
        attr->map_type == BPF_MAP_TYPE_LRU_HASH || attr->map_type == BPF_MAP_TYPE_LRU_PERCPU_HASH;

    if (attr->map_flags & ~(uint32_t)(FLAGS_HASH | FLAGS_LRU))
        return refuse_map(b, -EINVAL, attr, "a flag that hash tables do not have");
    if (!lru && attr->map_flags & BPF_F_NO_COMMON_LRU)
        return refuse_map(b, -EINVAL, attr, "BPF_F_NO_COMMON_LRU is for LRU maps");
    if (lru && attr->map_flags & BPF_F_NO_PREALLOC)
        return refuse_map(b, -BPF_ENOTSUPP, attr, "LRU maps are always preallocated");
    if ((uint64_t)attr->key_size + attr->value_size >= ENTRY_BYTES_MAX)
        return refuse_map(b, -E2BIG, attr, "key and value are too large");
    return 0;
}

static int check_type(struct nicbpf *b, const union bpf_attr *attr)
{
    int rc = 0;

    switch (attr->map_type) {
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
        rc = check_array(b, attr);
        break;
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
        rc = check_hash(b, attr);
        break;
    default:
        break;
    }
    if (!rc && per_cpu(attr->map_type) && (attr->value_size + UINT64_C(7)) / 8 * 8 > PERCPU_MAX)
        rc = refuse_map(b, -E2BIG, attr, "the value of a per-CPU map has at most 32768 bytes");
    return rc;
}

static int check_sizes(struct nicbpf *b, const union bpf_attr *attr)
{
    const uint32_t both = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

    if (!attr->max_entries || !attr->key_size || !attr->value_size)
        return refuse_map(b, -EINVAL, attr, "max_entries, key_size and value_size must not be 0");
    if ((attr->map_flags & both) == both ||
        (attr->map_flags & (BPF_F_RDONLY | BPF_F_WRONLY)) == (BPF_F_RDONLY | BPF_F_WRONLY))
        return refuse_map(b, -EINVAL, attr, "read-only and write-only at once");
    if (attr->map_flags & BPF_F_NUMA_NODE && attr->numa_node)
        return refuse_map(b, -EINVAL, attr, "the NIC has only memory node 0");
    if (attr->map_extra || attr->inner_map_fd || attr->btf_vmlinux_value_type_id)
        return refuse_map(b, -EINVAL, attr, "an attribute that this map type has not");
    if (attr->map_ifindex > nicdrv_caps(b->drv)->ports)
        return refuse_map(b, -EINVAL, attr, "map_ifindex is not a port of the NIC");
    return check_type(b, attr);
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

/* Bytes its keys and values take at least; saturates. */
static uint64_t least_bytes(const struct nicdrv_caps *caps, const union bpf_attr *attr)
{
    bool array =
        attr->map_type == BPF_MAP_TYPE_ARRAY || attr->map_type == BPF_MAP_TYPE_PERCPU_ARRAY;
    uint64_t key = array ? 0 : attr->key_size;
    uint64_t copies = per_cpu(attr->map_type) ? caps->limits.cpus : 1;
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
                         struct nicdrv_map *out)
{
    struct fw_map_spec spec = {
        .type = attr->map_type,
        .key_size = attr->key_size,
        .value_size = attr->value_size,
        .max_entries = attr->max_entries,
        .flags = attr->map_flags & cap->flags,
    };
    int rc = nicdrv_caps_refresh(b->drv);

    if (rc)
        return refuse_map(b, rc, attr, "the NIC does not answer");
    if (least_bytes(nicdrv_caps(b->drv), attr) > nicdrv_caps(b->drv)->limits.map_bytes_free)
        return refuse_room(b, -E2BIG, attr);
    rc = nicdrv_map_create(b->drv, &spec, out);
    if (rc == -ENOMEM || rc == -E2BIG)
        return refuse_room(b, rc, attr);
    if (rc)
        return refuse(b, rc, "map '%.*s': the firmware refused it: %s", (int)sizeof(attr->map_name),
                      attr->map_name, strerror(-rc));
    return 0;
}

/* ---- BTF of key and value ---- */

static int attach_btf(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr)
{
    int err;

    if (!attr->btf_key_type_id && !attr->btf_value_type_id)
        return 0;
    if (!attr->btf_value_type_id)
        return refuse_map(b, -EINVAL, attr, "BTF of the key without BTF of the value");
    struct btf_obj *t = btf_of_fd(b, attr->btf_fd, &err);
    if (!t)
        return refuse_map(b, err, attr, "btf_fd is not BTF");
    if ((attr->btf_key_type_id &&
         btf__resolve_size(t->btf, attr->btf_key_type_id) != (int64_t)attr->key_size) ||
        btf__resolve_size(t->btf, attr->btf_value_type_id) != (int64_t)attr->value_size)
        return refuse_map(b, -EINVAL, attr, "the BTF types of key and value have other sizes");
    obj_get(&t->obj);
    m->btf = t;
    m->btf_key_type_id = attr->btf_key_type_id;
    m->btf_value_type_id = attr->btf_value_type_id;
    return 0;
}

static int check_map(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr,
                     const struct fw_cap_map **cap)
{
    if (copy_name(m->name, attr->map_name))
        return refuse(b, -EINVAL, "map: its name has bytes that names may not have");
    *cap = cap_of(nicdrv_caps(b->drv), attr->map_type);
    if (!*cap)
        return refuse_type(b, attr);
    int rc = check_sizes(b, attr);
    return rc ? rc : check_caps(b, attr, *cap);
}

long cmd_map_create(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct map_obj *m = calloc(1, sizeof(*m));
    const struct fw_cap_map *cap = NULL;

    (void)user;
    if (!m)
        return -ENOMEM;
    int rc = check_map(b, m, attr, &cap);
    if (!rc)
        rc = attach_btf(b, m, attr);
    if (!rc)
        rc = create_on_nic(b, attr, cap, &m->hw);
    if (rc)
        goto fail;
    m->flags = attr->map_flags;
    m->ifindex = attr->map_ifindex;
    rc = obj_publish(b, &m->obj, OBJ_MAP);
    if (rc >= 0)
        return rc;
    (void)nicdrv_map_destroy(b->drv, &m->hw);
fail:
    obj_put(b, m->btf ? &m->btf->obj : NULL);
    free(m);
    return rc;
}

void map_release(struct nicbpf *b, struct map_obj *m)
{
    (void)nicdrv_map_destroy(b->drv, &m->hw);
    obj_put(b, m->btf ? &m->btf->obj : NULL);
    free(m->frozen_data);
    free(m);
}
