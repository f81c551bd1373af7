/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "cunit_main.h"
#include "traffic/number.h"

static void test_numbers(void)
{
    static const struct {
        const char *text;
        int rc;
        uint64_t value;
    } rows[] = {
        {"0", 0, 0},
        {"200k", 0, 200000},
        {"3M", 0, 3000000},
        {"2G", 0, 2000000000},
        {"0x10", 0, 16},
        {"18446744073709551615", 0, UINT64_MAX},
        {"18446744073709551616", -ERANGE, 0},
        {"18446744073709551615k", -ERANGE, 0},
        {"", -EINVAL, 0},
        {"k", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"+1", -EINVAL, 0},
        {" 1", -EINVAL, 0},
        {"1 ", -EINVAL, 0},
        {"1kb", -EINVAL, 0},
        {"0x", -EINVAL, 0},
        {"0x1k", -EINVAL, 0},
        {"1e3", -EINVAL, 0},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t v = 0;

        CU_ASSERT_EQUAL(number_parse(rows[i].text, &v), rows[i].rc);
        CU_ASSERT(rows[i].rc != 0 || v == rows[i].value);
    }
}

static void test_milli(void)
{
    static const struct {
        const char *text;
        int rc;
        uint64_t value;
        char rest;
    } rows[] = {
        {"10Mpps", 0, 10000000000u, 'p'},
        {"1.5k", 0, 1500000, '\0'},
        {"0.25", 0, 250, '\0'},
        {"5Gbps", 0, 5000000000000u, 'b'},
        {"x", -EINVAL, 0, 0},
        {"-1", -EINVAL, 0, 0},
        {"inf", -EINVAL, 0, 0},
        {"9e99", -ERANGE, 0, 0},
        {"0x10", -EINVAL, 0, 0},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *end = "";
        uint64_t v = 0;

        CU_ASSERT_EQUAL(number_parse_milli(rows[i].text, &end, &v), rows[i].rc);
        CU_ASSERT(rows[i].rc != 0 || (v == rows[i].value && *end == rows[i].rest));
    }
}

static const struct cunit_case cases[] = {
    {"numbers", test_numbers},
    {"thousandths", test_milli},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("traffic/number", cases);
}
