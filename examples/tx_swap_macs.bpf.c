/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reflector: swaps the MAC addresses and sends the frame out of the port it
 * came in by. Shows packet writes; group-addressed frames are not reflected,
 * that would make a storm.
 */
#include "parse.h"

SEC("xdp")
int tx_swap_macs(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth));
    __u8 mac[ETH_ALEN];

    if (!eth)
        return XDP_DROP;
    if (eth->h_dest[0] & 1)
        return XDP_PASS;
    __builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
    __builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
    __builtin_memcpy(eth->h_source, mac, ETH_ALEN);
    return XDP_TX;
}

char _license[] SEC("license") = "Dual BSD/GPL";
