/* SPDX-License-Identifier: BSD-3-Clause */
/* Every atomic operation, 32 and 64 bits, with and without the old value, on map memory and stack.
 */
#include "../../../examples/parse.h"

struct words {
    __u64 wide[8];
    __u32 narrow[8];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, struct words);
} words SEC(".maps");

#define ALL(type, w, x, sum)                                                                       \
    do {                                                                                           \
        __sync_fetch_and_add(&(w)[0], x);                                                          \
        sum = sum * 3 + __sync_fetch_and_add(&(w)[1], x);                                          \
        __sync_fetch_and_or(&(w)[2], x);                                                           \
        sum = sum * 3 + __sync_fetch_and_or(&(w)[3], x);                                           \
        sum = sum * 3 + __sync_fetch_and_and(&(w)[3], ~(x) >> 3);                                  \
        sum = sum * 3 + __sync_fetch_and_xor(&(w)[4], x);                                          \
        sum = sum * 3 + __sync_lock_test_and_set(&(w)[5], x);                                      \
        sum = sum * 3 + __sync_val_compare_and_swap(&(w)[6], (type)sum & 3, (type)(x) & 3);        \
        sum = sum * 3 + __sync_val_compare_and_swap(&(w)[7], (w)[7], x);                           \
    } while (0)

SEC("xdp")
int atomics(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    __u64 *in = take(&c, 40);
    __u64 on_stack = 5, sum = 0, x;
    struct words *w;
    __u32 key;

    if (!in)
        return XDP_DROP;
    key = in[3] & 1;
    w = bpf_map_lookup_elem(&words, &key);
    if (!w)
        return XDP_ABORTED;
    x = in[3] ^ in[4] << 5;
    ALL(__u64, w->wide, x, sum);
    ALL(__u32, w->narrow, (__u32)x, sum);
    sum += __sync_fetch_and_add(&on_stack, x);
    in[0] = sum ^ on_stack;
    return XDP_TX;
}

char _license[] SEC("license") = "Dual BSD/GPL";
