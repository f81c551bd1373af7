/* SPDX-License-Identifier: BSD-3-Clause */
/* Timers: right and wrong. */
#include "prog.h"

#define CLOCK_MONOTONIC 1

struct timed {
    int before;
    int pad;
    struct bpf_timer timer;
    int after;
};

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

NEIGHBOUR("timer-map callback-result") timer(struct xdp_md *x)
{
    struct timed *t = find_timed();
    if (!t)
        return XDP_DROP;
    bpf_timer_init(&t->timer, &timers, CLOCK_MONOTONIC);
    bpf_timer_set_callback(&t->timer, fired);
    bpf_timer_start(&t->timer, 1000, 0);
    return XDP_PASS;
}

NEIGHBOUR("field-place") timer_cancelled(struct xdp_md *x)
{
    struct timed *t = find_timed();
    if (t)
        bpf_timer_cancel(&t->timer);
    return XDP_PASS;
}

REFUSED("callback-result") timer_bad_result(struct xdp_md *x)
{
    struct timed *t = find_timed();
    if (t)
        bpf_timer_set_callback(&t->timer, fired_badly);
    return XDP_PASS;
}

REFUSED("field-place") timer_elsewhere(struct xdp_md *x)
{
    struct timed *t = find_timed();
    if (t)
        bpf_timer_start((void *)&t->before, 1000, 0);
    return XDP_PASS;
}

REFUSED("timer-map") timer_other_map(struct xdp_md *x)
{
    struct timed *t = find_timed();
    if (t)
        bpf_timer_init(&t->timer, &numbers, CLOCK_MONOTONIC);
    return XDP_PASS;
}

REFUSED("system-field") timer_read(struct xdp_md *x)
{
    struct timed *t = find_timed();
    return t ? *(int *)&t->timer : XDP_PASS;
}

NEIGHBOUR("system-field") timer_neighbour(struct xdp_md *x)
{
    struct timed *t = find_timed();
    return t ? t->before + t->after : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
