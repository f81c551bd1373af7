/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bpf_fib_lookup and bpf_check_mtu: each packet asks for one destination with one set of flags,
 * from several interfaces and lengths. fib.tables has the routes; fib_empty is the same without
 * any.
 */
#include "../../../examples/parse.h"

#define V4(a, b, c, d)                                                                             \
    {                                                                                              \
        2,                                                                                         \
        {                                                                                          \
            a, b, c, d                                                                             \
        }                                                                                          \
    }
#define V6(a, b, c, d, e, f)                                                                       \
    {                                                                                              \
        10,                                                                                        \
        {                                                                                          \
            a, b, c, d, [14] = e, f                                                                \
        }                                                                                          \
    }

struct target {
    __u8 family;
    __u8 addr[16];
};

static const struct target targets[] = {
    V4(10, 0, 2, 7),
    V4(10, 0, 2, 1),
    V4(10, 0, 2, 255),
    V4(10, 0, 2, 0),
    V4(10, 0, 3, 9),
    V4(192, 168, 1, 1),
    V4(192, 168, 77, 1),
    V4(192, 168, 77, 128),
    V4(192, 168, 77, 77),
    V4(172, 16, 0, 1),
    V4(172, 16, 99, 1),
    V4(172, 17, 0, 1),
    V4(172, 18, 0, 1),
    V4(172, 19, 5, 5),
    V4(172, 20, 5, 5),
    V4(8, 8, 8, 8),
    V4(255, 255, 255, 255),
    V4(224, 0, 0, 5),
    V4(127, 0, 0, 1),
    V4(100, 64, 1, 1),
    V4(100, 65, 1, 1),
    V4(100, 66, 1, 1),
    V4(0, 0, 0, 0),
    V4(198, 18, 128, 3),
    V6(0x20, 1, 0xd, 0xb8, 0, 7),
    V6(0x20, 1, 0xd, 0xb8, 0, 1),
    V6(0x20, 1, 0xd, 0xb8, 0, 0),
    V6(0x20, 1, 0xd, 0xb9, 0, 7),
    V6(0x20, 2, 0, 1, 0, 1),
    V6(0x20, 3, 0, 1, 9, 1),
    V6(0x20, 3, 0, 1, 0, 0x80),
    V6(0xfe, 0x80, 0, 0, 0, 1),
    V6(0xff, 2, 0, 0, 0, 1),
    V6(0, 0, 0, 0, 0, 1),
    V6(0x20, 4, 0, 1, 0, 1),
    V6(0x20, 5, 0, 1, 0, 1),
    V6(0xfd, 0, 0, 0, 0, 9),
    {17, {1}},
};
#define TARGETS (sizeof(targets) / sizeof(targets[0]))

static const struct {
    __u32 flags, tbid;
} ways[] = {
    {0, 0},
    {BPF_FIB_LOOKUP_DIRECT, 0},
    {BPF_FIB_LOOKUP_OUTPUT, 0},
    {BPF_FIB_LOOKUP_SKIP_NEIGH, 5},
    {8 | BPF_FIB_LOOKUP_DIRECT, 100}, /* BPF_FIB_LOOKUP_TBID */
    {8 | BPF_FIB_LOOKUP_DIRECT, 255},
    {8 | BPF_FIB_LOOKUP_DIRECT, 253},
    {8 | BPF_FIB_LOOKUP_DIRECT, 999},
    {8 | BPF_FIB_LOOKUP_DIRECT | BPF_FIB_LOOKUP_OUTPUT | BPF_FIB_LOOKUP_SKIP_NEIGH, 100},
    {16 | BPF_FIB_LOOKUP_SKIP_NEIGH, 0}, /* BPF_FIB_LOOKUP_SRC */
    {16 | BPF_FIB_LOOKUP_OUTPUT, 0},
    {64, 0},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

struct question {
    __u32 target, way, ifindex, len;
};

struct answer {
    __s64 ret;
    struct bpf_fib_lookup p;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 65536);
    __type(key, struct question);
    __type(value, struct answer);
} answers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} turn SEC(".maps");

static __noinline int ask(struct xdp_md *ctx, __u32 n, __u32 ifindex, __u32 len)
{
    __u32 target = n % TARGETS, way = n / TARGETS % WAYS;
    struct question q = {target, way, ifindex, len};
    struct answer a = {0};

    barrier_var(target); /* the compiler knows what the verifier wants to see checked */
    barrier_var(way);
    if (target >= TARGETS || way >= WAYS)
        return 0;
    a.p.family = targets[target].family;
    a.p.tot_len = len;
    a.p.ifindex = ifindex;
    a.p.l4_protocol = 6;
    __builtin_memcpy(a.p.ipv6_dst, targets[target].addr, 16);
    a.p.ipv6_src[0] = bpf_htonl(a.p.family == 10 ? 0x20010db8 : 0x0a000263);
    a.p.ipv6_src[3] = a.p.family == 10 ? 0x55 : 0;
    *(__u32 *)&a.p.h_vlan_proto = ways[way].tbid;
    a.ret = bpf_fib_lookup(ctx, &a.p, sizeof(a.p), ways[way].flags);
    bpf_map_update_elem(&answers, &q, &a, BPF_ANY);
    return 0;
}

static __noinline int mtu(struct xdp_md *ctx, __u32 ifindex, __u32 said, __s32 diff)
{
    struct question q = {1000 + diff, ctx->data_end - ctx->data, ifindex, said};
    struct answer a = {0};
    __u32 len = said;

    a.ret = bpf_check_mtu(ctx, ifindex, &len, diff, 0);
    a.p.ifindex = len;
    bpf_map_update_elem(&answers, &q, &a, BPF_ANY);
    q.way |= 0x10000;
    len = said;
    a.ret = bpf_check_mtu(ctx, ifindex, &len, diff, 1);
    bpf_map_update_elem(&answers, &q, &a, BPF_ANY);
    return 0;
}

SEC("xdp")
int fib(struct xdp_md *ctx)
{
    __u32 zero = 0;
    __u32 *n = bpf_map_lookup_elem(&turn, &zero);
    struct bpf_fib_lookup p = {.family = 2, .ifindex = 1};

    if (!n)
        return XDP_ABORTED;
    for (__u32 len = 0; len < 5000; len += 1450) {
        ask(ctx, *n, 1, len);
        ask(ctx, *n, 2, len);
        ask(ctx, *n, 4, len);
    }
    ask(ctx, *n, 9, 0);
    for (__u32 port = 0; port < 6; port++) {
        mtu(ctx, port, 0, 0);
        mtu(ctx, port, *n % 2 ? 1500 : 1400, 1);
        mtu(ctx, port, 100, -20);
        mtu(ctx, port, 0, 100000);
    }
    ++*n;
    if (bpf_fib_lookup(ctx, &p, 8, 0) != -22)
        return XDP_ABORTED;
    return bpf_ntohs(p.tot_len) ? XDP_ABORTED : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
