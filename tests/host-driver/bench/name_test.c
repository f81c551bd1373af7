/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/name.h"

#include "cunit_main.h"

static void test_names(void)
{
    struct bench_name n = {.size = "64B",
                           .threads = 4,
                           .engines = 1,
                           .traffic = "ethip4",
                           .program = "drop",
                           .measure = "ndr"};
    char buf[96];

    CU_ASSERT_STRING_EQUAL(bench_name(&n, buf, sizeof(buf)), "64B-4t1e-ethip4-xdpdrop-ndr");
    n.program = "xdp_Rate-limit.v2";
    CU_ASSERT_STRING_EQUAL(bench_name(&n, buf, sizeof(buf)), "64B-4t1e-ethip4-xdpratelimitv2-ndr");
}

static void test_short_buffer(void)
{
    struct bench_name n = {.size = "imix",
                           .threads = 4,
                           .engines = 100,
                           .traffic = "ethip6",
                           .program =
                               "a_program_with_a_name_that_goes_on_and_on_and_on_and_on_and_on",
                           .measure = "pdr"};
    char buf[12];

    CU_ASSERT_STRING_EQUAL(bench_name(&n, buf, sizeof(buf)), "imix-4t100e");
}

static const struct cunit_case cases[] = {
    {"names", test_names},
    {"short buffer", test_short_buffer},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("name", cases);
}
