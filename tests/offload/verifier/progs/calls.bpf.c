/* SPDX-License-Identifier: BSD-3-Clause */
/* Callbacks, iterators, dynptrs, ring buffer records, spin locks and timers: right and wrong. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_tracing.h>

#define PROG            SEC("xdp") int
#define CLOCK_MONOTONIC 1

/* newer than some systems' linux/bpf.h */
struct bpf_iter_num___here {
    __u64 opaque[1];
} __attribute__((aligned(8)));
#define bpf_iter_num bpf_iter_num___here

struct locked {
    struct bpf_spin_lock lock;
    int count, other;
};

struct timed {
    int before;
    int pad;
    struct bpf_timer timer;
    int after;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, int);
    __type(value, struct locked);
} locks SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __type(key, int);
    __type(value, struct timed);
} timers SEC(".maps");

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

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
extern int bpf_dynptr_from_xdp(struct xdp_md *x, __u64 flags, struct bpf_dynptr *p) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 off, void *b, __u32 len) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, __u32 off, void *b,
                                   __u32 len) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *p, __u32 start, __u32 end) __ksym;
extern bool bpf_dynptr_is_null(const struct bpf_dynptr *p) __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone) __ksym;

/* ---- callbacks ---- */

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

PROG loop_const(struct xdp_md *x)
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

PROG loop_bad_result(struct xdp_md *x)
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

PROG loop_no_context(struct xdp_md *x)
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

PROG loop_packet_moves(struct xdp_md *x)
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

PROG each(struct xdp_md *x)
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

PROG each_writes_key(struct xdp_md *x)
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

PROG each_beyond(struct xdp_md *x)
{
    struct sum s = {0};
    bpf_for_each_map_elem(&numbers, visit_beyond, &s, 0);
    return XDP_PASS;
}

PROG each_of_ring(struct xdp_md *x)
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

PROG drain(struct xdp_md *x)
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

PROG loop_leaks(struct xdp_md *x)
{
    bpf_loop(2, leaks_record, NULL, 0);
    return XDP_PASS;
}

static int tails(__u32 index, struct xdp_md **x)
{
    bpf_tail_call(*x, &jumps, 0);
    return 0;
}

PROG loop_tails(struct xdp_md *x)
{
    struct xdp_md *copy = x;
    bpf_loop(2, tails, &copy, 0);
    return XDP_PASS;
}

/* ---- timers ---- */

static int fired(void *map, int *key, struct timed *t)
{
    t->before++;
    bpf_timer_start(&t->timer, 1000, 0);
    return 0;
}

static int fired_badly(void *map, int *key, struct timed *t)
{
    return t->before;
}

static __always_inline struct timed *find_timed(void)
{
    int key = 1;
    return bpf_map_lookup_elem(&timers, &key);
}

PROG timer(struct xdp_md *x)
{
    struct timed *t = find_timed();
    if (!t)
        return XDP_DROP;
    bpf_timer_init(&t->timer, &timers, CLOCK_MONOTONIC);
    bpf_timer_set_callback(&t->timer, fired);
    bpf_timer_start(&t->timer, 1000, 0);
    return XDP_PASS;
}

PROG timer_cancelled(struct xdp_md *x)
{
    struct timed *t = find_timed();
    if (t)
        bpf_timer_cancel(&t->timer);
    return XDP_PASS;
}

PROG timer_bad_result(struct xdp_md *x)
{
    struct timed *t = find_timed();
    if (t)
        bpf_timer_set_callback(&t->timer, fired_badly);
    return XDP_PASS;
}

PROG timer_elsewhere(struct xdp_md *x)
{
    struct timed *t = find_timed();
    if (t)
        bpf_timer_start((void *)&t->before, 1000, 0);
    return XDP_PASS;
}

PROG timer_other_map(struct xdp_md *x)
{
    struct timed *t = find_timed();
    if (t)
        bpf_timer_init(&t->timer, &numbers, CLOCK_MONOTONIC);
    return XDP_PASS;
}

PROG timer_read(struct xdp_md *x)
{
    struct timed *t = find_timed();
    return t ? *(int *)&t->timer : XDP_PASS;
}

PROG timer_neighbour(struct xdp_md *x)
{
    struct timed *t = find_timed();
    return t ? t->before + t->after : XDP_PASS;
}

/* ---- spin locks ---- */

static __always_inline struct locked *find_locked(int key)
{
    return bpf_map_lookup_elem(&locks, &key);
}

PROG lock(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (!l)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    l->count++;
    bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

PROG lock_kept(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (!l)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    l->count++;
    return XDP_PASS;
}

PROG lock_twice(struct xdp_md *x)
{
    struct locked *l = find_locked(1), *m = find_locked(2);
    if (!l || !m)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    bpf_spin_lock(&m->lock);
    bpf_spin_unlock(&m->lock);
    bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

PROG unlock_other(struct xdp_md *x)
{
    struct locked *l = find_locked(1), *m = find_locked(2);
    if (!l || !m)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    bpf_spin_unlock(&m->lock);
    return XDP_PASS;
}

PROG unlock_first(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (l)
        bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

PROG locked_call(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (!l)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    l->count = (int)bpf_ktime_get_ns();
    bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

PROG lock_as_number(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (l)
        *(int *)&l->lock = 1;
    return XDP_PASS;
}

PROG lock_elsewhere(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (l)
        bpf_spin_lock((void *)&l->count);
    return XDP_PASS;
}

static __noinline void locked_add(struct locked *l)
{
    l->count++;
}

PROG locked_subprog(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (!l)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    locked_add(l);
    bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

/* ---- ring buffer records ---- */

struct event {
    __u32 a, b;
};

PROG record(struct xdp_md *x)
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

PROG record_leaks(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (e)
        e->a = 1;
    return XDP_PASS;
}

PROG record_leaks_somewhere(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    if (x->rx_queue_index == 3)
        return XDP_DROP;
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

PROG record_twice(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    bpf_ringbuf_submit(e, 0);
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

PROG record_after(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    bpf_ringbuf_submit(e, 0);
    return (int)e->a;
}

PROG record_unchecked(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    e->a = 1;
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

PROG record_beyond(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    e[1].a = 1;
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

PROG record_moved(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    bpf_ringbuf_submit(&e->b, 0);
    return XDP_PASS;
}

PROG record_size_unknown(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, x->rx_queue_index & 15, 0);
    if (e)
        bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

PROG record_in_helper(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    bpf_xdp_load_bytes(x, 0, e, sizeof(*e));
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

PROG record_and_tail_call(struct xdp_md *x)
{
    struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
    if (!e)
        return XDP_DROP;
    bpf_tail_call(x, &jumps, 0);
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

/* ---- iterators ---- */

PROG count(struct xdp_md *x)
{
    struct bpf_iter_num it;
    int *n, sum = 0;
    bpf_iter_num_new(&it, 0, 10);
    while ((n = bpf_iter_num_next(&it)))
        sum += *n;
    bpf_iter_num_destroy(&it);
    return sum > 3 ? XDP_PASS : XDP_DROP;
}

PROG count_unknown(struct xdp_md *x)
{
    struct bpf_iter_num it;
    long a[8] = {};
    int *n, end = x->rx_queue_index;
    bpf_iter_num_new(&it, 0, end);
    while ((n = bpf_iter_num_next(&it))) {
        unsigned k = *n;
        if (k >= 8)
            break;
        a[k] = k;
    }
    bpf_iter_num_destroy(&it);
    return (int)a[end & 7];
}

PROG count_leaks(struct xdp_md *x)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    return bpf_iter_num_next(&it) ? XDP_PASS : XDP_DROP;
}

PROG count_not_new(struct xdp_md *x)
{
    struct bpf_iter_num it;
    bpf_iter_num_destroy(&it);
    return XDP_PASS;
}

PROG count_twice_new(struct xdp_md *x)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    bpf_iter_num_new(&it, 0, 10);
    bpf_iter_num_destroy(&it);
    return XDP_PASS;
}

PROG count_read(struct xdp_md *x)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    int r = *(volatile int *)&it;
    bpf_iter_num_destroy(&it);
    return r;
}

PROG count_write(struct xdp_md *x)
{
    struct bpf_iter_num it;
    int *n;
    bpf_iter_num_new(&it, 0, 10);
    n = bpf_iter_num_next(&it);
    if (n)
        *n = 3;
    bpf_iter_num_destroy(&it);
    return XDP_PASS;
}

PROG count_beyond(struct xdp_md *x)
{
    struct bpf_iter_num it;
    long a[4] = {};
    int *n, i = 0;
    bpf_iter_num_new(&it, 0, 10);
    while ((n = bpf_iter_num_next(&it))) {
        barrier_var(i);
        a[i & 7] = 1;
        i++;
    }
    bpf_iter_num_destroy(&it);
    return (int)a[0];
}

PROG count_nested(struct xdp_md *x)
{
    struct bpf_iter_num i, k;
    int *n, *m, sum = 0;
    bpf_iter_num_new(&i, 0, 10);
    while ((n = bpf_iter_num_next(&i))) {
        bpf_iter_num_new(&k, 0, 5);
        while ((m = bpf_iter_num_next(&k)))
            sum += *m;
        bpf_iter_num_destroy(&k);
    }
    bpf_iter_num_destroy(&i);
    return sum ? XDP_PASS : XDP_DROP;
}

/* ---- dynptrs ---- */

PROG packet_slice(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    if (bpf_dynptr_from_xdp(x, 0, &p))
        return XDP_DROP;
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    return eth && eth[12] == 8 ? XDP_PASS : XDP_DROP;
}

PROG packet_slice_no_buffer(struct xdp_md *x)
{
    struct bpf_dynptr p;
    bpf_dynptr_from_xdp(x, 0, &p);
    __u8 *eth = bpf_dynptr_slice(&p, 0, NULL, 14);
    return eth && eth[12] == 8 ? XDP_PASS : XDP_DROP;
}

PROG packet_slice_unchecked(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    bpf_dynptr_from_xdp(x, 0, &p);
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    return eth[12];
}

PROG packet_slice_written(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    bpf_dynptr_from_xdp(x, 0, &p);
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    if (eth)
        eth[0] = 1;
    return XDP_PASS;
}

PROG packet_slice_rdwr(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    bpf_dynptr_from_xdp(x, 0, &p);
    __u8 *eth = bpf_dynptr_slice_rdwr(&p, 0, buf, sizeof(buf));
    if (eth)
        eth[0] = 1;
    return XDP_PASS;
}

PROG packet_slice_beyond(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    bpf_dynptr_from_xdp(x, 0, &p);
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    return eth ? eth[14] : XDP_PASS;
}

PROG packet_slice_stale(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    bpf_dynptr_from_xdp(x, 0, &p);
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    if (!eth)
        return XDP_DROP;
    bpf_xdp_adjust_head(x, 4);
    return eth[0];
}

PROG dynptr_overwritten(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    bpf_dynptr_from_xdp(x, 0, &p);
    *(volatile long *)&p = 1;
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    return eth ? XDP_DROP : XDP_PASS;
}

PROG dynptr_read_directly(struct xdp_md *x)
{
    struct bpf_dynptr p;
    bpf_dynptr_from_xdp(x, 0, &p);
    return *(volatile int *)&p;
}

PROG dynptr_ring(struct xdp_md *x)
{
    struct bpf_dynptr p;
    long value = 1;
    bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p);
    bpf_dynptr_write(&p, 0, &value, sizeof(value), 0);
    long *at = bpf_dynptr_data(&p, 8, 8);
    if (at)
        *at = 3;
    bpf_ringbuf_submit_dynptr(&p, 0);
    return XDP_PASS;
}

PROG dynptr_ring_leaks(struct xdp_md *x)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p);
    return XDP_PASS;
}

PROG dynptr_ring_slice_after(struct xdp_md *x)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p);
    long *at = bpf_dynptr_data(&p, 8, 8);
    bpf_ringbuf_submit_dynptr(&p, 0);
    return at ? (int)*at : XDP_PASS;
}

PROG dynptr_ring_overwritten(struct xdp_md *x)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p);
    *(volatile long *)&p = 1;
    bpf_ringbuf_submit_dynptr(&p, 0);
    return XDP_PASS;
}

PROG dynptr_ring_twice(struct xdp_md *x)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p);
    bpf_ringbuf_submit_dynptr(&p, 0);
    bpf_ringbuf_submit_dynptr(&p, 0);
    return XDP_PASS;
}

PROG dynptr_submit_local(struct xdp_md *x)
{
    struct bpf_dynptr p;
    int key = 0;
    long *v = bpf_map_lookup_elem(&numbers, &key);
    if (!v)
        return XDP_DROP;
    bpf_dynptr_from_mem(v, 8, 0, &p);
    bpf_ringbuf_submit_dynptr(&p, 0);
    return XDP_PASS;
}

PROG dynptr_memory(struct xdp_md *x)
{
    struct bpf_dynptr p, q;
    int key = 0, r = 0;
    long *v = bpf_map_lookup_elem(&numbers, &key);
    if (!v)
        return XDP_DROP;
    bpf_dynptr_from_mem(v, 8, 0, &p);
    bpf_dynptr_read(&r, sizeof(r), &p, 0, 0);
    bpf_dynptr_adjust(&p, 1, 7);
    bpf_dynptr_clone(&p, &q);
    return bpf_dynptr_is_null(&q) ? r : (int)bpf_dynptr_size(&p);
}

PROG dynptr_of_stack(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[16] = {};
    bpf_dynptr_from_mem(buf, 16, 0, &p);
    return XDP_PASS;
}

PROG dynptr_not_there(struct xdp_md *x)
{
    struct bpf_dynptr p;
    int r = 0;
    bpf_dynptr_read(&r, sizeof(r), &p, 0, 0);
    return r;
}

PROG dynptr_clone_released(struct xdp_md *x)
{
    struct bpf_dynptr p, q;
    long value = 1;
    bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p);
    bpf_dynptr_clone(&p, &q);
    bpf_ringbuf_submit_dynptr(&p, 0);
    bpf_dynptr_write(&q, 0, &value, sizeof(value), 0);
    return XDP_PASS;
}

/* ---- text ---- */

static const char word[] = "GET";

PROG text(struct xdp_md *x)
{
    char buf[8] = {};
    bpf_xdp_load_bytes(x, 0, buf, 4);
    return bpf_strncmp(buf, sizeof(buf), word) ? XDP_PASS : XDP_DROP;
}

PROG text_on_stack(struct xdp_md *x)
{
    char buf[8] = {}, other[4] = "GE";
    bpf_xdp_load_bytes(x, 0, buf, 4);
    return bpf_strncmp(buf, sizeof(buf), other) ? XDP_PASS : XDP_DROP;
}

PROG print(struct xdp_md *x)
{
    char buf[32];
    BPF_SNPRINTF(buf, sizeof(buf), "%d %d", x->rx_queue_index, 3);
    bpf_printk("%s", buf);
    bpf_printk("%d %d %d %d", 1, 2, 3, x->rx_queue_index);
    return XDP_PASS;
}

PROG processor(struct xdp_md *x)
{
    long a[512 / 8 - 8] = {};
    __u32 cpu = bpf_get_smp_processor_id();
    return (int)a[cpu];
}

char _license[] SEC("license") = "GPL";
