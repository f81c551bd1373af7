/* SPDX-License-Identifier: BSD-3-Clause */
/* A map of 4 GiB: more than the card has. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct block {
    unsigned char bytes[4096];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1 << 20);
    __type(key, __u32);
    __type(value, struct block);
} large SEC(".maps");

SEC("xdp")
int uses_large(struct xdp_md *ctx)
{
    __u32 key = 0;

    return bpf_map_lookup_elem(&large, &key) ? XDP_PASS : XDP_DROP;
}
