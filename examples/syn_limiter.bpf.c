/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A SYN-flood brake: each IPv4 source has a token bucket. A SYN takes a token
 * and is dropped when there is none; an ACK gives the bucket back and forgets
 * the source, because a completed handshake proves that the address is not
 * forged. Shows bpf_ktime_get_ns, and a HASH with update and delete.
 *
 * The map `config` (entry 0) may override burst and refill time, so that a run
 * can be made independent of the clock; see syn_limiter.maps.
 */
#include "parse.h"

#define DEFAULT_BURST     8
#define DEFAULT_REFILL_NS 10000000 /* a token each 10 ms: 100 SYN/s from one source */

struct config {
    __u64 refill_ns; /* time to earn a token; 0: the default */
    __u32 burst;     /* tokens a bucket holds; 0: the default */
    __u32 reserved;
};

struct bucket {
    __u64 earned_ns; /* time up to which tokens were handed out */
    __u32 tokens;
    __u32 dropped;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct config);
} config SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 8192);
    __type(key, __be32);
    __type(value, struct bucket);
} buckets SEC(".maps");

static __always_inline struct config config_read(void)
{
    struct config cfg = {DEFAULT_REFILL_NS, DEFAULT_BURST, 0};
    __u32 zero = 0;
    const struct config *set = bpf_map_lookup_elem(&config, &zero);

    if (set && set->refill_ns)
        cfg.refill_ns = set->refill_ns;
    if (set && set->burst)
        cfg.burst = set->burst;
    return cfg;
}

static __always_inline void refill(struct bucket *b, const struct config *cfg, __u64 now)
{
    __u64 earned = (now - b->earned_ns) / cfg->refill_ns;

    if (earned == 0)
        return;
    if (earned >= cfg->burst - b->tokens) {
        b->tokens = cfg->burst;
        b->earned_ns = now; /* a full bucket earns nothing */
        return;
    }
    b->tokens += (__u32)earned;
    b->earned_ns += earned * cfg->refill_ns;
}

static __always_inline int on_syn(__be32 source)
{
    struct config cfg = config_read();
    __u64 now = bpf_ktime_get_ns();
    struct bucket *b = bpf_map_lookup_elem(&buckets, &source);

    if (!b) {
        struct bucket fresh = {now, cfg.burst - 1, 0};

        bpf_map_update_elem(&buckets, &source, &fresh, BPF_ANY);
        return XDP_PASS;
    }
    refill(b, &cfg, now);
    if (b->tokens == 0) {
        b->dropped++;
        return XDP_DROP;
    }
    b->tokens--;
    return XDP_PASS;
}

SEC("xdp")
int syn_limiter(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct iphdr *ip;
    struct tcphdr *tcp;
    __be32 source;

    if (take_ethernet(&c) != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    ip = take(&c, sizeof(*ip));
    if (!ip || ip->ihl != 5 || ip->protocol != IPPROTO_TCP || ip->frag_off & bpf_htons(0x1fff))
        return XDP_PASS;
    tcp = take(&c, sizeof(*tcp));
    if (!tcp)
        return XDP_DROP;
    source = ip->saddr;
    if (tcp->syn && !tcp->ack)
        return on_syn(source);
    if (tcp->ack && !tcp->syn && !tcp->rst)
        bpf_map_delete_elem(&buckets, &source);
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
