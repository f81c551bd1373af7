/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first bytes of every EVERY-th frame, in a ring buffer that the host reads
 * with libbpf's ring_buffer__poll. A frame that is no IPv4 gives its record back; one
 * for which there is no room is counted.
 */
#include "parse.h"

#define CAPTURED 64

struct sample {
    __u32 number; /* of the frame, from 0 */
    __u16 len, captured;
    __u8 data[CAPTURED];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 64 * 1024);
} samples SEC(".maps");

const volatile __u32 every = 1;
__u32 seen, dropped, discarded;

static __always_inline __u16 capture(__u8 *to, const __u8 *from, const void *end)
{
    __u16 n = 0;

    for (; n < CAPTURED && (const void *)(from + n + 1) <= end; n++)
        to[n] = from[n];
    return n;
}

SEC("xdp")
int sample_ringbuf(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    __u32 number = __sync_fetch_and_add(&seen, 1);
    struct ethhdr *eth = data;

    if (every == 0 || number % every || (void *)(eth + 1) > end)
        return XDP_PASS;
    struct sample *s = bpf_ringbuf_reserve(&samples, sizeof(*s), 0);
    if (!s) {
        __sync_fetch_and_add(&dropped, 1);
        return XDP_PASS;
    }
    __builtin_memset(s, 0, sizeof(*s));
    s->number = number;
    s->len = end - data;
    s->captured = capture(s->data, data, end);
    if (eth->h_proto == bpf_htons(ETH_P_IP)) {
        bpf_ringbuf_submit(s, 0);
    } else {
        __sync_fetch_and_add(&discarded, 1);
        bpf_ringbuf_discard(s, 0);
    }
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
