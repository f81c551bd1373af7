/* SPDX-License-Identifier: BSD-3-Clause */
/* bpf_csum_diff against RFC 1071 done two bytes at a time; tests/e2e compares with the kernel. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "helpers/csum.h"

#define BYTES 200u

static uint8_t bytes[BYTES + 8], other[BYTES + 8];

static void fill(unsigned seed)
{
    srand(seed);
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)rand();
        other[i] = seed % 3 == 0 ? 0xff : (uint8_t)rand();
    }
}

/* The sum modulo 65535, little-endian words, a last byte filled with zero. */
static uint32_t plain(const uint8_t *p, uint32_t len, uint32_t sum)
{
    uint64_t s = sum % 65535;
    for (uint32_t i = 0; i < len; i++)
        s += (uint64_t)p[i] << (i % 2 ? 8 : 0);
    return (uint32_t)(s % 65535);
}

static void test_partial(void)
{
    for (unsigned seed = 0; seed < 20; seed++) {
        fill(seed);
        for (uint32_t len = 0; len < BYTES; len++) {
            uint32_t start = seed * 0x12345678u;
            const uint8_t *p = bytes + seed % 8;
            CU_ASSERT_EQUAL(fw_csum_partial(p, len, start) % 65535, plain(p, len, start));
        }
    }
}

static void test_diff(void)
{
    for (unsigned seed = 0; seed < 20; seed++) {
        fill(seed);
        for (uint32_t len = 0; len < BYTES; len++) {
            uint32_t got = fw_csum_diff(bytes, len, other, BYTES - len, seed);
            uint32_t minus = 65535 - plain(bytes, len, 0);
            CU_ASSERT_TRUE(got <= 0xffff);
            CU_ASSERT_EQUAL(got % 65535, (plain(other, BYTES - len, seed) + minus) % 65535);
        }
    }
}

/* One's complement has two zeroes; these are the kernel's choices. */
static void test_zeroes(void)
{
    uint8_t zero[16] = {0}, ones[16];
    memset(ones, 0xff, sizeof(ones));
    CU_ASSERT_EQUAL(fw_csum_partial(zero, 16, 0), 0);
    CU_ASSERT_EQUAL(fw_csum_partial(ones, 16, 0), 0xffffffff);
    CU_ASSERT_EQUAL(fw_csum_partial(zero, 16, 0xffffffff), 0xffffffff);
    CU_ASSERT_EQUAL(fw_csum_diff(NULL, 0, NULL, 0, 0), 0);
    CU_ASSERT_EQUAL(fw_csum_diff(zero, 16, NULL, 0, 0), 0);
    CU_ASSERT_EQUAL(fw_csum_diff(ones, 16, NULL, 0, 0), 0);
    CU_ASSERT_EQUAL(fw_csum_diff(zero, 16, zero, 16, 0), 0xffff);
    CU_ASSERT_EQUAL(fw_csum_diff(NULL, 0, NULL, 0, 0x12345678), 0x68ac);
}

static const struct cunit_case cases[] = {
    {"partial sums of every length and alignment", test_partial},
    {"differences", test_diff},
    {"zeroes", test_zeroes},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("firmware checksums", cases);
}
