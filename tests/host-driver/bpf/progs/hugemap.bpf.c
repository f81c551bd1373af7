/* SPDX-License-Identifier: BSD-3-Clause */
/* A map larger than any DRAM of the NIC. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 0x40000000);
    __type(key, __u32);
    __type(value, __u64);
} giant SEC(".maps");

SEC("xdp")
int hugemap(struct xdp_md *ctx)
{
    __u32 key = 0;

    return bpf_map_lookup_elem(&giant, &key) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
