/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Map types that dump alike on both sides: an LPM trie and an LRU hash that programs change,
 * each answer in order in the map `answers`. The LRU has room for all: which entry leaves
 * a full one is not the same everywhere.
 */
#include "../../../examples/parse.h"

#define STEPS 16

struct prefix {
    __u32 bits;
    __u8 addr[4];
};

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 64);
    __type(key, struct prefix);
    __type(value, __u64);
} routes SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 65536);
    __type(key, __u32);
    __type(value, __u64);
} flows SEC(".maps");

struct steps {
    __s64 ret[STEPS];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct steps);
} answers SEC(".maps");

static __always_inline __s64 lookup(struct prefix *p)
{
    __u64 *found = bpf_map_lookup_elem(&routes, p);

    return found ? (__s64)*found : -1;
}

static __always_inline void trie_steps(struct steps *s, __u8 byte)
{
    struct prefix p = {8, {byte, 0, 0, 0}};
    __u64 value = byte;

    s->ret[0] = bpf_map_update_elem(&routes, &p, &value, BPF_ANY);
    s->ret[1] = bpf_map_update_elem(&routes, &p, &value, BPF_NOEXIST);
    p.bits = 8 + byte % 24;
    p.addr[1] = byte;
    value += 1000;
    s->ret[2] = bpf_map_update_elem(&routes, &p, &value, BPF_ANY);
    p.bits = 32;
    s->ret[3] = lookup(&p);
    p.addr[3] = 1;
    s->ret[4] = lookup(&p);
    p.bits = 33;
    s->ret[5] = bpf_map_update_elem(&routes, &p, &value, BPF_ANY);
    s->ret[6] = bpf_map_delete_elem(&routes, &p);
    p.bits = 7;
    s->ret[7] = bpf_map_delete_elem(&routes, &p);
    s->ret[8] = lookup(&p);
    p.bits = 8;
    if (byte & 1)
        s->ret[9] = bpf_map_delete_elem(&routes, &p);
    s->ret[10] = lookup(&p);
}

static __always_inline void lru_steps(struct steps *s, __u32 key, __u64 bytes)
{
    __u64 *found = bpf_map_lookup_elem(&flows, &key);

    if (found) {
        __sync_fetch_and_add(found, bytes);
        s->ret[11] = bpf_map_update_elem(&flows, &key, found, BPF_NOEXIST);
    } else {
        s->ret[12] = bpf_map_update_elem(&flows, &key, &bytes, BPF_EXIST);
        s->ret[13] = bpf_map_update_elem(&flows, &key, &bytes, BPF_NOEXIST);
    }
    key = ~key;
    s->ret[14] = bpf_map_delete_elem(&flows, &key);
}

SEC("xdp")
int map_types(struct xdp_md *ctx)
{
    __u8 *data = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;
    __u32 zero = 0, key;
    struct steps *s = bpf_map_lookup_elem(&answers, &zero);

    if (!s || data + 14 > end)
        return XDP_ABORTED;
    key = (__u32)data[0] << 8 | data[5];
    trie_steps(s, data[11]);
    lru_steps(s, key, (__u64)(end - data));
    return s->ret[4] > 1000 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
