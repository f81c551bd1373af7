/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Global variables: .rodata (constants the verifier may fold), .data
 * (initialised) and .bss (zero), each a one-entry array behind the scenes.
 * Keeps the longest frame, a running byte count and a ring of the last
 * EtherTypes; frames longer than a constant are dropped.
 */
#include "parse.h"

#define RING 8

const volatile __u32 longest_allowed = 1514;
const volatile __u16 ignored[4] = {ETH_P_ARP, ETH_P_LOOP, 0x88cc /* LLDP */, 0x8809 /* LACP */};

__u64 packets_left = 1000000; /* .data: counts down */
__u32 shortest = 0xffffffff;

__u64 bytes; /* .bss */
__u32 longest;
__u32 ring_head;
__u16 ring[RING];

static __always_inline int is_ignored(__u16 proto)
{
    for (int i = 0; i < 4; i++)
        if (proto == ignored[i])
            return 1;
    return 0;
}

SEC("xdp")
int global_data(struct xdp_md *ctx)
{
    __u32 len = ctx->data_end - ctx->data;
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth));
    __u16 proto;

    if (!eth)
        return XDP_DROP;
    proto = bpf_ntohs(eth->h_proto);
    if (is_ignored(proto))
        return XDP_PASS;
    __sync_fetch_and_add(&bytes, len);
    __sync_fetch_and_sub(&packets_left, 1);
    if (len > longest)
        longest = len;
    if (len < shortest)
        shortest = len;
    ring[__sync_fetch_and_add(&ring_head, 1) % RING] = proto;
    return len > longest_allowed ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
