/* SPDX-License-Identifier: BSD-3-Clause */
/* Global variables in every section that libbpf makes a map of, by name too. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

const volatile __u32 step = 3;
const volatile __u32 table[4] SEC(".rodata.table") = {1, 10, 100, 1000};
__u64 packets = 100;
__u64 bytes;
__u64 sums[4] SEC(".data.sums") = {1, 2, 3, 4};
__u64 longest SEC(".bss.longest");
static __u32 turn;

SEC("xdp")
int data_sections(struct xdp_md *ctx)
{
    __u64 len = ctx->data_end - ctx->data;

    packets += step;
    bytes += len;
    turn = (turn + 1) & 3;
    sums[turn] += table[turn & 3];
    if (len > longest)
        longest = len;
    return turn == 0 ? XDP_TX : turn == 1 ? XDP_DROP : XDP_PASS;
}
