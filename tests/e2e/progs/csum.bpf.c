/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bpf_csum_diff over packet bytes, stack and map memory: every size up to 128, pulling, pushing and
 * diffing, with seeds that carry; sizes that are no multiple of 4, and nothing at all.
 */
#include "../../../examples/parse.h"

#define BYTES 128

struct sum_of {
    __u32 which, from, to;
    __u32 seed;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 65536);
    __type(key, struct sum_of);
    __type(value, __s64);
} sums SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u8[BYTES * 2]);
} bytes SEC(".maps");

/* A result that changes from packet to packet is one more bit of the sum of all. */
static __always_inline void keep(__u32 which, __u32 from, __u32 to, __u32 seed, __s64 result)
{
    struct sum_of k = {which, from, to, seed};
    __s64 *seen = bpf_map_lookup_elem(&sums, &k);
    __s64 v = seen ? *seen * 31 + result : result;

    bpf_map_update_elem(&sums, &k, &v, BPF_ANY);
}

static __always_inline void sizes(__u32 which, __be32 *from, __be32 *to, __u32 seed)
{
    for (__u32 n = 0; n <= BYTES; n += 4) {
        keep(which, n, 0, seed, bpf_csum_diff(from, n, 0, 0, seed));
        keep(which, 0, n, seed, bpf_csum_diff(0, 0, to, n, seed));
        keep(which, n, BYTES - n, seed, bpf_csum_diff(from, n, to, BYTES - n, seed));
    }
    keep(which, 3, 0, seed, bpf_csum_diff(from, 3, 0, 0, seed));
    keep(which, 4, 6, seed, bpf_csum_diff(from, 4, to, 6, seed));
    keep(which, 0, 1, seed, bpf_csum_diff(0, 0, to, 1, seed));
}

SEC("xdp")
int csum(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    __u32 len = end - data, zero = 0;
    __be32 zeros[BYTES / 4] = {0};
    __u8 *map = bpf_map_lookup_elem(&bytes, &zero);

    if (!map)
        return XDP_ABORTED;
    if (data + BYTES <= end) {
        __builtin_memcpy(map, data, BYTES);
        sizes(0, data, (__be32 *)map, 0);
        sizes(1, data, zeros, len);
        keep(2, 20, 0, 1, bpf_csum_diff((__be32 *)(data + 1), 20, 0, 0, 1));
    }
    sizes(3, (__be32 *)map, (__be32 *)(map + BYTES), 0xffffffff);
    sizes(4, zeros, zeros, 0);
    sizes(5, zeros, (__be32 *)map, 0xffff);
    return (__u16)~bpf_csum_diff(0, 0, (__be32 *)map, BYTES, 0);
}

char _license[] SEC("license") = "Dual BSD/GPL";
