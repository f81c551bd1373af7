/* SPDX-License-Identifier: BSD-3-Clause */
/* Global data of every kind, a hash, an array with BTF, a static subprogram. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct tally {
    __u64 packets, bytes;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, struct tally);
} by_len SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} slots SEC(".maps");

const volatile __u32 step = 1;
__u64 total = 1000;
__u64 seen;

static __attribute__((noinline)) int tally_up(__u32 len)
{
    struct tally fresh = {1, len};
    struct tally *t = bpf_map_lookup_elem(&by_len, &len);

    if (!t && !bpf_map_update_elem(&by_len, &len, &fresh, BPF_NOEXIST))
        return 0;
    if (!t) /* another engine was faster */
        t = bpf_map_lookup_elem(&by_len, &len);
    if (!t)
        return -1;
    __sync_fetch_and_add(&t->packets, 1);
    __sync_fetch_and_add(&t->bytes, len);
    return 0;
}

SEC("xdp")
int counter(struct xdp_md *ctx)
{
    __u32 len = (__u32)(ctx->data_end - ctx->data), key = 2;
    __u64 *slot = bpf_map_lookup_elem(&slots, &key);

    __sync_fetch_and_add(&seen, 1);
    __sync_fetch_and_add(&total, step);
    if (slot)
        __sync_fetch_and_add(slot, len);
    return tally_up(len) ? XDP_ABORTED : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
