/* SPDX-License-Identifier: BSD-3-Clause */
/* What the card knows of a packet, in `seen`; only for a program that is bound to the device. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

enum xdp_rss_hash_type { XDP_RSS_TYPE_NONE };

extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx, __u64 *timestamp) __ksym;
extern int bpf_xdp_metadata_rx_hash(const struct xdp_md *ctx, __u32 *hash,
                                    enum xdp_rss_hash_type *type) __ksym;
extern int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md *ctx, __u16 *proto, __u16 *tci) __ksym;

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64[8]);
} seen SEC(".maps");

SEC("xdp")
int metadata(struct xdp_md *ctx)
{
    enum xdp_rss_hash_type type = XDP_RSS_TYPE_NONE;
    __u32 zero = 0, hash = 0;
    __u64 *v = bpf_map_lookup_elem(&seen, &zero), stamp = 0;
    __u16 proto = 0xeeee, tci = 0xeeee;

    if (!v)
        return XDP_ABORTED;
    v[0] = bpf_xdp_metadata_rx_timestamp(ctx, &stamp);
    v[1] = stamp;
    v[2] = bpf_xdp_metadata_rx_hash(ctx, &hash, &type);
    v[3] = hash;
    v[4] = type;
    v[5] = bpf_xdp_metadata_rx_vlan_tag(ctx, &proto, &tci);
    v[6] = (__u32)proto << 16 | tci;
    v[7] = bpf_ktime_get_ns();
    return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
