/* SPDX-License-Identifier: BSD-3-Clause */
/* One lookup, then ADDS atomic additions to the same word, none of which asks for the old value. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#ifndef ADDS
#define ADDS 10
#endif

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} sum SEC(".maps");

SEC("xdp") int fidelity_adds(struct xdp_md *ctx)
{
    __u32 key = 0;
    __u32 *value = bpf_map_lookup_elem(&sum, &key);

    if (!value)
        return XDP_ABORTED;
#pragma unroll
    for (int k = 0; k < ADDS; k++)
        __sync_fetch_and_add(value, 5);
    return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
