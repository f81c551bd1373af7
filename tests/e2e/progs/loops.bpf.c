/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bounded loops the compiler may not unroll: a byte sum over the frame, a 16-bit checksum from a
 * variable offset, and a table on the stack indexed by packet bytes.
 */
#include "../../../examples/parse.h"

#define LONGEST 3520

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, __u64);
} sums SEC(".maps");

static __noinline __u32 byte_sum(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    __u32 sum = 0;

#pragma clang loop unroll(disable)
    for (__u32 i = 0; i < LONGEST; i++) {
        __u8 *p = take(&c, 1);

        if (!p)
            break;
        sum = sum * 31 + *p;
    }
    return sum;
}

/* 32 words from an offset that the frame's own byte 14 gives. */
static __noinline __u32 word_sum(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    __u8 *start = take(&c, 15);
    __u32 sum = 0;

    if (!start)
        return 0;
    if (!take(&c, start[14] & 0x3f))
        return 1;
#pragma clang loop unroll(disable)
    for (int i = 0; i < 32; i++) {
        __u16 *p = take(&c, 2);

        if (!p)
            break;
        sum += *p;
    }
    return (sum & 0xffff) + (sum >> 16);
}

/* How often each low nibble occurs in the first 32 bytes; the most frequent. */
static __noinline __u32 favourite(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    __u8 *head = take(&c, 32);
    __u32 seen[16] = {}, best = 0;

    if (!head)
        return 99;
#pragma clang loop unroll(disable)
    for (int i = 0; i < 32; i++)
        seen[head[i] & 15]++;
#pragma clang loop unroll(disable)
    for (int i = 1; i < 16; i++)
        if (seen[i] > seen[best & 15])
            best = i;
    return best;
}

SEC("xdp")
int loops(struct xdp_md *ctx)
{
    __u32 key = favourite(ctx);
    __u64 value = (__u64)word_sum(ctx) << 32 | byte_sum(ctx);

    bpf_map_update_elem(&sums, &key, &value, BPF_ANY);
    return value & 1 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
