/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that keeps its engine busy: rendezvous hashing (Thaler, Ravishankar 1998), by which
 * a stateless load balancer chooses a server. Each of SERVERS hashes the flow with a key of its
 * own, by SipHash-2-4 (Aumasson, Bernstein 2012), and the highest hash wins: some thousand
 * instructions a packet, and hardly an access to memory.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define SERVERS 12

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, SERVERS);
    __type(key, __u32);
    __type(value, __u64);
} chosen SEC(".maps");

struct sip {
    __u64 a, b, c, d;
};

static __always_inline __u64 rotate(__u64 x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static __always_inline void sip_round(struct sip *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32) + s->d;
    s->c += s->b;
    s->d = rotate(s->d, 21) ^ s->a;
    s->b = rotate(s->b, 17) ^ s->c;
    s->c = rotate(s->c, 32);
}

static __always_inline void sip_word(struct sip *s, __u64 word)
{
    s->d ^= word;
    sip_round(s);
    sip_round(s);
    s->a ^= word;
}

/* Of the 16 bytes of the flow, with the key (server, ~server). */
static __always_inline __u64 sip_hash(__u64 server, __u64 addresses, __u64 ports)
{
    struct sip s = {0x736f6d6570736575 ^ server, 0x646f72616e646f6d ^ ~server,
                    0x6c7967656e657261 ^ server, 0x7465646279746573 ^ ~server};

    sip_word(&s, addresses);
    sip_word(&s, ports);
    sip_word(&s, (__u64)16 << 56);
    s.c ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

SEC("xdp") int rendezvous(struct xdp_md *ctx)
{
    void *data_end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = (void *)(long)ctx->data;
    struct iphdr *ip = (void *)(eth + 1);
    struct udphdr *udp = (void *)(ip + 1);
    __u64 best = 0, addresses, ports, *count;
    __u32 server = 0;

    if ((void *)(udp + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    addresses = (__u64)ip->saddr << 32 | ip->daddr;
    ports = (__u64)ip->protocol << 32 | (__u32)udp->source << 16 | udp->dest;
    for (__u32 i = 0; i < SERVERS; i++) {
        __u64 hash = sip_hash(i, addresses, ports);

        if (hash > best) {
            best = hash;
            server = i;
        }
    }
    count = bpf_map_lookup_elem(&chosen, &server);
    if (count)
        __sync_fetch_and_add(count, 1);
    eth->h_dest[ETH_ALEN - 1] = (__u8)server;
    return XDP_TX;
}

char _license[] SEC("license") = "BSD";
