/* SPDX-License-Identifier: BSD-3-Clause */
/* Iterators over numbers and over bits: right and wrong. */
#include "prog.h"

/* newer than some systems' linux/bpf.h */
struct bpf_iter_num___here {
    __u64 opaque[1];
} __attribute__((aligned(8)));
#define bpf_iter_num bpf_iter_num___here
struct bpf_iter_bits___here {
    __u64 opaque[2];
} __attribute__((aligned(8)));
#define bpf_iter_bits bpf_iter_bits___here

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const __u64 *words, __u32 count) __ksym;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) __ksym;

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 8);
    __type(key, int);
    __type(value, long);
} numbers SEC(".maps");

NEIGHBOUR("iter-not-made iter-in-use iter-pointer object-place object-variable kfunc-number")
count(struct xdp_md *x)
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

REFUSED("leak") count_leaks(struct xdp_md *x)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    return bpf_iter_num_next(&it) ? XDP_PASS : XDP_DROP;
}

REFUSED("iter-not-made") count_not_new(struct xdp_md *x)
{
    struct bpf_iter_num it;
    bpf_iter_num_destroy(&it);
    return XDP_PASS;
}

REFUSED("iter-in-use") count_twice_new(struct xdp_md *x)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    bpf_iter_num_new(&it, 0, 10);
    bpf_iter_num_destroy(&it);
    return XDP_PASS;
}

REFUSED("stack-not-initialised") count_read(struct xdp_md *x)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    int r = *(volatile int *)&it;
    bpf_iter_num_destroy(&it);
    return r;
}

REFUSED("read-only") count_write(struct xdp_md *x)
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

REFUSED("iter-not-made") count_beyond(struct xdp_md *x)
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

NEIGHBOUR("leak read-only") count_destroyed(struct xdp_md *x)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    int *n = bpf_iter_num_next(&it), r = n ? *n : XDP_DROP;
    bpf_iter_num_destroy(&it);
    return r;
}

REFUSED("iter-pointer") count_in_map(struct xdp_md *x)
{
    int key = 1;
    struct bpf_iter_num *it = bpf_map_lookup_elem(&numbers, &key);
    if (!it)
        return XDP_DROP;
    bpf_iter_num_new(it, 0, 10);
    bpf_iter_num_destroy(it);
    return XDP_PASS;
}

REFUSED("iter-pointer") count_next_in_map(struct xdp_md *x)
{
    int key = 1;
    struct bpf_iter_num *it = bpf_map_lookup_elem(&numbers, &key);
    if (!it)
        return XDP_DROP;
    bpf_iter_num_destroy(it);
    return XDP_PASS;
}

REFUSED("object-place") count_misaligned(struct xdp_md *x)
{
    char space[24] __attribute__((aligned(8)));
    struct bpf_iter_num *it = (void *)(space + 4);
    bpf_iter_num_new(it, 0, 10);
    bpf_iter_num_destroy(it);
    return XDP_PASS;
}

REFUSED("object-variable") count_one_of_two(struct xdp_md *x)
{
    struct bpf_iter_num it[2];
    bpf_iter_num_new(&it[x->rx_queue_index & 1], 0, 10);
    bpf_iter_num_destroy(&it[x->rx_queue_index & 1]);
    return XDP_PASS;
}

REFUSED("kfunc-number") count_from_pointer(struct xdp_md *x)
{
    struct bpf_iter_num it;
    int start;
    asm volatile("%0 = r10" : "=r"(start));
    bpf_iter_num_new(&it, start, 10);
    bpf_iter_num_destroy(&it);
    return XDP_PASS;
}

PROG bits(struct xdp_md *x)
{
    struct bpf_iter_bits it;
    __u64 words[2] = {x->rx_queue_index, 5};
    int *n, sum = 0;
    bpf_iter_bits_new(&it, words, 2);
    while ((n = bpf_iter_bits_next(&it)))
        sum += *n;
    bpf_iter_bits_destroy(&it);
    return sum;
}

PROG bits_of_nothing(struct xdp_md *x)
{
    struct bpf_iter_bits it;
    int *n, sum = 0;
    bpf_iter_bits_new(&it, NULL, x->rx_queue_index);
    while ((n = bpf_iter_bits_next(&it)))
        sum += *n;
    bpf_iter_bits_destroy(&it);
    return sum;
}

REFUSED("leak") bits_leak(struct xdp_md *x)
{
    struct bpf_iter_bits it;
    __u64 word = 3;
    bpf_iter_bits_new(&it, &word, 1);
    return bpf_iter_bits_next(&it) ? XDP_PASS : XDP_DROP;
}

REFUSED("iter-not-made") bits_not_new(struct xdp_md *x)
{
    struct bpf_iter_bits it = {};
    return bpf_iter_bits_next(&it) ? XDP_PASS : XDP_DROP;
}

REFUSED("iter-in-use") bits_twice_new(struct xdp_md *x)
{
    struct bpf_iter_bits it;
    __u64 word = 3;
    bpf_iter_bits_new(&it, &word, 1);
    bpf_iter_bits_new(&it, &word, 1);
    bpf_iter_bits_destroy(&it);
    return XDP_PASS;
}

REFUSED("iter-not-made") bits_as_count(struct xdp_md *x)
{
    struct bpf_iter_bits it;
    __u64 word = 3;
    bpf_iter_bits_new(&it, &word, 1);
    bpf_iter_num_destroy((void *)&it);
    return XDP_PASS;
}

REFUSED("iter-not-made") count_as_bits(struct xdp_md *x)
{
    struct bpf_iter_num it[2];
    bpf_iter_num_new(&it[0], 0, 3);
    bpf_iter_num_new(&it[1], 0, 3);
    bpf_iter_bits_destroy((void *)&it);
    return XDP_PASS;
}

PROG bits_half_overwritten(struct xdp_md *x)
{
    struct bpf_iter_bits it;
    __u64 word = 3;
    bpf_iter_bits_new(&it, &word, 1);
    *(volatile __u64 *)&it.opaque[1] = 0;
    bpf_iter_bits_destroy(&it);
    return XDP_PASS;
}

REFUSED("read-only") bits_written(struct xdp_md *x)
{
    struct bpf_iter_bits it;
    __u64 word = 3;
    int *n;
    bpf_iter_bits_new(&it, &word, 1);
    n = bpf_iter_bits_next(&it);
    if (n)
        *n = 3;
    bpf_iter_bits_destroy(&it);
    return XDP_PASS;
}

PROG bits_kept_element(struct xdp_md *x)
{
    struct bpf_iter_bits it;
    __u64 word = 3;
    int *n;
    bpf_iter_bits_new(&it, &word, 1);
    n = bpf_iter_bits_next(&it);
    bpf_iter_bits_destroy(&it);
    return n ? *n : XDP_PASS;
}

REFUSED("kfunc-number") bits_of_pointer_many(struct xdp_md *x)
{
    struct bpf_iter_bits it;
    __u32 count;
    asm volatile("%0 = r10" : "=r"(count));
    bpf_iter_bits_new(&it, NULL, count);
    bpf_iter_bits_destroy(&it);
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
