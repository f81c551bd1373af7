/* SPDX-License-Identifier: BSD-3-Clause */
/* Sections old and new, a program that is not XDP, and one that no card takes. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp_main")
int main_prog(struct xdp_md *ctx)
{
    return XDP_TX;
}

SEC("xdp/other")
int other_prog(struct xdp_md *ctx)
{
    return XDP_DROP;
}

SEC("xdp.frags")
int frags_prog(struct xdp_md *ctx)
{
    return XDP_PASS;
}

SEC("xdp/devmap")
int devmap_prog(struct xdp_md *ctx)
{
    return XDP_PASS;
}

SEC("tc")
int tc_prog(struct __sk_buff *skb)
{
    return 0;
}

SEC("xdp")
int unsafe(struct xdp_md *ctx)
{
    return *(__u8 *)(long)ctx->data; /* mark: unsafe */
}
