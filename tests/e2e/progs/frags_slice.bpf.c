/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dynptrs over packets of several buffers: slices that lie in one piece are the packet itself, also
 * in a fragment, and others come in the program's buffer; reads and writes go across; a slice can
 * be what another helper reads. After a tail was cut, the dynptr's size promises too much.
 */
#include "../../../examples/parse.h"

extern int bpf_dynptr_from_xdp(struct xdp_md *x, __u64 flags, struct bpf_dynptr *ptr) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 offset, void *buffer,
                              __u32 buffer__szk) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, __u32 offset, void *buffer,
                                   __u32 buffer__szk) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *p, __u32 start, __u32 end) __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym;

struct probe {
    __u32 len, at, how;
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
    __type(value, __u64);
} results SEC(".maps");

static __always_inline void keep(__u32 len, __u32 at, __u32 how, __u64 v)
{
    struct probe p = {len, at, how};

    bpf_map_update_elem(&results, &p, &v, BPF_ANY);
}

/* Read-only: what is there, and whether it is the packet's own. */
static __always_inline void slice(struct xdp_md *ctx, struct bpf_dynptr *d, __u32 len, __u32 at)
{
    __u8 buf[16] = {0};
    __u8 *p = bpf_dynptr_slice(d, at, buf, sizeof(buf));
    __u64 v = 1;

    for (int i = 0; p && i < 16; i++)
        v = v * 31 + p[i];
    keep(len, at, 0, v);
    keep(len, at, 1, p == buf);
    p = bpf_dynptr_slice(d, at, 0, 16);
    keep(len, at, 2, p ? p[0] + 256 * p[15] : -1);
}

/* Written where it lies: bytes in the buffer do not reach the packet by themselves. */
static __always_inline void change(struct bpf_dynptr *d, __u32 len, __u32 at)
{
    __u8 buf[8] = {0};
    __u8 *p = bpf_dynptr_slice_rdwr(d, at, buf, sizeof(buf));

    keep(len, at, 3, p ? p == buf : -1);
    if (!p)
        return;
    p[0] ^= 0xff;
    p[7] += 3;
    if (p == buf && len % 2)
        keep(len, at, 4, bpf_dynptr_write(d, at, buf, sizeof(buf), 0));
}

/* The slice as what a helper reads. */
static __always_inline void as_bytes(struct bpf_dynptr *d, __u32 len, __u32 at)
{
    __u8 buf[12] = {0}, *p = bpf_dynptr_slice(d, at, buf, sizeof(buf));

    if (p)
        keep(len, at, 5, bpf_csum_diff(0, 0, (__be32 *)p, 12, 0));
}

static __noinline int around(struct xdp_md *ctx, __u32 border)
{
    struct bpf_dynptr d;
    __u32 len = bpf_xdp_get_buff_len(ctx);

    bpf_dynptr_from_xdp(ctx, 0, &d);
    slice(ctx, &d, len, border - 16);
    slice(ctx, &d, len, border - 15);
    slice(ctx, &d, len, border - 1);
    slice(ctx, &d, len, border);
    change(&d, len, border - 40);
    change(&d, len, border - 4);
    change(&d, len, border + 40);
    as_bytes(&d, len, border - 6);
    as_bytes(&d, len, border + 60);
    return 0;
}

static __noinline int across(struct xdp_md *ctx, __u32 at)
{
    struct bpf_dynptr d;
    __u8 buf[64] = {0};
    __u32 len = bpf_xdp_get_buff_len(ctx);
    __u64 v = 1;

    bpf_dynptr_from_xdp(ctx, 0, &d);
    keep(len, at, 6, bpf_dynptr_read(buf, sizeof(buf), &d, at, 0));
    for (int i = 0; i < 64; i++)
        v = v * 31 + buf[i]++;
    keep(len, at, 7, v);
    keep(len, at, 8, bpf_dynptr_write(&d, at + 1, buf, 33, 0));
    keep(len, at, 9, bpf_dynptr_adjust(&d, at, len));
    keep(len, at, 10, bpf_dynptr_size(&d));
    slice(ctx, &d, len, 20);
    return 0;
}

SEC("xdp.frags")
int frags_slice(struct xdp_md *ctx)
{
    __u32 linear = in_first(ctx), len = bpf_xdp_get_buff_len(ctx);

    around(ctx, linear);
    around(ctx, linear + 4096);
    around(ctx, len);
    around(ctx, 100);
    across(ctx, linear - 32);
    across(ctx, linear + 4096 - 32);
    across(ctx, len - 64);
    across(ctx, len - 63);
    return len % 2 ? XDP_TX : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
