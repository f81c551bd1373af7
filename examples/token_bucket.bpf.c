/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A rate limit for each source, by IP protocol: so many packets and bytes a
 * second, with bursts. IPv6 sources are counted by /64, which is what one
 * customer has.
 *
 * The bucket is one word, the virtual time up to which the source has used its
 * rate: it never lags behind the clock, each packet moves it on by what the
 * packet costs, and a packet that would put it more than the burst ahead is
 * dropped (the generic cell rate algorithm, ITU-T I.371). That is a token bucket
 * without a refill step, and a compare-and-swap keeps it exact when several engines
 * see packets of one source at once.
 *
 * Maps, by name: `limits` (by IP protocol number; burst 0: no limit), `sources`
 * (LRU: a flood of forged ones costs no more than this), `totals`, whose keys
 * the enum totals_key names. Contents for a run: token_bucket.maps.
 */
#include "ip.h"

#define SOURCES 65536
#define TRIES   8 /* of the compare-and-swap: more engines than that at one source is a flood */

enum totals_key { UNLIMITED, WITHIN_RATE, OVER_RATE, TOTALS };

struct limit {
    __u64 burst_ns;  /* how far ahead of the clock a source may get */
    __u64 packet_ns; /* what a packet costs: 1e9 / packets a second */
    __u32 byte_ns;   /* and each of its bytes: 1e9 / bytes a second */
    __u32 reserved;
};

struct source {
    struct in6_addr addr;
    __u32 protocol;
};

struct bucket {
    __u64 used_ns;
    __u64 dropped;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 256);
    __type(key, __u32);
    __type(value, struct limit);
} limits SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, SOURCES);
    __type(key, struct source);
    __type(value, struct bucket);
} sources SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, TOTALS);
    __type(key, __u32);
    __type(value, __u64);
} totals SEC(".maps");

static __noinline int counted(enum totals_key key)
{
    __u32 index = key;
    __u64 *n = bpf_map_lookup_elem(&totals, &index);

    if (n)
        __sync_fetch_and_add(n, 1);
    return key == OVER_RATE ? XDP_DROP : XDP_PASS;
}

/* Takes `cost` from the bucket: 0, or -1 when there is not so much in it. */
static __always_inline int bucket_take(struct bucket *b, const struct limit *l, __u64 now,
                                       __u64 cost)
{
    for (int i = 0; i < TRIES; i++) {
        __u64 seen = *(volatile __u64 *)&b->used_ns;
        __u64 used = (seen > now ? seen : now) + cost;

        if (used - now > l->burst_ns)
            break;
        if (__sync_val_compare_and_swap(&b->used_ns, seen, used) == seen)
            return 0;
    }
    __sync_fetch_and_add(&b->dropped, 1);
    return -1;
}

static __always_inline struct bucket *bucket_of(const struct source *s, __u64 now)
{
    struct bucket *b = bpf_map_lookup_elem(&sources, s), full = {.used_ns = now};

    if (b)
        return b;
    /* Whoever is first makes it; the next look-up finds it in any case. */
    bpf_map_update_elem(&sources, s, &full, BPF_NOEXIST);
    return bpf_map_lookup_elem(&sources, s);
}

SEC("xdp")
int token_bucket(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct ip_packet ip = {};
    struct source s = {};
    const struct limit *l;
    struct bucket *b;
    __u64 now, cost;

    if (take_ip(&c, take_ethernet(&c), &ip))
        return XDP_PASS;
    s.protocol = ip.protocol;
    l = bpf_map_lookup_elem(&limits, &s.protocol);
    if (!l || !l->burst_ns)
        return counted(UNLIMITED);
    s.addr = ip.src;
    if (ip.is_ipv6)
        s.addr.in6_u.u6_addr32[2] = s.addr.in6_u.u6_addr32[3] = 0;
    now = bpf_ktime_get_ns();
    cost = l->packet_ns + (__u64)l->byte_ns * (__u32)(ctx->data_end - ctx->data);
    b = bucket_of(&s, now);
    return counted(b && bucket_take(b, l, now, cost) == 0 ? WITHIN_RATE : OVER_RATE);
}

char _license[] SEC("license") = "Dual BSD/GPL";
