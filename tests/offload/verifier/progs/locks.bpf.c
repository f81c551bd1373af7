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

char _license[] SEC("license") = "GPL";
