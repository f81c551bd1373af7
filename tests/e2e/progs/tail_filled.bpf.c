/* SPDX-License-Identifier: BSD-3-Clause */
/* Tail calls as older loaders set them up: sections that libbpf does not know, slots filled later.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 4);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
} stages SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} seen SEC(".maps");

static void count(__u32 stage)
{
    __u64 *n = bpf_map_lookup_elem(&seen, &stage);

    if (n)
        __sync_fetch_and_add(n, 1);
}

SEC("xdp_entry")
int tail_filled(struct xdp_md *ctx)
{
    count(0);
    bpf_tail_call(ctx, &stages, 1);
    return XDP_ABORTED;
}

SEC("xdp/stage1")
int stage1(struct xdp_md *ctx)
{
    count(1);
    if ((ctx->data_end - ctx->data) & 1)
        bpf_tail_call(ctx, &stages, 2);
    return XDP_DROP;
}

SEC("xdp_stage2")
int stage2(struct xdp_md *ctx)
{
    count(2);
    bpf_tail_call(ctx, &stages, 3); /* empty */
    return XDP_TX;
}
