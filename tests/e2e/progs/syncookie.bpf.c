/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Raw SYN cookies: the MSS that each packet's TCP options come to, cookies that come back, cookies
 * that were tampered with. Secrets differ, so cookies themselves are not compared.
 */
#include "../../../examples/parse.h"

#define OPTIONS 40

struct asked {
    __u32 what;
    __u32 options; /* first bytes of them */
    __u32 len;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 65536);
    __type(key, struct asked);
    __type(value, __s64);
} results SEC(".maps");

static __always_inline void keep(__u32 what, const __u8 *options, __u32 len, __s64 v)
{
    struct asked k = {what, 0, len};

    __builtin_memcpy(&k.options, options, 4);
    bpf_map_update_elem(&results, &k, &v, BPF_ANY);
}

struct segment {
    struct tcphdr tcp;
    __u8 options[OPTIONS];
};

static __noinline int both(struct xdp_md *ctx, __u32 from, __u32 words)
{
    struct segment s = {0};
    struct iphdr ip4 = {.saddr = from, .daddr = 0x0200000a};
    struct ipv6hdr ip6 = {0};
    __u32 len;
    __s64 v;

    words = words % 16;
    len = words * 4;
    if (bpf_xdp_load_bytes(ctx, from % 32, s.options, OPTIONS) || len > sizeof(s))
        return 0;
    if (from & 1) { /* options that mean something */
        s.options[from & 7] = 1;
        s.options[0] = 2;
        s.options[1] = 4;
    }
    s.tcp.source = from;
    s.tcp.dest = 80;
    s.tcp.seq = bpf_htonl(from * 77);
    s.tcp.doff = words;
    ip6.saddr.in6_u.u6_addr32[1] = from;
    v = bpf_tcp_raw_gen_syncookie_ipv4(&ip4, &s.tcp, len);
    keep(0, s.options, len, v < 0 ? v : v >> 32);
    s.tcp.seq = bpf_htonl(from * 77 + 1);
    s.tcp.ack_seq = bpf_htonl((__u32)v + 1);
    keep(1, s.options, v < 0, v < 0 ? 0 : bpf_tcp_raw_check_syncookie_ipv4(&ip4, &s.tcp));
    s.tcp.ack_seq = bpf_htonl((__u32)v + 0x5001);
    keep(2, s.options, 0, bpf_tcp_raw_check_syncookie_ipv4(&ip4, &s.tcp));
    s.tcp.seq = bpf_htonl(from * 77);
    v = bpf_tcp_raw_gen_syncookie_ipv6(&ip6, &s.tcp, len);
    keep(3, s.options, len, v < 0 ? v : v >> 32);
    s.tcp.seq = bpf_htonl(from * 77 + 1);
    s.tcp.ack_seq = bpf_htonl((__u32)v + 1);
    keep(4, s.options, v < 0, v < 0 ? 0 : bpf_tcp_raw_check_syncookie_ipv6(&ip6, &s.tcp));
    s.tcp.ack_seq = bpf_htonl((__u32)v + 0x5001);
    keep(5, s.options, 0, bpf_tcp_raw_check_syncookie_ipv6(&ip6, &s.tcp));
    return 0;
}

SEC("xdp")
int syncookie(struct xdp_md *ctx)
{
    __u32 len = bpf_xdp_get_buff_len(ctx);

    for (__u32 words = 4; words < 16; words++)
        both(ctx, len + words, words);
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
