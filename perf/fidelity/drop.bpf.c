/* SPDX-License-Identifier: BSD-3-Clause */
/* The smallest program: what is left is the datapath. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp") int fidelity_drop(struct xdp_md *ctx)
{
    return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
