/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every packet changes maps that all engines and the host change at the same time, and notes what
 * must never be seen: values torn or lost, locks that do not lock. tests/firmware/nic/hammer_test.c
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "hammer.h"

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, KEYS);
    __type(key, __u32);
    __type(value, __u64);
} sums SEC(".maps");

struct locked {
    struct bpf_spin_lock lock;
    __u32 rsvd;
    __u64 a, b;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, struct locked);
} pairs SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, KEYS);
    __type(key, __u64[2]);
    __type(value, struct whole);
} wholes SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, LRU_ENTRIES);
    __type(key, __u32);
    __type(value, struct whole);
} recent SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, 256);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix);
    __type(value, struct whole);
} routes SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_QUEUE);
    __uint(max_entries, QUEUE_ENTRIES);
    __type(value, struct whole);
} queue SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(max_entries, KEYS);
    __type(key, __u32);
    __type(value, __u64);
} apart SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
    __uint(max_entries, 4096);
    __type(value, __u32);
} filter SEC(".maps");

/* The lock's sums are exact: the host does not change them. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, SLOTS);
    __type(key, __u32);
    __type(value, struct locked);
} slots SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, KEYS);
    __type(key, __u32);
    __type(value, __u64);
} shares SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
    __uint(max_entries, LRU_ENTRIES);
    __type(key, __u64[2]);
    __type(value, __u64);
} visits SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, RING_BYTES);
} records SEC(".maps");

struct tally tally; /* changed by atomics only */

static __always_inline void wrong(int yes)
{
    if (yes)
        __sync_fetch_and_add(&tally.wrong, 1);
}

static __always_inline int torn(const struct whole *v, __u64 key)
{
    return v->word[0] >> 32 != key || v->word[1] != v->word[0] || v->word[2] != v->word[0] ||
           v->word[3] != v->word[0];
}

static __always_inline struct whole make(__u32 key, __u32 stamp)
{
    __u64 w = (__u64)key << 32 | stamp;
    struct whole v = {{w, w, w, w}};

    return v;
}

static __always_inline void add(__u32 number)
{
    __u32 key = number / 4 % KEYS; /* packets side by side meet on one */
    __u64 *sum = bpf_map_lookup_elem(&sums, &key), *mine = bpf_map_lookup_elem(&apart, &key);

    wrong(!sum || !mine);
    if (sum)
        __sync_fetch_and_add(sum, number);
    if (mine)
        *mine += number;
}

static __always_inline void pair(__u32 number)
{
    __u32 key = number / 4 % 4;
    struct locked *v = bpf_map_lookup_elem(&pairs, &key);

    if (!v) {
        wrong(1);
        return;
    }
    bpf_spin_lock(&v->lock);
    __u64 a = v->a, b = v->b;
    v->a = a + 1;
    v->b = b + 1;
    bpf_spin_unlock(&v->lock);
    wrong(a != b);
}

static __noinline int count(__u32 number, __u32 chance)
{
    __u32 key = number / 4 % SLOTS, other = number / 4 % KEYS;
    __u64 visitor[2] = {chance % (4 * LRU_ENTRIES), 9}, one = 1;
    struct locked *v = bpf_map_lookup_elem(&slots, &key);
    __u64 *mine = bpf_map_lookup_elem(&shares, &other);

    if (!v || !mine) {
        wrong(1);
        return 0;
    }
    bpf_spin_lock(&v->lock);
    v->a += number;
    v->b++;
    bpf_spin_unlock(&v->lock);
    *mine += number;
    mine = bpf_map_lookup_elem(&visits, visitor);
    if (mine)
        *mine += 1;
    else
        wrong(bpf_map_update_elem(&visits, visitor, &one, BPF_ANY) != 0);
    return 0;
}

static __noinline int tell(__u32 number, __u32 chance)
{
    struct whole *v = bpf_ringbuf_reserve(&records, sizeof(*v), 0);

    if (!v) {
        __sync_fetch_and_add(&tally.dropped, 1);
        return 0;
    }
    *v = make(3, number);
    if (chance % 8 == 0) {
        bpf_ringbuf_discard(v, 0);
        return 0;
    }
    bpf_ringbuf_submit(v, 0);
    __sync_fetch_and_add(&tally.records, 1);
    __sync_fetch_and_add(&tally.said, number);
    return 0;
}

static __noinline int replace(__u32 number, __u32 chance)
{
    __u64 key[2] = {chance % KEYS, 7};
    struct whole v = make(chance % KEYS, number), *got;
    long err = chance & 0x1000 ? bpf_map_update_elem(&wholes, key, &v, BPF_ANY)
                               : bpf_map_delete_elem(&wholes, key);

    wrong(err && err != -2);
    key[0] = (chance >> 16) % KEYS;
    got = bpf_map_lookup_elem(&wholes, key);
    if (got) /* it may go at any time, and its memory to another key, but not outside of the map */
        wrong((got->word[0] >> 32) >= KEYS);
    return 0;
}

static __noinline int remember(__u32 number, __u32 chance)
{
    __u32 key = chance % (4 * LRU_ENTRIES);
    struct whole v = make(key, number);

    wrong(bpf_map_update_elem(&recent, &key, &v, BPF_ANY) != 0);
    return 0;
}

static __noinline int route(__u32 number, __u32 chance)
{
    struct prefix p = {chance % 3 ? 32 : 16 + chance % 16, {10, 1, chance >> 8 & 3, chance >> 10}};
    struct prefix key = {32, {10, 1, chance >> 12 & 3, chance >> 14}};
    struct whole v = make(1, number);

    if (chance & 0x10000)
        bpf_map_update_elem(&routes, &p, &v, BPF_ANY); /* may be full */
    else
        bpf_map_delete_elem(&routes, &p);
    wrong(!bpf_map_lookup_elem(&routes, &key)); /* 10/8 stays */
    return 0;
}

static __noinline int pass_on(__u32 number)
{
    struct whole v = make(5, number);

    if (number % 2) {
        if (bpf_map_push_elem(&queue, &v, BPF_ANY) == 0)
            __sync_fetch_and_add(&tally.pushed, number);
    } else if (bpf_map_pop_elem(&queue, &v) == 0) {
        wrong(torn(&v, 5));
        __sync_fetch_and_add(&tally.popped, v.word[0] & 0xffffffff);
    }
    return 0;
}

static __always_inline void note(__u32 number)
{
    wrong(bpf_map_push_elem(&filter, &number, BPF_ANY) != 0);
    wrong(bpf_map_peek_elem(&filter, &number) != 0);
}

SEC("xdp")
int hammer(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    __u32 number, chance = bpf_get_prandom_u32();

    if (data + 60 > end)
        return XDP_ABORTED;
    number = *(__u32 *)(data + 56);
    add(number);
    pair(number);
    replace(number, chance);
    remember(number, bpf_get_prandom_u32());
    route(number, bpf_get_prandom_u32());
    pass_on(number);
    note(number);
    count(number, bpf_get_prandom_u32());
    tell(number, chance);
    __sync_fetch_and_add(&tally.packets, 1);
    return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
