/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A DoS filter. In order, the first rule that matches drops the packet:
 *   1. malformed headers: cut short, lengths that do not add up, wrong version
 *      or header length
 *   2. source address on the blocklist (IPv4 and IPv6; each entry counts its hits)
 *   3. LAND: source address equal to destination
 *   4. fragments that nobody sends in good faith: a first fragment too short for
 *      its transport header (RFC 1858), an offset of 1, one that ends past
 *      64 KiB; and all fragments when the policy says so
 *   5. TCP flag combinations no stack sends: none, SYN+FIN, SYN+RST, FIN without
 *      ACK, FIN+URG+PSH
 *   6. long UDP packets from ports that reflection attacks abuse
 * VLAN tags (up to two) are looked through. What passes goes to the host.
 *
 * Maps, by name: `protocols` (all traffic), `drops` (by rule), `blocklist4`,
 * `blocklist6`, `reflectors` (UDP source port: longest payload let through),
 * `policy`. Contents for a run: dos_filter.maps. The enums protocols_key and
 * drops_key name the keys of the two arrays.
 */
#include "parse.h"

enum protocols_key {
    PROTO_TCP,
    PROTO_UDP,
    PROTO_ICMP,
    PROTO_ICMPV6,
    PROTO_OTHER_IP,
    PROTO_FRAGMENT,
    PROTO_ARP,
    PROTO_NOT_IP,
    PROTO_COUNT,
};

enum drops_key {
    DROP_NONE, /* passed */
    DROP_MALFORMED,
    DROP_BLOCKLIST,
    DROP_LAND,
    DROP_FRAGMENT,
    DROP_TCP_FLAGS,
    DROP_REFLECTION,
    DROP_COUNT,
};

struct traffic {
    __u64 packets;
    __u64 bytes;
};

struct blocked {
    __u64 hits;
    __u64 bytes;
};

struct policy {
    __u32 drop_fragments; /* nonzero: all of them */
    __u32 drop_ip_options;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, PROTO_COUNT);
    __type(key, __u32);
    __type(value, struct traffic);
} protocols SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, DROP_COUNT);
    __type(key, __u32);
    __type(value, struct traffic);
} drops SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 65536);
    __type(key, __be32);
    __type(value, struct blocked);
} blocklist4 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 65536);
    __type(key, struct in6_addr);
    __type(value, struct blocked);
} blocklist6 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, __be16);
    __type(value, __u32);
} reflectors SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct policy);
} policy SEC(".maps");

/* What the parser learns on its way down. */
struct packet {
    struct cursor c;
    __u32 bytes; /* of the whole frame */
    enum protocols_key proto;
    __u8 transport; /* IP protocol number */
    __u16 payload;  /* bytes after the IP header, as the header says */
    __u16 frag_off; /* in 8-byte units */
    __u8 is_fragment;
};

static __always_inline void add(struct traffic *t, __u64 bytes)
{
    __sync_fetch_and_add(&t->packets, 1);
    __sync_fetch_and_add(&t->bytes, bytes);
}

/* Called, not inlined: the enum of the argument is then in the object's BTF, for whoever prints. */
static __noinline void count_protocol(enum protocols_key key, __u64 bytes)
{
    __u32 index = key;
    struct traffic *t = bpf_map_lookup_elem(&protocols, &index);

    if (t)
        add(t, bytes);
}

static __noinline void count_drop(enum drops_key key, __u64 bytes)
{
    __u32 index = key;
    struct traffic *t = bpf_map_lookup_elem(&drops, &index);

    if (t)
        add(t, bytes);
}

static __always_inline int is_blocked(void *blocklist, const void *source, __u64 bytes)
{
    struct blocked *b = bpf_map_lookup_elem(blocklist, source);

    if (!b)
        return 0;
    __sync_fetch_and_add(&b->hits, 1);
    __sync_fetch_and_add(&b->bytes, bytes);
    return 1;
}

static __always_inline const struct policy *policy_read(void)
{
    __u32 zero = 0;

    return bpf_map_lookup_elem(&policy, &zero);
}

static __always_inline enum protocols_key proto_of(__u8 transport)
{
    switch (transport) {
    case IPPROTO_TCP:
        return PROTO_TCP;
    case IPPROTO_UDP:
        return PROTO_UDP;
    case IPPROTO_ICMP:
        return PROTO_ICMP;
    case IPPROTO_ICMPV6:
        return PROTO_ICMPV6;
    default:
        return PROTO_OTHER_IP;
    }
}

static __always_inline enum drops_key check_tcp(struct packet *p)
{
    struct tcphdr *tcp = take(&p->c, sizeof(*tcp));
    __u32 flags;

    if (!tcp || p->payload < sizeof(*tcp) || tcp->doff < 5 || tcp->doff * 4 > p->payload)
        return DROP_MALFORMED;
    flags = ((__u8 *)tcp)[13] & 0x3f; /* URG ACK PSH RST SYN FIN, RFC 9293 section 3.1 */
    if (flags == 0)
        return DROP_TCP_FLAGS; /* null scan */
    if (tcp->syn && (tcp->fin || tcp->rst))
        return DROP_TCP_FLAGS;
    if (tcp->fin && !tcp->ack)
        return DROP_TCP_FLAGS; /* FIN and Xmas scans */
    return DROP_NONE;
}

static __always_inline enum drops_key check_udp(struct packet *p)
{
    struct udphdr *udp = take(&p->c, sizeof(*udp));
    const __u32 *limit;
    __u16 len;

    if (!udp || p->payload < sizeof(*udp))
        return DROP_MALFORMED;
    len = bpf_ntohs(udp->len);
    if (len < sizeof(*udp) || (len > p->payload && !p->is_fragment))
        return DROP_MALFORMED;
    limit = bpf_map_lookup_elem(&reflectors, &udp->source);
    if (limit && len - sizeof(*udp) > *limit)
        return DROP_REFLECTION;
    return DROP_NONE;
}

static __always_inline enum drops_key check_icmp(struct packet *p)
{
    return p->payload < 8 || !take(&p->c, 8) ? DROP_MALFORMED : DROP_NONE;
}

static __always_inline enum drops_key check_transport(struct packet *p)
{
    switch (p->transport) {
    case IPPROTO_TCP:
        return check_tcp(p);
    case IPPROTO_UDP:
        return check_udp(p);
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        return check_icmp(p);
    default:
        return DROP_NONE;
    }
}

static __always_inline enum drops_key check_fragment(const struct packet *p)
{
    const struct policy *policy = policy_read();
    __u32 end = p->frag_off * 8u + p->payload;

    if ((policy && policy->drop_fragments) || p->frag_off == 1 || end > 0xffff)
        return DROP_FRAGMENT;
    if (p->frag_off == 0 && p->transport == IPPROTO_TCP && p->payload < sizeof(struct tcphdr))
        return DROP_FRAGMENT;
    return DROP_NONE;
}

/* Rules 4 to 6, common to both IP versions; p->c stands after the IP headers. */
static __always_inline enum drops_key check_payload(struct packet *p)
{
    p->proto = p->is_fragment ? PROTO_FRAGMENT : proto_of(p->transport);
    if (p->is_fragment) {
        enum drops_key why = check_fragment(p);

        if (why != DROP_NONE || p->frag_off != 0)
            return why;
    }
    return check_transport(p);
}

static __always_inline enum drops_key check_ipv4(struct packet *p)
{
    struct iphdr *ip = take(&p->c, sizeof(*ip));
    __u32 header, total;

    if (!ip)
        return DROP_MALFORMED;
    header = ip->ihl * 4u;
    total = bpf_ntohs(ip->tot_len);
    if (ip->version != 4 || header < sizeof(*ip) || total < header || (void *)ip + total > p->c.end)
        return DROP_MALFORMED;
    p->proto = proto_of(ip->protocol);
    if (is_blocked(&blocklist4, &ip->saddr, p->bytes))
        return DROP_BLOCKLIST;
    if (ip->saddr == ip->daddr)
        return DROP_LAND;
    if (header != sizeof(*ip)) {
        const struct policy *policy = policy_read();

        if ((policy && policy->drop_ip_options) || !take(&p->c, header - sizeof(*ip)))
            return DROP_MALFORMED;
    }
    p->transport = ip->protocol;
    p->payload = total - header;
    p->frag_off = bpf_ntohs(ip->frag_off) & 0x1fff;
    p->is_fragment = (ip->frag_off & bpf_htons(0x3fff)) != 0; /* offset or MF */
    return check_payload(p);
}

struct ipv6_extension {
    __u8 next;
    __u8 len; /* in 8 bytes, without the first 8 */
    __be16 frag_off;
    __be32 id;
};

/* Walks up to six extension headers; -1 when one does not fit. */
static __always_inline int skip_extensions(struct packet *p)
{
    for (int i = 0; i < 6; i++) {
        struct ipv6_extension *ext;
        __u32 len = 8;

        if (p->transport != IPPROTO_HOPOPTS && p->transport != IPPROTO_ROUTING &&
            p->transport != IPPROTO_DSTOPTS && p->transport != IPPROTO_FRAGMENT)
            return 0;
        ext = take(&p->c, sizeof(*ext));
        if (!ext)
            return -1;
        if (p->transport == IPPROTO_FRAGMENT) {
            p->is_fragment = (ext->frag_off & bpf_htons(0xfff9)) != 0;
            p->frag_off = bpf_ntohs(ext->frag_off) >> 3;
        } else {
            len += ext->len * 8u;
        }
        if (len > p->payload || !take(&p->c, len - 8))
            return -1;
        p->payload -= len;
        p->transport = ext->next;
        if (p->frag_off != 0)
            return 0;
    }
    return -1;
}

static __always_inline int same_address(const struct in6_addr *a, const struct in6_addr *b)
{
    return a->s6_addr32[0] == b->s6_addr32[0] && a->s6_addr32[1] == b->s6_addr32[1] &&
           a->s6_addr32[2] == b->s6_addr32[2] && a->s6_addr32[3] == b->s6_addr32[3];
}

static __always_inline enum drops_key check_ipv6(struct packet *p)
{
    struct ipv6hdr *ip6 = take(&p->c, sizeof(*ip6));
    __u32 payload;

    if (!ip6)
        return DROP_MALFORMED;
    payload = bpf_ntohs(ip6->payload_len);
    if (ip6->version != 6 || p->c.pos + payload > p->c.end)
        return DROP_MALFORMED;
    p->proto = proto_of(ip6->nexthdr);
    if (is_blocked(&blocklist6, &ip6->saddr, p->bytes))
        return DROP_BLOCKLIST;
    if (same_address(&ip6->saddr, &ip6->daddr))
        return DROP_LAND;
    p->transport = ip6->nexthdr;
    p->payload = payload;
    if (skip_extensions(p) < 0)
        return DROP_MALFORMED;
    return check_payload(p);
}

static __always_inline enum drops_key check(struct packet *p)
{
    switch (take_ethernet(&p->c)) {
    case 0:
        return DROP_MALFORMED; /* no room for the header, or a tag cut off */
    case bpf_htons(ETH_P_IP):
        p->proto = PROTO_OTHER_IP;
        return check_ipv4(p);
    case bpf_htons(ETH_P_IPV6):
        p->proto = PROTO_OTHER_IP;
        return check_ipv6(p);
    case bpf_htons(ETH_P_ARP):
        p->proto = PROTO_ARP;
        return DROP_NONE;
    default:
        return DROP_NONE;
    }
}

SEC("xdp")
int dos_filter(struct xdp_md *ctx)
{
    struct packet p = {.c = cursor_of(ctx), .proto = PROTO_NOT_IP};
    enum drops_key why;

    p.bytes = ctx->data_end - ctx->data;
    why = check(&p);
    count_protocol(p.proto, p.bytes);
    count_drop(why, p.bytes);
    return why == DROP_NONE ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
