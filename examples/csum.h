/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Internet checksums (RFC 1071), and their update for a few changed bytes
 * (RFC 1624), shared by the examples.
 */
#ifndef EXAMPLES_CSUM_H
#define EXAMPLES_CSUM_H

#include "parse.h"

/* The checksum field for a sum of 16-bit words. */
static __always_inline __u16 csum_fold(__u64 sum)
{
    for (int i = 0; i < 3; i++)
        sum = (sum & 0xffff) + (sum >> 16);
    return (__u16)~sum;
}

/* Of an IPv4 header without options, whose `check` is 0. */
static __always_inline __u16 ipv4_checksum(const struct iphdr *ip)
{
    const __u16 *words = (const void *)ip;
    __u32 sum = 0;

    for (int i = 0; i < 10; i++)
        sum += words[i];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (__u16)~sum;
}

/* A checksum over bytes of which `size`, a multiple of 4, went `from` one thing `to` another. */
static __always_inline void csum_replace(__sum16 *check, const void *from, const void *to,
                                         __u32 size)
{
    *check = csum_fold(bpf_csum_diff((__be32 *)from, size, (__be32 *)to, size, (__u16) ~*check));
}

/* The same for UDP, where 0 says that the sender made none, and 0xffff stands for a sum of 0. */
static __always_inline void udp_csum_replace(__sum16 *check, const void *from, const void *to,
                                             __u32 size)
{
    if (*check == 0)
        return;
    csum_replace(check, from, to, size);
    if (*check == 0)
        *check = 0xffff;
}

#endif
