/* SPDX-License-Identifier: BSD-3-Clause */
/* Maps of maps: inner maps by initial value, chosen by the packet's length, counted in. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct counts {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} even SEC(".maps"), odd SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 3);
    __type(key, __u32);
    __array(values, struct counts);
} by_parity SEC(".maps") = {
    .values = {[0] = &even, [1] = &odd},
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __uint(max_entries, 8);
    __type(key, __u32);
    __array(values, struct counts);
} by_name SEC(".maps") = {
    .values = {[7] = &odd},
};

static void count(void *inner, __u32 key, __u64 by)
{
    __u64 *n = inner ? bpf_map_lookup_elem(inner, &key) : 0;

    if (n)
        __sync_fetch_and_add(n, by);
}

SEC("xdp")
int map_in_map(struct xdp_md *ctx)
{
    __u32 len = ctx->data_end - ctx->data, key = len & 1, seven = len % 9, none = 2;

    count(bpf_map_lookup_elem(&by_parity, &key), len & 3, 1);
    count(bpf_map_lookup_elem(&by_name, &seven), 3, len);
    if (bpf_map_lookup_elem(&by_parity, &none))
        return XDP_ABORTED;
    return key ? XDP_PASS : XDP_DROP;
}
