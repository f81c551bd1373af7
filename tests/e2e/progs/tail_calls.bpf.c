/* SPDX-License-Identifier: BSD-3-Clause */
/* Tail calls: to a program by index, a chain that ends at the kernel's limit, and the empty slot.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int tail_first(struct xdp_md *ctx);
int tail_again(struct xdp_md *ctx);
int tail_sub(struct xdp_md *ctx);

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 6);
    __uint(key_size, sizeof(__u32));
    __array(values, int(struct xdp_md *));
} progs SEC(".maps") = {
    .values = {[0] = (void *)&tail_first, [1] = (void *)&tail_again, [4] = (void *)&tail_sub},
};

__u64 calls[6];
__u64 depth, deepest;

SEC("xdp")
int tail_calls(struct xdp_md *ctx)
{
    __u32 len = ctx->data_end - ctx->data;

    depth = 0;
    bpf_tail_call(ctx, &progs, len % 7);
    calls[5]++; /* an empty slot, or none */
    return XDP_PASS;
}

SEC("xdp")
int tail_first(struct xdp_md *ctx)
{
    calls[0]++;
    return XDP_DROP;
}

SEC("xdp")
int tail_again(struct xdp_md *ctx)
{
    calls[1]++;
    if (++depth > deepest)
        deepest = depth;
    bpf_tail_call(ctx, &progs, 1);
    return XDP_TX;
}

/* Never comes back when the call is taken; the caller's frame goes with it. */
static __attribute__((noinline)) int descend(struct xdp_md *ctx, __u32 to)
{
    volatile __u64 room[4] = {to, to + 1, to + 2, to + 3};

    bpf_tail_call(ctx, &progs, to);
    return (int)(room[0] + room[3]);
}

SEC("xdp")
int tail_sub(struct xdp_md *ctx)
{
    int got;

    calls[4]++;
    if (++depth > deepest)
        deepest = depth;
    got = descend(ctx, depth < 20 ? 4 : 3); /* 3 is empty: this comes back */
    calls[2] += (__u64)(__u32)got;
    return got == 9 ? XDP_DROP : XDP_PASS;
}
