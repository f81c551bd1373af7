/* SPDX-License-Identifier: BSD-3-Clause */
#include "helpers/csum.h"

#include "maps/map.h"

/* Addition with the carry brought round. */
static inline uint64_t add64(uint64_t a, uint64_t b)
{
    a += b;
    return a + (a < b);
}

static inline uint32_t fold32(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    return (uint32_t)(sum + (sum >> 32));
}

static inline uint32_t fold16(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum + (sum >> 16)) & 0xffff;
}

/* The last 1 to 3 bytes, as the low ones of a word. */
static uint32_t tail(const uint8_t *p, uint32_t n)
{
    uint32_t v = 0;
    while (n--)
        v = v << 8 | p[n];
    return v;
}

uint32_t fw_csum_partial(const void *p, uint32_t len, uint32_t sum)
{
    const uint8_t *at = p;
    uint64_t s = sum;
    for (; len >= 16; len -= 16, at += 16) {
        s = add64(s, fw_get64(at));
        s = add64(s, fw_get64(at + 8));
    }
    if (len & 8) {
        s = add64(s, fw_get64(at));
        at += 8;
    }
    if (len & 4) {
        s = add64(s, fw_get32(at));
        at += 4;
    }
    return fold32(len & 3 ? add64(s, tail(at, len & 3)) : s);
}

uint32_t fw_csum_diff(const void *from, uint32_t from_len, const void *to, uint32_t to_len,
                      uint32_t seed)
{
    uint32_t sum = seed;
    /* Which zero comes out, 0 or ~0, hangs on the order: this is the kernel's. */
    if (from_len && !to_len)
        return fold16(~fw_csum_partial(from, from_len, ~seed));
    if (to_len)
        sum = fw_csum_partial(to, to_len, sum);
    if (from_len)
        sum = fold32((uint64_t)sum + (uint32_t)~fw_csum_partial(from, from_len, 0));
    return fold16(sum);
}
