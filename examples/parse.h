/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Header parsing shared by the examples. A cursor walks the frame; every take
 * compares with the end of the packet first, which is what lets the verifier
 * prove each later access.
 */
#ifndef EXAMPLES_PARSE_H
#define EXAMPLES_PARSE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct cursor {
    void *pos;
    void *end;
};

struct vlan_tag {
    __be16 tci;
    __be16 proto; /* EtherType of what follows */
};

static __always_inline struct cursor cursor_of(const struct xdp_md *ctx)
{
    return (struct cursor){(void *)(long)ctx->data, (void *)(long)ctx->data_end};
}

/* The next `len` bytes, or NULL when the frame has fewer. */
static __always_inline void *take(struct cursor *c, __u32 len)
{
    void *p = c->pos;

    if (p + len > c->end)
        return 0;
    c->pos = p + len;
    return p;
}

static __always_inline int is_vlan(__be16 proto)
{
    return proto == bpf_htons(ETH_P_8021Q) || proto == bpf_htons(ETH_P_8021AD);
}

/* Steps over the Ethernet header and at most two VLAN tags: the EtherType, or 0 when cut short. */
static __always_inline __be16 take_ethernet(struct cursor *c)
{
    struct ethhdr *eth = take(c, sizeof(*eth));
    __be16 proto;

    if (!eth)
        return 0;
    proto = eth->h_proto;
    for (int i = 0; i < 2 && is_vlan(proto); i++) {
        struct vlan_tag *tag = take(c, sizeof(*tag));

        if (!tag)
            return 0;
        proto = tag->proto;
    }
    return proto;
}

#endif
