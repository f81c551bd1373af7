/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allow and deny lists of networks, IPv4 and IPv6, in longest-prefix-match
 * tries: of the rules that hold a packet's source, the most specific decides, so
 * that a list can deny a network, allow a part of it, and deny a host in that. Each
 * rule counts what it decided. A rule for the empty prefix says what becomes
 * of all others; without one they pass.
 *
 * Maps, by name: `rules4`, `rules6`, `totals`. The enum totals_key names the keys of
 * the last. Contents for a run: lpm_filter.maps; the prefix length comes first,
 * as a number in the host's byte order.
 */
#include "ip.h"

#define RULES 65536

enum action { ALLOW, DENY };

enum totals_key { NO_RULE, ALLOWED, DENIED, NOT_IP, TOTALS };

struct prefix4 {
    __u32 bits;
    __be32 addr;
};

struct prefix6 {
    __u32 bits;
    struct in6_addr addr;
};

struct rule {
    __u32 action; /* enum action */
    __u32 reserved;
    __u64 packets, bytes;
};

struct traffic {
    __u64 packets, bytes;
};

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, RULES);
    __uint(map_flags, BPF_F_NO_PREALLOC); /* what a trie must have */
    __type(key, struct prefix4);
    __type(value, struct rule);
} rules4 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, RULES);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix6);
    __type(value, struct rule);
} rules6 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, TOTALS);
    __type(key, __u32);
    __type(value, struct traffic);
} totals SEC(".maps");

static __noinline int counted(enum totals_key key, __u64 bytes)
{
    __u32 index = key;
    struct traffic *t = bpf_map_lookup_elem(&totals, &index);

    if (t) {
        __sync_fetch_and_add(&t->packets, 1);
        __sync_fetch_and_add(&t->bytes, bytes);
    }
    return key == DENIED ? XDP_DROP : XDP_PASS;
}

/* The most specific rule that holds the source: a look-up is for all bits of the address. */
static __always_inline struct rule *rule_for(const struct ip_packet *ip)
{
    if (ip->is_ipv6) {
        struct prefix6 host = {128, ip->src};

        return bpf_map_lookup_elem(&rules6, &host);
    }
    struct prefix4 host = {32, ip->src.in6_u.u6_addr32[3]};

    return bpf_map_lookup_elem(&rules4, &host);
}

SEC("xdp")
int lpm_filter(struct xdp_md *ctx)
{
    __u64 bytes = ctx->data_end - ctx->data;
    struct cursor c = cursor_of(ctx);
    struct ip_packet ip = {};
    struct rule *rule;

    if (take_ip(&c, take_ethernet(&c), &ip))
        return counted(NOT_IP, bytes);
    rule = rule_for(&ip);
    if (!rule)
        return counted(NO_RULE, bytes);
    __sync_fetch_and_add(&rule->packets, 1);
    __sync_fetch_and_add(&rule->bytes, bytes);
    return counted(rule->action == DENY ? DENIED : ALLOWED, bytes);
}

char _license[] SEC("license") = "Dual BSD/GPL";
