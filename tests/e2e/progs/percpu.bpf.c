/* SPDX-License-Identifier: BSD-3-Clause */
/* Per-CPU maps: each processor's own value, found, made and deleted. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct value {
    __u64 packets;
    __u64 last; /* no padding: stack that was never written differs */
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, struct value);
} array SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(max_entries, 256);
    __type(key, __u32);
    __type(value, struct value);
} hash SEC(".maps");

SEC("xdp")
int percpu(struct xdp_md *ctx)
{
    __u32 len = ctx->data_end - ctx->data, key = len & 3;
    struct value *v = bpf_map_lookup_elem(&array, &key), fresh = {.packets = 1, .last = len};

    if (!v)
        return XDP_ABORTED;
    v->packets++;
    v->last = len;
    key = len & 63;
    v = bpf_map_lookup_elem(&hash, &key);
    if (v && v->packets == 5)
        bpf_map_delete_elem(&hash, &key);
    else if (v)
        v->packets++;
    else
        bpf_map_update_elem(&hash, &key, &fresh, BPF_ANY);
    return v ? XDP_PASS : XDP_DROP;
}
