/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bpf_xdp_adjust_tail with fragments: it grows within the last one, and shrinks across them, down
 * to a packet of one buffer and an Ethernet header. Results by step, delta and frame length; new
 * bytes are read, and what remains goes out.
 */
#include "../../../examples/parse.h"

struct move {
    __u32 step;
    __s32 delta;
    __u32 len;
};

struct result {
    __s64 ret;
    __u32 len, linear;
    __u32 tail; /* the last four bytes */
    __u32 times;
};

/* Bytes in the first buffer. The compiler must not take the pointers apart: they are 64 bits wide.
 */
static __always_inline __u32 in_first(const struct xdp_md *ctx)
{
    __u64 len = ctx->data_end - ctx->data;

    barrier_var(len);
    return len;
}

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16384);
    __type(key, struct move);
    __type(value, struct result);
} moves SEC(".maps");

static __always_inline void try_move(struct xdp_md *ctx, __u32 step, __s32 delta)
{
    struct move m = {step, delta, bpf_xdp_get_buff_len(ctx)};
    struct result *seen = bpf_map_lookup_elem(&moves, &m);
    struct result r = {.times = seen ? seen->times + 1 : 1};

    r.ret = bpf_xdp_adjust_tail(ctx, delta);
    r.len = bpf_xdp_get_buff_len(ctx);
    r.linear = in_first(ctx);
    bpf_xdp_load_bytes(ctx, r.len - 4, &r.tail, 4);
    bpf_map_update_elem(&moves, &m, &r, BPF_ANY);
}

static __always_inline __u32 room(struct xdp_md *ctx)
{
    __u32 len = bpf_xdp_get_buff_len(ctx), linear = in_first(ctx);

    return len == linear ? 3520 - linear : (4096 - (len - linear) % 4096) % 4096;
}

SEC("xdp.frags")
int frags_tail(struct xdp_md *ctx)
{
    __u32 len = bpf_xdp_get_buff_len(ctx);
    __u8 how = 0;

    bpf_xdp_load_bytes(ctx, len - 1, &how, 1);
    try_move(ctx, 0, 0);
    try_move(ctx, 1, 0x7fffffff);
    try_move(ctx, 2, (__s32)0x80000000);
    try_move(ctx, 3, -(__s32)len);
    try_move(ctx, 4, 13 - (__s32)len);
    try_move(ctx, 5, room(ctx) + 1);
    try_move(ctx, 6, 1);
    try_move(ctx, 7, room(ctx));
    try_move(ctx, 8, 1);
    try_move(ctx, 9, -1);
    if (how & 1)
        try_move(ctx, 10, -(__s32)(how * 7));
    if (how & 2)
        try_move(ctx, 11, -4096);
    if (how & 4)
        try_move(ctx, 12, -5000);
    if (how & 8)
        try_move(ctx, 13, (__s32)in_first(ctx) - (__s32)bpf_xdp_get_buff_len(ctx));
    if (how & 16)
        try_move(ctx, 14, room(ctx));
    if (how & 32)
        try_move(ctx, 15, 14 - (__s32)bpf_xdp_get_buff_len(ctx));
    return how & 64 ? XDP_TX : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
