/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A count-min sketch of ROWS rows over the flow (EtherType, addresses, protocol, ports): each
 * field is hashed into the key, the key once more for each row, and a counter of the row goes up.
 * The published sketch does the same amount of work: two multiplications and three shifts a hash,
 * a row of 2^23 counters, one array map for all rows. The constants here are our own.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#ifndef ROWS
#define ROWS 5
#endif
#define COLUMNS (1u << 20) /* of the published 2^23: a row of 4 MiB is far more than any cache */

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, ROWS *COLUMNS);
    __type(key, __u32);
    __type(value, __u32);
} counters SEC(".maps");

/* Odd constants, another pair for each row. */
static __always_inline __u32 hash(__u32 row, __u32 x)
{
    x = (x >> 16 ^ x) * (0x7feb352du + 0x3c6ef372u * row);
    x = (x >> 15 ^ x) * (0x846ca68bu + 0x1b873594u * row);
    return x ^ x >> 16;
}

static __always_inline void count(__u32 row, __u32 key)
{
    __u32 at = row * COLUMNS + (hash(row, key) & (COLUMNS - 1));
    __u32 *counter = bpf_map_lookup_elem(&counters, &at);

    if (counter)
        __sync_fetch_and_add(counter, 1);
}

SEC("xdp") int fidelity_count_min(struct xdp_md *ctx)
{
    void *data_end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = (void *)(long)ctx->data;
    struct iphdr *ip = (void *)(eth + 1);
    struct udphdr *udp = (void *)(ip + 1);
    __u32 key;

    if ((void *)(udp + 1) > data_end)
        return XDP_PASS;
    key = hash(0, eth->h_proto);
    if (eth->h_proto == bpf_htons(ETH_P_IP)) {
        key ^= hash(0, ip->saddr);
        key ^= hash(0, ip->daddr);
        key ^= hash(0, ip->protocol);
        if (ip->protocol == IPPROTO_UDP || ip->protocol == IPPROTO_TCP) {
            key ^= hash(0, udp->source);
            key ^= hash(0, udp->dest);
        }
    }
#pragma unroll
    for (__u32 row = 0; row < ROWS; row++)
        count(row, key);
    return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
