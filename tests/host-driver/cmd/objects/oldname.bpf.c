/* SPDX-License-Identifier: BSD-3-Clause */
/* A section that libbpf 1.x does not know, and no other. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("prog")
int old(struct xdp_md *ctx)
{
    return XDP_TX;
}
