/* SPDX-License-Identifier: BSD-3-Clause */
/* The smallest program: every packet goes to the host. The floor of any measurement. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *ctx)
{
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
