/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SYN cookies as net/ipv4/syncookies.c makes them: sequence numbers that hold the minute and an
 * index of the MSS, hidden by SipHash of the connection. The kernel's secret is random, ours comes
 * from the NIC's seed.
 */
#ifndef FW_HELPERS_COOKIE_H
#define FW_HELPERS_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

struct fw_cookie_keys {
    uint64_t key[2][2];
};

/* A connection's end points as they are in its headers; IPv4 in the first four bytes. */
struct fw_cookie_flow {
    const uint8_t *src, *dst;
    bool v6;
    const uint8_t *tcp; /* header, 20 bytes at least */
};

void fw_cookie_init(struct fw_cookie_keys *k, uint64_t seed);

/* SipHash-2-4 (Aumasson, Bernstein 2012) of whole 8-byte words and `tail` bytes, the last word's.
 */
uint64_t fw_siphash(const uint64_t key[2], const uint64_t *word, uint32_t words, uint64_t last,
                    uint32_t tail);

/* For a SYN whose header is tcp_len bytes: cookie | MSS << 32, or -EINVAL. `minute` counts from
 * anywhere. */
uint64_t fw_cookie_make(const struct fw_cookie_keys *k, const struct fw_cookie_flow *f,
                        uint32_t tcp_len, uint32_t minute);
/* For the ACK: the MSS, or 0 when its number is no cookie of this minute or the last. */
uint32_t fw_cookie_check(const struct fw_cookie_keys *k, const struct fw_cookie_flow *f,
                         uint32_t minute);

#endif
