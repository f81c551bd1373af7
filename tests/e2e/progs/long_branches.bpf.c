/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Branches over thousands of instructions: farther than a RISC-V conditional branch reaches
 * (4 KiB), forwards by every test on the way.
 */
#include "../../../examples/parse.h"

#define STEP(n)                                                                                    \
    asm volatile("" : "+r"(x), "+r"(y));                                                           \
    if (x == (n) * 0x01010101u)                                                                    \
        goto out;                                                                                  \
    x ^= y + (n);                                                                                  \
    y = y * 0x9e3779b1u + (x >> 7);
#define STEP4(n)  STEP(n) STEP(n + 1) STEP(n + 2) STEP(n + 3)
#define STEP16(n) STEP4(n) STEP4(n + 4) STEP4(n + 8) STEP4(n + 12)
#define STEP64(n) STEP16(n) STEP16(n + 16) STEP16(n + 32) STEP16(n + 48)

SEC("xdp")
int long_branches(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    __u32 *in = take(&c, 32);
    __u32 x, y;

    if (!in)
        return XDP_DROP;
    x = in[4];
    y = in[5] ^ in[6];
    if ((y & 7) == 0)
        goto out;
    STEP64(1)
    if ((y & 7) == 1)
        goto out;
    STEP64(65)
    STEP64(129)
    STEP64(193)
    if ((__s32)y < 0)
        goto out;
    STEP64(257)
    STEP64(321)
out:
    in[0] = x;
    in[1] = y;
    return x & 1 ? XDP_PASS : XDP_TX;
}

char _license[] SEC("license") = "Dual BSD/GPL";
