/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A GRE tunnel endpoint (RFC 2784, with the key of RFC 2890). IPv4 and IPv6 packets whose
 * destination is in a routed network, by longest prefix, go into the tunnel of that
 * route; GRE packets that a tunnel's other end sends here come out of it. The
 * outer header takes over the type of service, and for IPv4 the don't-fragment bit
 * (RFC 2003 section 3.1).
 *
 * Checksums and sequence numbers in what comes in are stepped over. Shows headers whose
 * length is known only when they have been read, and LPM_TRIE look-ups.
 *
 * Maps, by name: `routes4`, `routes6` (network: number of the tunnel), `tunnels`,
 * `ends` (other end and key: number of the tunnel), `results`, whose keys the enum
 * results_key names. Contents for a run: gre.maps.
 */
#include "csum.h"
#include "ip.h"

#define TUNNELS 64
#define ROUTES  4096

#define GRE_CHECKSUM  0x8000
#define GRE_KEY       0x2000
#define GRE_SEQUENCE  0x1000
#define GRE_OTHER     0x4fff /* routing (RFC 1701), reserved bits, and the version, which is 0 */
#define DONT_FRAGMENT 0x4000

enum results_key { TO_HOST, ENCAPSULATED, DECAPSULATED, NOT_VALID, NO_TUNNEL, RESULTS };

struct prefix4 {
    __u32 bits;
    __be32 addr;
};

struct prefix6 {
    __u32 bits;
    struct in6_addr addr;
};

struct end { /* what tells tunnels apart when packets come in */
    __be32 remote, local;
    __u32 key; /* in the host's order */
    __u32 has_key;
};

struct tunnel {
    struct end end;
    __u8 mac[ETH_ALEN]; /* next hop towards the other end */
    __u8 reserved[2];
    __u64 packets_out, bytes_out;
    __u64 packets_in, bytes_in; /* all of inner packets */
};

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, ROUTES);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix4);
    __type(value, __u32);
} routes4 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, ROUTES);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix6);
    __type(value, __u32);
} routes6 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, TUNNELS);
    __type(key, __u32);
    __type(value, struct tunnel);
} tunnels SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, TUNNELS);
    __type(key, struct end);
    __type(value, __u32);
} ends SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, RESULTS);
    __type(key, __u32);
    __type(value, __u64);
} results SEC(".maps");

struct gre_header {
    __be16 flags;
    __be16 protocol; /* EtherType */
};

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

/* ---- into a tunnel ---- */

static __always_inline struct tunnel *route(const struct ip_packet *p)
{
    const __u32 *number;

    if (p->is_ipv6) {
        struct prefix6 host = {128, p->dst};

        number = bpf_map_lookup_elem(&routes6, &host);
    } else {
        struct prefix4 host = {32, p->dst.in6_u.u6_addr32[3]};

        number = bpf_map_lookup_elem(&routes4, &host);
    }
    return number ? bpf_map_lookup_elem(&tunnels, number) : 0;
}

static __always_inline void outer_fill(struct iphdr *ip, const struct tunnel *t,
                                       const struct ip_packet *inner, __u32 gre, __be16 df)
{
    *ip = (struct iphdr){
        .version = 4,
        .ihl = 5,
        .tos = inner->tos,
        .tot_len = bpf_htons(sizeof(*ip) + gre + inner->length),
        .frag_off = df,
        .ttl = 64,
        .protocol = IPPROTO_GRE,
        .saddr = t->end.local,
        .daddr = t->end.remote,
    };
    ip->check = ipv4_checksum(ip);
}

/* DF of an IPv4 packet; IPv6 routers never fragment, so always there. */
static __always_inline __be16 df_of(const struct xdp_md *ctx, const struct ip_packet *p)
{
    struct cursor c = cursor_of(ctx);
    struct iphdr *ip;

    if (p->is_ipv6 || !take(&c, sizeof(struct ethhdr)))
        return bpf_htons(DONT_FRAGMENT);
    ip = take(&c, sizeof(*ip));
    return ip ? ip->frag_off & bpf_htons(DONT_FRAGMENT) : 0;
}

static __always_inline int encapsulate(struct xdp_md *ctx, struct tunnel *t,
                                       const struct ip_packet *p)
{
    __u32 gre = sizeof(struct gre_header) + (t->end.has_key ? 4 : 0);
    __be16 df = df_of(ctx, p);
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth));
    struct gre_header *header;
    struct iphdr *ip;
    __u8 mac[ETH_ALEN];
    __be32 *key;

    if (!eth)
        return XDP_ABORTED;
    __builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
    if (bpf_xdp_adjust_head(ctx, -(int)(sizeof(*ip) + gre)))
        return counted(NOT_VALID, XDP_ABORTED);
    c = cursor_of(ctx);
    eth = take(&c, sizeof(*eth));
    ip = take(&c, sizeof(*ip));
    header = take(&c, sizeof(*header));
    if (!eth || !ip || !header)
        return XDP_ABORTED;
    __builtin_memcpy(eth->h_source, mac, ETH_ALEN);
    __builtin_memcpy(eth->h_dest, t->mac, ETH_ALEN);
    eth->h_proto = bpf_htons(ETH_P_IP);
    outer_fill(ip, t, p, gre, df);
    header->flags = t->end.has_key ? bpf_htons(GRE_KEY) : 0;
    header->protocol = bpf_htons(p->is_ipv6 ? ETH_P_IPV6 : ETH_P_IP);
    key = t->end.has_key ? take(&c, sizeof(*key)) : 0;
    if (key)
        *key = bpf_htonl(t->end.key);
    __sync_fetch_and_add(&t->packets_out, 1);
    __sync_fetch_and_add(&t->bytes_out, p->length);
    return counted(ENCAPSULATED, XDP_TX);
}

/* ---- out of a tunnel ---- */

/* Steps over the GRE header: its protocol, or 0; fills in the key. */
static __always_inline __be16 take_gre(struct cursor *c, struct end *end)
{
    struct gre_header *header = take(c, sizeof(*header));
    __be32 *key;

    if (!header || header->flags & bpf_htons(GRE_OTHER))
        return 0;
    if (header->flags & bpf_htons(GRE_CHECKSUM) && !take(c, 4))
        return 0;
    if (header->flags & bpf_htons(GRE_KEY)) {
        key = take(c, sizeof(*key));
        if (!key)
            return 0;
        end->key = bpf_ntohl(*key);
        end->has_key = 1;
    }
    if (header->flags & bpf_htons(GRE_SEQUENCE) && !take(c, 4))
        return 0;
    return header->protocol;
}

/* The frame again, with an Ethernet header just before the inner packet. */
static __always_inline int inner_only(struct xdp_md *ctx, __u32 outer, __be16 proto)
{
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth)), old;

    if (!eth)
        return -1;
    old = *eth;
    old.h_proto = proto;
    if (bpf_xdp_adjust_head(ctx, (int)outer))
        return -1;
    c = cursor_of(ctx);
    eth = take(&c, sizeof(*eth));
    if (!eth)
        return -1;
    *eth = old;
    return 0;
}

static __always_inline int decapsulate(struct xdp_md *ctx, struct cursor *c,
                                       const struct ip_packet *p)
{
    struct end end = {p->src.in6_u.u6_addr32[3], p->dst.in6_u.u6_addr32[3], 0, 0};
    __be16 proto = take_gre(c, &end);
    struct ip_packet inner = {};
    const __u32 *number;
    struct tunnel *t;
    __u32 outer;

    number = bpf_map_lookup_elem(&ends, &end);
    t = number ? bpf_map_lookup_elem(&tunnels, number) : 0;
    if (!t)
        return counted(NO_TUNNEL, XDP_PASS); /* somebody else's */
    outer = c->pos - (void *)(long)ctx->data - sizeof(struct ethhdr);
    if (!proto || take_whole_ip(c, proto, &inner))
        return counted(NOT_VALID, XDP_DROP);
    if (inner_only(ctx, outer, proto))
        return XDP_ABORTED;
    __sync_fetch_and_add(&t->packets_in, 1);
    __sync_fetch_and_add(&t->bytes_in, inner.length);
    return counted(DECAPSULATED, XDP_PASS);
}

SEC("xdp")
int gre(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth));
    struct ip_packet p = {};
    struct tunnel *t;

    if (!eth || take_whole_ip(&c, eth->h_proto, &p))
        return counted(TO_HOST, XDP_PASS);
    if (!p.is_ipv6 && p.protocol == IPPROTO_GRE && !p.fragment)
        return decapsulate(ctx, &c, &p);
    t = route(&p);
    if (!t)
        return counted(TO_HOST, XDP_PASS);
    return encapsulate(ctx, t, &p);
}

char _license[] SEC("license") = "Dual BSD/GPL";
