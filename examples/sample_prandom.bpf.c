/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Samples one packet in 16 by chance: the sampled frames' lengths go to a
 * histogram. Shows bpf_get_prandom_u32 and bpf_get_smp_processor_id; on the
 * NIC the processor is the hardware thread that holds the packet.
 */
#include "parse.h"

#define SAMPLE_SHIFT 4
#define PROCESSORS   4096

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, __u64);
} sampled_len SEC(".maps"); /* by log2 of the length */

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, PROCESSORS);
    __type(key, __u32);
    __type(value, __u64);
} seen_by SEC(".maps"); /* by processor */

static __always_inline void bump(void *map, __u32 key)
{
    __u64 *n = bpf_map_lookup_elem(map, &key);

    if (n)
        __sync_fetch_and_add(n, 1);
}

/* Position of the highest bit of a 16-bit length. */
static __always_inline __u32 log2_of(__u32 len)
{
    __u32 log = 0;

    for (int step = 8; step > 0; step /= 2) {
        if (len >> step) {
            len >>= step;
            log += step;
        }
    }
    return log;
}

SEC("xdp")
int sample_prandom(struct xdp_md *ctx)
{
    bump(&seen_by, bpf_get_smp_processor_id());
    if (bpf_get_prandom_u32() >> (32 - SAMPLE_SHIFT) == 0)
        bump(&sampled_len, log2_of(ctx->data_end - ctx->data));
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
