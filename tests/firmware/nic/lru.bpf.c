/* SPDX-License-Identifier: BSD-3-Clause */
/* Uses entries of LRU maps as packets say: tests/firmware/nic/lru_test.c. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "lru.h"

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, ENTRIES);
    __type(key, __u32);
    __type(value, __u64);
} recent SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
    __uint(max_entries, ENTRIES);
    __type(key, __u32);
    __type(value, __u64);
} apart SEC(".maps");

static __always_inline long use(__u32 op, const __u32 *key)
{
    __u64 value = *key;

    switch (op) {
    case LOOK_UP:
        return !bpf_map_lookup_elem(&recent, key);
    case UPDATE:
        return bpf_map_update_elem(&recent, key, &value, BPF_ANY);
    case LOOK_UP_CPU:
        return !bpf_map_lookup_elem(&apart, key);
    default:
        return bpf_map_update_elem(&apart, key, &value, BPF_ANY);
    }
}

/* Gives back how many of the keys failed. */
SEC("xdp")
int work(struct xdp_md *ctx)
{
    struct work *w = (void *)(long)ctx->data;
    int failed = 0;

    if ((void *)(w + 1) > (void *)(long)ctx->data_end)
        return -1;
    for (__u32 n = 0; n < KEYS && n < w->count; n++) {
        __u32 key = w->key[n];
        failed += use(w->op, &key) != 0;
    }
    return failed;
}

char _license[] SEC("license") = "GPL";
