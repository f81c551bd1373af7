/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Eight frames deep, each with its own stack; pointers to the caller's stack, to the packet, to
 * map values and to the context as arguments; five arguments; a global function, which the
 * verifier proves on its own; helper calls at the bottom.
 */
#include "../../../examples/parse.h"

struct state {
    __u64 sum;
    __u32 depth;
    __u32 seed;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 8);
    __type(key, __u32);
    __type(value, __u64);
} depths SEC(".maps");

static __noinline __u64 bottom(struct state *s, __u64 a, __u64 b, __u64 c, __u64 d)
{
    __u32 key = s->seed & 7;
    __u64 *slot = bpf_map_lookup_elem(&depths, &key);

    if (slot)
        *slot += a;
    s->depth++;
    return a ^ b << 1 ^ c << 2 ^ d << 3;
}

#define LEVEL(name, next)                                                                          \
    static __noinline __u64 name(struct state *s, __u64 a, __u64 b, __u64 c, __u64 d)              \
    {                                                                                              \
        volatile __u64 mine[4] = {a, b, c, d};                                                     \
        struct state inner = *s;                                                                   \
        __u64 r;                                                                                   \
                                                                                                   \
        inner.seed = inner.seed * 5 + 1;                                                           \
        r = next(&inner, mine[1] + a, mine[2], mine[3], mine[0] * 3);                              \
        s->depth = inner.depth + 1;                                                                \
        s->sum += r ^ mine[0] ^ mine[3];                                                           \
        return r + s->sum + a - b;                                                                 \
    }

LEVEL(level6, bottom)
LEVEL(level5, level6)
LEVEL(level4, level5)
LEVEL(level3, level4)
LEVEL(level2, level3)
LEVEL(level1, level2)

__attribute__((noinline)) int low_bits(__u64 value, __u32 bits)
{
    return (int)(value & ((1u << (bits & 15)) - 1));
}

SEC("xdp")
int calls(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    __u64 *in = take(&c, 40);
    struct state s = {.seed = ctx->data_end - ctx->data};
    __u64 r;

    if (!in)
        return XDP_DROP;
    r = level1(&s, in[1], in[2], in[3], in[4]);
    in[0] = r ^ s.sum ^ (__u64)s.depth << 56;
    return low_bits(r, s.depth) & 1 ? XDP_TX : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
