/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bpf_xdp_load_bytes and bpf_xdp_store_bytes in packets of several buffers: before, across and
 * behind every border, and past the end. What was read goes into a map; what is written, into the
 * packet. The first bytes choose the verdict.
 */
#include "../../../examples/parse.h"

#define PIECE 64

struct probe {
    __u32 len, at, size;
};

struct result {
    __s64 loaded, stored;
    __u64 sum;
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
    __uint(max_entries, 65536);
    __type(key, struct probe);
    __type(value, struct result);
} results SEC(".maps");

static __always_inline __u64 sum_of(const __u8 *bytes)
{
    __u64 sum = 0;

    for (int i = 0; i < PIECE; i++)
        sum = sum * 31 + bytes[i];
    return sum;
}

/* `size`, a constant, at `at`: read, changed, written back. */
static __always_inline void try_at(struct xdp_md *ctx, __u32 at, const __u32 size)
{
    __u8 buf[PIECE] = {0};
    struct probe p = {bpf_xdp_get_buff_len(ctx), at, size};
    struct result r = {0};

    r.loaded = bpf_xdp_load_bytes(ctx, at, buf, size);
    r.sum = sum_of(buf);
    for (int i = 0; i < PIECE; i++)
        buf[i] ^= 0x5a + i;
    r.stored = bpf_xdp_store_bytes(ctx, at, buf, size);
    bpf_map_update_elem(&results, &p, &r, BPF_ANY);
}

static __noinline int around(struct xdp_md *ctx, __u32 border)
{
    try_at(ctx, border - 64, 64);
    try_at(ctx, border - 63, 64);
    try_at(ctx, border - 1, 2);
    try_at(ctx, border - 1, 1);
    try_at(ctx, border, 1);
    try_at(ctx, border, 64);
    try_at(ctx, border - 32, 33);
    return 0;
}

SEC("xdp.frags")
int frags_bytes(struct xdp_md *ctx)
{
    __u32 len = bpf_xdp_get_buff_len(ctx), linear = in_first(ctx);
    __u8 first = 0;

    around(ctx, linear);
    around(ctx, linear + 4096);
    around(ctx, len);
    around(ctx, 64);
    try_at(ctx, 0, 64);
    try_at(ctx, 0xffff, 1);
    try_at(ctx, 0x10000, 1);
    try_at(ctx, 0xffffffff, 1);
    bpf_xdp_load_bytes(ctx, len - 1, &first, 1);
    return first % 2 ? XDP_PASS : first % 4 ? XDP_TX : XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
