/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shows all five verdicts, and one value that is none: the last byte of the
 * destination MAC address chooses. XDP_REDIRECT comes without a redirect
 * helper, so it has no target; a value past XDP_REDIRECT counts as XDP_ABORTED.
 */
#include "parse.h"

SEC("xdp")
int redirect_verdict(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct ethhdr *eth = take(&c, sizeof(*eth));

    if (!eth)
        return XDP_ABORTED;
    switch (eth->h_dest[5] & 7) {
    case 0:
        return XDP_DROP;
    case 1:
        return XDP_PASS;
    case 2:
        return XDP_TX;
    case 3:
        return XDP_ABORTED;
    case 4:
        return (int)0x80000001; /* not a verdict: sign and width of the return value show */
    default:
        return XDP_REDIRECT;
    }
}

char _license[] SEC("license") = "Dual BSD/GPL";
