/* SPDX-License-Identifier: BSD-3-Clause */
/* One packet of eight takes millions of cycles. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define ROUNDS (1u << 18)

unsigned long long packets = 0;

static int round(unsigned int i, void *ctx)
{
    *(unsigned long long *)ctx += i;
    return 0;
}

SEC("xdp") int slow(struct xdp_md *ctx)
{
    unsigned long long n = __sync_fetch_and_add(&packets, 1), sum = 0;

    if (n % 8 == 7)
        bpf_loop(ROUNDS, round, &sum, 0);
    return sum ? XDP_TX : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
