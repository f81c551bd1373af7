/* SPDX-License-Identifier: BSD-3-Clause */
/* A map in the form that libbpf 1.0 dropped. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct bpf_map_def {
    unsigned int type, key_size, value_size, max_entries, map_flags;
};

struct bpf_map_def old SEC("maps") = {
    .type = BPF_MAP_TYPE_ARRAY,
    .key_size = 4,
    .value_size = 4,
    .max_entries = 1,
};

SEC("xdp")
int uses_old(struct xdp_md *ctx)
{
    int key = 0;

    return bpf_map_lookup_elem(&old, &key) ? XDP_PASS : XDP_DROP;
}
