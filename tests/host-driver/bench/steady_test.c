/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/steady.h"
#include "cunit_main.h"

static void test_flat(void)
{
    static const double y[] = {5, 5, 5, 5, 5, 5, 5, 5};

    CU_ASSERT_EQUAL(steady_cut(y, 8), 0);
}

static void test_start(void)
{
    static const double y[] = {90, 40, 20, 10, 11, 10, 11, 10, 11, 10, 11, 10};

    CU_ASSERT_EQUAL(steady_cut(y, 12), 3);
}

/* Noise alone is not taken for a start. */
static void test_noise(void)
{
    static const double y[] = {10, 11, 10, 11, 10, 11, 10, 11};

    CU_ASSERT_EQUAL(steady_cut(y, 8), 0);
}

/* A run that never becomes steady loses at most half. */
static void test_slope(void)
{
    double y[20];

    for (unsigned i = 0; i < 20; i++)
        y[i] = i;
    CU_ASSERT(steady_cut(y, 20) <= 10);
    CU_ASSERT_EQUAL(steady_cut(y, 3), 0);
}

static const struct cunit_case cases[] = {
    {"flat", test_flat},   {"start", test_start}, {"noise", test_noise},
    {"slope", test_slope}, {NULL, NULL},
};

int main(void)
{
    return cunit_run("steady", cases);
}
