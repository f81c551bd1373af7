/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What nicsim bench --scenario runs: a verdict, and what is done to the packet before it. The
 * names are those of xdp-bench. All look at headers only, so frames may be of any length.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Ports are pairs: 1 and 2, 3 and 4. */
#define OTHER_PORT(ctx) ((((ctx)->ingress_ifindex - 1) ^ 1) + 1)

/* Each returns 0 when the packet is to be dropped as malformed. */
static __always_inline int no_touch(struct xdp_md *ctx)
{
    return 1;
}

/* The result depends on what was read, so that the load stays. */
static __always_inline int read_data(struct xdp_md *ctx)
{
    struct ethhdr *eth = (void *)(long)ctx->data;

    if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
        return 0;
    return eth->h_proto != 0xffff;
}

static __always_inline int parse_ip(struct xdp_md *ctx)
{
    void *data_end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = (void *)(long)ctx->data;

    if ((void *)(eth + 1) > data_end)
        return 0;
    if (eth->h_proto == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = (void *)(eth + 1);

        if ((void *)(ip + 1) > data_end || ip->version != 4)
            return 0;
        return ip->protocol != IPPROTO_RAW;
    }
    if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip6 = (void *)(eth + 1);

        if ((void *)(ip6 + 1) > data_end || ip6->version != 6)
            return 0;
        return ip6->nexthdr != IPPROTO_RAW;
    }
    return 1;
}

static __always_inline int swap_macs(struct xdp_md *ctx)
{
    struct ethhdr *eth = (void *)(long)ctx->data;
    unsigned char mac[ETH_ALEN];

    if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
        return 0;
    __builtin_memcpy(mac, eth->h_source, ETH_ALEN);
    __builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
    __builtin_memcpy(eth->h_dest, mac, ETH_ALEN);
    return 1;
}

#define SCENARIO(verdict, operation, result)                                                       \
    SEC("xdp.frags") int verdict##_##operation(struct xdp_md *ctx)                                 \
    {                                                                                              \
        return operation(ctx) ? (result) : XDP_DROP;                                               \
    }
#define OPERATIONS(verdict, result)                                                                \
    SCENARIO(verdict, no_touch, result)                                                            \
    SCENARIO(verdict, read_data, result)                                                           \
    SCENARIO(verdict, parse_ip, result)                                                            \
    SCENARIO(verdict, swap_macs, result)

/* A packet that should not be there is aborted, so that dropping the others is work, too. */
#define DROP(operation)                                                                            \
    SEC("xdp.frags") int drop_##operation(struct xdp_md *ctx)                                      \
    {                                                                                              \
        return operation(ctx) ? XDP_DROP : XDP_ABORTED;                                            \
    }
DROP(no_touch)
DROP(read_data)
DROP(parse_ip)
DROP(swap_macs)
OPERATIONS(pass, XDP_PASS)
OPERATIONS(tx, XDP_TX)
OPERATIONS(redirect, bpf_redirect(OTHER_PORT(ctx), 0))

char _license[] SEC("license") = "Dual BSD/GPL";
