/* SPDX-License-Identifier: BSD-3-Clause */
/* A map type that no NIC will have. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __uint(max_entries, 64);
    __uint(key_size, 4);
    __uint(value_size, 8);
} traces SEC(".maps");

SEC("xdp")
int badmap(struct xdp_md *ctx)
{
    __u32 key = 0;

    return bpf_map_delete_elem(&traces, &key) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
