/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the packet without looking at its end: must be refused, at the line that reads. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int unchecked(struct xdp_md *ctx)
{
    unsigned char *data = (unsigned char *)(long)ctx->data;

    return data[12] == 8 ? XDP_PASS : XDP_DROP; /* the line */
}

char LICENSE[] SEC("license") = "GPL";
