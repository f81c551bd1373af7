/* SPDX-License-Identifier: BSD-3-Clause */
/* One lookup a program, whose value is not read: tests/firmware/nic/access_test.c counts what it
 * costs. `nothing` costs the rest. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "lookups.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, ENTRIES);
    __type(key, __u32);
    __type(value, __u64[2]);
} array SEC(".maps");

#define HASHED(kind, name, size)                                                                   \
    struct {                                                                                       \
        __uint(type, BPF_MAP_TYPE_##kind);                                                         \
        __uint(max_entries, ENTRIES);                                                              \
        __uint(key_size, size);                                                                    \
        __uint(value_size, 16);                                                                    \
    } name##size SEC(".maps");
#include "lookups.def"
#undef HASHED

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, 4096);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(key_size, 8);
    __uint(value_size, 16);
} lpm SEC(".maps");

/* The frame's source port: it counts the frames. */
static __always_inline int number(struct xdp_md *ctx, __u32 *n)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

    if (data + 36 > end)
        return -1;
    *n = *(__u16 *)(data + 34) % FILLED;
    return 0;
}

#define LOOKUP(map)                                                                                \
    SEC("xdp")                                                                                     \
    int look_##map(struct xdp_md *ctx)                                                             \
    {                                                                                              \
        __u32 key[6] = {0, 1, 2, 3, 4, 5};                                                         \
        if (number(ctx, &key[0]))                                                                  \
            return XDP_ABORTED;                                                                    \
        return bpf_map_lookup_elem(&map, key) ? XDP_DROP : XDP_TX;                                 \
    }

LOOKUP(array)
#define HASHED(kind, name, size) LOOKUP(name##size)
#include "lookups.def"

/* 10.n1.n0.x, /24 */
SEC("xdp")
int look_lpm(struct xdp_md *ctx)
{
    __u32 n, key[2] = {32};

    if (number(ctx, &n))
        return XDP_ABORTED;
    key[1] = 10 | (n >> 8) << 8 | (n & 0xff) << 16 | 77u << 24;
    return bpf_map_lookup_elem(&lpm, key) ? XDP_DROP : XDP_TX;
}

SEC("xdp")
int nothing(struct xdp_md *ctx)
{
    __u32 n;

    return number(ctx, &n) ? XDP_ABORTED : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
