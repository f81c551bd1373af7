/* SPDX-License-Identifier: BSD-3-Clause */
/* What the nfp driver does not take, a line each; line numbers are looked for by their marks. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, __u32);
    __type(value, __u64);
} flagged SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 3000000);
    __type(key, __u32);
    __type(value, __u32);
} many SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __uint(key_size, 8);
    __uint(value_size, 64);
} wide SEC(".maps");

SEC("xdp")
int helper(struct xdp_md *ctx)
{
    return bpf_ktime_get_ns() & 1 ? XDP_PASS : XDP_DROP; /* mark: helper */
}

SEC("xdp")
int modulo(struct xdp_md *ctx)
{
    __u32 n = ctx->data_end - ctx->data;

    return n % 3 == 0 ? XDP_PASS : XDP_DROP; /* mark: modulo */
}

SEC("xdp")
int division(struct xdp_md *ctx)
{
    __u64 n = ctx->data_end - ctx->data;

    return 1000 / (n & 0xff) == 7 ? XDP_PASS : XDP_DROP; /* mark: division */
}

SEC("xdp")
int atomic_or(struct xdp_md *ctx)
{
    __u32 key = 0;
    __u64 *v = bpf_map_lookup_elem(&flagged, &key);

    if (v)
        __sync_fetch_and_or(v, 1); /* mark: atomic_or */
    return XDP_PASS;
}

SEC("xdp")
int atomic_stack(struct xdp_md *ctx)
{
    volatile __u64 n = ctx->data_end;

    __sync_fetch_and_add(&n, 1); /* mark: atomic_stack */
    return n ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int maps(struct xdp_md *ctx)
{
    __u64 key = 0;
    __u32 k = 0;

    return bpf_map_lookup_elem(&flagged, &k) || bpf_map_lookup_elem(&many, &k) ||
                   bpf_map_lookup_elem(&wide, &key)
               ? XDP_PASS
               : XDP_DROP;
}

#define STEP(n)  x = x * 31 + data[n];
#define STEPS(n) STEP(n) STEP(n + 1) STEP(n + 2) STEP(n + 3) STEP(n + 4) STEP(n + 5) STEP(n + 6)

SEC("xdp")
int long_one(struct xdp_md *ctx)
{
    volatile __u8 *data = (void *)(long)ctx->data;
    __u32 x = 1;

    if (data + 700 > (__u8 *)(long)ctx->data_end)
        return XDP_DROP;
#pragma clang loop unroll(full)
    for (int i = 0; i < 600; i += 7) {
        STEPS(i)
    }
    return x & 1 ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int good(struct xdp_md *ctx)
{
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
