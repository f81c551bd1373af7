/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the map helpers answer when they refuse: every flag and limit of ARRAY and HASH, the
 * answers in order in the map `answers`.
 */
#include "../../../examples/parse.h"

#define FULL  4
#define STEPS 64

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FULL);
    __type(key, __u32);
    __type(value, __u64);
} small SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, FULL);
    __type(key, __u32);
    __type(value, __u64);
} array SEC(".maps");

struct steps {
    __s64 ret[STEPS];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct steps);
} answers SEC(".maps");

struct log {
    struct steps *to;
    __u32 next;
};

static __always_inline void answer(struct log *n, __s64 ret)
{
    n->to->ret[n->next++ % STEPS] = ret;
}

static __always_inline void hash_steps(struct log *n, __u64 value)
{
    __u32 key = 1;
    __u64 *found;

    answer(n, bpf_map_update_elem(&small, &key, &value, BPF_EXIST));   /* not there */
    answer(n, bpf_map_delete_elem(&small, &key));                      /* not there */
    answer(n, bpf_map_update_elem(&small, &key, &value, BPF_NOEXIST)); /* made */
    answer(n, bpf_map_update_elem(&small, &key, &value, BPF_NOEXIST)); /* there */
    value++;
    answer(n, bpf_map_update_elem(&small, &key, &value, BPF_EXIST));
    value++;
    answer(n, bpf_map_update_elem(&small, &key, &value, BPF_ANY));
    answer(n, bpf_map_update_elem(&small, &key, &value, 3));  /* both flags */
    answer(n, bpf_map_update_elem(&small, &key, &value, 4));  /* BPF_F_LOCK without a lock */
    answer(n, bpf_map_update_elem(&small, &key, &value, 64)); /* unknown */
    for (__u32 i = 0; i < FULL; i++) {
        key = 2 + i;
        answer(n, bpf_map_update_elem(&small, &key, &value, BPF_ANY)); /* the last finds it full */
    }
    key = 2;
    answer(n, bpf_map_update_elem(&small, &key, &value, BPF_ANY)); /* full, but this one is there */
    found = bpf_map_lookup_elem(&small, &key);
    answer(n, found ? (__s64)*found : -1);
    for (__u32 i = 0; i < 2 + FULL; i++) {
        key = i;
        answer(n, bpf_map_delete_elem(&small, &key));
    }
    found = bpf_map_lookup_elem(&small, &key);
    answer(n, found ? 1 : 0);
    /* What stays for the dump at the end. */
    key = (__u32)value % 3;
    answer(n, bpf_map_update_elem(&small, &key, &value, BPF_ANY));
}

static __always_inline void array_steps(struct log *n, __u64 value)
{
    __u32 key = 1, beyond = FULL, wild = 0xffffffff;

    answer(n, bpf_map_update_elem(&array, &key, &value, BPF_ANY));
    answer(n, bpf_map_update_elem(&array, &key, &value, BPF_EXIST));
    answer(n, bpf_map_update_elem(&array, &key, &value, BPF_NOEXIST));
    answer(n, bpf_map_update_elem(&array, &key, &value, 4));
    answer(n, bpf_map_update_elem(&array, &key, &value, 64));
    answer(n, bpf_map_update_elem(&array, &beyond, &value, BPF_ANY));
    answer(n, bpf_map_update_elem(&array, &wild, &value, BPF_ANY));
    answer(n, bpf_map_delete_elem(&array, &key));
    answer(n, bpf_map_delete_elem(&array, &beyond));
    answer(n, bpf_map_lookup_elem(&array, &beyond) ? 1 : 0);
    answer(n, bpf_map_lookup_elem(&array, &wild) ? 1 : 0);
}

SEC("xdp")
int map_errors(struct xdp_md *ctx)
{
    __u64 value = ctx->data_end - ctx->data;
    struct log log = {};
    __u32 zero = 0;

    log.to = bpf_map_lookup_elem(&answers, &zero);
    if (!log.to)
        return XDP_ABORTED;
    hash_steps(&log, value);
    array_steps(&log, value);
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
