/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every frame as a perf event, which the host reads with libbpf's
 * perf_buffer__poll: a header, then as much of the frame as fits SNAP bytes, which
 * the NIC appends itself (bits 32 and up of the flags). What failed is counted by errno.
 */
#include "parse.h"

#define SNAP   128
#define ERRORS 128

struct header {
    __u32 number, len, captured, queue;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
} events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, ERRORS);
    __type(key, __u32);
    __type(value, __u64);
} errors SEC(".maps");

__u32 seen;

SEC("xdp")
int sample_perf(struct xdp_md *ctx)
{
    __u32 len = ctx->data_end - ctx->data;
    struct header h = {
        .number = __sync_fetch_and_add(&seen, 1),
        .len = len,
        .captured = len < SNAP ? len : SNAP,
        .queue = ctx->rx_queue_index,
    };
    long err = bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU | (__u64)h.captured << 32, &h,
                                     sizeof(h));
    __u32 key = -err;
    __u64 *n = bpf_map_lookup_elem(&errors, &key);

    if (n)
        __sync_fetch_and_add(n, 1);
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
