/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs for bench.py: all threads want the same lock, of a value, of a queue, of a bucket; a
 * table that fills. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct counter {
    struct bpf_spin_lock lock;
    unsigned long long packets, sum;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, unsigned int);
    __type(value, struct counter);
} counters SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_QUEUE);
    __uint(max_entries, 64);
    __type(value, unsigned int);
} todo SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, unsigned int);
    __type(value, unsigned int);
} flows SEC(".maps");

SEC("xdp") int spin(struct xdp_md *ctx)
{
    unsigned int key = 1;
    struct counter *c = bpf_map_lookup_elem(&counters, &key);

    if (!c)
        return XDP_ABORTED;
    bpf_spin_lock(&c->lock);
    c->packets++;
    c->sum += c->packets;
    bpf_spin_unlock(&c->lock);
    return XDP_DROP;
}

SEC("xdp") int queue(struct xdp_md *ctx)
{
    unsigned int value = 1;

    return bpf_map_push_elem(&todo, &value, BPF_EXIST) == 0 ? XDP_DROP : XDP_ABORTED;
}

SEC("xdp") int hash(struct xdp_md *ctx)
{
    unsigned int key = 1;

    return bpf_map_update_elem(&flows, &key, &key, BPF_ANY) == 0 ? XDP_DROP : XDP_ABORTED;
}

/* Fills, and then takes an old entry out for each new one. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 2048);
    __type(key, unsigned int);
    __type(value, unsigned int);
} sources SEC(".maps");

SEC("xdp") int recent(struct xdp_md *ctx)
{
    unsigned char *data = (void *)(long)ctx->data;
    unsigned int source;

    if (data + 34 > (unsigned char *)(long)ctx->data_end)
        return XDP_ABORTED;
    __builtin_memcpy(&source, data + 26, sizeof(source));
    bpf_map_update_elem(&sources, &source, &source, BPF_ANY);
    return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
