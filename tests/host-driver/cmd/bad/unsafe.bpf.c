/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the packet without looking where it ends. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int unsafe(struct xdp_md *ctx)
{
    return *(unsigned char *)(long)ctx->data;
}
