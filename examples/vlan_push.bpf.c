/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The edge of a provider's network (IEEE 802.1ad, "QinQ"): a frame from a
 * customer's station gets the customer's service tag, outside of the VLAN tag
 * that it has; untagged ones get both, if the customer has a VLAN for them. The
 * priority in the tags is that of the tag that was there, or the IP precedence.
 * Shows bpf_xdp_adjust_head growing the packet by one tag or two.
 *
 * Maps, by name: `customers` (by source MAC address). Contents for a run:
 * vlan_push.maps.
 */
#include "parse.h"

#define CUSTOMERS 4096
#define VID_MASK  0x0fff
#define PCP_SHIFT 13

struct station {
    __u8 mac[ETH_ALEN];
    __u8 reserved[2];
};

struct customer {
    __u16 service_vid; /* in the host's order; 0: none, the customer's tag alone */
    __u16 default_vid; /* of untagged frames; 0: they get the service tag alone */
    __u32 reserved;
    __u64 packets, bytes; /* as they came */
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, CUSTOMERS);
    __type(key, struct station);
    __type(value, struct customer);
} customers SEC(".maps");

static __always_inline __be16 tci(__u32 priority, __u32 vid)
{
    return bpf_htons(priority << PCP_SHIFT | (vid & VID_MASK));
}

/* 0 to 7. */
static __always_inline __u32 priority_of(struct cursor c, __be16 proto)
{
    if (is_vlan(proto)) {
        struct vlan_tag *tag = take(&c, sizeof(*tag));

        return tag ? bpf_ntohs(tag->tci) >> PCP_SHIFT : 0;
    }
    if (proto == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&c, sizeof(*ip));

        return ip ? ip->tos >> 5 : 0;
    }
    if (proto == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(&c, sizeof(*ip));

        return ip ? ip->priority >> 1 : 0;
    }
    return 0;
}

/* One more tag behind the addresses; what follows the EtherType stays where it is. */
static __always_inline int push(struct xdp_md *ctx, __be16 tpid, __be16 value)
{
    struct ethhdr old, *eth;
    struct vlan_tag *tag;
    struct cursor c = cursor_of(ctx);

    eth = take(&c, sizeof(*eth));
    if (!eth)
        return -1;
    old = *eth;
    if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*tag)))
        return -1;
    c = cursor_of(ctx);
    eth = take(&c, sizeof(*eth));
    tag = take(&c, sizeof(*tag));
    if (!eth || !tag)
        return -1;
    *tag = (struct vlan_tag){value, old.h_proto};
    old.h_proto = tpid;
    *eth = old;
    return 0;
}

SEC("xdp")
int vlan_push(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth));
    struct station from = {};
    struct customer *to;
    __u32 priority, default_vid, service_vid;

    if (!eth)
        return XDP_PASS;
    __builtin_memcpy(from.mac, eth->h_source, ETH_ALEN);
    to = bpf_map_lookup_elem(&customers, &from);
    if (!to)
        return XDP_PASS;
    __sync_fetch_and_add(&to->packets, 1);
    __sync_fetch_and_add(&to->bytes, (__u64)(c.end - (void *)eth));
    if (eth->h_proto == bpf_htons(ETH_P_8021AD))
        return XDP_DROP; /* service tags are the provider's to give */
    priority = priority_of(c, eth->h_proto);
    default_vid = is_vlan(eth->h_proto) ? 0 : to->default_vid;
    service_vid = to->service_vid;
    if (default_vid && push(ctx, bpf_htons(ETH_P_8021Q), tci(priority, default_vid)))
        return XDP_ABORTED;
    if (service_vid && push(ctx, bpf_htons(ETH_P_8021AD), tci(priority, service_vid)))
        return XDP_ABORTED;
    return XDP_TX;
}

char _license[] SEC("license") = "Dual BSD/GPL";
