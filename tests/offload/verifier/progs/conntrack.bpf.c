/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Structures of the kernel: connections as references, members as its BTF has them. A new
 * connection is a struct nf_conn___init, which C need not know.
 */
#include "prog.h"

#define RELOCATED __attribute__((preserve_access_index))

struct net_device {
    int ifindex;
    char name[16];
} RELOCATED;

struct xdp_rxq_info {
    struct net_device *dev;
} RELOCATED;

struct xdp_buff {
    void *data;
    struct xdp_rxq_info *rxq;
} RELOCATED;

struct nf_conn {
    unsigned long status;
    __u32 mark;
} RELOCATED;

struct bpf_ct_opts___local {
    int netns_id, error;
    __u8 l4proto, dir, reserved[2];
};

void *bpf_cast_to_kern_ctx(void *ctx) __ksym;
struct nf_conn *bpf_xdp_ct_alloc(struct xdp_md *, struct bpf_sock_tuple *, __u32,
                                 struct bpf_ct_opts___local *, __u32) __ksym;
struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *, struct bpf_sock_tuple *, __u32,
                                  struct bpf_ct_opts___local *, __u32) __ksym;
struct nf_conn *bpf_ct_insert_entry(struct nf_conn *) __ksym;
void bpf_ct_release(struct nf_conn *) __ksym;
void bpf_ct_set_timeout(struct nf_conn *, __u32) __ksym;
int bpf_ct_change_timeout(struct nf_conn *, __u32) __ksym;
int bpf_ct_set_status(struct nf_conn *, __u32) __ksym;
int bpf_ct_change_status(struct nf_conn *, __u32) __ksym;

static __always_inline struct nf_conn *lookup(struct xdp_md *x)
{
    struct bpf_ct_opts___local opts = {.netns_id = -1, .l4proto = 6};
    struct bpf_sock_tuple t = {};
    return bpf_xdp_ct_lookup(x, &t, sizeof(t.ipv4), &opts, sizeof(opts));
}

static __always_inline struct nf_conn *alloc(struct xdp_md *x)
{
    struct bpf_ct_opts___local opts = {.netns_id = -1, .l4proto = 6};
    struct bpf_sock_tuple t = {};
    return bpf_xdp_ct_alloc(x, &t, sizeof(t.ipv4), &opts, sizeof(opts));
}

NEIGHBOUR("leak kernel-field kernel-offset kernel-null kernel-pointer") found(struct xdp_md *x)
{
    struct nf_conn *ct = lookup(x);
    if (!ct)
        return XDP_DROP;
    int verdict = ct->status & 8 ? XDP_PASS : XDP_TX;
    bpf_ct_change_timeout(ct, 1000);
    bpf_ct_change_status(ct, 10);
    bpf_ct_release(ct);
    return verdict;
}

NEIGHBOUR("kernel-write conn-write kernel-trust kernel-type") marked(struct xdp_md *x)
{
    struct nf_conn *new = alloc(x);
    if (!new)
        return XDP_DROP;
    new->mark = 7;
    bpf_ct_set_timeout(new, 1000);
    bpf_ct_set_status(new, 2);
    struct nf_conn *ct = bpf_ct_insert_entry(new);
    if (!ct)
        return XDP_PASS;
    ct->mark++;
    bpf_ct_release(ct);
    return XDP_PASS;
}

/* A tuple of no bytes at no place; what the function then does is its own affair. */
PROG no_tuple(struct xdp_md *x)
{
    struct bpf_ct_opts___local opts = {.netns_id = -1};
    struct nf_conn *ct = bpf_xdp_ct_lookup(x, NULL, 0, &opts, sizeof(opts));
    if (ct)
        bpf_ct_release(ct);
    return XDP_PASS;
}

REFUSED("arg-kind") no_tuple_of_some_length(struct xdp_md *x)
{
    struct bpf_ct_opts___local opts = {.netns_id = -1};
    struct nf_conn *ct = bpf_xdp_ct_lookup(x, NULL, 12, &opts, sizeof(opts));
    if (ct)
        bpf_ct_release(ct);
    return XDP_PASS;
}

REFUSED("leak") kept(struct xdp_md *x)
{
    struct nf_conn *ct = lookup(x);
    return ct ? XDP_PASS : XDP_DROP;
}

REFUSED("leak") not_inserted(struct xdp_md *x)
{
    struct nf_conn *new = alloc(x);
    return new ? XDP_PASS : XDP_DROP;
}

REFUSED("kernel-null") not_compared(struct xdp_md *x)
{
    bpf_ct_release(lookup(x));
    return XDP_PASS;
}

REFUSED("not-a-pointer") read_not_compared(struct xdp_md *x)
{
    struct nf_conn *ct = lookup(x);
    int verdict = ct->status & 8 ? XDP_PASS : XDP_TX;
    if (ct)
        bpf_ct_release(ct);
    return verdict;
}

REFUSED("kernel-pointer") given_back_twice(struct xdp_md *x)
{
    struct nf_conn *ct = lookup(x);
    if (!ct)
        return XDP_DROP;
    bpf_ct_release(ct);
    bpf_ct_release(ct);
    return XDP_PASS;
}

REFUSED("not-a-pointer") read_afterwards(struct xdp_md *x)
{
    struct nf_conn *ct = lookup(x);
    if (!ct)
        return XDP_DROP;
    bpf_ct_release(ct);
    return (int)ct->mark;
}

REFUSED("kernel-type") other_structure(struct xdp_md *x)
{
    struct nf_conn *new = alloc(x);
    if (!new)
        return XDP_DROP;
    bpf_ct_release(new);
    return XDP_PASS;
}

REFUSED("kernel-type") context_given_back(struct xdp_md *x)
{
    bpf_ct_release((struct nf_conn *)bpf_cast_to_kern_ctx(x));
    return XDP_PASS;
}

REFUSED("kernel-trust") found_elsewhere(struct xdp_md *x)
{
    struct xdp_buff *k = bpf_cast_to_kern_ctx(x);
    bpf_ct_change_timeout((struct nf_conn *)k->rxq, 1);
    return XDP_PASS;
}

REFUSED("release-offset") moved(struct xdp_md *x)
{
    struct nf_conn *ct = lookup(x);
    if (!ct)
        return XDP_DROP;
    asm volatile("%0 += 8" : "+r"(ct));
    bpf_ct_release(ct);
    return XDP_PASS;
}

REFUSED("kernel-offset") before_it(struct xdp_md *x)
{
    struct nf_conn *ct = lookup(x);
    if (!ct)
        return XDP_DROP;
    __u64 n;
    asm volatile("%0 = *(u64 *)(%1 - 8)" : "=r"(n) : "r"(ct));
    bpf_ct_release(ct);
    return (int)n;
}

REFUSED("kernel-offset") anywhere_in_it(struct xdp_md *x)
{
    struct nf_conn *ct = lookup(x);
    __u32 at = x->rx_queue_index & 7;
    if (!ct)
        return XDP_DROP;
    __u64 n;
    asm volatile("r1 = %1; r1 += %2; %0 = *(u64 *)(r1 + 0)" : "=r"(n) : "r"(ct), "r"(at) : "r1");
    bpf_ct_release(ct);
    return (int)n;
}

REFUSED("kernel-field") beyond_it(struct xdp_md *x)
{
    struct nf_conn *ct = lookup(x);
    if (!ct)
        return XDP_DROP;
    __u64 n;
    asm volatile("%0 = *(u64 *)(%1 + 4096)" : "=r"(n) : "r"(ct));
    bpf_ct_release(ct);
    return (int)n;
}

REFUSED("kernel-field") half_a_pointer(struct xdp_md *x)
{
    struct xdp_buff *k = bpf_cast_to_kern_ctx(x);
    return *(volatile __u32 *)&k->rxq ? XDP_PASS : XDP_DROP;
}

REFUSED("kernel-field") wide_mark(struct xdp_md *x)
{
    struct nf_conn *ct = lookup(x);
    if (!ct)
        return XDP_DROP;
    *(volatile __u64 *)&ct->mark = 1;
    bpf_ct_release(ct);
    return XDP_PASS;
}

REFUSED("conn-write") other_member(struct xdp_md *x)
{
    struct nf_conn *ct = lookup(x);
    if (!ct)
        return XDP_DROP;
    ct->status = 1;
    bpf_ct_release(ct);
    return XDP_PASS;
}

REFUSED("kernel-write") context_written(struct xdp_md *x)
{
    struct xdp_buff *k = bpf_cast_to_kern_ctx(x);
    k->rxq = NULL;
    return XDP_PASS;
}

/* From one structure to the next, none of them compared with NULL. */
PROG device(struct xdp_md *x)
{
    struct xdp_buff *k = bpf_cast_to_kern_ctx(x);
    struct net_device *dev = k->rxq->dev;
    return dev->ifindex == 1 && dev->name[0] == 'l' ? XDP_PASS : XDP_DROP;
}

REFUSED("kernel-write") device_written(struct xdp_md *x)
{
    struct xdp_buff *k = bpf_cast_to_kern_ctx(x);
    k->rxq->dev->ifindex = 2;
    return XDP_PASS;
}

REFUSED("pointer-null-math") moved_not_compared(struct xdp_md *x)
{
    struct nf_conn *ct = lookup(x);
    asm volatile("%0 += 8" : "+r"(ct));
    if (ct)
        bpf_ct_release(ct);
    return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
