/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ring buffer records through dynptrs: sizes that the verifier does not know, a copy of the
 * packet, records that are given back, sizes and flags that cannot be.
 */
#include "../../../examples/parse.h"

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 16384);
} samples SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, __s64);
} results SEC(".maps");

__u32 seen;

static __always_inline void keep(__u32 which, __s64 v)
{
    __s64 *was = bpf_map_lookup_elem(&results, &which);
    __s64 sum = was ? *was * 31 + v : v;

    bpf_map_update_elem(&results, &which, &sum, BPF_ANY);
}

/* What cannot be reserved is given up all the same. */
static __noinline int refused(__u64 size, __u64 flags, __u32 which)
{
    struct bpf_dynptr d;
    __u8 byte = 1;

    keep(which, bpf_ringbuf_reserve_dynptr(&samples, (__u32)size, flags, &d));
    keep(which + 1, bpf_dynptr_write(&d, 0, &byte, 1, 0));
    keep(which + 2, bpf_dynptr_read(&byte, 1, &d, 0, 0));
    keep(which + 3, bpf_dynptr_data(&d, 0, 1) != 0);
    bpf_ringbuf_submit_dynptr(&d, 0);
    return 0;
}

static __noinline int record(struct xdp_md *ctx, __u32 number)
{
    struct bpf_dynptr d;
    __u32 len = bpf_xdp_get_buff_len(ctx);
    __u32 room = 16 + len % 200;
    __u64 head[2] = {number, len}, back = 0;
    __u8 buf[64];
    __u64 *word;

    keep(0, bpf_ringbuf_reserve_dynptr(&samples, room, 0, &d));
    keep(1, bpf_dynptr_write(&d, 0, head, sizeof(head), 0));
    keep(2, bpf_dynptr_write(&d, room - 7, head, 8, 0)); /* beyond the end */
    word = bpf_dynptr_data(&d, 8, 8);
    if (word)
        *word += 1000;
    keep(3, bpf_dynptr_read(&back, 8, &d, 8, 0));
    keep(4, back);
    for (__u32 at = 16; at + 64 <= room && at < 256; at += 64) {
        if (bpf_xdp_load_bytes(ctx, at - 16, buf, 64))
            __builtin_memset(buf, 0x5a, sizeof(buf));
        keep(5, bpf_dynptr_write(&d, at, buf, 64, 0));
    }
    back = 0x1122334455667788;
    for (__u32 at = 16 + (room - 16) / 64 * 64; at < room && at < 300; at++)
        keep(6, bpf_dynptr_write(&d, at, &back, 1, 0));
    if (number % 3 == 2)
        bpf_ringbuf_discard_dynptr(&d, BPF_RB_NO_WAKEUP);
    else
        bpf_ringbuf_submit_dynptr(&d, number % 2 ? BPF_RB_FORCE_WAKEUP : 0);
    return 0;
}

SEC("xdp")
int ring_dynptr(struct xdp_md *ctx)
{
    __u32 number = seen++;

    record(ctx, number);
    refused(8, 1, 20);
    refused(0x1000000, 0, 30);
    refused(0xffffff, 0, 40);
    if (number % 50 == 7)
        refused(0, 0, 50); /* a record without bytes */
    keep(60, bpf_ringbuf_query(&samples, BPF_RB_AVAIL_DATA));
    keep(61, bpf_ringbuf_query(&samples, BPF_RB_PROD_POS));
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
