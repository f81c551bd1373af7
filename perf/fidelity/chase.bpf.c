/* SPDX-License-Identifier: BSD-3-Clause */
/* STEPS reads, each of which says where the next one is: what a read takes, nothing overlapped. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#ifndef STEPS
#define STEPS 8
#endif
#define WORDS 65536u

struct table {
    __u32 next[WORDS];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct table);
} chain SEC(".maps");

SEC("xdp") int fidelity_chase(struct xdp_md *ctx)
{
    __u32 key = 0, at = 0;
    volatile struct table *table = bpf_map_lookup_elem(&chain, &key);

    if (!table)
        return XDP_ABORTED;
#pragma unroll
    for (int k = 0; k < STEPS; k++)
        at = table->next[at & (WORDS - 1)];
    return at == 0xffffffff ? XDP_ABORTED : XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
