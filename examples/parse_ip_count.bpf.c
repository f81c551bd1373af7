/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts packets and bytes by IP protocol number, IPv4 and IPv6 together, and
 * by source address for IPv4. Shows an ARRAY updated in place, a HASH whose
 * entries are made on first sight, and atomic adds, since the engines share
 * the maps.
 */
#include "parse.h"

struct traffic {
    __u64 packets;
    __u64 bytes;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 256);
    __type(key, __u32);
    __type(value, struct traffic);
} by_protocol SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4096);
    __type(key, __be32);
    __type(value, struct traffic);
} by_source SEC(".maps");

static __always_inline void add(struct traffic *t, __u64 bytes)
{
    __sync_fetch_and_add(&t->packets, 1);
    __sync_fetch_and_add(&t->bytes, bytes);
}

static __always_inline void count_source(__be32 source, __u64 bytes)
{
    struct traffic *t = bpf_map_lookup_elem(&by_source, &source);
    struct traffic first = {1, bytes};

    if (t)
        add(t, bytes);
    else /* a full table, or another engine that was first: not counted, on purpose */
        bpf_map_update_elem(&by_source, &source, &first, BPF_NOEXIST);
}

SEC("xdp")
int parse_ip_count(struct xdp_md *ctx)
{
    __u64 bytes = ctx->data_end - ctx->data;
    struct cursor c = cursor_of(ctx);
    __be16 proto = take_ethernet(&c);
    struct traffic *t;
    __u32 key;

    if (proto == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&c, sizeof(*ip));

        if (!ip)
            return XDP_PASS;
        key = ip->protocol;
        count_source(ip->saddr, bytes);
    } else if (proto == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip6 = take(&c, sizeof(*ip6));

        if (!ip6)
            return XDP_PASS;
        key = ip6->nexthdr;
    } else {
        return XDP_PASS;
    }
    t = bpf_map_lookup_elem(&by_protocol, &key);
    if (t)
        add(t, bytes);
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
