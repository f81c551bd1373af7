/* SPDX-License-Identifier: BSD-3-Clause */
/* Ring buffer records: right and wrong. */
#include "prog.h"

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 2);
    __type(key, int);
    __type(value, int);
} jumps SEC(".maps");

struct event {
    __u32 a, b;
};

NEIGHBOUR("leak") record(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    e->a = x->rx_queue_index;
    if (e->a & 1)
        bpf_ringbuf_submit(e, 0);
    else
        bpf_ringbuf_discard(e, 0);
    return XDP_PASS;
}

REFUSED("leak") record_leaks(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (e)
        e->a = 1;
    return XDP_PASS;
}

REFUSED("leak") record_leaks_somewhere(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    if (x->rx_queue_index == 3)
        return XDP_DROP;
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

REFUSED("arg-kind") record_twice(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    bpf_ringbuf_submit(e, 0);
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

REFUSED("not-a-pointer") record_after(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    bpf_ringbuf_submit(e, 0);
    return (int)e->a;
}

REFUSED("not-a-pointer") record_unchecked(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    e->a = 1;
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

REFUSED("object-bounds") record_beyond(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    e[1].a = 1;
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

REFUSED("release-offset") record_moved(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    bpf_ringbuf_submit(&e->b, 0);
    return XDP_PASS;
}

REFUSED("arg-constant") record_size_unknown(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, x->rx_queue_index & 15, 0);
    if (e)
        bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

NEIGHBOUR("release-offset arg-constant") record_in_helper(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    bpf_xdp_load_bytes(x, 0, e, sizeof(*e));
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

REFUSED("leak") record_and_tail_call(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    bpf_tail_call(x, &jumps, 0);
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
