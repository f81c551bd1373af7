/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A NAT for IPv4 (RFC 3022, 4787): many inside hosts share one outside address.
 * Source address and port of what leaves, destination of what comes back are
 * rewritten, and the checksums corrected for just these bytes (bpf_csum_diff).
 * For ICMP echoes the identifier is the port.
 *
 * A binding belongs to an inside address and port whatever the destination
 * (endpoint-independent mapping), and is made by the first packet that leaves. Ports
 * on the outside that stand for servers inside (port forwarding) are in two tables
 * that nothing evicts. What comes from outside to a port without a binding is left
 * to the host, and so are fragments, IP options, and packets whose time to live
 * is over, which it answers.
 *
 * Maps, by name: `config` (entry 0), `bindings_out`, `bindings_in` (LRU: made by
 * traffic), `forwards_out`, `forwards_in` (the same, by hand), `results`, whose keys
 * the enum results_key names. Contents for a run: nat.maps.
 */
#include "csum.h"
#include "hash.h"
#include "ip.h"

#define BINDINGS 65536
#define FORWARDS 256
#define TRIES    8 /* ports, for a new binding */

enum results_key { NOT_OURS, LEFT, ENTERED, NO_BINDING, NO_PORT_FREE, TIME_OVER, RESULTS };

struct config {
    __be32 network, mask; /* of the inside */
    __be32 address;       /* on the outside */
    __u16 first, count;   /* outside ports to choose from, in the host's order */
    __u8 router[ETH_ALEN];
    __u8 reserved[2];
};

struct endpoint {
    __be32 addr;
    __be16 port;
    __u16 protocol;
};

struct inside {
    struct endpoint to;
    __u8 mac[ETH_ALEN];
    __u8 reserved[2];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct config);
} config SEC(".maps");

/* Inside address and port: the outside ones. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, BINDINGS);
    __type(key, struct endpoint);
    __type(value, struct endpoint);
} bindings_out SEC(".maps");

/* The other way round. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, BINDINGS);
    __type(key, struct endpoint);
    __type(value, struct inside);
} bindings_in SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FORWARDS);
    __type(key, struct endpoint);
    __type(value, struct endpoint);
} forwards_out SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FORWARDS);
    __type(key, struct endpoint);
    __type(value, struct inside);
} forwards_in SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, RESULTS);
    __type(key, __u32);
    __type(value, __u64);
} results SEC(".maps");

/* A packet that can be translated; the pointers go to the frame. */
struct packet {
    struct ethhdr *eth;
    struct iphdr *ip;
    __be16 *source, *dest; /* ports; both the identifier of an echo */
    __sum16 *check;        /* of the transport header */
};

static __noinline int counted(enum results_key key)
{
    __u32 index = key;
    __u64 *n = bpf_map_lookup_elem(&results, &index);

    if (n)
        __sync_fetch_and_add(n, 1);
    return key == LEFT || key == ENTERED ? XDP_TX : key == NO_PORT_FREE ? XDP_DROP : XDP_PASS;
}

/* ---- parsing ---- */

static __always_inline int ports_find(struct cursor *c, struct packet *p)
{
    struct tcphdr *tcp;
    struct udphdr *udp;
    __u8 *icmp;

    switch (p->ip->protocol) {
    case IPPROTO_TCP:
        tcp = take(c, sizeof(*tcp));
        if (!tcp)
            return -1;
        p->source = &tcp->source;
        p->dest = &tcp->dest;
        p->check = &tcp->check;
        return 0;
    case IPPROTO_UDP:
        udp = take(c, sizeof(*udp));
        if (!udp)
            return -1;
        p->source = &udp->source;
        p->dest = &udp->dest;
        p->check = &udp->check;
        return 0;
    case IPPROTO_ICMP:
        icmp = take(c, 8);
        if (!icmp || (icmp[0] != 8 && icmp[0] != 0)) /* echo and its reply */
            return -1;
        p->source = p->dest = (void *)(icmp + 4);
        p->check = (void *)(icmp + 2);
        return 0;
    default:
        return -1;
    }
}

static __always_inline int packet_parse(const struct xdp_md *ctx, struct packet *p)
{
    struct cursor c = cursor_of(ctx);

    p->eth = take(&c, sizeof(*p->eth));
    p->ip = take(&c, sizeof(*p->ip));
    if (!p->eth || !p->ip || p->eth->h_proto != bpf_htons(ETH_P_IP) || p->ip->version != 4 ||
        p->ip->ihl != 5 || p->ip->frag_off & bpf_htons(FRAGMENT_OFFSET | MORE_FRAGMENTS))
        return -1;
    return ports_find(&c, p);
}

/* ---- rewriting ---- */

/* Puts a new address and port in place of old ones, at the checksums' cost of their difference. */
static __always_inline void endpoint_replace(const struct packet *p, __be32 *addr, __be16 *port,
                                             const struct endpoint *to)
{
    __be32 from_words[2] = {*addr, *port}, to_words[2] = {to->addr, to->port};

    csum_replace(&p->ip->check, &from_words[0], &to_words[0], 4);
    if (p->ip->protocol == IPPROTO_UDP)
        udp_csum_replace(p->check, from_words, to_words, sizeof(to_words));
    else if (p->ip->protocol == IPPROTO_TCP)
        csum_replace(p->check, from_words, to_words, sizeof(to_words));
    else /* ICMP has no pseudo header: its sum does not know the address */
        csum_replace(p->check, &from_words[1], &to_words[1], 4);
    *addr = to->addr;
    *port = to->port;
}

static __always_inline void ttl_take(struct iphdr *ip)
{
    __be32 from = 0, to = 0;

    ((__u8 *)&from)[0] = ip->ttl--;
    ((__u8 *)&to)[0] = ip->ttl;
    csum_replace(&ip->check, &from, &to, 4);
}

static __always_inline void macs_set(struct ethhdr *eth, const __u8 *to)
{
    __builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
    __builtin_memcpy(eth->h_dest, to, ETH_ALEN);
}

/* ---- bindings ---- */

/* An outside port for `from`, which comes from a host with this MAC address. */
static __always_inline int binding_make(const struct config *cfg, const struct endpoint *from,
                                        const __u8 *mac, struct endpoint *outside)
{
    __u32 hash = hash_of(from, sizeof(*from), 0), count = cfg->count ? cfg->count : 1;
    struct inside in = {.to = *from};

    __builtin_memcpy(in.mac, mac, ETH_ALEN);
    for (__u32 i = 0; i < TRIES; i++) {
        *outside = (struct endpoint){
            .addr = cfg->address,
            .port = bpf_htons(cfg->first + (hash + i) % count),
            .protocol = from->protocol,
        };
        if (bpf_map_lookup_elem(&forwards_in, outside))
            continue;
        if (bpf_map_update_elem(&bindings_in, outside, &in, BPF_NOEXIST) == 0)
            return bpf_map_update_elem(&bindings_out, from, outside, BPF_ANY);
    }
    return -1;
}

static __always_inline int packet_leaves(const struct packet *p, const struct config *cfg)
{
    struct endpoint from = {p->ip->saddr, *p->source, p->ip->protocol}, made;
    const struct endpoint *outside = bpf_map_lookup_elem(&bindings_out, &from);

    if (!outside)
        outside = bpf_map_lookup_elem(&forwards_out, &from);
    if (!outside) {
        if (binding_make(cfg, &from, p->eth->h_source, &made))
            return counted(NO_PORT_FREE);
        outside = &made;
    }
    endpoint_replace(p, &p->ip->saddr, p->source, outside);
    ttl_take(p->ip);
    macs_set(p->eth, cfg->router);
    return counted(LEFT);
}

static __always_inline int packet_enters(const struct packet *p)
{
    struct endpoint at = {p->ip->daddr, *p->dest, p->ip->protocol};
    const struct inside *in = bpf_map_lookup_elem(&forwards_in, &at);

    if (!in)
        in = bpf_map_lookup_elem(&bindings_in, &at);
    if (!in)
        return counted(NO_BINDING);
    endpoint_replace(p, &p->ip->daddr, p->dest, &in->to);
    ttl_take(p->ip);
    macs_set(p->eth, in->mac);
    return counted(ENTERED);
}

SEC("xdp")
int nat(struct xdp_md *ctx)
{
    __u32 zero = 0;
    const struct config *cfg = bpf_map_lookup_elem(&config, &zero);
    struct packet p;
    int leaves, enters;

    if (!cfg || packet_parse(ctx, &p))
        return counted(NOT_OURS);
    leaves = (p.ip->saddr & cfg->mask) == cfg->network &&
             (p.ip->daddr & cfg->mask) != cfg->network && p.ip->daddr != cfg->address;
    enters = p.ip->daddr == cfg->address;
    if (!leaves && !enters)
        return counted(NOT_OURS);
    if (p.ip->ttl <= 1)
        return counted(TIME_OVER);
    return leaves ? packet_leaves(&p, cfg) : packet_enters(&p);
}

char _license[] SEC("license") = "Dual BSD/GPL";
