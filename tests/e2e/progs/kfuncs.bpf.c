/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernel functions: numeric iterators at their edges, dynptrs over the packet and over a map's
 * value; and a spin lock in a value.
 */
#include "../../../examples/parse.h"

struct bpf_iter_num { /* younger than Debian's linux/bpf.h */
    __u64 opaque[1];
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
extern int bpf_dynptr_from_xdp(struct xdp_md *x, __u64 flags, struct bpf_dynptr *ptr) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 offset, void *buffer,
                              __u32 buffer__szk) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, __u32 offset, void *buffer,
                                   __u32 buffer__szk) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *p, __u32 start, __u32 end) __ksym;
extern _Bool bpf_dynptr_is_null(const struct bpf_dynptr *p) __ksym;
extern _Bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *p) __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone) __ksym;

struct result {
    __u32 which, at;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 65536);
    __type(key, struct result);
    __type(value, __s64);
} results SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u8[64]);
} memory SEC(".maps");

static __always_inline void keep(__u32 which, __u32 at, __s64 v)
{
    struct result k = {which, at};
    __s64 *seen = bpf_map_lookup_elem(&results, &k);
    __s64 sum = seen ? *seen * 31 + v : v;

    bpf_map_update_elem(&results, &k, &sum, BPF_ANY);
}

static __noinline int iterate(int start, int end)
{
    struct bpf_iter_num num, *it = &num;
    __s64 rounds = 0, sum = 0;
    int *v;

    keep(0, start, bpf_iter_num_new(it, start, end));
    while ((v = bpf_iter_num_next(it))) {
        rounds++;
        sum += *v;
        if (rounds > 100)
            break;
    }
    bpf_iter_num_destroy(it);
    keep(1, start, rounds);
    keep(2, start, sum);
    return 0;
}

static __noinline int packet(struct xdp_md *ctx)
{
    struct bpf_dynptr d, e;
    __u8 buf[16] = {0}, *p;
    __u32 len = bpf_xdp_get_buff_len(ctx);

    keep(10, 0, bpf_dynptr_from_xdp(ctx, 0, &d));
    keep(11, 0, bpf_dynptr_size(&d) - len);
    keep(12, 0, bpf_dynptr_is_null(&d) * 2 + bpf_dynptr_is_rdonly(&d));
    p = bpf_dynptr_slice(&d, 12, buf, 2);
    keep(13, 0, p ? p[0] << 8 | p[1] : -1);
    keep(14, 0, bpf_dynptr_adjust(&d, 14, 13));
    keep(15, 0, bpf_dynptr_adjust(&d, 14, len));
    keep(16, 0, bpf_dynptr_size(&d));
    keep(17, 0, bpf_dynptr_adjust(&d, 0, len));
    keep(18, 0, bpf_dynptr_clone(&d, &e));
    p = bpf_dynptr_slice_rdwr(&e, 8, buf, 4);
    if (p)
        p[1] ^= 0x55;
    keep(19, 0, p ? p[0] : -1);
    keep(20, 0, bpf_dynptr_read(buf, 16, &e, 0, 0));
    keep(21, 0, buf[9] << 8 | buf[0]);
    keep(22, 0, bpf_dynptr_write(&e, 4, buf, 8, 0));
    keep(23, 0, bpf_dynptr_write(&e, len, buf, 8, 0));
    keep(24, 0, bpf_dynptr_read(buf, 16, &e, 0xffffffff, 0));
    keep(25, 0, bpf_dynptr_read(buf, 16, &e, 0, 1));
    keep(26, 0, bpf_dynptr_from_xdp(ctx, 1, &e));
    keep(27, 0, bpf_dynptr_is_null(&e));
    keep(28, 0, bpf_dynptr_size(&e));
    return 0;
}

static __noinline int value(__u64 v)
{
    __u32 zero = 0;
    __u8 *m = bpf_map_lookup_elem(&memory, &zero), *p;
    struct bpf_dynptr d;
    __u64 got = 0;

    if (!m)
        return 0;
    keep(40, 0, bpf_dynptr_from_mem(m, 64, 0, &d));
    keep(41, 0, bpf_dynptr_write(&d, 56, &v, 8, 0));
    keep(42, 0, bpf_dynptr_write(&d, 57, &v, 8, 0));
    keep(43, 0, bpf_dynptr_read(&got, 8, &d, 56, 0));
    keep(44, 0, got);
    p = bpf_dynptr_data(&d, 50, 8);
    keep(45, 0, p ? p[7] : -1);
    keep(46, 0, bpf_dynptr_data(&d, 60, 8) != 0);
    keep(47, 0, bpf_dynptr_from_mem(m, 8, 1, &d));
    keep(48, 0, bpf_dynptr_read(&got, 8, &d, 0, 0));
    return 0;
}

SEC("xdp")
int kfuncs(struct xdp_md *ctx)
{
    __u32 len = bpf_xdp_get_buff_len(ctx);

    iterate(3, len & 63);
    iterate(-5, -1);
    iterate(0x7ffffffe, 0x7fffffff);
    iterate((int)0x80000000, (int)0x80000003);
    iterate(9, 0x7fffffff);
    packet(ctx);
    value(len * 0x123456789abcULL);
    return XDP_TX;
}

char _license[] SEC("license") = "GPL";
