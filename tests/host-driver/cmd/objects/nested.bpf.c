/* SPDX-License-Identifier: BSD-3-Clause */
/* Maps of maps and a program array with initial values, for malformed.py to damage. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int next(struct xdp_md *ctx);

struct inner {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, __u64);
} one SEC(".maps"), two SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __uint(max_entries, 4);
    __type(key, __u32);
    __array(values, struct inner);
} outer SEC(".maps") = {
    .values = {&one, &two},
};

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 2);
    __uint(key_size, sizeof(__u32));
    __array(values, int(struct xdp_md *));
} progs SEC(".maps") = {
    .values = {[1] = (void *)&next},
};

SEC("xdp")
int nested(struct xdp_md *ctx)
{
    __u32 key = ctx->rx_queue_index, zero = 0;
    void *map = bpf_map_lookup_elem(&outer, &key);
    __u64 *n = map ? bpf_map_lookup_elem(map, &zero) : 0;

    if (n)
        *n += 1;
    bpf_tail_call(ctx, &progs, 1);
    return XDP_ABORTED;
}

SEC("xdp")
int next(struct xdp_md *ctx)
{
    return XDP_PASS;
}
