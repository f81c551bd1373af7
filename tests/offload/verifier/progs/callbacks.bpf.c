/* SPDX-License-Identifier: BSD-3-Clause */
/* Callbacks of bpf_loop() and of walks: right and wrong. */
#include "prog.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 8);
    __type(key, int);
    __type(value, long);
} numbers SEC(".maps");

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

struct {
    __uint(type, BPF_MAP_TYPE_USER_RINGBUF);
    __uint(max_entries, 4096);
} user_ring SEC(".maps");

struct sum {
    long total;
    int index;
};

static int add_one(__u32 index, struct sum *s)
{
    s->total += index;
    return 0;
}

static int stop_at_ten(__u32 index, struct sum *s)
{
    s->total += index;
    return s->total > 10;
}

static int bad_result(__u32 index, struct sum *s)
{
    return (int)s->total + 5;
}

NEIGHBOUR("callback-result callback-global") loop_const(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_loop(100, add_one, &s, 0);
    return s.total > 5 ? XDP_PASS : XDP_DROP;
}

PROG loop_unknown(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_loop(x->rx_queue_index, stop_at_ten, &s, 0);
    return s.total > 5 ? XDP_PASS : XDP_DROP;
}

REFUSED("callback-result") loop_bad_result(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_loop(100, bad_result, &s, 0);
    return XDP_PASS;
}

static int grow_index(__u32 index, struct sum *s)
{
    s->index++;
    return 0;
}

/* the index is not known after the loop */
PROG loop_index_unsafe(struct xdp_md *x)
{
    struct sum s = {0};
    long a[4] = {1, 2, 3, 4};
    bpf_loop(3, grow_index, &s, 0);
    bpf_loop(x->rx_queue_index, grow_index, &s, 0);
    barrier_var(s.index);
    return a[s.index & 7] ? XDP_PASS : XDP_DROP;
}

static int inner_loop(__u32 index, struct sum *s)
{
    s->total += index;
    return s->total == 7;
}

static int outer_loop(__u32 index, struct sum *s)
{
    bpf_loop(index, inner_loop, s, 0);
    return 0;
}

PROG loop_nested(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_loop(10, outer_loop, &s, 0);
    return s.total ? XDP_PASS : XDP_DROP;
}

REFUSED("not-a-pointer") loop_no_context(struct xdp_md *x)
{
    bpf_loop(2, (void *)inner_loop, NULL, 0);
    return XDP_PASS;
}

struct packet {
    void *data, *end;
};

/* packet pointers on the caller's stack, in a callback */
static int read_packet(__u32 index, struct packet *p)
{
    __u8 *at = p->data;
    if (p->data + 1 > p->end)
        return 1;
    return *at & 1;
}

PROG loop_packet(struct xdp_md *x)
{
    struct packet p = {(void *)(long)x->data, (void *)(long)x->data_end};
    bpf_loop(8, read_packet, &p, 0);
    return XDP_PASS;
}

static int move_packet(__u32 index, struct xdp_md **x)
{
    bpf_xdp_adjust_head(*x, 1);
    return 0;
}

REFUSED("not-a-pointer") loop_packet_moves(struct xdp_md *x)
{
    __u8 *data = (void *)(long)x->data, *end = (void *)(long)x->data_end;
    struct xdp_md *copy = x;
    if (data + 1 > end)
        return XDP_DROP;
    bpf_loop(2, move_packet, &copy, 0);
    return *data; /* stale */
}

static long visit(void *map, int *key, long *value, struct sum *s)
{
    s->total += *value + *key;
    *value = 0;
    return 0;
}

NEIGHBOUR("callback-map callback-r0 key-write") each(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_for_each_map_elem(&numbers, visit, &s, 0);
    return s.total > 5 ? XDP_PASS : XDP_DROP;
}

static long visit_write_key(void *map, int *key, long *value, struct sum *s)
{
    *key = 1;
    return 0;
}

REFUSED("key-write") each_writes_key(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_for_each_map_elem(&numbers, visit_write_key, &s, 0);
    return XDP_PASS;
}

static long visit_beyond(void *map, int *key, long *value, struct sum *s)
{
    s->total += value[1];
    return 0;
}

REFUSED("object-bounds") each_beyond(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_for_each_map_elem(&numbers, visit_beyond, &s, 0);
    return XDP_PASS;
}

REFUSED("callback-map") each_of_ring(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_for_each_map_elem(&ring, visit, &s, 0);
    return XDP_PASS;
}

static long drained(struct bpf_dynptr *p, struct sum *s)
{
    long value = 0;
    bpf_dynptr_read(&value, sizeof(value), p, 0, 0);
    s->total += value;
    return 0;
}

NEIGHBOUR("dynptr-borrowed") drain(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_user_ringbuf_drain(&user_ring, drained, &s, 0);
    return s.total ? XDP_PASS : XDP_DROP;
}

static int leaks_record(__u32 index, void *ctx)
{
    long *r = bpf_ringbuf_reserve(&ring, 8, 0);
    if (r)
        *r = index;
    return 0;
}

REFUSED("leak") loop_leaks(struct xdp_md *x)
{
    bpf_loop(2, leaks_record, NULL, 0);
    return XDP_PASS;
}

static int tails(__u32 index, struct xdp_md **x)
{
    bpf_tail_call(*x, &jumps, 0);
    return 0;
}

REFUSED("callback-result") loop_tails(struct xdp_md *x)
{
    struct xdp_md *copy = x;
    bpf_loop(2, tails, &copy, 0);
    return XDP_PASS;
}

static __noinline int tail_of_int(struct xdp_md *x)
{
    bpf_tail_call(x, &jumps, 0);
    return XDP_DROP;
}

PROG tail_below(struct xdp_md *x)
{
    return tail_of_int(x);
}

static __noinline void tail_of_nothing(struct xdp_md *x)
{
    bpf_tail_call(x, &jumps, 0);
    barrier();
}

PROG tail_below_without_result(struct xdp_md *x)
{
    tail_of_nothing(x);
    return XDP_PASS;
}

__noinline int anyone_adds(__u32 index, struct sum *s)
{
    if (s)
        s->total += index;
    return 0;
}

REFUSED("callback-global") loop_global(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_loop(100, anyone_adds, &s, 0);
    return s.total > 5 ? XDP_PASS : XDP_DROP;
}

static long visit_and_return(void *map, int *key, long *value, struct sum *s)
{
    return (long)value;
}

REFUSED("callback-r0") each_returned(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_for_each_map_elem(&numbers, visit_and_return, &s, 0);
    return s.total > 5 ? XDP_PASS : XDP_DROP;
}

static long drained_away(struct bpf_dynptr *p, struct sum *s)
{
    bpf_ringbuf_submit_dynptr(p, 0);
    return 0;
}

REFUSED("dynptr-borrowed") drain_away(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_user_ringbuf_drain(&user_ring, drained_away, &s, 0);
    return s.total ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
