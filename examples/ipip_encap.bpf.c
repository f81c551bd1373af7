/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4-in-IPv4 encapsulation (RFC 2003), as a load balancer does it: packets
 * whose destination is a known virtual address get an outer header towards a
 * real server and leave by the port they came in by. Shows
 * bpf_xdp_adjust_head growing the packet, header checksums, and that every
 * packet pointer is read again afterwards.
 */
#include "csum.h"

struct tunnel {
    __be32 source;
    __be32 server;
    __u8 mac[ETH_ALEN]; /* next hop */
    __u8 reserved[2];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 256);
    __type(key, __be32);
    __type(value, struct tunnel);
} vips SEC(".maps");

static __always_inline void outer_fill(struct iphdr *ip, const struct tunnel *t, __u16 inner_len)
{
    __builtin_memset(ip, 0, sizeof(*ip));
    ip->version = 4;
    ip->ihl = 5;
    ip->tot_len = bpf_htons(inner_len + sizeof(*ip));
    ip->ttl = 64;
    ip->protocol = IPPROTO_IPIP;
    ip->saddr = t->source;
    ip->daddr = t->server;
    ip->check = ipv4_checksum(ip);
}

static __always_inline int encap(struct xdp_md *ctx, const struct tunnel *t, __u16 inner_len)
{
    struct ethhdr *inner, *outer;
    struct cursor c;

    if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct iphdr)))
        return XDP_ABORTED;
    c = cursor_of(ctx);
    outer = take(&c, sizeof(struct ethhdr) + sizeof(struct iphdr));
    if (!outer)
        return XDP_ABORTED;
    /* The old Ethernet header lies where the end of the new IP header goes: move it first. */
    inner = (void *)outer + sizeof(struct iphdr);
    __builtin_memcpy(outer->h_source, inner->h_dest, ETH_ALEN);
    __builtin_memcpy(outer->h_dest, t->mac, ETH_ALEN);
    outer->h_proto = bpf_htons(ETH_P_IP);
    outer_fill((void *)(outer + 1), t, inner_len);
    return XDP_TX;
}

SEC("xdp")
int ipip_encap(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth));
    struct iphdr *ip;
    const struct tunnel *t;

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    ip = take(&c, sizeof(*ip));
    if (!ip)
        return XDP_DROP;
    t = bpf_map_lookup_elem(&vips, &ip->daddr);
    if (!t)
        return XDP_PASS;
    return encap(ctx, t, bpf_ntohs(ip->tot_len));
}

char _license[] SEC("license") = "Dual BSD/GPL";
