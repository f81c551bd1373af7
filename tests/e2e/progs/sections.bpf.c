/* SPDX-License-Identifier: BSD-3-Clause */
/* A program with fragments, and others beside it that only a devmap, a cpumap or tc could call. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp.frags")
int with_frags(struct xdp_md *ctx)
{
    return (ctx->data_end - ctx->data) & 1 ? XDP_TX : XDP_DROP;
}

SEC("xdp/devmap")
int for_devmap(struct xdp_md *ctx)
{
    return ctx->egress_ifindex ? XDP_PASS : XDP_DROP;
}

SEC("xdp/cpumap")
int for_cpumap(struct xdp_md *ctx)
{
    return XDP_PASS;
}

SEC("tc")
int for_tc(struct __sk_buff *skb)
{
    return skb->len > 100;
}
