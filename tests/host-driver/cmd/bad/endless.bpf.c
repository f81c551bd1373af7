/* SPDX-License-Identifier: BSD-3-Clause */
/* The verifier takes it, as the kernel's does, and it ends: after 2^46 calls. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define MOST (1u << 23)

static int inner(unsigned int i, void *ctx)
{
    *(unsigned long long *)ctx += i;
    return 0;
}

static int outer(unsigned int i, void *ctx)
{
    bpf_loop(MOST, inner, ctx, 0);
    return 0;
}

SEC("xdp") int endless(struct xdp_md *ctx)
{
    unsigned long long sum = 0;

    bpf_loop(MOST, outer, &sum, 0);
    return sum ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
