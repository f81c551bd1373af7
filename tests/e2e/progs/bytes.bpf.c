/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bpf_xdp_load_bytes, store_bytes and get_buff_len at the edges of the packet and of the 64 KiB
 * that they take, before and after it moves; bpf_probe_read_kernel of what may be read, and of what
 * not.
 */
#include "../../../examples/parse.h"

#define ROOM 64

struct access {
    __u32 what, offset, size, len;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 65536);
    __type(key, struct access);
    __type(value, __s64);
} results SEC(".maps");

static __always_inline void keep(__u32 what, __u32 offset, __u32 size, __u32 len, __s64 result)
{
    struct access k = {what, offset, size, len};

    bpf_map_update_elem(&results, &k, &result, BPF_ANY);
}

static __always_inline __s64 folded(const __u8 *p)
{
    __s64 sum = 0;

    for (int i = 0; i < ROOM; i++)
        sum = sum * 5 + p[i];
    return sum;
}

static __noinline int load(struct xdp_md *ctx, __u32 offset, __u32 size)
{
    __u8 buf[ROOM];
    __u32 len = ctx->data_end - ctx->data;

    __builtin_memset(buf, 0xa5, sizeof(buf));
    if (size == 0 || size > ROOM)
        return 0;
    keep(0, offset, size, len, bpf_xdp_load_bytes(ctx, offset, buf, size));
    keep(1, offset, size, len, folded(buf));
    return 0;
}

static __noinline int store(struct xdp_md *ctx, __u32 offset, __u32 size)
{
    __u8 buf[ROOM];
    __u32 len = ctx->data_end - ctx->data;

    for (int i = 0; i < ROOM; i++)
        buf[i] = i + offset;
    if (size == 0 || size > ROOM)
        return 0;
    keep(2, offset, size, len, bpf_xdp_store_bytes(ctx, offset, buf, size));
    return 0;
}

static __noinline int probe(struct xdp_md *ctx, void *at, __u32 what)
{
    __u8 buf[ROOM];
    __u32 len = ctx->data_end - ctx->data;

    __builtin_memset(buf, 0x5a, sizeof(buf));
    keep(3 + what, 0, ROOM, len, bpf_probe_read_kernel(buf, ROOM, at));
    keep(7 + what, 0, ROOM, len, folded(buf));
    return bpf_probe_read_kernel(buf, 0, at);
}

SEC("xdp")
int bytes(struct xdp_md *ctx)
{
    __u32 len = bpf_xdp_get_buff_len(ctx);
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    __u8 local[ROOM];

    keep(11, 0, 0, len, len == ctx->data_end - ctx->data);
    for (__u32 n = 1; n <= ROOM; n += 9) {
        load(ctx, 0, n);
        load(ctx, 13, n);
        load(ctx, len - n, n);
        load(ctx, len - n + 1, n);
        load(ctx, len, n);
        load(ctx, 0xffff, n);
        load(ctx, 0x10000, n);
        load(ctx, 0xffffffff, n);
    }
    store(ctx, len, 1);
    store(ctx, 0x10000, 1);
    store(ctx, 0xfffffffc, 8);
    store(ctx, 12, 2);
    store(ctx, len - 3, 4);
    store(ctx, len - 4, 4);
    __builtin_memset(local, 7, sizeof(local));
    probe(ctx, local, 0);
    probe(ctx, (void *)8, 1);
    probe(ctx, (void *)0xfffffffffffff000, 2);
    if (data + ROOM <= end)
        probe(ctx, data, 3);
    if (bpf_xdp_adjust_head(ctx, -40))
        return XDP_ABORTED;
    store(ctx, 0, 40);
    keep(12, 0, 0, len, bpf_xdp_get_buff_len(ctx));
    load(ctx, 30, 20);
    return XDP_TX;
}

char _license[] SEC("license") = "Dual BSD/GPL";
