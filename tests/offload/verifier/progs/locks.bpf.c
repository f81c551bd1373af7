/* SPDX-License-Identifier: BSD-3-Clause */
/* Spin locks: right and wrong. */
#include "prog.h"

struct locked {
    struct bpf_spin_lock lock;
    int count, other;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, int);
    __type(value, struct locked);
} locks SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 8);
    __type(key, int);
    __type(value, long);
} numbers SEC(".maps");

static __always_inline struct locked *find_locked(int key)
{
    return bpf_map_lookup_elem(&locks, &key);
}

NEIGHBOUR("locked-end lock-not-held field-place field-missing field-variable")
lock(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (!l)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    l->count++;
    bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

REFUSED("locked-end") lock_kept(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (!l)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    l->count++;
    return XDP_PASS;
}

REFUSED("locked-call") lock_twice(struct xdp_md *x)
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

REFUSED("lock-other") unlock_other(struct xdp_md *x)
{
    struct locked *l = find_locked(1), *m = find_locked(2);
    if (!l || !m)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    bpf_spin_unlock(&m->lock);
    return XDP_PASS;
}

REFUSED("lock-not-held") unlock_first(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (l)
        bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

REFUSED("locked-call") locked_call(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (!l)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    l->count = (int)bpf_ktime_get_ns();
    bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

REFUSED("system-field") lock_as_number(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (l)
        *(int *)&l->lock = 1;
    return XDP_PASS;
}

REFUSED("field-place") lock_elsewhere(struct xdp_md *x)
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

NEIGHBOUR("locked-global") locked_subprog(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (!l)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    locked_add(l);
    bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

NEIGHBOUR("lock-other") unlock_same(struct xdp_md *x)
{
    struct locked *l = find_locked(1), *m = find_locked(2);
    if (!l || !m)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

NEIGHBOUR("locked-call") locked_after(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    int now = (int)bpf_ktime_get_ns();
    if (!l)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    l->count = now;
    bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

REFUSED("field-missing") lock_nowhere(struct xdp_md *x)
{
    int key = 1;
    struct locked *l = bpf_map_lookup_elem(&numbers, &key);
    if (!l)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

REFUSED("field-variable") lock_somewhere(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (!l)
        return XDP_DROP;
    void *lock = (void *)l + (x->rx_queue_index & 4);
    bpf_spin_lock(lock);
    bpf_spin_unlock(lock);
    return XDP_PASS;
}

__noinline int anyone_counts(int n)
{
    volatile int r = n + 1;
    return r;
}

REFUSED("locked-global") locked_global(struct xdp_md *x)
{
    struct locked *l = find_locked(1);
    if (!l)
        return XDP_DROP;
    bpf_spin_lock(&l->lock);
    l->count = anyone_counts(l->count);
    bpf_spin_unlock(&l->lock);
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
