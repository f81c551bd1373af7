/* SPDX-License-Identifier: BSD-3-Clause */
/* CO-RE: the fields stand in another order here than in the types they are relocated to. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct iphdr {
    __u32 daddr, saddr;
    __u8 protocol;
} __attribute__((preserve_access_index));

struct ethhdr___here {
    unsigned short h_proto;
} __attribute__((preserve_access_index));

SEC("xdp")
int core(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct iphdr *ip = data + 14;

    if (data + 34 > end)
        return XDP_ABORTED;
    if (bpf_core_field_offset(struct ethhdr___here, h_proto) != 12 ||
        bpf_core_field_offset(struct iphdr, daddr) != 16 || !bpf_core_type_exists(struct iphdr))
        return XDP_DROP;
    return ip->protocol == 17 ? XDP_TX : XDP_PASS;
}
