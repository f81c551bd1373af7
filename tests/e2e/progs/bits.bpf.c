/* SPDX-License-Identifier: BSD-3-Clause */
/* Iterators over bits: of one word, of several, of a map's value, of none, of what cannot be read.
 */
#include "../../../examples/parse.h"

struct bpf_iter_bits { /* younger than Debian's linux/bpf.h */
    __u64 opaque[2];
} __attribute__((aligned(8)));

extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const __u64 *words, __u32 count) __ksym;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) __ksym;

enum { WORDS = 511 };

struct seen {
    __s64 error, bits, sum, last;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, struct seen);
} results SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64[WORDS]);
} memory SEC(".maps");

static __always_inline void walk(__u32 which, const __u64 *words, __u32 count)
{
    struct seen s = {.last = -1};
    struct bpf_iter_bits it;
    int *bit;

    s.error = bpf_iter_bits_new(&it, words, count);
    while ((bit = bpf_iter_bits_next(&it))) {
        s.bits++;
        s.sum += *bit;
        s.last = *bit;
    }
    bpf_iter_bits_destroy(&it);
    bpf_map_update_elem(&results, &which, &s, BPF_ANY);
}

SEC("xdp")
int bits(struct xdp_md *ctx)
{
    __u32 len = bpf_xdp_get_buff_len(ctx), zero = 0;
    __u64 few[3] = {len, 0, 1ull << 63 | len << 4 | 1};
    __u64 *many = bpf_map_lookup_elem(&memory, &zero);

    walk(0, few, 1);
    walk(1, few, 3);
    walk(2, few, 0);
    walk(3, few, WORDS + 1);
    walk(4, NULL, 1);
    walk(5, (void *)-4095, 1);
    walk(6, (void *)-4095, 4);
    few[0] = ~0ull;
    walk(7, few, 1);
    few[0] = 0;
    walk(8, few, 1);
    if (!many)
        return XDP_DROP;
    many[len & 255] ^= 1ull << (len % 64);
    many[WORDS - 1] = 1ull << 63;
    walk(9, many, WORDS);
    walk(10, many, len % 8 + 1);
    walk(11, many + 1, 67108865);
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
