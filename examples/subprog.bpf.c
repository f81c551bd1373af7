/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Functions that are called, not inlined: each has its own stack frame and
 * keeps the caller's r6-r9. Spreads IPv4 flows over eight buckets with a hash
 * of the addresses and ports, as a switch does with equal paths.
 */
#include "parse.h"

#define BUCKETS 8

struct flow {
    __be32 source, destination;
    __be16 source_port, destination_port;
    __u32 protocol;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, BUCKETS);
    __type(key, __u32);
    __type(value, __u64);
} flows_per_bucket SEC(".maps");

static __noinline __u32 mix(__u32 hash, __u32 word)
{
    hash ^= word * 0xcc9e2d51u;
    hash = (hash << 13) | (hash >> 19);
    return hash * 5 + 0xe6546b64u;
}

static __noinline __u32 flow_hash(const struct flow *f)
{
    __u32 ports = (__u32)f->source_port << 16 | f->destination_port;
    __u32 hash = mix(0x9747b28cu, f->source);

    hash = mix(hash, f->destination);
    hash = mix(hash, ports);
    hash = mix(hash, f->protocol);
    hash ^= hash >> 16;
    return hash;
}

/* Fills the flow; -1 when the frame is not IPv4 or cut short. */
static __noinline int flow_of(struct xdp_md *ctx, struct flow *f)
{
    struct cursor c = cursor_of(ctx);
    struct iphdr *ip;
    struct udphdr *ports; /* TCP's ports stand at the same place */

    if (take_ethernet(&c) != bpf_htons(ETH_P_IP))
        return -1;
    ip = take(&c, sizeof(*ip));
    if (!ip)
        return -1;
    f->source = ip->saddr;
    f->destination = ip->daddr;
    f->protocol = ip->protocol;
    if (ip->ihl != 5 || (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP))
        return 0;
    ports = take(&c, sizeof(*ports));
    if (!ports)
        return -1;
    f->source_port = ports->source;
    f->destination_port = ports->dest;
    return 0;
}

SEC("xdp")
int subprog(struct xdp_md *ctx)
{
    struct flow f = {};
    __u32 bucket;
    __u64 *packets;

    if (flow_of(ctx, &f) < 0)
        return XDP_PASS;
    bucket = flow_hash(&f) % BUCKETS;
    packets = bpf_map_lookup_elem(&flows_per_bucket, &bucket);
    if (!packets)
        return XDP_ABORTED;
    __sync_fetch_and_add(packets, 1);
    return bucket & 1 ? XDP_PASS : XDP_TX;
}

char _license[] SEC("license") = "Dual BSD/GPL";
