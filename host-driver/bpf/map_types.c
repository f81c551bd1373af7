/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The map types: what the kernel checks of each at MAP_CREATE (its map_alloc_check
 * functions), and which commands it has. A type whose elements are more than bytes
 * brings its functions from a file of its own.
 */
#include <errno.h>
#include <limits.h>

#include "bpf/events.h"
#include "bpf/map_fd.h"

#define FLAGS_ACCESS (BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
#define FLAGS_ARRAY  (BPF_F_NUMA_NODE | FLAGS_ACCESS)
#define FLAGS_HASH   (BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | FLAGS_ACCESS)
#define FLAGS_LPM    (BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | FLAGS_ACCESS)
#define FLAGS_QUEUE  (BPF_F_NUMA_NODE | FLAGS_ACCESS)
#define FLAGS_BLOOM  (BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | FLAGS_ACCESS)

#define ENTRY_BYTES_MAX                                                                            \
    (UINT32_C(1) << 30)         /* key and value; the kernel's limit is of that order              \
                                 */
#define PERCPU_BYTES_MAX 32768u /* PCPU_MIN_UNIT_SIZE */
#define LPM_KEY_MIN      5u     /* prefix length and one byte */
#define LPM_KEY_MAX      260u
#define BLOOM_EXTRA      0xfu /* bits of map_extra: the number of hash functions */

static int check_none_zero(struct nicbpf *b, const union bpf_attr *attr)
{
    if (attr->max_entries && attr->key_size && attr->value_size)
        return 0;
    return refuse_map(b, -EINVAL, attr, "max_entries, key_size and value_size must not be 0");
}

static int check_flags(struct nicbpf *b, const union bpf_attr *attr, uint32_t known)
{
    const uint32_t both = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

    if (attr->map_flags & ~known)
        return refuse_map(b, -EINVAL, attr, "a flag that this map type has not");
    if ((attr->map_flags & both) == both)
        return refuse_map(b, -EINVAL, attr, "read-only and write-only at once");
    return 0;
}

static int too_large(struct nicbpf *b, const union bpf_attr *attr)
{
    return refuse_map(b, -E2BIG, attr, "the value is too large");
}

static int no_node(struct nicbpf *b, const union bpf_attr *attr)
{
    if (!(attr->map_flags & BPF_F_NUMA_NODE))
        return 0;
    return refuse_map(b, -EINVAL, attr, "a map with a copy for each processor has no memory node");
}

static int check_array_of(struct nicbpf *b, const union bpf_attr *attr, uint32_t flags)
{
    int rc = check_none_zero(b, attr);

    if (!rc && attr->key_size != sizeof(uint32_t))
        rc = refuse_map(b, -EINVAL, attr, "the key of an array is 4 bytes");
    if (!rc)
        rc = check_flags(b, attr, flags);
    return rc ? rc : attr->value_size > INT_MAX ? too_large(b, attr) : 0;
}

static int check_array(struct nicbpf *b, const union bpf_attr *attr)
{
    return check_array_of(b, attr, FLAGS_ARRAY | BPF_F_MMAPABLE | BPF_F_INNER_MAP);
}

static int check_percpu_array(struct nicbpf *b, const union bpf_attr *attr)
{
    int rc = check_array_of(b, attr, FLAGS_ARRAY);

    if (!rc)
        rc = no_node(b, attr);
    return rc ? rc : attr->value_size > PERCPU_BYTES_MAX ? too_large(b, attr) : 0;
}

static int check_hash_of(struct nicbpf *b, const union bpf_attr *attr, uint32_t flags)
{
    int rc = check_flags(b, attr, flags);

    if (!rc)
        rc = check_none_zero(b, attr);
    if (!rc && (uint64_t)attr->key_size + attr->value_size >= ENTRY_BYTES_MAX)
        rc = refuse_map(b, -E2BIG, attr, "key and value are too large");
    return rc;
}

static int check_hash(struct nicbpf *b, const union bpf_attr *attr)
{
    return check_hash_of(b, attr, FLAGS_HASH);
}

static int check_percpu_hash(struct nicbpf *b, const union bpf_attr *attr)
{
    int rc = no_node(b, attr);

    if (!rc)
        rc = check_hash(b, attr);
    return rc ? rc : attr->value_size > PERCPU_BYTES_MAX ? too_large(b, attr) : 0;
}

static int check_lru(struct nicbpf *b, const union bpf_attr *attr)
{
    int rc = check_flags(b, attr, FLAGS_HASH | BPF_F_NO_COMMON_LRU);

    if (!rc && attr->map_flags & BPF_F_NO_PREALLOC)
        rc = refuse_map(b, -BPF_ENOTSUPP, attr, "LRU maps are always preallocated");
    if (!rc && attr->map_flags & BPF_F_NO_COMMON_LRU)
        rc = no_node(b, attr);
    return rc ? rc : check_hash_of(b, attr, FLAGS_HASH | BPF_F_NO_COMMON_LRU);
}

static int check_percpu_lru(struct nicbpf *b, const union bpf_attr *attr)
{
    int rc = check_lru(b, attr);

    if (!rc)
        rc = no_node(b, attr);
    return rc ? rc : attr->value_size > PERCPU_BYTES_MAX ? too_large(b, attr) : 0;
}

static int check_lpm(struct nicbpf *b, const union bpf_attr *attr)
{
    int rc = check_none_zero(b, attr);

    if (!rc)
        rc = check_flags(b, attr, FLAGS_LPM);
    if (!rc && !(attr->map_flags & BPF_F_NO_PREALLOC))
        rc = refuse_map(b, -EINVAL, attr, "an LPM trie needs BPF_F_NO_PREALLOC");
    if (!rc && (attr->key_size < LPM_KEY_MIN || attr->key_size > LPM_KEY_MAX))
        rc = refuse_map(b, -EINVAL, attr, "the key of an LPM trie has 5 to 260 bytes");
    return rc || attr->value_size < ENTRY_BYTES_MAX ? rc : too_large(b, attr) ? -EINVAL : 0;
}

static int check_keyless(struct nicbpf *b, const union bpf_attr *attr, uint32_t flags)
{
    if (attr->key_size || !attr->value_size || !attr->max_entries)
        return refuse_map(b, -EINVAL, attr,
                          "key_size must be 0, value_size and max_entries must not");
    return check_flags(b, attr, flags);
}

static int check_queue(struct nicbpf *b, const union bpf_attr *attr)
{
    int rc = check_keyless(b, attr, FLAGS_QUEUE);

    return rc ? rc : attr->value_size > ENTRY_BYTES_MAX ? too_large(b, attr) : 0;
}

static int check_bloom(struct nicbpf *b, const union bpf_attr *attr)
{
    int rc = check_keyless(b, attr, FLAGS_BLOOM);

    if (!rc && attr->map_extra & ~(uint64_t)BLOOM_EXTRA)
        rc = refuse_map(b, -EINVAL, attr, "map_extra is 0 to 15 hash functions");
    return rc;
}

static const struct map_ops array = {
    .type = BPF_MAP_TYPE_ARRAY,
    .check = check_array,
    .btf = MAP_BTF_ARRAY,
    .batch = BATCH_ARRAY,
};
static const struct map_ops hash = {
    .type = BPF_MAP_TYPE_HASH,
    .check = check_hash,
    .batch = BATCH_HASH,
};
static const struct map_ops percpu_array = {
    .type = BPF_MAP_TYPE_PERCPU_ARRAY,
    .check = check_percpu_array,
    .btf = MAP_BTF_ARRAY,
    .batch = BATCH_ARRAY,
    .percpu = true,
};
static const struct map_ops percpu_hash = {
    .type = BPF_MAP_TYPE_PERCPU_HASH,
    .check = check_percpu_hash,
    .batch = BATCH_HASH,
    .percpu = true,
};
static const struct map_ops lru_hash = {
    .type = BPF_MAP_TYPE_LRU_HASH,
    .check = check_lru,
    .batch = BATCH_HASH,
};
static const struct map_ops lru_percpu_hash = {
    .type = BPF_MAP_TYPE_LRU_PERCPU_HASH,
    .check = check_percpu_lru,
    .batch = BATCH_HASH,
    .percpu = true,
};
static const struct map_ops lpm_trie = {
    .type = BPF_MAP_TYPE_LPM_TRIE,
    .check = check_lpm,
    .btf = MAP_BTF_LPM,
    .batch = BATCH_LPM,
};
static const struct map_ops queue = {.type = BPF_MAP_TYPE_QUEUE, .check = check_queue};
static const struct map_ops stack = {.type = BPF_MAP_TYPE_STACK, .check = check_queue};
static const struct map_ops bloom_filter = {
    .type = BPF_MAP_TYPE_BLOOM_FILTER,
    .check = check_bloom,
    .btf = MAP_BTF_NO_KEY,
};

/* Every type the layer knows; the firmware says which of them it has. */
static const struct map_ops *const rows[] = {
    &array,
    &hash,
    &percpu_array,
    &percpu_hash,
    &lru_hash,
    &lru_percpu_hash,
    &lpm_trie,
    &queue,
    &stack,
    &bloom_filter,
    &ringbuf_ops,
    &perf_array_ops,
    &map_fd_prog_array,
    &map_fd_array_of_maps,
    &map_fd_hash_of_maps,
    &map_fd_devmap,
    &map_fd_devmap_hash,
    &map_fd_cpumap,
    &map_fd_xskmap,
};

const struct map_ops *map_ops_of(uint32_t type)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i]->type == type)
            return rows[i];
    }
    return NULL;
}
