/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Against DNS amplification, from both of its sides, for a network behind the card.
 *
 * As its target: an answer passes only if a host inside asked for it (same
 * addresses, port, identifier) a short while ago, once, and if it is no longer than
 * the policy says. As its means: a query from outside for records of type ANY, whose
 * answers amplify most, is sent back as a truncated answer (RFC 8482, RFC 2181
 * section 9): who asked in good faith comes again by TCP, and a forged
 * source gets no more bytes than the attacker sent.
 *
 * Maps, by name: `policy` (entry 0), `inside4` and `inside6` (networks), `queries`
 * (LRU: asked, not answered), `resolvers` (by address: what they did), `results`, whose
 * keys the enum results_key names. Contents for a run: dns_guard.maps.
 */
#include "csum.h"
#include "ip.h"

#define DNS_PORT  53
#define QUERIES   65536
#define RESOLVERS 4096

#define DNS_ANSWER    0x80 /* QR, in the first byte of the flags */
#define DNS_TRUNCATED 0x02 /* TC */
#define TYPE_ANY      255
#define LABELS_MAX    127 /* a name has at most 255 bytes (RFC 1035 section 3.1) */
#define LABEL_MAX     63

enum results_key {
    NOT_DNS,
    QUERY_NOTED,
    QUERY_PASSED,
    QUERY_TRUNCATED,
    QUERY_MALFORMED,
    ANSWER_PASSED,
    ANSWER_UNASKED,
    ANSWER_LATE,
    ANSWER_TOO_LONG,
    RESULTS,
};

struct policy {
    __u64 timeout_ns; /* an answer may take */
    __u32 max_answer; /* bytes of DNS, 0: any */
    __u32 refuse_any; /* nonzero: queries from outside for ANY are truncated */
};

struct prefix4 {
    __u32 bits;
    __be32 addr;
};

struct prefix6 {
    __u32 bits;
    struct in6_addr addr;
};

struct query {
    struct in6_addr client, resolver;
    __be16 port, id;
};

struct resolver {
    __u64 answers, bytes; /* that passed */
    __u64 unasked, too_long, late;
};

struct dns_header {
    __be16 id;
    __u8 flags[2];
    __be16 questions, answers, authorities, additional;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct policy);
} policy SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, 1024);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix4);
    __type(value, __u32);
} inside4 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, 1024);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix6);
    __type(value, __u32);
} inside6 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, QUERIES);
    __type(key, struct query);
    __type(value, __u64); /* time of the query */
} queries SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, RESOLVERS);
    __type(key, struct in6_addr);
    __type(value, struct resolver);
} resolvers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, RESULTS);
    __type(key, __u32);
    __type(value, __u64);
} results SEC(".maps");

struct packet {
    struct ip_packet ip;
    struct ethhdr *eth;
    void *network; /* the IP header */
    struct udphdr *udp;
    struct dns_header *dns;
    struct cursor questions;
};

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

static __always_inline int is_inside(const struct ip_packet *ip, const struct in6_addr *a)
{
    if (ip->is_ipv6) {
        struct prefix6 host = {128, *a};

        return bpf_map_lookup_elem(&inside6, &host) != 0;
    }
    struct prefix4 host = {32, a->in6_u.u6_addr32[3]};

    return bpf_map_lookup_elem(&inside4, &host) != 0;
}

/* ---- answers ---- */

/* What a resolver has done: made on first sight, of either kind. */
static __always_inline struct resolver *resolver_of(const struct in6_addr *addr)
{
    struct resolver *r = bpf_map_lookup_elem(&resolvers, addr), none = {};

    if (r)
        return r;
    bpf_map_update_elem(&resolvers, addr, &none, BPF_NOEXIST);
    return bpf_map_lookup_elem(&resolvers, addr);
}

/* Each query allows one answer: its entry goes with it. */
static __always_inline enum results_key answer_judge(const struct packet *p,
                                                     const struct policy *policy)
{
    struct query asked = {p->ip.dst, p->ip.src, p->udp->dest, p->dns->id};
    const __u64 *when = bpf_map_lookup_elem(&queries, &asked);
    __u32 bytes = bpf_ntohs(p->udp->len) - sizeof(*p->udp);
    __u64 waited;

    if (!when)
        return ANSWER_UNASKED;
    waited = bpf_ktime_get_ns() - *when;
    bpf_map_delete_elem(&queries, &asked);
    if (waited > policy->timeout_ns)
        return ANSWER_LATE;
    return policy->max_answer && bytes > policy->max_answer ? ANSWER_TOO_LONG : ANSWER_PASSED;
}

static __always_inline int on_answer(const struct packet *p, const struct policy *policy)
{
    enum results_key why = answer_judge(p, policy);
    struct resolver *r = resolver_of(&p->ip.src);

    if (r && why == ANSWER_PASSED) {
        __sync_fetch_and_add(&r->answers, 1);
        __sync_fetch_and_add(&r->bytes, bpf_ntohs(p->udp->len));
    } else if (r) {
        __sync_fetch_and_add(why == ANSWER_UNASKED ? &r->unasked
                             : why == ANSWER_LATE  ? &r->late
                                                   : &r->too_long,
                             1);
    }
    return counted(why, why == ANSWER_PASSED ? XDP_PASS : XDP_DROP);
}

/* ---- queries ---- */

static __always_inline int note(const struct packet *p)
{
    struct query q = {p->ip.src, p->ip.dst, p->udp->source, p->dns->id};
    __u64 now = bpf_ktime_get_ns();

    bpf_map_update_elem(&queries, &q, &now, BPF_ANY);
    return counted(QUERY_NOTED, XDP_PASS);
}

/* Type of the only question, 0 when it is malformed: names in questions are not compressed. */
static __always_inline __u32 question_type(struct cursor *c)
{
    for (int i = 0; i <= LABELS_MAX; i++) {
        __u8 *label = take(c, 1);
        __be16 *type;

        if (!label || *label > LABEL_MAX)
            return 0;
        if (*label == 0) {
            type = take(c, 2 * sizeof(*type)); /* and class */
            return type ? bpf_ntohs(*type) : 0;
        }
        if (!take(c, *label))
            return 0;
    }
    return 0;
}

static __always_inline void swap(void *a, void *b, __u32 size)
{
    __u8 t[sizeof(struct in6_addr)];

    __builtin_memcpy(t, a, size);
    __builtin_memcpy(a, b, size);
    __builtin_memcpy(b, t, size);
}

/*
 * The query as its own answer, truncated. Addresses and ports that change places leave the
 * checksums as they are; only the flags are in the sum anew.
 */
static __always_inline int answer_truncated(const struct packet *p)
{
    struct iphdr *ip4 = p->network;
    struct ipv6hdr *ip6 = p->network;
    __be32 before = 0, after = 0;

    __builtin_memcpy(&before, p->dns->flags, 2);
    p->dns->flags[0] |= DNS_ANSWER | DNS_TRUNCATED;
    p->dns->flags[1] = 0;
    __builtin_memcpy(&after, p->dns->flags, 2);
    udp_csum_replace(&p->udp->check, &before, &after, sizeof(before));
    swap(p->eth->h_dest, p->eth->h_source, ETH_ALEN);
    if (p->ip.is_ipv6)
        swap(&ip6->saddr, &ip6->daddr, sizeof(ip6->saddr));
    else
        swap(&ip4->saddr, &ip4->daddr, sizeof(ip4->saddr));
    swap(&p->udp->source, &p->udp->dest, sizeof(p->udp->dest));
    return counted(QUERY_TRUNCATED, XDP_TX);
}

static __always_inline int on_query(struct packet *p, const struct policy *policy)
{
    __u32 type;

    if (is_inside(&p->ip, &p->ip.src))
        return note(p);
    if (!is_inside(&p->ip, &p->ip.dst))
        return counted(QUERY_PASSED, XDP_PASS);
    type = p->dns->questions == bpf_htons(1) ? question_type(&p->questions) : 0;
    if (!type)
        return counted(QUERY_MALFORMED, XDP_DROP);
    if (type == TYPE_ANY && policy->refuse_any)
        return answer_truncated(p);
    return counted(QUERY_PASSED, XDP_PASS);
}

/* ---- all ---- */

/* A whole UDP datagram with DNS in it, or -1. */
static __always_inline int packet_parse(const struct xdp_md *ctx, struct packet *p)
{
    struct cursor c = cursor_of(ctx);

    p->eth = take(&c, sizeof(*p->eth));
    if (!p->eth)
        return -1;
    p->network = c.pos;
    if (take_ip(&c, p->eth->h_proto, &p->ip) || p->ip.protocol != IPPROTO_UDP || p->ip.headless)
        return -1;
    p->udp = take(&c, sizeof(*p->udp));
    if (!p->udp || bpf_ntohs(p->udp->len) < sizeof(*p->udp) + sizeof(*p->dns))
        return -1;
    if (p->udp->source != bpf_htons(DNS_PORT) && p->udp->dest != bpf_htons(DNS_PORT))
        return -1;
    p->dns = take(&c, sizeof(*p->dns));
    p->questions = c;
    return p->dns ? 0 : -1;
}

SEC("xdp")
int dns_guard(struct xdp_md *ctx)
{
    struct packet p = {};
    const struct policy *rules;
    __u32 zero = 0;

    rules = bpf_map_lookup_elem(&policy, &zero);
    if (!rules || packet_parse(ctx, &p))
        return counted(NOT_DNS, XDP_PASS);
    if (!(p.dns->flags[0] & DNS_ANSWER))
        return on_query(&p, rules);
    if (p.udp->source == bpf_htons(DNS_PORT) && is_inside(&p.ip, &p.ip.dst))
        return on_answer(&p, rules);
    return counted(NOT_DNS, XDP_PASS);
}

char _license[] SEC("license") = "Dual BSD/GPL";
