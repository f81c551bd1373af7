/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A SYN proxy: keeps floods of SYNs with forged sources away from the host, with
 * no state for a source that has proved nothing.
 *
 * To a protected port, a SYN from a source unknown is answered by the card with
 * a SYN+ACK whose sequence number is a cookie (RFC 4987 section 3.6). Only who
 * receives that can send the ACK that fits. The source is then remembered as
 * proven for a while, and the ACK answered by a RST: the host never saw the SYN, so
 * this connection cannot go on; the client's next SYN reaches the host. All else from
 * a source unknown is dropped.
 *
 * Maps, by name: `ports` (protected TCP ports; value: seconds a proof lasts),
 * `proven` (sources; IPv4 ones as ::ffff:a.b.c.d), `results`, whose keys the enum
 * results_key names. Contents for a run: syn_proxy.maps.
 */
#include "csum.h"
#include "ip.h"

#define SOURCES       65536
#define NS_PER_SECOND 1000000000ull

#define TCP_MAX     60 /* header with options, bytes */
#define OPT_MSS     2  /* RFC 9293 section 3.1 */
#define OPT_MSS_LEN 4

enum results_key {
    SYN_ANSWERED,
    SYN_MALFORMED,
    ACK_PROVED,
    ACK_FORGED,
    PROVEN_PASSED,
    OTHER_DROPPED,
    RESULTS,
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, __be16);
    __type(value, __u32);
} ports SEC(".maps");

struct proof {
    __u64 until_ns;
    __u64 packets; /* let through since */
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, SOURCES);
    __type(key, struct in6_addr);
    __type(value, struct proof);
} proven SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, RESULTS);
    __type(key, __u32);
    __type(value, __u64);
} results SEC(".maps");

struct packet {
    struct ip_packet ip;
    __u32 transport; /* offset of the TCP header */
    struct tcphdr tcp;
};

/* A segment that the card sends: what is at the place of the packet's TCP header. */
struct answer {
    struct tcphdr tcp;
    __u8 options[OPT_MSS_LEN];
};

/* Of whole frames; the shorter one is padded to the least that Ethernet has. */
#define ANSWER6_BYTES (sizeof(struct ethhdr) + sizeof(struct ipv6hdr) + sizeof(struct answer))
#define ANSWER4_BYTES ETH_ZLEN
#define ANSWER4_PADDING                                                                            \
    (ETH_ZLEN - (sizeof(struct ethhdr) + sizeof(struct iphdr) + sizeof(struct answer)))

static __noinline void count(enum results_key key)
{
    __u32 index = key;
    __u64 *n = bpf_map_lookup_elem(&results, &index);

    if (n)
        __sync_fetch_and_add(n, 1);
}

static __always_inline int counted(enum results_key key, int verdict)
{
    count(key);
    return verdict;
}

/* ---- answering ---- */

/* Sum of the pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1) and the segment. */
static __always_inline __u16 tcp_checksum(const struct ip_packet *ip, struct answer *a, __u32 len)
{
    __be32 rest[2] = {bpf_htonl(len), bpf_htonl(IPPROTO_TCP)};
    __s64 sum = bpf_csum_diff(0, 0, rest, sizeof(rest), 0);

    if (ip->is_ipv6) {
        sum = bpf_csum_diff(0, 0, (__be32 *)&ip->src, sizeof(ip->src), sum);
        sum = bpf_csum_diff(0, 0, (__be32 *)&ip->dst, sizeof(ip->dst), sum);
    } else {
        sum = bpf_csum_diff(0, 0, (__be32 *)&ip->src.in6_u.u6_addr32[3], 4, sum);
        sum = bpf_csum_diff(0, 0, (__be32 *)&ip->dst.in6_u.u6_addr32[3], 4, sum);
    }
    return csum_fold((__u32)bpf_csum_diff(0, 0, (__be32 *)a, sizeof(*a), sum));
}

static __always_inline void turn_macs(struct ethhdr *eth)
{
    __u8 mac[ETH_ALEN];

    __builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
    __builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
    __builtin_memcpy(eth->h_source, mac, ETH_ALEN);
}

static __always_inline int turn_ipv4(struct cursor *c, const struct ip_packet *p, __u32 len)
{
    struct iphdr *ip = take(c, sizeof(*ip));

    if (!ip)
        return -1;
    *ip = (struct iphdr){
        .version = 4,
        .ihl = 5,
        .tot_len = bpf_htons(sizeof(*ip) + len),
        .frag_off = bpf_htons(0x4000), /* DF: an identification of 0 is then right (RFC 6864) */
        .ttl = 64,
        .protocol = IPPROTO_TCP,
        .saddr = p->dst.in6_u.u6_addr32[3],
        .daddr = p->src.in6_u.u6_addr32[3],
    };
    ip->check = ipv4_checksum(ip);
    return 0;
}

static __always_inline int turn_ipv6(struct cursor *c, const struct ip_packet *p, __u32 len)
{
    struct ipv6hdr *ip = take(c, sizeof(*ip));

    if (!ip)
        return -1;
    *ip = (struct ipv6hdr){
        .version = 6,
        .payload_len = bpf_htons(len),
        .nexthdr = IPPROTO_TCP,
        .hop_limit = 64,
        .saddr = p->dst,
        .daddr = p->src,
    };
    return 0;
}

/* Turns the frame into the answer, back to its sender. */
static __noinline int answer_send(struct xdp_md *ctx, const struct packet *p, struct answer *a)
{
    __u32 bytes = p->ip.is_ipv6 ? ANSWER6_BYTES : ANSWER4_BYTES, len = a->tcp.doff * 4;
    struct cursor c;
    struct answer *to;
    struct ethhdr *eth;
    __u8 *rest;

    a->tcp.check = tcp_checksum(&p->ip, a, len);
    if (bpf_xdp_adjust_tail(ctx, (int)(bytes - bpf_xdp_get_buff_len(ctx))))
        return XDP_ABORTED;
    c = cursor_of(ctx);
    eth = take(&c, sizeof(*eth));
    if (!eth || (p->ip.is_ipv6 ? turn_ipv6(&c, &p->ip, len) : turn_ipv4(&c, &p->ip, len)))
        return XDP_ABORTED;
    turn_macs(eth);
    to = take(&c, sizeof(*to));
    if (!to)
        return XDP_ABORTED;
    *to = *a; /* a RST has no options: its last bytes are 0 */
    rest = take(&c, ANSWER4_PADDING);
    if (rest)
        __builtin_memset(rest, 0, ANSWER4_PADDING); /* or it would tell what was there */
    return XDP_TX;
}

/* What answers have in common: ports and the acknowledged number, the other way round. */
static __always_inline struct answer answer_to(const struct tcphdr *tcp)
{
    struct answer a = {};

    a.tcp.source = tcp->dest;
    a.tcp.dest = tcp->source;
    a.tcp.doff = sizeof(a.tcp) / 4;
    return a;
}

/* ---- cookies ---- */

/* The cookie in the low half, the MSS that it stands for in the high one; or negative. */
static __always_inline __s64 cookie_make(struct xdp_md *ctx, const struct packet *p)
{
    __u32 len = p->tcp.doff * 4;
    __u8 segment[TCP_MAX] = {};
    struct cursor c = cursor_of(ctx);

    /* A copy, since the options' length is unknown: the verifier wants to see where they end. */
    if (len < sizeof(p->tcp) || bpf_xdp_load_bytes(ctx, p->transport, segment, len))
        return -1;
    if (!take(&c, sizeof(struct ethhdr)))
        return -1;
    if (p->ip.is_ipv6) {
        struct ipv6hdr *ip = take(&c, sizeof(*ip));

        return ip ? bpf_tcp_raw_gen_syncookie_ipv6(ip, (void *)segment, len) : -1;
    }
    struct iphdr *ip = take(&c, sizeof(*ip));

    return ip ? bpf_tcp_raw_gen_syncookie_ipv4(ip, (void *)segment, len) : -1;
}

static __always_inline int cookie_fits(struct xdp_md *ctx, struct packet *p)
{
    struct cursor c = cursor_of(ctx);

    if (!take(&c, sizeof(struct ethhdr)))
        return 0;
    if (p->ip.is_ipv6) {
        struct ipv6hdr *ip = take(&c, sizeof(*ip));

        return ip && bpf_tcp_raw_check_syncookie_ipv6(ip, &p->tcp) == 0;
    }
    struct iphdr *ip = take(&c, sizeof(*ip));

    return ip && bpf_tcp_raw_check_syncookie_ipv4(ip, &p->tcp) == 0;
}

static __always_inline int on_syn(struct xdp_md *ctx, const struct packet *p)
{
    struct answer a = answer_to(&p->tcp);
    __s64 cookie = cookie_make(ctx, p);
    __u16 mss = cookie >> 32;

    if (cookie < 0)
        return counted(SYN_MALFORMED, XDP_DROP);
    a.tcp.seq = bpf_htonl((__u32)cookie);
    a.tcp.ack_seq = bpf_htonl(bpf_ntohl(p->tcp.seq) + 1);
    a.tcp.syn = a.tcp.ack = 1;
    a.tcp.window = bpf_htons(0xffff);
    a.tcp.doff = sizeof(a) / 4;
    a.options[0] = OPT_MSS;
    a.options[1] = OPT_MSS_LEN;
    a.options[2] = mss >> 8;
    a.options[3] = (__u8)mss;
    return counted(SYN_ANSWERED, answer_send(ctx, p, &a));
}

static __always_inline int on_ack(struct xdp_md *ctx, struct packet *p, __u32 seconds)
{
    struct proof fresh = {bpf_ktime_get_ns() + seconds * NS_PER_SECOND, 0};
    struct answer a = answer_to(&p->tcp);

    if (!cookie_fits(ctx, p))
        return counted(ACK_FORGED, XDP_DROP);
    bpf_map_update_elem(&proven, &p->ip.src, &fresh, BPF_ANY);
    a.tcp.seq = p->tcp.ack_seq; /* what makes a RST acceptable (RFC 9293 section 3.5.3) */
    a.tcp.rst = 1;
    return counted(ACK_PROVED, answer_send(ctx, p, &a));
}

/* ---- the way through ---- */

static __always_inline int is_proven(const struct in6_addr *source)
{
    struct proof *proof = bpf_map_lookup_elem(&proven, source);

    if (!proof || bpf_ktime_get_ns() >= proof->until_ns)
        return 0;
    __sync_fetch_and_add(&proof->packets, 1);
    return 1;
}

/* The TCP header, or -1 when there is none. */
static __always_inline int packet_parse(const struct xdp_md *ctx, struct packet *p)
{
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth));
    struct tcphdr *tcp;

    if (!eth || take_ip(&c, eth->h_proto, &p->ip) || p->ip.protocol != IPPROTO_TCP ||
        p->ip.headless)
        return -1;
    p->transport = c.pos - (void *)(long)ctx->data;
    tcp = take(&c, sizeof(*tcp));
    if (!tcp)
        return -1;
    p->tcp = *tcp;
    return 0;
}

SEC("xdp")
int syn_proxy(struct xdp_md *ctx)
{
    struct packet p = {};
    const __u32 *seconds;

    if (packet_parse(ctx, &p))
        return XDP_PASS;
    seconds = bpf_map_lookup_elem(&ports, &p.tcp.dest);
    if (!seconds)
        return XDP_PASS;
    if (is_proven(&p.ip.src))
        return counted(PROVEN_PASSED, XDP_PASS);
    if (p.tcp.rst || p.tcp.fin)
        return counted(OTHER_DROPPED, XDP_DROP);
    if (p.tcp.syn && !p.tcp.ack)
        return on_syn(ctx, &p);
    if (p.tcp.ack && !p.tcp.syn)
        return on_ack(ctx, &p, *seconds);
    return counted(OTHER_DROPPED, XDP_DROP);
}

char _license[] SEC("license") = "Dual BSD/GPL"; /* the cookie helpers are for GPL programs */
