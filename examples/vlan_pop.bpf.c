/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Takes the outer VLAN tag off and counts by VLAN id. Shows
 * bpf_xdp_adjust_head shrinking the packet.
 */
#include "parse.h"

#define VLAN_IDS 4096

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, VLAN_IDS);
    __type(key, __u32);
    __type(value, __u64);
} by_vlan SEC(".maps");

SEC("xdp")
int vlan_pop(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth));
    struct vlan_tag *tag = take(&c, sizeof(*tag));
    __u8 macs[2 * ETH_ALEN];
    __u64 *packets;
    __u32 vid;

    if (!eth || !tag || !is_vlan(eth->h_proto))
        return XDP_PASS;
    vid = bpf_ntohs(tag->tci) & (VLAN_IDS - 1);
    packets = bpf_map_lookup_elem(&by_vlan, &vid);
    if (packets)
        __sync_fetch_and_add(packets, 1);

    __builtin_memcpy(macs, eth, sizeof(macs));
    if (bpf_xdp_adjust_head(ctx, sizeof(*tag)))
        return XDP_ABORTED;
    c = cursor_of(ctx);
    eth = take(&c, sizeof(*eth));
    if (!eth)
        return XDP_ABORTED;
    /* The tag's EtherType already stands where the new header wants it. */
    __builtin_memcpy(eth, macs, sizeof(macs));
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
