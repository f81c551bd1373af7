/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table a tenant: the VLAN id chooses an inner map, which alone counts and
 * allows the tenant's sources. A tenant's table is filled, swapped or taken away
 * by one update of the outer map. A second map of maps holds what is common to
 * tenants of a class: their counters by IP protocol.
 */
#include "parse.h"

#define SOURCES 64
#define CLASSES 2

struct source {
    __u64 packets, bytes;
};

struct sources {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, SOURCES);
    __type(key, __u32); /* IPv4 address */
    __type(value, struct source);
};

struct protocols {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 256);
    __type(key, __u32);
    __type(value, __u64);
};

struct sources untagged SEC(".maps"), guests SEC(".maps");
struct protocols open SEC(".maps"), closed SEC(".maps");

/* By VLAN id; 0 = no tag. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __uint(max_entries, 4096);
    __type(key, __u32);
    __array(values, struct sources);
} tenants SEC(".maps") = {
    .values = {[0] = &untagged, [10] = &guests},
};

/* Class 0 lets sources in that are not in the table yet, class 1 does not. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, CLASSES);
    __type(key, __u32);
    __array(values, struct protocols);
} classes SEC(".maps") = {
    .values = {[0] = &open, [1] = &closed},
};

static __always_inline void count_protocol(__u32 class, __u32 protocol)
{
    void *table = bpf_map_lookup_elem(&classes, &class);
    __u64 *n = table ? bpf_map_lookup_elem(table, &protocol) : 0;

    if (n)
        __sync_fetch_and_add(n, 1);
}

static __always_inline int account(void *table, __u32 class, __u32 from, __u64 bytes)
{
    struct source first = {.packets = 1, .bytes = bytes};
    struct source *s = bpf_map_lookup_elem(table, &from);

    if (s) {
        __sync_fetch_and_add(&s->packets, 1);
        __sync_fetch_and_add(&s->bytes, bytes);
        return XDP_PASS;
    }
    if (class != 0)
        return XDP_DROP;
    return bpf_map_update_elem(table, &from, &first, BPF_NOEXIST) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int tenant_table(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth));
    __u32 vlan = 0, class;
    __be16 proto;
    void *table;

    if (!eth)
        return XDP_ABORTED;
    proto = eth->h_proto;
    if (is_vlan(proto)) {
        struct vlan_tag *tag = take(&c, sizeof(*tag));

        if (!tag)
            return XDP_DROP;
        vlan = bpf_ntohs(tag->tci) & 0xfff;
        proto = tag->proto;
    }
    table = bpf_map_lookup_elem(&tenants, &vlan);
    if (!table)
        return XDP_DROP; /* no such tenant */
    if (proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&c, sizeof(*ip));
    if (!ip)
        return XDP_DROP;
    class = vlan != 0;
    count_protocol(class, ip->protocol);
    return account(table, class, ip->saddr, (__u64)(c.end - (void *)(long)ctx->data));
}

char _license[] SEC("license") = "Dual BSD/GPL";
