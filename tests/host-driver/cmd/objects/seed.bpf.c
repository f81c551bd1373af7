/* SPDX-License-Identifier: BSD-3-Clause */
/* A good object with something of everything, for malformed.py to damage. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct ethhdr {
    unsigned short h_proto;
} __attribute__((preserve_access_index));

typedef __u64 counter;

struct value {
    counter packets;
    struct {
        __u32 first, last;
    } seen;
    struct value *self;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, struct value);
} by_proto SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
    __uint(pinning, LIBBPF_PIN_BY_NAME); /* not heeded: the card is gone with the process */
} counts SEC(".maps");

const volatile __u32 limit = 1000;
__u64 total;

static __attribute__((noinline)) int count(__u32 key)
{
    __u64 *n = bpf_map_lookup_elem(&counts, &key);

    if (n)
        __sync_fetch_and_add(n, 1);
    return n != 0;
}

SEC("xdp")
int seed(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    struct value *v, fresh = {.packets = 1};
    __u32 key;

    if (data + 14 > end)
        return XDP_ABORTED;
    key = eth->h_proto;
    v = bpf_map_lookup_elem(&by_proto, &key);
    if (v)
        v->packets++;
    else
        bpf_map_update_elem(&by_proto, &key, &fresh, BPF_ANY);
    total++;
    return count(key & 3) && total < limit ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
