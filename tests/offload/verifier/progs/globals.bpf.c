/* SPDX-License-Identifier: BSD-3-Clause */
/* Global functions, and comparisons that teach about a copy: right and wrong. */
#include "prog.h"

struct pair {
    int a, b;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, int);
    __type(value, int[16]);
} numbers SEC(".maps");

__noinline int sum(int a, int b)
{
    volatile int r = a + b;
    return r;
}

__noinline int unchecked(struct pair *p)
{
    return p->a;
}

__noinline int checked(struct pair *p)
{
    return p ? p->a : 0;
}

__noinline int never_null(struct pair *p __arg_nonnull)
{
    return p->a;
}

__noinline int beyond(struct pair *p)
{
    return p ? (&p->b)[1] : 0;
}

/* clang-format off */
__noinline int any_context(const void *x __arg_ctx)
{
    return ((const struct xdp_md *)x)->rx_queue_index > 0;
}

__noinline int other_context(struct pair *x __arg_ctx)
{
    return ((struct xdp_md *)x)->rx_queue_index > 0;
}
/* clang-format on */

__noinline int context(struct xdp_md *x)
{
    return (int)x->rx_queue_index;
}

__noinline int shrink(struct xdp_md *x)
{
    return bpf_xdp_adjust_head(x, 4);
}

__noinline int shrink_deeper(struct xdp_md *x)
{
    volatile int r = shrink(x);
    return r;
}

__noinline int untyped(void *p)
{
    return p ? 1 : 0;
}

__noinline int bounded(int n)
{
    int a[8] = {};
    if (n < 0 || n >= 8)
        return 0;
    a[n] = n;
    return a[n & 3];
}

__noinline int needs_small(int n)
{
    volatile int a[8] = {};
    return a[n];
}

NEIGHBOUR("global-number") two_numbers(struct xdp_md *x)
{
    return sum(1, (int)x->rx_queue_index);
}

REFUSED("global-number") gives_pointer_as_number(struct xdp_md *x)
{
    return sum((int)(long)x, 1);
}

REFUSED("not-a-pointer") gives_unchecked(struct xdp_md *x)
{
    struct pair p = {1, 2};
    return unchecked(&p);
}

NEIGHBOUR("not-a-pointer global-argument") gives_checked(struct xdp_md *x)
{
    struct pair p = {1, 2};
    return checked(&p);
}

NEIGHBOUR("global-null") gives_never_null(struct xdp_md *x)
{
    struct pair p = {1, 2};
    return never_null(&p);
}

PROG gives_null(struct xdp_md *x)
{
    return checked((void *)0);
}

REFUSED("stack-bounds") gives_too_little(struct xdp_md *x)
{
    int one = 1;
    return checked((void *)&one);
}

REFUSED("object-bounds") gives_beyond(struct xdp_md *x)
{
    struct pair p = {1, 2};
    return beyond(&p);
}

NEIGHBOUR("global-context return-kind global-result") gives_context(struct xdp_md *x)
{
    return context(x);
}

REFUSED("global-context") gives_no_context(struct xdp_md *x)
{
    struct xdp_md other = {};
    return context(&other);
}

PROG gives_packet(struct xdp_md *x)
{
    struct pair *p = (void *)(long)x->data;
    if ((void *)(p + 1) > (void *)(long)x->data_end)
        return XDP_DROP;
    return checked(p);
}

REFUSED("global-argument") gives_untyped(struct xdp_md *x)
{
    return untyped(x);
}

NEIGHBOUR("not-a-pointer") packet_after(struct xdp_md *x)
{
    __u8 *p = (void *)(long)x->data;
    if (p + 1 > (__u8 *)(long)x->data_end)
        return XDP_DROP;
    context(x);
    return *p;
}

REFUSED("not-a-pointer") packet_after_shrink(struct xdp_md *x)
{
    __u8 *p = (void *)(long)x->data;
    if (p + 1 > (__u8 *)(long)x->data_end)
        return XDP_DROP;
    shrink_deeper(x);
    return *p;
}

PROG bounded_inside(struct xdp_md *x)
{
    return bounded((int)x->rx_queue_index);
}

PROG gives_any_context(struct xdp_md *x)
{
    return any_context(x);
}

PROG gives_other_context(struct xdp_md *x)
{
    return other_context((struct pair *)x);
}

REFUSED("pointer-unbounded") knows_nothing(struct xdp_md *x)
{
    return needs_small(3);
}

/* what it returns may be anything */
REFUSED("pointer-unbounded") result_is_anything(struct xdp_md *x)
{
    int key = 0, *v = bpf_map_lookup_elem(&numbers, &key);
    return v ? v[sum(1, 1)] : XDP_PASS;
}

NEIGHBOUR("pointer-unbounded") result_is_checked(struct xdp_md *x)
{
    int key = 0, *v = bpf_map_lookup_elem(&numbers, &key);
    unsigned n = sum(1, 1);
    return v && n < 16 ? v[n] : XDP_PASS;
}

/* ---- a copy, moved ---- */

NEIGHBOUR("object-bounds") moved_copy(struct xdp_md *x)
{
    int key = 0, *v = bpf_map_lookup_elem(&numbers, &key);
    if (!v)
        return XDP_DROP;
    __u64 n = x->rx_queue_index, r = 0;
    asm volatile("r1 = %[n]\n"
                 "r1 += 4\n"
                 "if %[n] > 59 goto +3\n"
                 "r2 = %[v]\n"
                 "r2 += r1\n"
                 "%[r] = *(u8 *)(r2 +0)\n"
                 : [r] "+r"(r)
                 : [n] "r"(n), [v] "r"(v)
                 : "r1", "r2");
    return (int)r;
}

REFUSED("object-bounds") moved_copy_too_far(struct xdp_md *x)
{
    int key = 0, *v = bpf_map_lookup_elem(&numbers, &key);
    if (!v)
        return XDP_DROP;
    __u64 n = x->rx_queue_index, r = 0;
    asm volatile("r1 = %[n]\n"
                 "r1 += 4\n"
                 "if %[n] > 60 goto +3\n"
                 "r2 = %[v]\n"
                 "r2 += r1\n"
                 "%[r] = *(u8 *)(r2 +0)\n"
                 : [r] "+r"(r)
                 : [n] "r"(n), [v] "r"(v)
                 : "r1", "r2");
    return (int)r;
}

PROG moved_copy_from_above(struct xdp_md *x)
{
    int key = 0, *v = bpf_map_lookup_elem(&numbers, &key);
    if (!v)
        return XDP_DROP;
    __u64 n = x->rx_queue_index, r = 0;
    asm volatile("r1 = %[n]\n"
                 "r1 += 4\n"
                 "if r1 > 67 goto +3\n"
                 "r2 = %[v]\n"
                 "r2 += %[n]\n"
                 "%[r] = *(u8 *)(r2 +0)\n"
                 : [r] "+r"(r)
                 : [n] "r"(n), [v] "r"(v)
                 : "r1", "r2");
    return (int)r;
}

/* ---- results, and calls of calls ---- */

REFUSED("global-null") gives_maybe_null(struct xdp_md *x)
{
    int key = (int)x->rx_queue_index;
    return never_null(bpf_map_lookup_elem(&numbers, &key));
}

__noinline long address_of(struct xdp_md *x)
{
    return (long)x;
}

REFUSED("return-kind") returns_address(struct xdp_md *x)
{
    return address_of(x) ? XDP_PASS : XDP_DROP;
}

__noinline struct pair *same_pair(struct pair *p)
{
    barrier_var(p);
    return p;
}

REFUSED("global-result") returns_pair(struct xdp_md *x)
{
    struct pair p = {1, 2};
    return same_pair(&p) ? XDP_PASS : XDP_DROP;
}

__noinline int level8(int n)
{
    volatile int r = n;
    return r;
}

#define LEVEL(name, next)                                                                          \
    __noinline int name(int n)                                                                     \
    {                                                                                              \
        volatile int r = next(n);                                                                  \
        return r;                                                                                  \
    }

LEVEL(level7, level8)
LEVEL(level6, level7)
LEVEL(level5, level6)
LEVEL(level4, level5)
LEVEL(level3, level4)
LEVEL(level2, level3)
LEVEL(level1, level2)

REFUSED("call-chain") nine_deep(struct xdp_md *x)
{
    return level1((int)x->rx_queue_index);
}

NEIGHBOUR("call-chain") eight_deep(struct xdp_md *x)
{
    return level2((int)x->rx_queue_index);
}

char _license[] SEC("license") = "GPL";
