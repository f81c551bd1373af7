/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive-side scaling: Toeplitz hash with the default key of Microsoft's RSS
 * specification ("Verifying the RSS hash calculation"), as a table of each
 * input byte's contribution.
 */
#include "device/dev.h"

#include <string.h>

static const uint8_t default_key[40] = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
    0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
    0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

enum {
    ETH_LEN = 14,
    ETH_IP4 = 0x0800,
    ETH_IP6 = 0x86dd,
    ETH_VLAN = 0x8100,
    ETH_QINQ = 0x88a8,
    VLAN_LEN = 4,
    VLANS_MAX = 2,
    IP4_LEN = 20,
    IP6_LEN = 40,
    IP_TCP = 6,
    IP_UDP = 17,
};

/* The 32 bits of the key from bit `bit` on. */
static uint32_t key_window(unsigned bit)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 5; i++)
        v = v << 8 | default_key[bit / 8 + i];
    return (uint32_t)(v >> (8 - bit % 8));
}

void rss_init(struct rss *rss)
{
    memset(rss, 0, sizeof(*rss));
    for (unsigned pos = 0; pos < RSS_INPUT; pos++)
        for (unsigned byte = 0; byte < 256; byte++)
            for (unsigned bit = 0; bit < 8; bit++)
                if ((byte & (0x80u >> bit)) != 0)
                    rss->table[pos][byte] ^= key_window(pos * 8 + bit);
}

uint32_t rss_toeplitz(const struct rss *rss, const uint8_t *input, unsigned len)
{
    const uint32_t(*of)[256] = rss->table;
    uint32_t hash = 0;

    for (const uint8_t *end = input + len; input != end; input += 4, of += 4)
        hash ^= of[0][input[0]] ^ of[1][input[1]] ^ of[2][input[2]] ^ of[3][input[3]];
    return hash;
}

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

/* Does the packet tell its ports? */
static bool has_ports(uint8_t proto, uint32_t left)
{
    return (proto == IP_TCP || proto == IP_UDP) && left >= 4;
}

static uint32_t hash_ip4(const struct rss *rss, const uint8_t *ip, uint32_t left)
{
    uint8_t input[12];
    uint32_t header;

    if (left < IP4_LEN || ip[0] >> 4 != 4)
        return 0;
    header = (ip[0] & 15u) * 4;
    /* fragments, and headers that lie: addresses only */
    if (header < IP4_LEN || header > left || (be16(ip + 6) & 0x3fff) != 0 ||
        !has_ports(ip[9], left - header))
        return rss_toeplitz(rss, ip + 12, 8);
    if (header == IP4_LEN) /* no options: the ports are behind the addresses */
        return rss_toeplitz(rss, ip + 12, 12);
    memcpy(input, ip + 12, 8);
    memcpy(input + 8, ip + header, 4);
    return rss_toeplitz(rss, input, 12);
}

/* The ports are behind the addresses. */
static uint32_t hash_ip6(const struct rss *rss, const uint8_t *ip, uint32_t left)
{
    if (left < IP6_LEN || ip[0] >> 4 != 6)
        return 0;
    return rss_toeplitz(rss, ip + 8, has_ports(ip[6], left - IP6_LEN) ? 36 : 32);
}

uint32_t rss_hash(const struct rss *rss, const uint8_t *frame, uint32_t len)
{
    uint32_t at = ETH_LEN, type;

    if (len < ETH_LEN)
        return 0;
    type = be16(frame + 12);
    for (int i = 0; i < VLANS_MAX && (type == ETH_VLAN || type == ETH_QINQ); i++) {
        if (len < at + VLAN_LEN)
            return 0;
        type = be16(frame + at + 2);
        at += VLAN_LEN;
    }
    if (type == ETH_IP4)
        return hash_ip4(rss, frame + at, len - at);
    if (type == ETH_IP6)
        return hash_ip6(rss, frame + at, len - at);
    return 0;
}
