/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both IP versions as one: what follows them, and addresses that fit one table,
 * IPv4 ones as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2).
 */
#ifndef EXAMPLES_IP_H
#define EXAMPLES_IP_H

#include <linux/in6.h>

#include "parse.h"

#define FRAGMENT_OFFSET 0x1fff /* of iphdr.frag_off */
#define MORE_FRAGMENTS  0x2000

struct ip_packet {
    struct in6_addr src, dst;
    __u16 length;  /* with the IP header, as that says */
    __u8 protocol; /* of what follows */
    __u8 tos;      /* or traffic class */
    __u8 is_ipv6;
    __u8 fragment; /* of a longer packet */
    __u8 headless; /* a later fragment: no transport header */
};

static __always_inline struct in6_addr mapped(__be32 v4)
{
    struct in6_addr a = {};

    a.in6_u.u6_addr32[2] = bpf_htonl(0xffff);
    a.in6_u.u6_addr32[3] = v4;
    return a;
}

static __always_inline int is_mapped(const struct in6_addr *a)
{
    const __be32 *w = a->in6_u.u6_addr32;

    return !w[0] && !w[1] && w[2] == bpf_htonl(0xffff);
}

static __always_inline int take_ipv4(struct cursor *c, struct ip_packet *p)
{
    struct iphdr *ip = take(c, sizeof(*ip));
    __u32 header;

    if (!ip)
        return -1;
    header = ip->ihl * 4;
    c->pos = ip; /* again from its start: the verifier then sees at most 60 bytes */
    if (ip->version != 4 || header < sizeof(*ip) || !take(c, header))
        return -1;
    p->src = mapped(ip->saddr);
    p->dst = mapped(ip->daddr);
    p->length = bpf_ntohs(ip->tot_len);
    p->protocol = ip->protocol;
    p->tos = ip->tos;
    p->is_ipv6 = 0;
    p->headless = (ip->frag_off & bpf_htons(FRAGMENT_OFFSET)) != 0;
    p->fragment = (ip->frag_off & bpf_htons(FRAGMENT_OFFSET | MORE_FRAGMENTS)) != 0;
    return 0;
}

/* Extension headers are left to the caller, as protocol numbers. */
static __always_inline int take_ipv6(struct cursor *c, struct ip_packet *p)
{
    struct ipv6hdr *ip = take(c, sizeof(*ip));

    if (!ip || ip->version != 6)
        return -1;
    p->src = ip->saddr;
    p->dst = ip->daddr;
    p->length = bpf_ntohs(ip->payload_len) + sizeof(*ip);
    p->protocol = ip->nexthdr;
    p->tos = ip->priority << 4 | ip->flow_lbl[0] >> 4;
    p->is_ipv6 = 1;
    p->fragment = p->headless = ip->nexthdr == IPPROTO_FRAGMENT;
    return 0;
}

/* Steps over the IP header: 0, or -1 when it is none, or cut short. */
static __always_inline int take_ip(struct cursor *c, __be16 ethertype, struct ip_packet *p)
{
    if (ethertype == bpf_htons(ETH_P_IP))
        return take_ipv4(c, p);
    if (ethertype == bpf_htons(ETH_P_IPV6))
        return take_ipv6(c, p);
    return -1;
}

/* The same, for a packet that is not longer than what there is of the frame. */
static __always_inline int take_whole_ip(struct cursor *c, __be16 ethertype, struct ip_packet *p)
{
    void *start = c->pos;

    return take_ip(c, ethertype, p) || p->length > c->end - start ? -1 : 0;
}

#endif
