/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The head of packets of several buffers: bpf_xdp_adjust_head and bpf_xdp_adjust_meta move in the
 * first one only, and offsets into the fragments follow. bpf_check_mtu looks at the first buffer.
 */
#include "../../../examples/parse.h"

struct step {
    __u32 number;
    __s32 delta;
    __u32 len;
};

struct result {
    __s64 ret;
    __u32 len, linear, meta, after; /* after: four bytes across the first border */
    __s64 mtu;
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
    __type(key, struct step);
    __type(value, struct result);
} steps SEC(".maps");

static __always_inline void look(struct xdp_md *ctx, const struct step *s, __s64 ret)
{
    struct result r = {.ret = ret};
    __u32 mtu = 0;

    r.len = bpf_xdp_get_buff_len(ctx);
    r.linear = in_first(ctx);
    r.meta = ctx->data - ctx->data_meta;
    bpf_xdp_load_bytes(ctx, r.linear - 2, &r.after, 4);
    r.mtu = bpf_check_mtu(ctx, 0, &mtu, 65536 - 3600 + 14, 0);
    bpf_map_update_elem(&steps, s, &r, BPF_ANY);
}

static __always_inline void head(struct xdp_md *ctx, __u32 number, __s32 delta)
{
    struct step s = {number, delta, bpf_xdp_get_buff_len(ctx)};

    look(ctx, &s, bpf_xdp_adjust_head(ctx, delta));
}

static __always_inline void meta(struct xdp_md *ctx, __u32 number, __s32 delta)
{
    struct step s = {number, delta, bpf_xdp_get_buff_len(ctx)};

    look(ctx, &s, bpf_xdp_adjust_meta(ctx, delta));
}

SEC("xdp.frags")
int frags_head(struct xdp_md *ctx)
{
    __s32 linear = (__s32)in_first(ctx);
    __u64 metalen;

    head(ctx, 0, -217);
    head(ctx, 1, -216);
    head(ctx, 2, 200);
    meta(ctx, 3, -32);
    head(ctx, 4, 16);
    head(ctx, 5, linear - 13);
    head(ctx, 6, linear - 14);
    head(ctx, 7, -40);
    meta(ctx, 8, 64);
    meta(ctx, 9, -4);
    metalen = ctx->data - ctx->data_meta;
    barrier_var(metalen);
    meta(ctx, 10, (__s32)metalen);
    return bpf_xdp_get_buff_len(ctx) % 2 ? XDP_TX : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
