/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The limits of bpf_xdp_adjust_meta: multiples of four, not past the headroom, never behind the
 * frame. What is made is written, read back and given up again. Results by delta.
 */
#include "../../../examples/parse.h"

struct result {
    __s64 ret;
    __u32 meta_len;
    __u32 read_back;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, __s32);
    __type(value, struct result);
} moves SEC(".maps");

static __always_inline __u32 meta_len(const struct xdp_md *ctx)
{
    return ctx->data - ctx->data_meta;
}

static __always_inline void try_move(struct xdp_md *ctx, __s32 delta)
{
    struct result r = {};
    __u32 *meta, *end;

    r.ret = bpf_xdp_adjust_meta(ctx, delta);
    r.meta_len = meta_len(ctx);
    meta = (void *)(long)ctx->data_meta;
    end = (void *)(long)ctx->data;
    if (meta + 1 <= end) {
        *meta = (__u32)delta;
        r.read_back = *(volatile __u32 *)meta;
    }
    bpf_map_update_elem(&moves, &delta, &r, BPF_ANY);
    bpf_xdp_adjust_meta(ctx, meta_len(ctx));
}

SEC("xdp")
int adjust_meta(struct xdp_md *ctx)
{
    try_move(ctx, 0);
    try_move(ctx, 4);
    try_move(ctx, -1);
    try_move(ctx, -2);
    try_move(ctx, -4);
    try_move(ctx, -8);
    try_move(ctx, -30);
    try_move(ctx, -32);
    try_move(ctx, -220);
    try_move(ctx, -252);
    try_move(ctx, -256);
    try_move(ctx, -260);
    return meta_len(ctx) == 0 ? XDP_PASS : XDP_ABORTED;
}

char _license[] SEC("license") = "Dual BSD/GPL";
