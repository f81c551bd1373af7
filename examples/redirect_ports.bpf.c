/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends packets where maps say: the last byte of the destination MAC address
 * chooses the way. What a map has no entry for takes the action that the low bits
 * of the flags hold.
 */
#include "parse.h"

struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP);
    __uint(max_entries, 8);
    __type(key, __u32);
    __type(value, __u32); /* interface: port of the NIC */
} ports SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
    __uint(max_entries, 8);
    __type(key, __u32); /* any number */
    __type(value, struct bpf_devmap_val);
} named_ports SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_CPUMAP);
    __uint(max_entries, 4);
    __type(key, __u32); /* processor: hardware thread of the NIC */
    __type(value, __u32);
} threads SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u32); /* host queue */
} queues SEC(".maps");

SEC("xdp")
int redirect_ports(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth));
    __u32 key;

    if (!eth)
        return XDP_ABORTED;
    key = eth->h_dest[5] >> 4;
    switch (eth->h_dest[5] & 7) {
    case 0:
        return bpf_redirect_map(&ports, key, XDP_PASS);
    case 1:
        return bpf_redirect_map(&named_ports, key, XDP_DROP);
    case 2: /* to all other ports */
        return bpf_redirect_map(&ports, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
    case 3:
        return bpf_redirect_map(&threads, key, XDP_TX);
    case 4:
        return bpf_redirect_map(&queues, ctx->rx_queue_index, XDP_PASS);
    case 5:
        return bpf_redirect(ctx->ingress_ifindex, 0);
    case 6: /* a flag that there is none */
        return bpf_redirect_map(&ports, key, 1 << 5);
    default:
        return bpf_map_lookup_elem(&ports, &key) ? XDP_TX : XDP_PASS;
    }
}

char _license[] SEC("license") = "Dual BSD/GPL";
