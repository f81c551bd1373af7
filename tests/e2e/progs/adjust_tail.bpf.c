/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The limits of bpf_xdp_adjust_tail: an Ethernet header must stay, the tail room ends where the
 * kernel keeps its skb_shared_info, and new bytes are zero. Every move that succeeds is undone;
 * what a shrink cut off is then zero. Results by delta and frame length.
 */
#include "../../../examples/parse.h"

struct move {
    __s32 delta;
    __u32 len;
};

struct result {
    __s64 ret;
    __s64 moved; /* bytes that the length grew */
    __u64 times;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16384);
    __type(key, struct move);
    __type(value, struct result);
} moves SEC(".maps");

static __always_inline __u32 length(const struct xdp_md *ctx)
{
    return ctx->data_end - ctx->data;
}

static __always_inline void try_move(struct xdp_md *ctx, __s32 delta)
{
    struct move m = {delta, length(ctx)};
    struct result *seen = bpf_map_lookup_elem(&moves, &m);
    struct result r = {0, 0, seen ? seen->times + 1 : 1};

    r.ret = bpf_xdp_adjust_tail(ctx, delta);
    r.moved = (__s64)length(ctx) - m.len;
    bpf_map_update_elem(&moves, &m, &r, BPF_ANY);
    if (r.ret == 0 && bpf_xdp_adjust_tail(ctx, -delta) != 0)
        bpf_map_delete_elem(&moves, &m);
}

SEC("xdp")
int adjust_tail(struct xdp_md *ctx)
{
    __u32 len = length(ctx);
    __s32 room = 3520 - (__s32)len;

    try_move(ctx, 0);
    try_move(ctx, 1);
    try_move(ctx, 100);
    try_move(ctx, room);
    try_move(ctx, room + 1);
    try_move(ctx, 0x7fffffff);
    try_move(ctx, -1);
    try_move(ctx, 14 - (__s32)len);
    try_move(ctx, 13 - (__s32)len);
    try_move(ctx, -(__s32)len);
    try_move(ctx, -100000);
    try_move(ctx, (__s32)0x80000000);
    return length(ctx) == len ? XDP_PASS : XDP_ABORTED;
}

char _license[] SEC("license") = "Dual BSD/GPL";
