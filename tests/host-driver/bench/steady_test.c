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
    CU_ASSERT(!steady_from(y, steady_cut(y, 20), 20));
}

/* Two percent of drift are noise; nothing left, or nothing but zeroes, is steady. */
static void test_drift(void)
{
    static const double y[] = {50, 100, 100, 101.9, 102}, zero[] = {0, 0, 0};

    CU_ASSERT(steady_from(y, 1, 5));
    CU_ASSERT(!steady_from(y, 0, 5));
    CU_ASSERT(steady_from(y, 5, 5) && steady_from(zero, 0, 3));
}

static const struct cunit_case cases[] = {
    {"flat", test_flat},   {"start", test_start}, {"noise", test_noise},
    {"slope", test_slope}, {"drift", test_drift}, {NULL, NULL},
};

int main(void)
{
    return cunit_run("steady", cases);
}
