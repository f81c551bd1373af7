/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A layer 4 load balancer. Packets to a virtual address, port and protocol (VIP)
 * go in IP-in-IP (RFC 2003, 2473, 4213) to one of its real servers, which answers
 * the client directly.
 *
 * The server of a new connection is found by consistent hashing: each VIP has a
 * ring of RING_SIZE slots, filled by the Maglev algorithm (maglev.py), so that a
 * server's leaving moves its own share and little else. Connections under way
 * stay where they are, whatever happens to the ring: they are in an LRU table. A
 * SYN alone makes no entry there, or a flood of them would push the others out.
 *
 * ICMP errors follow the connection that they are about, or path MTU discovery
 * would fail. Fragments, which have no ports, are left to the host.
 *
 * Maps, by name: `vips`, `rings` (VIP number * RING_SIZE + slot: server number),
 * `reals`, `outer` (entry 0: source addresses of what is sent), `connections`,
 * `vip_traffic`, `real_traffic`. Contents for a run: l4_balancer.maps.
 */
#include "hash.h"
#include "ip.h"

#include "csum.h"

#define VIPS        8
#define REALS       64
#define RING_SIZE   251 /* prime, and some ten times the servers of a VIP or more */
#define CONNECTIONS 65536

struct vip {
    struct in6_addr addr;
    __be16 port;
    __u8 protocol;
    __u8 reserved;
};

struct flow { /* client to VIP */
    struct in6_addr src, dst;
    __be16 source, dest;
    __u32 protocol;
};

struct real {
    struct in6_addr addr;
    __u8 mac[ETH_ALEN]; /* next hop towards it */
    __u8 up;            /* 0: its connections go to others */
    __u8 reserved;
};

struct sources {
    struct in6_addr v6;
    __be32 v4;
};

struct traffic {
    __u64 packets, bytes;
    __u64 connections; /* entered in the table */
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, VIPS);
    __type(key, struct vip);
    __type(value, __u32); /* its number */
} vips SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, VIPS *RING_SIZE);
    __type(key, __u32);
    __type(value, __u32);
} rings SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, REALS);
    __type(key, __u32);
    __type(value, struct real);
} reals SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sources);
} outer SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CONNECTIONS);
    __type(key, struct flow);
    __type(value, __u32); /* number of the server */
} connections SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, VIPS);
    __type(key, __u32);
    __type(value, struct traffic);
} vip_traffic SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, REALS);
    __type(key, __u32);
    __type(value, struct traffic);
} real_traffic SEC(".maps");

struct packet {
    struct ip_packet ip;
    struct flow flow;
    __u8 opens; /* a SYN: asks for a new connection */
};

/* ---- whose packet is it? ---- */

static __always_inline int is_icmp_error(const struct ip_packet *ip, __u8 type)
{
    if (ip->is_ipv6)
        return ip->protocol == IPPROTO_ICMPV6 && type >= 1 && type <= 4; /* RFC 4443 section 2.1 */
    return ip->protocol == IPPROTO_ICMP && (type == 3 || type == 11 || type == 12);
}

/* The connection that an ICMP error quotes a packet of: sent by the VIP, so the other way round. */
static __always_inline int quoted_flow(struct cursor *c, struct packet *p)
{
    __u8 *icmp = take(c, 8);
    struct ip_packet quote;
    struct udphdr *ports;

    if (!icmp || !is_icmp_error(&p->ip, icmp[0]) ||
        take_ip(c, bpf_htons(p->ip.is_ipv6 ? ETH_P_IPV6 : ETH_P_IP), &quote) || quote.headless)
        return -1;
    ports = take(c, sizeof(*ports)); /* TCP's ports stand at the same place */
    if (!ports)
        return -1;
    p->flow = (struct flow){quote.dst, quote.src, ports->dest, ports->source, quote.protocol};
    return 0;
}

static __always_inline int transport_flow(struct cursor *c, struct packet *p)
{
    struct udphdr *ports;

    if (p->ip.protocol == IPPROTO_TCP) {
        struct tcphdr *tcp = take(c, sizeof(*tcp));

        if (!tcp)
            return -1;
        p->opens = tcp->syn && !tcp->ack;
        ports = (void *)tcp;
    } else {
        ports = take(c, sizeof(*ports));
        if (!ports)
            return -1;
    }
    p->flow = (struct flow){p->ip.src, p->ip.dst, ports->source, ports->dest, p->ip.protocol};
    return 0;
}

static __always_inline int packet_flow(struct cursor *c, __be16 ethertype, struct packet *p)
{
    if (take_whole_ip(c, ethertype, &p->ip) || p->ip.fragment)
        return -1;
    switch (p->ip.protocol) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
        return transport_flow(c, p);
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        return quoted_flow(c, p);
    default:
        return -1;
    }
}

static __always_inline const __u32 *vip_number(const struct flow *f)
{
    struct vip vip = {f->dst, f->dest, (__u8)f->protocol, 0};

    return bpf_map_lookup_elem(&vips, &vip);
}

/* ---- which server? ---- */

static __always_inline const struct real *real_at(__u32 number)
{
    const struct real *real = bpf_map_lookup_elem(&reals, &number);

    return real && real->up ? real : 0;
}

static __always_inline void count(void *traffic, __u32 number, __u32 bytes, __u32 entered)
{
    struct traffic *t = bpf_map_lookup_elem(traffic, &number);

    if (!t)
        return;
    t->packets++; /* no atomics: each engine thread has its own copy */
    t->bytes += bytes;
    t->connections += entered;
}

/* The number in the ring's slot for this flow. */
static __always_inline const __u32 *ring_slot(__u32 vip, const struct flow *f)
{
    __u32 slot = vip * RING_SIZE + hash_of(f, sizeof(*f), 0x5bd1e995) % RING_SIZE;

    return bpf_map_lookup_elem(&rings, &slot);
}

static __always_inline const struct real *choose(__u32 vip, const struct packet *p)
{
    const __u32 *number = 0;
    const struct real *real = 0;
    __u32 chosen, entered = 0;

    if (!p->opens)
        number = bpf_map_lookup_elem(&connections, &p->flow);
    if (number)
        real = real_at(chosen = *number);
    if (!real) {
        number = ring_slot(vip, &p->flow);
        if (!number)
            return 0;
        real = real_at(chosen = *number);
        if (!real)
            return 0;
        if (!p->opens)
            entered = !bpf_map_update_elem(&connections, &p->flow, &chosen, BPF_ANY);
    }
    count(&real_traffic, chosen, p->ip.length, entered);
    count(&vip_traffic, vip, p->ip.length, entered);
    return real;
}

/* ---- on its way ---- */

/* The new Ethernet header; the old one lies where the end of the new IP header goes. */
static __always_inline void *ethernet_fill(struct ethhdr *eth, __u32 grown, const struct real *real,
                                           __u16 proto)
{
    struct ethhdr *old = (void *)eth + grown;

    __builtin_memcpy(eth->h_source, old->h_dest, ETH_ALEN);
    __builtin_memcpy(eth->h_dest, real->mac, ETH_ALEN);
    eth->h_proto = bpf_htons(proto);
    return eth + 1;
}

static __always_inline int encap_ipv4(struct xdp_md *ctx, const struct real *real,
                                      const struct sources *from, const struct ip_packet *inner)
{
    struct cursor c;
    struct ethhdr *eth;
    struct iphdr *ip;

    if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*ip)))
        return XDP_ABORTED;
    c = cursor_of(ctx);
    eth = take(&c, sizeof(*eth) + sizeof(*ip));
    if (!eth)
        return XDP_ABORTED;
    ip = ethernet_fill(eth, sizeof(*ip), real, ETH_P_IP);
    *ip = (struct iphdr){
        .version = 4,
        .ihl = 5,
        .tos = inner->tos,
        .tot_len = bpf_htons(inner->length + sizeof(*ip)),
        .ttl = 64,
        .protocol = inner->is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IPIP,
        .saddr = from->v4,
        .daddr = real->addr.in6_u.u6_addr32[3],
    };
    ip->check = ipv4_checksum(ip);
    return XDP_TX;
}

static __always_inline int encap_ipv6(struct xdp_md *ctx, const struct real *real,
                                      const struct sources *from, const struct ip_packet *inner)
{
    struct cursor c;
    struct ethhdr *eth;
    struct ipv6hdr *ip;

    if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*ip)))
        return XDP_ABORTED;
    c = cursor_of(ctx);
    eth = take(&c, sizeof(*eth) + sizeof(*ip));
    if (!eth)
        return XDP_ABORTED;
    ip = ethernet_fill(eth, sizeof(*ip), real, ETH_P_IPV6);
    *ip = (struct ipv6hdr){
        .version = 6,
        .priority = inner->tos >> 4,
        .flow_lbl = {inner->tos << 4},
        .payload_len = bpf_htons(inner->length),
        .nexthdr = inner->is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IPIP,
        .hop_limit = 64,
        .saddr = from->v6,
        .daddr = real->addr,
    };
    return XDP_TX;
}

SEC("xdp")
int l4_balancer(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth));
    const struct sources *from;
    const struct real *real;
    struct packet p = {};
    const __u32 *vip;
    __u32 zero = 0;

    if (!eth || packet_flow(&c, eth->h_proto, &p))
        return XDP_PASS;
    vip = vip_number(&p.flow);
    if (!vip)
        return XDP_PASS;
    real = choose(*vip, &p);
    from = bpf_map_lookup_elem(&outer, &zero);
    if (!real || !from)
        return XDP_DROP; /* a VIP without servers */
    return is_mapped(&real->addr) ? encap_ipv4(ctx, real, from, &p.ip)
                                  : encap_ipv6(ctx, real, from, &p.ip);
}

char _license[] SEC("license") = "Dual BSD/GPL";
