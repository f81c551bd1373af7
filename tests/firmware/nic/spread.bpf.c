/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets are spread over the hardware threads by a CPUMAP; the program there notes on which one it
 * runs: tests/firmware/nic/cpumap_test.c.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "spread.h"

struct {
    __uint(type, BPF_MAP_TYPE_CPUMAP);
    __uint(max_entries, CPUS);
    __type(key, __u32);
    __type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

struct globals globals; /* counters are changed by atomics */

static __always_inline int number(struct xdp_md *ctx, __u32 *n)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

    if (data + 36 > end)
        return -1;
    *n = *(__u16 *)(data + 34);
    return 0;
}

SEC("xdp")
int spread(struct xdp_md *ctx)
{
    __u32 n;

    if (number(ctx, &n) || !globals.wanted)
        return XDP_ABORTED;
    __sync_fetch_and_add(&globals.sent, 1);
    return bpf_redirect_map(&cpus, n % globals.wanted, 0);
}

SEC("xdp/cpumap")
int arrived(struct xdp_md *ctx)
{
    __u32 n, cpu = bpf_get_smp_processor_id();

    if (number(ctx, &n) || !globals.wanted)
        return XDP_ABORTED;
    if (cpu != n % globals.wanted)
        __sync_fetch_and_add(&globals.elsewhere, 1);
    if (cpu < CPUS)
        __sync_fetch_and_add(&globals.ran[cpu], 1);
    return n & 1 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
