/* SPDX-License-Identifier: BSD-3-Clause */
/* Two XDP programs: one must be chosen. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int first(struct xdp_md *ctx)
{
    return XDP_DROP;
}

SEC("xdp")
int second(struct xdp_md *ctx)
{
    return XDP_PASS;
}
