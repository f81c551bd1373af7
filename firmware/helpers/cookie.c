/* SPDX-License-Identifier: BSD-3-Clause */
#include "helpers/cookie.h"

#include "helpers/helpers.h"
#include "maps/map.h"

#define TCP_BYTES   20u
#define MSS_COUNT   4u
#define MSS4_UNSAID 536u
#define MSS6_UNSAID 1220u
#define DATA_BITS   24u
#define DATA_MASK   0xffffffu
#define AGE_MAX     2u /* minutes: MAX_SYNCOOKIE_AGE */
#define WORDS_MAX   5u

static const uint16_t mss4[MSS_COUNT] = {536, 1300, 1440, 1460};
static const uint16_t mss6[MSS_COUNT] = {1220, 1420, 1440, 8940};

/* ---- SipHash ---- */

static inline uint64_t rotl(uint64_t v, unsigned n)
{
    return v << n | v >> (64 - n);
}

static inline void round_of(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] = rotl(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] = rotl(v[2], 32);
}

static inline void take(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    round_of(v);
    round_of(v);
    v[0] ^= word;
}

uint64_t fw_siphash(const uint64_t key[2], const uint64_t *word, uint32_t words, uint64_t last,
                    uint32_t tail)
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
                     key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
    for (uint32_t i = 0; i < words; i++)
        take(v, word[i]);
    take(v, last | (uint64_t)(words * 8 + tail) << 56);
    v[2] ^= 0xff;
    for (unsigned i = 0; i < 4; i++)
        round_of(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- cookies ---- */

/* splitmix64 (Steele, Lea, Flood 2014) */
void fw_cookie_init(struct fw_cookie_keys *k, uint64_t seed)
{
    for (unsigned i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        k->key[i / 2][i % 2] = z ^ z >> 31;
    }
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t hash(const uint64_t key[2], const struct fw_cookie_flow *f, uint32_t minute)
{
    uint64_t word[WORDS_MAX];
    uint32_t n = 0, ports = fw_get32(f->tcp);
    for (uint32_t at = 0; f->v6 && at < 16; at += 8) {
        word[n++] = fw_get64(f->src + at);
        word[n++] = fw_get64(f->dst + at);
    }
    if (!f->v6)
        word[n++] = fw_get32(f->src) | (uint64_t)fw_get32(f->dst) << 32;
    word[n++] = ports | (uint64_t)minute << 32;
    return (uint32_t)fw_siphash(key, word, n, 0, 0);
}

/* The MSS option (RFC 9293 section 3.7.1), 0 without one. */
static uint32_t said_mss(const uint8_t *tcp, uint32_t len)
{
    uint32_t mss = 0;
    for (uint32_t at = TCP_BYTES; at < len && tcp[at] != 0;) {
        if (tcp[at] == 1) {
            at++;
            continue;
        }
        if (len - at < 2 || tcp[at + 1] < 2 || tcp[at + 1] > len - at)
            return mss;
        uint32_t v =
            tcp[at] == 2 && tcp[at + 1] == 4 ? (uint32_t)tcp[at + 2] << 8 | tcp[at + 3] : 0;
        mss = v ? v : mss;
        at += tcp[at + 1];
    }
    return mss;
}

uint64_t fw_cookie_make(const struct fw_cookie_keys *k, const struct fw_cookie_flow *f,
                        uint32_t tcp_len, uint32_t minute)
{
    const uint16_t *table = f->v6 ? mss6 : mss4;
    uint32_t i = MSS_COUNT - 1;
    if (tcp_len < TCP_BYTES || tcp_len != (uint32_t)(f->tcp[12] >> 4) * 4)
        return fw_helper_error(FW_EINVAL);
    uint32_t mss = said_mss(f->tcp, tcp_len);
    if (mss == 0)
        mss = f->v6 ? MSS6_UNSAID : MSS4_UNSAID;
    while (i && mss < table[i])
        i--;
    uint32_t cookie = hash(k->key[0], f, 0) + be32(f->tcp + 4) + (minute << DATA_BITS) +
                      ((hash(k->key[1], f, minute) + i) & DATA_MASK);
    return cookie | (uint64_t)table[i] << 32;
}

uint32_t fw_cookie_check(const struct fw_cookie_keys *k, const struct fw_cookie_flow *f,
                         uint32_t minute)
{
    uint32_t cookie = be32(f->tcp + 8) - 1 - hash(k->key[0], f, 0) - (be32(f->tcp + 4) - 1);
    uint32_t age = (minute - (cookie >> DATA_BITS)) & 0xff;
    if (age >= AGE_MAX)
        return 0;
    uint32_t i = (cookie - hash(k->key[1], f, minute - age)) & DATA_MASK;
    if (i >= MSS_COUNT)
        return 0;
    return f->v6 ? mss6[i] : mss4[i];
}
