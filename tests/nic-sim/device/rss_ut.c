/* SPDX-License-Identifier: BSD-3-Clause */
/* The vectors of Microsoft's "Verifying the RSS hash calculation". */
#include "cunit_main.h"

#include <arpa/inet.h>
#include <string.h>

#include "device/dev.h"

struct vector {
    const char *src, *dst;
    uint16_t sport, dport;
    uint32_t ip, tcp;
};

static const struct vector v4[] = {
    {"66.9.149.187", "161.142.100.80", 2794, 1766, 0x323e8fc2, 0x51ccc178},
    {"199.92.111.2", "65.69.140.83", 14230, 4739, 0xd718262a, 0xc626b0ea},
    {"24.19.198.95", "12.22.207.184", 12898, 38024, 0xd2d0a5de, 0x5c2b394a},
    {"38.27.205.30", "209.142.163.6", 48228, 2217, 0x82989176, 0xafc7327f},
    {"153.39.163.191", "202.188.127.2", 44251, 1303, 0x5d1809c5, 0x10e828a2},
};
static const struct vector v6[] = {
    {"3ffe:2501:200:1fff::7", "3ffe:2501:200:3::1", 2794, 1766, 0x2cc18cd5, 0x40207d3d},
    {"3ffe:501:8::260:97ff:fe40:efab", "ff02::1", 14230, 4739, 0x0f0c461c, 0xdde51bbf},
    {"3ffe:1900:4545:3:200:f8ff:fe21:67cf", "fe80::200:f8ff:fe21:67cf", 44251, 38024, 0x4b61e985,
     0x02d1feef},
};

static struct rss rss;

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* Ethernet with `vlans` tags, IPv4, `options` words of options, ports. */
static uint32_t frame4(uint8_t *f, const struct vector *v, uint8_t proto, unsigned vlans,
                       unsigned options)
{
    uint8_t *p = f + 12;

    memset(f, 0, 128);
    for (unsigned i = 0; i < vlans; i++, p += 4)
        put16(p, i == 0 && vlans == 2 ? 0x88a8 : 0x8100);
    put16(p, 0x0800);
    p += 2;
    p[0] = (uint8_t)(0x45 + options);
    p[9] = proto;
    inet_pton(AF_INET, v->src, p + 12);
    inet_pton(AF_INET, v->dst, p + 16);
    p += 20 + 4 * options;
    put16(p, v->sport);
    put16(p + 2, v->dport);
    return (uint32_t)(p + 8 - f);
}

static uint32_t frame6(uint8_t *f, const struct vector *v, uint8_t proto)
{
    memset(f, 0, 128);
    put16(f + 12, 0x86dd);
    f[14] = 0x60;
    f[20] = proto;
    inet_pton(AF_INET6, v->src, f + 22);
    inet_pton(AF_INET6, v->dst, f + 38);
    put16(f + 54, v->sport);
    put16(f + 56, v->dport);
    return 62;
}

static void test_v4(void)
{
    uint8_t f[128];

    for (unsigned i = 0; i < 5; i++) {
        for (unsigned vlans = 0; vlans <= 2; vlans++) {
            CU_ASSERT_EQUAL(rss_hash(&rss, f, frame4(f, &v4[i], 6, vlans, 0)), v4[i].tcp);
            CU_ASSERT_EQUAL(rss_hash(&rss, f, frame4(f, &v4[i], 17, vlans, 3)), v4[i].tcp);
            CU_ASSERT_EQUAL(rss_hash(&rss, f, frame4(f, &v4[i], 1, vlans, 0)), v4[i].ip);
        }
    }
}

static void test_v6(void)
{
    uint8_t f[128];

    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(rss_hash(&rss, f, frame6(f, &v6[i], 6)), v6[i].tcp);
        CU_ASSERT_EQUAL(rss_hash(&rss, f, frame6(f, &v6[i], 17)), v6[i].tcp);
        CU_ASSERT_EQUAL(rss_hash(&rss, f, frame6(f, &v6[i], 58)), v6[i].ip);
    }
}

static void test_fragments(void)
{
    uint8_t f[128];
    uint32_t len = frame4(f, &v4[0], 17, 0, 0);

    f[20] = 0x20; /* more fragments */
    CU_ASSERT_EQUAL(rss_hash(&rss, f, len), v4[0].ip);
    f[20] = 0x00;
    f[21] = 0x01; /* offset 8 */
    CU_ASSERT_EQUAL(rss_hash(&rss, f, len), v4[0].ip);
    f[20] = 0x40; /* do not fragment */
    f[21] = 0x00;
    CU_ASSERT_EQUAL(rss_hash(&rss, f, len), v4[0].tcp);
}

/* Every truncation of every frame stays inside it (run under a sanitizer) and hashes what is left.
 */
static void test_short(void)
{
    uint8_t f[128];
    uint32_t len = frame4(f, &v4[0], 6, 0, 0);

    CU_ASSERT_EQUAL(rss_hash(&rss, f, 0), 0);
    CU_ASSERT_EQUAL(rss_hash(&rss, f, 13), 0);
    CU_ASSERT_EQUAL(rss_hash(&rss, f, 33), 0);
    CU_ASSERT_EQUAL(rss_hash(&rss, f, 34), v4[0].ip);
    CU_ASSERT_EQUAL(rss_hash(&rss, f, 37), v4[0].ip);
    CU_ASSERT_EQUAL(rss_hash(&rss, f, 38), v4[0].tcp);
    f[14] = 0x44; /* header shorter than a header */
    CU_ASSERT_EQUAL(rss_hash(&rss, f, len), v4[0].ip);
    f[14] = 0x4f; /* longer than the frame */
    CU_ASSERT_EQUAL(rss_hash(&rss, f, len), v4[0].ip);
    f[14] = 0x65;
    CU_ASSERT_EQUAL(rss_hash(&rss, f, len), 0);
    len = frame6(f, &v6[0], 6);
    CU_ASSERT_EQUAL(rss_hash(&rss, f, 53), 0);
    CU_ASSERT_EQUAL(rss_hash(&rss, f, 54), v6[0].ip);
    CU_ASSERT_EQUAL(rss_hash(&rss, f, len), v6[0].tcp);
    put16(f + 12, 0x0806);
    CU_ASSERT_EQUAL(rss_hash(&rss, f, len), 0);
}

static const struct cunit_case cases[] = {
    {"IPv4 vectors, VLANs, options", test_v4},
    {"IPv6 vectors", test_v6},
    {"fragments", test_fragments},
    {"short and lying headers", test_short},
    {NULL, NULL},
};

int main(void)
{
    rss_init(&rss);
    return cunit_run("rss", cases);
}
