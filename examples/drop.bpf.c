/* SPDX-License-Identifier: BSD-3-Clause */
/* Drops every packet: what the datapath itself costs, with nothing of the program's in it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int drop(struct xdp_md *ctx)
{
    return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
