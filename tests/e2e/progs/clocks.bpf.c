/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the clocks promise whatever the time is: coarse time is at most one tick of CONFIG_HZ=250
 * behind, nothing runs backwards, and the memory is one node. Times themselves are not compared.
 */
#include "../../../examples/parse.h"

#define TICK_NS 4000000ULL

struct seen {
    __u64 ns, coarse, tai, jiffies;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct seen);
} before SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 8);
    __type(key, __u32);
    __type(value, __u64);
} wrong SEC(".maps");

static __always_inline void count(__u32 which, int is_wrong)
{
    __u64 *n = bpf_map_lookup_elem(&wrong, &which);

    if (n && is_wrong)
        __sync_fetch_and_add(n, 1);
}

SEC("xdp")
int clocks(struct xdp_md *ctx)
{
    __u32 zero = 0;
    struct seen *b = bpf_map_lookup_elem(&before, &zero);
    struct seen now = {
        .coarse = bpf_ktime_get_coarse_ns(),
        .jiffies = bpf_jiffies64(),
        .tai = bpf_ktime_get_tai_ns(),
    };

    now.ns = bpf_ktime_get_ns();
    if (!b)
        return XDP_ABORTED;
    count(0, now.coarse > now.ns);
    count(1, now.ns < b->ns);
    count(2, now.coarse < b->coarse);
    count(3, now.tai < b->tai);
    count(4, now.jiffies < b->jiffies || now.jiffies < (__u32)(-300 * 250));
    count(5, bpf_get_numa_node_id() != 0);
    count(6, bpf_ktime_get_boot_ns() < now.ns);
    *b = now;
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
