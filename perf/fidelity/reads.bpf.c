/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One lookup in an array map of one large value, then READS reads of its first words, each of
 * them looked at before the next, as in the CoNEXT'21 measurement. The map is all zero.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#ifndef READS
#define READS 4
#endif
#define VALUE_BYTES                                                                                \
    (1 << 20) /* the published programs: 4 MiB, of which they read 4 to 14 words                   \
               */

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __uint(value_size, VALUE_BYTES);
} words SEC(".maps");

SEC("xdp") int fidelity_reads(struct xdp_md *ctx)
{
    __u32 key = 0;
    volatile __u32 *value = bpf_map_lookup_elem(&words, &key);

    if (!value)
        return XDP_ABORTED;
#pragma unroll
    for (int k = 0; k < READS; k++)
        if (value[k])
            return XDP_ABORTED;
    return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
