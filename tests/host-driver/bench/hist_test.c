/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/hist.h"
#include "cunit_main.h"

static struct hist h;

static void test_empty(void)
{
    hist_clear(&h);
    CU_ASSERT_EQUAL(hist_quantile(&h, 500000), 0);
    CU_ASSERT_EQUAL(hist_quantile(&h, 1000000), 0);
}

static void test_small_exact(void)
{
    hist_clear(&h);
    for (unsigned v = 1; v <= 100; v++)
        hist_add(&h, v);
    CU_ASSERT_EQUAL(hist_quantile(&h, 500000), 50);
    CU_ASSERT_EQUAL(hist_quantile(&h, 500001), 51);
    CU_ASSERT_EQUAL(hist_quantile(&h, 990000), 99);
    CU_ASSERT_EQUAL(hist_quantile(&h, 1), 1);
    CU_ASSERT_EQUAL(hist_quantile(&h, 1000000), 100);
    CU_ASSERT_EQUAL(h.least, 1);
    CU_ASSERT_EQUAL(h.sum, 5050);
}

/* Slots follow one another without gap, and each value falls into its own. */
static void test_slots(void)
{
    for (unsigned i = 1; i < HIST_SLOTS; i++) {
        uint64_t floor = hist_floor(i);

        CU_ASSERT_FATAL(floor > hist_floor(i - 1));
        hist_clear(&h);
        hist_add(&h, floor - 1);
        hist_add(&h, floor);
        CU_ASSERT_FATAL(h.slot[i - 1] == 1 && h.slot[i] == 1);
        CU_ASSERT_FATAL((floor - hist_floor(i - 1)) * 128 <= hist_floor(i - 1) || floor <= 256);
    }
    hist_clear(&h);
    hist_add(&h, UINT64_MAX);
    CU_ASSERT_EQUAL(h.slot[HIST_SLOTS - 1], 1);
    CU_ASSERT_EQUAL(hist_quantile(&h, 500000), UINT64_MAX);
}

static void test_large_error(void)
{
    hist_clear(&h);
    for (uint64_t v = 1000000; v < 1001000; v++)
        hist_add(&h, v);
    CU_ASSERT(hist_quantile(&h, 500000) >= 1000499);
    CU_ASSERT(hist_quantile(&h, 500000) <= 1000499 + 1000499 / 128);
    CU_ASSERT_EQUAL(hist_quantile(&h, 1000000), 1000999);
}

static const struct cunit_case cases[] = {
    {"empty", test_empty}, {"small exact", test_small_exact},
    {"slots", test_slots}, {"large error", test_large_error},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("hist", cases);
}
