/* SPDX-License-Identifier: BSD-3-Clause */
/* CO-RE: offsets, sizes, existence and enumerators, relocated against the kernel's types. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Fields in another order and with others left out. */
struct iphdr {
    __u32 daddr, saddr;
    __u8 protocol, ttl;
} __attribute__((preserve_access_index));

struct no_such_type {
    int x;
} __attribute__((preserve_access_index));

SEC("xdp")
int core(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct iphdr *ip = data + 14;

    if (data + 34 > end || *(__u16 *)(data + 12) != bpf_htons(0x0800))
        return XDP_PASS;
    if (bpf_core_type_exists(struct no_such_type) || !bpf_core_field_exists(ip->ttl))
        return XDP_ABORTED;
    if (bpf_core_type_size(struct iphdr) != 20)
        return XDP_ABORTED;
    if (ip->protocol == 6)
        return XDP_TX;
    return (ip->saddr ^ ip->daddr) & bpf_htonl(1) && ip->ttl > 32 ? XDP_DROP : XDP_PASS;
}
