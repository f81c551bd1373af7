/* SPDX-License-Identifier: BSD-3-Clause */
/* The fields of struct xdp_md: port and queue numbers, lengths, and that metadata is empty. */
#include "../../../examples/parse.h"

struct seen {
    __u32 ingress_ifindex, rx_queue_index, len, meta_len;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4096);
    __type(key, struct seen);
    __type(value, __u64);
} contexts SEC(".maps");

SEC("xdp")
int context(struct xdp_md *ctx)
{
    struct seen s = {ctx->ingress_ifindex, ctx->rx_queue_index, ctx->data_end - ctx->data,
                     ctx->data - ctx->data_meta};
    __u64 *times = bpf_map_lookup_elem(&contexts, &s);
    __u64 once = 1;

    if (times)
        *times += 1;
    else
        bpf_map_update_elem(&contexts, &s, &once, BPF_ANY);
    /* An empty metadata area has no byte to read. */
    if ((void *)(long)ctx->data_meta + 1 <= (void *)(long)ctx->data)
        return XDP_ABORTED;
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
