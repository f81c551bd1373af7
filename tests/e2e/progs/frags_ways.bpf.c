/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All the ways out for packets of several buffers; the last byte of the destination MAC address
 * chooses. Each program on the way leaves its mark: the first one in the last byte, those in a
 * devmap or cpumap in the four bytes across the end of the first buffer.
 */
#include "../../../examples/parse.h"

struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, struct bpf_devmap_val);
} ports SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, struct bpf_devmap_val);
} every_port SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_CPUMAP);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, struct bpf_cpumap_val);
} threads SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u32);
} queues SEC(".maps");

static __always_inline void mark(struct xdp_md *ctx)
{
    __u64 at = ctx->data_end - ctx->data;
    __u8 bytes[4];

    barrier_var(at);
    if (bpf_xdp_load_bytes(ctx, at - 2, bytes, 4))
        return;
    for (int i = 0; i < 4; i++)
        bytes[i] ^= 0xa5;
    bpf_xdp_store_bytes(ctx, at - 2, bytes, 4);
}

SEC("xdp.frags/devmap")
int on_port(struct xdp_md *ctx)
{
    mark(ctx);
    return XDP_PASS;
}

SEC("xdp.frags/cpumap")
int on_thread(struct xdp_md *ctx)
{
    mark(ctx);
    return XDP_PASS;
}

SEC("xdp.frags")
int frags_ways(struct xdp_md *ctx)
{
    __u8 way = 0, last = 0;
    __u32 len = bpf_xdp_get_buff_len(ctx);

    bpf_xdp_load_bytes(ctx, 5, &way, 1);
    bpf_xdp_load_bytes(ctx, len - 1, &last, 1);
    last ^= 0xff;
    bpf_xdp_store_bytes(ctx, len - 1, &last, 1);
    switch (way & 7) {
    case 0:
        return XDP_PASS;
    case 1:
        return XDP_TX;
    case 2:
        return XDP_DROP;
    case 3:
        return bpf_redirect_map(&ports, 0, XDP_ABORTED);
    case 4:
        return bpf_redirect_map(&ports, 1, XDP_ABORTED);
    case 5:
        return bpf_redirect_map(&every_port, 0, BPF_F_BROADCAST);
    case 6:
        return bpf_redirect_map(&threads, 0, XDP_ABORTED);
    default:
        return bpf_redirect_map(&queues, 0, XDP_ABORTED);
    }
}

char _license[] SEC("license") = "Dual BSD/GPL";
