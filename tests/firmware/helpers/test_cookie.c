/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash by its authors' vectors; cookies that come back, and those that do not. */
#include <errno.h>
#include <string.h>

#include "cunit_main.h"
#include "helpers/cookie.h"

static const uint8_t src[16] = {10, 0, 0, 1, 5}, dst[16] = {10, 0, 0, 2, 7};

static void test_siphash(void)
{
    const uint64_t key[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    const uint64_t word = 0x0706050403020100u;
    /* 0, 8 and 15 bytes of 0, 1, 2, ... */
    CU_ASSERT_EQUAL(fw_siphash(key, &word, 0, 0, 0), 0x726fdb47dd0e0e31u);
    CU_ASSERT_EQUAL(fw_siphash(key, &word, 1, 0, 0), 0x93f5f5799a932462u);
    CU_ASSERT_EQUAL(fw_siphash(key, &word, 1, 0x0e0d0c0b0a0908u, 7), 0xa129ca6149be45e5u);
}

/* A SYN with sequence number `seq` and an MSS option; its ACK has it in the same place, plus 1. */
static void header(uint8_t tcp[24], uint32_t seq, uint16_t mss)
{
    const uint8_t h[24] = {0x12,
                           0x34,
                           0,
                           80,
                           (uint8_t)(seq >> 24),
                           (uint8_t)(seq >> 16),
                           (uint8_t)(seq >> 8),
                           (uint8_t)seq,
                           [12] = 6 << 4,
                           [20] = 2,
                           4,
                           (uint8_t)(mss >> 8),
                           (uint8_t)mss};
    memcpy(tcp, h, sizeof(h));
}

static void acknowledge(uint8_t tcp[24], uint32_t seq, uint32_t cookie)
{
    header(tcp, seq + 1, 0);
    cookie++;
    for (unsigned i = 0; i < 4; i++)
        tcp[8 + i] = (uint8_t)(cookie >> (24 - 8 * i));
}

static void round_trip(bool v6, uint16_t mss, uint32_t want)
{
    struct fw_cookie_keys k;
    uint8_t tcp[24];
    struct fw_cookie_flow f = {.src = src, .dst = dst, .v6 = v6, .tcp = tcp};
    fw_cookie_init(&k, 7);
    for (uint32_t minute = 0; minute < 600; minute += 37) {
        uint32_t seq = minute * 0x12345679u;
        header(tcp, seq, mss);
        uint64_t made = fw_cookie_make(&k, &f, sizeof(tcp), minute);
        CU_ASSERT_EQUAL(made >> 32, want);
        acknowledge(tcp, seq, (uint32_t)made);
        CU_ASSERT_EQUAL(fw_cookie_check(&k, &f, minute), want);
        CU_ASSERT_EQUAL(fw_cookie_check(&k, &f, minute + 1), want);
        CU_ASSERT_EQUAL(fw_cookie_check(&k, &f, minute + 2), 0);
        tcp[0] ^= 1;
        CU_ASSERT_EQUAL(fw_cookie_check(&k, &f, minute), 0);
        tcp[0] ^= 1;
        acknowledge(tcp, seq, (uint32_t)made + 16);
        CU_ASSERT_EQUAL(fw_cookie_check(&k, &f, minute), 0);
    }
}

static void test_round_trips(void)
{
    static const uint16_t four[][2] = {{0, 536},     {1, 536},     {1299, 536},  {1300, 1300},
                                       {1439, 1300}, {1440, 1440}, {1460, 1460}, {9000, 1460}};
    static const uint16_t six[][2] = {{0, 1220},    {500, 1220},  {1419, 1220}, {1420, 1420},
                                      {1440, 1440}, {8939, 1440}, {8940, 8940}, {65535, 8940}};
    for (unsigned i = 0; i < 8; i++) {
        round_trip(false, four[i][0], four[i][1]);
        round_trip(true, six[i][0], six[i][1]);
    }
}

static void test_bad_lengths(void)
{
    struct fw_cookie_keys k;
    uint8_t tcp[24];
    struct fw_cookie_flow f = {.src = src, .dst = dst, .tcp = tcp};
    fw_cookie_init(&k, 1);
    header(tcp, 1, 1460);
    CU_ASSERT_EQUAL((int64_t)fw_cookie_make(&k, &f, 20, 0), -EINVAL);
    CU_ASSERT_EQUAL((int64_t)fw_cookie_make(&k, &f, 19, 0), -EINVAL);
    tcp[21] = 40; /* an option longer than the header */
    CU_ASSERT_EQUAL(fw_cookie_make(&k, &f, 24, 0) >> 32, 536);
}

static const struct cunit_case cases[] = {
    {"SipHash", test_siphash},
    {"cookies and back", test_round_trips},
    {"bad lengths", test_bad_lengths},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("firmware SYN cookies", cases);
}
