/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A VXLAN tunnel endpoint (RFC 7348). A frame for a station behind a tunnel goes
 * out as UDP to the endpoint that has it; a VXLAN packet for this endpoint is taken
 * out of its tunnel and goes to the host. Where stations are is learned from the
 * packets that come in, and may be set by hand. The outer source port is a
 * hash of the inner flow, by which routers spread packets over equal paths.
 *
 * Frames for stations unknown, broadcast and multicast go to the host, which can
 * flood them. Shows bpf_xdp_adjust_head by 50 bytes in both directions.
 *
 * Maps, by name: `config` (entry 0), `stations` (by MAC address), `segments` (network
 * identifiers that are let in), `results`, whose keys the enum results_key
 * names. Contents for a run: vxlan.maps.
 */
#include "csum.h"
#include "hash.h"
#include "ip.h"

#define STATIONS   16384
#define SEGMENTS   1024
#define VXLAN_PORT 4789
#define VNI_VALID  0x08   /* flag I */
#define FIRST_PORT 0xc000 /* RFC 7348 section 5: from the dynamic range */
#define UNTOUCHED  0x4000 /* DF */

enum results_key { TO_HOST, ENCAPSULATED, DECAPSULATED, NOT_VALID, UNKNOWN_SEGMENT, RESULTS };

struct vxlan_header {
    __u8 flags, reserved[3];
    __be32 vni; /* identifier in the high 24 bits */
};

struct outer {
    struct ethhdr eth;
    struct iphdr ip;
    struct udphdr udp;
    struct vxlan_header vxlan;
} __attribute__((packed));

struct config {
    __be32 address; /* of this endpoint */
    __u32 segment;  /* of frames that go out */
};

struct station {
    __u8 mac[ETH_ALEN];
    __u8 reserved[2];
};

struct remote {
    __be32 endpoint;
    __u8 mac[ETH_ALEN]; /* next hop towards it */
    __u8 fixed;         /* set by hand: what comes in does not change it */
    __u8 reserved;
};

struct traffic {
    __u64 packets, bytes; /* of inner frames */
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct config);
} config SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, STATIONS);
    __type(key, struct station);
    __type(value, struct remote);
} stations SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, SEGMENTS);
    __type(key, __u32);
    __type(value, struct traffic);
} segments SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, RESULTS);
    __type(key, __u32);
    __type(value, __u64);
} results SEC(".maps");

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

/* ---- into the tunnel ---- */

/* Of the inner frame's addresses and, for IP, of its flow. */
static __always_inline __u32 flow_hash(struct cursor c)
{
    struct ethhdr *eth = take(&c, sizeof(*eth));
    struct ip_packet ip = {};
    struct {
        __u8 macs[2 * ETH_ALEN];
        __be32 ports;
    } l2 = {};
    __u32 hash = 0;
    __be32 *ports;

    if (!eth)
        return 0;
    __builtin_memcpy(l2.macs, eth, sizeof(l2.macs));
    if (take_ip(&c, eth->h_proto, &ip) == 0) {
        hash = hash_of(&ip.src, 2 * sizeof(ip.src), ip.protocol);
        ports = ip.fragment ? 0 : take(&c, sizeof(*ports));
        if (ports && (ip.protocol == IPPROTO_TCP || ip.protocol == IPPROTO_UDP))
            l2.ports = *ports;
    }
    return hash_of(&l2, sizeof(l2), hash);
}

static __always_inline void outer_fill(struct outer *o, const struct config *cfg,
                                       const struct remote *to, const __u8 *from_mac, __u32 inner,
                                       __u32 hash)
{
    *o = (struct outer){
        .eth.h_proto = bpf_htons(ETH_P_IP),
        .ip.version = 4,
        .ip.ihl = 5,
        .ip.tot_len = bpf_htons(inner + sizeof(*o) - sizeof(o->eth)),
        .ip.frag_off = bpf_htons(UNTOUCHED),
        .ip.ttl = 64,
        .ip.protocol = IPPROTO_UDP,
        .ip.saddr = cfg->address,
        .ip.daddr = to->endpoint,
        .udp.source = bpf_htons(FIRST_PORT | (hash & 0x3fff)),
        .udp.dest = bpf_htons(VXLAN_PORT),
        .udp.len = bpf_htons(inner + sizeof(o->udp) + sizeof(o->vxlan)),
        .vxlan.flags = VNI_VALID,
        .vxlan.vni = bpf_htonl(cfg->segment << 8), /* the UDP checksum is 0: none, section 5 */
    };
    __builtin_memcpy(o->eth.h_dest, to->mac, ETH_ALEN);
    __builtin_memcpy(o->eth.h_source, from_mac, ETH_ALEN);
    o->ip.check = ipv4_checksum((const void *)o + sizeof(o->eth));
}

static __always_inline int encapsulate(struct xdp_md *ctx, const struct config *cfg)
{
    struct cursor c = cursor_of(ctx);
    __u32 inner = ctx->data_end - ctx->data, hash;
    struct ethhdr *eth = take(&c, sizeof(*eth));
    struct station dest = {};
    struct outer *outer;
    struct remote *to;

    if (!eth)
        return counted(NOT_VALID, XDP_DROP);
    __builtin_memcpy(dest.mac, eth->h_dest, ETH_ALEN);
    to = bpf_map_lookup_elem(&stations, &dest);
    if (!to)
        return counted(TO_HOST, XDP_PASS);
    hash = flow_hash(cursor_of(ctx));
    if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*outer)))
        return counted(NOT_VALID, XDP_ABORTED);
    c = cursor_of(ctx);
    outer = take(&c, sizeof(*outer));
    eth = take(&c, sizeof(*eth));
    if (!outer || !eth)
        return XDP_ABORTED;
    outer_fill(outer, cfg, to, eth->h_source, inner, hash);
    return counted(ENCAPSULATED, XDP_TX);
}

/* ---- out of the tunnel ---- */

/* The station that sent the inner frame is behind the endpoint that sent the outer one. */
static __always_inline void learn(const struct outer *o, const struct ethhdr *inner)
{
    struct remote seen = {.endpoint = o->ip.saddr}, *known;
    struct station from = {};

    if (inner->h_source[0] & 1)
        return; /* a group's address: nobody sends from it */
    __builtin_memcpy(from.mac, inner->h_source, ETH_ALEN);
    __builtin_memcpy(seen.mac, o->eth.h_source, ETH_ALEN);
    known = bpf_map_lookup_elem(&stations, &from);
    if (!known || (!known->fixed && known->endpoint != seen.endpoint))
        bpf_map_update_elem(&stations, &from, &seen, BPF_ANY);
}

static __always_inline int decapsulate(struct xdp_md *ctx, const struct outer *o, struct cursor *c)
{
    struct ethhdr *inner = take(c, sizeof(*inner));
    __u32 segment = bpf_ntohl(o->vxlan.vni) >> 8;
    struct traffic *t;

    if (!inner || !(o->vxlan.flags & VNI_VALID))
        return counted(NOT_VALID, XDP_DROP);
    t = bpf_map_lookup_elem(&segments, &segment);
    if (!t)
        return counted(UNKNOWN_SEGMENT, XDP_DROP);
    __sync_fetch_and_add(&t->packets, 1);
    __sync_fetch_and_add(&t->bytes, (__u64)(c->end - (void *)inner));
    learn(o, inner);
    if (bpf_xdp_adjust_head(ctx, sizeof(*o)))
        return counted(NOT_VALID, XDP_ABORTED);
    return counted(DECAPSULATED, XDP_PASS);
}

static __always_inline int is_for_us(const struct outer *o, const struct config *cfg)
{
    return o && o->eth.h_proto == bpf_htons(ETH_P_IP) && o->ip.version == 4 && o->ip.ihl == 5 &&
           o->ip.protocol == IPPROTO_UDP && o->ip.daddr == cfg->address &&
           !(o->ip.frag_off & bpf_htons(FRAGMENT_OFFSET | MORE_FRAGMENTS)) &&
           o->udp.dest == bpf_htons(VXLAN_PORT);
}

SEC("xdp")
int vxlan(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct outer *o = take(&c, sizeof(*o));
    const struct config *cfg;
    __u32 zero = 0;

    cfg = bpf_map_lookup_elem(&config, &zero);
    if (!cfg)
        return XDP_ABORTED;
    return is_for_us(o, cfg) ? decapsulate(ctx, o, &c) : encapsulate(ctx, cfg);
}

char _license[] SEC("license") = "Dual BSD/GPL";
