/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lookups of sockets in a network namespace without any: tuples of both families and of wrong
 * lengths, from the stack and from the packet; and an XSKMAP that is empty.
 */
#include "../../../examples/parse.h"

#define WAYS 8

struct answer {
    __u64 asked, found;
    __u32 family, state, queue;
    __s32 cookie;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, WAYS);
    __type(key, __u32);
    __type(value, struct answer);
} answers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u32);
} xsks SEC(".maps");

static __always_inline void give_back(__u32 way, struct bpf_sock *sk)
{
    struct answer *a = bpf_map_lookup_elem(&answers, &way);
    struct iphdr ip = {0};
    struct tcphdr tcp = {0};

    if (a)
        a->asked++;
    if (!sk)
        return;
    if (a) {
        a->found++;
        a->family = sk->family;
        a->state = sk->state;
        a->cookie = bpf_tcp_check_syncookie(sk, &ip, sizeof(ip), &tcp, sizeof(tcp));
        a->cookie += bpf_tcp_gen_syncookie(sk, &ip, sizeof(ip), &tcp, sizeof(tcp)) != 0;
    }
    bpf_sk_release(sk);
}

static __always_inline void look_for_queue(__u32 key)
{
    struct bpf_xdp_sock *xs = bpf_map_lookup_elem(&xsks, &key);
    __u32 way = WAYS - 1;
    struct answer *a = bpf_map_lookup_elem(&answers, &way);

    if (!a)
        return;
    a->asked++;
    if (xs) {
        a->found++;
        a->queue = xs->queue_id;
    }
}

SEC("xdp")
int sockets(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct bpf_sock_tuple t = {0};
    struct ethhdr *eth = take(&c, sizeof(*eth));
    struct iphdr *ip = take(&c, sizeof(*ip));
    struct bpf_sock_tuple *in_packet;

    if (!eth || !ip)
        return XDP_DROP;
    in_packet = (struct bpf_sock_tuple *)&ip->saddr; /* the ports, where there are no options */
    t.ipv4.saddr = ip->saddr;
    t.ipv4.daddr = ip->daddr;
    t.ipv4.dport = bpf_htons(ip->protocol);
    give_back(0, bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0));
    give_back(1, bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0));
    give_back(2, bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0));
    give_back(3, bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv6), 12345, 0));
    give_back(4, bpf_sk_lookup_tcp(ctx, &t, 11, BPF_F_CURRENT_NETNS, 0));
    give_back(5, bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 77));
    if (take(&c, 4))
        give_back(6, bpf_skc_lookup_tcp(ctx, in_packet, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0));
    look_for_queue(ip->protocol);
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
