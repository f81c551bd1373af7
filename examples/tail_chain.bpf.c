/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A parser as a chain of tail calls: one program a header, in a program array by
 * what comes next. They share no stack; what a stage knows travels in front of
 * the packet, as metadata. Stacked VLAN tags call the same stage again, and a
 * subprogram that makes a tail call shows that it is the target's result that
 * comes back.
 */
#include "parse.h"

enum stage { STAGE_VLAN, STAGE_IPV4, STAGE_IPV6, STAGE_PORTS, STAGES };

struct state {
    __u16 at;      /* offset of the next header */
    __u8 protocol; /* of IP, once known */
    __u8 tags;     /* VLAN tags so far */
};

SEC("xdp") int vlan_stage(struct xdp_md *ctx);
SEC("xdp") int ipv4_stage(struct xdp_md *ctx);
SEC("xdp") int ipv6_stage(struct xdp_md *ctx);
SEC("xdp") int ports_stage(struct xdp_md *ctx);

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, STAGES);
    __uint(key_size, sizeof(__u32));
    __array(values, int(struct xdp_md *));
} stages SEC(".maps") = {
    .values =
        {
            [STAGE_VLAN] = (void *)&vlan_stage,
            [STAGE_IPV4] = (void *)&ipv4_stage,
            [STAGE_IPV6] = (void *)&ipv6_stage,
            [STAGE_PORTS] = (void *)&ports_stage,
        },
};

/* Packets that reached a stage; behind them, packets by number of VLAN tags (the last: more). */
#define TAGS_COUNTED 4
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, STAGES + TAGS_COUNTED);
    __type(key, __u32);
    __type(value, __u64);
} reached SEC(".maps");

static __always_inline void count(__u32 what)
{
    __u64 *n = bpf_map_lookup_elem(&reached, &what);

    if (n)
        __sync_fetch_and_add(n, 1);
}

/* The metadata, or NULL when there is none. */
static __always_inline struct state *state_of(const struct xdp_md *ctx)
{
    struct state *s = (void *)(long)ctx->data_meta;

    return (void *)(s + 1) > (void *)(long)ctx->data ? 0 : s;
}

/* Bytes [at, at + len) of the frame. */
static __always_inline void *header(const struct xdp_md *ctx, __u32 at, __u32 len)
{
    struct cursor c = cursor_of(ctx);

    c.pos += at & 0xfff;
    return take(&c, len);
}

/* The end of the chain: the packet goes on without metadata. */
static __always_inline int done(struct xdp_md *ctx, int verdict)
{
    bpf_xdp_adjust_meta(ctx, sizeof(struct state));
    return verdict;
}

/* To the stage for this EtherType, or out. Not inlined: its caller returns what it returns. */
static __noinline int next_by_ethertype(struct xdp_md *ctx, __u32 proto)
{
    if (is_vlan(proto))
        bpf_tail_call(ctx, &stages, STAGE_VLAN);
    else if (proto == bpf_htons(ETH_P_IP))
        bpf_tail_call(ctx, &stages, STAGE_IPV4);
    else if (proto == bpf_htons(ETH_P_IPV6))
        bpf_tail_call(ctx, &stages, STAGE_IPV6);
    return done(ctx, XDP_PASS); /* ARP and such, or 33 calls were not enough */
}

SEC("xdp")
int tail_chain(struct xdp_md *ctx)
{
    struct state *s;
    struct ethhdr *eth;

    if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*s)))
        return XDP_ABORTED;
    s = state_of(ctx);
    eth = header(ctx, 0, sizeof(*eth));
    if (!s || !eth)
        return done(ctx, XDP_DROP);
    *s = (struct state){.at = sizeof(*eth)};
    return next_by_ethertype(ctx, eth->h_proto);
}

SEC("xdp")
int vlan_stage(struct xdp_md *ctx)
{
    struct state *s = state_of(ctx);
    struct vlan_tag *tag;

    count(STAGE_VLAN);
    if (!s)
        return XDP_ABORTED;
    tag = header(ctx, s->at, sizeof(*tag));
    if (!tag)
        return done(ctx, XDP_DROP);
    s->at += sizeof(*tag);
    s->tags++;
    return next_by_ethertype(ctx, tag->proto);
}

SEC("xdp")
int ipv4_stage(struct xdp_md *ctx)
{
    struct state *s = state_of(ctx);
    struct iphdr *ip;

    count(STAGE_IPV4);
    if (!s)
        return XDP_ABORTED;
    ip = header(ctx, s->at, sizeof(*ip));
    if (!ip || ip->ihl < 5)
        return done(ctx, XDP_DROP);
    s->at += ip->ihl * 4;
    s->protocol = ip->protocol;
    if (ip->frag_off & bpf_htons(0x1fff))
        return done(ctx, XDP_PASS); /* no ports in later fragments */
    bpf_tail_call(ctx, &stages, STAGE_PORTS);
    return XDP_ABORTED;
}

SEC("xdp")
int ipv6_stage(struct xdp_md *ctx)
{
    struct state *s = state_of(ctx);
    struct ipv6hdr *ip;

    count(STAGE_IPV6);
    if (!s)
        return XDP_ABORTED;
    ip = header(ctx, s->at, sizeof(*ip));
    if (!ip)
        return done(ctx, XDP_DROP);
    s->at += sizeof(*ip);
    s->protocol = ip->nexthdr;
    bpf_tail_call(ctx, &stages, STAGE_PORTS);
    return XDP_ABORTED;
}

/* UDP from port 0 is dropped: no sender has it. */
SEC("xdp")
int ports_stage(struct xdp_md *ctx)
{
    struct state *s = state_of(ctx);
    struct udphdr *udp;

    count(STAGE_PORTS);
    if (!s)
        return XDP_ABORTED;
    count(STAGES + (s->tags < TAGS_COUNTED ? s->tags : TAGS_COUNTED - 1));
    if (s->protocol != IPPROTO_UDP)
        return done(ctx, XDP_PASS);
    udp = header(ctx, s->at, sizeof(*udp));
    if (!udp || !udp->source)
        return done(ctx, XDP_DROP);
    return done(ctx, XDP_PASS);
}

char _license[] SEC("license") = "Dual BSD/GPL";
