/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/search.h"

#include <errno.h>

#include "cunit_main.h"

/* A card that carries `capacity` and loses the rest. */
struct card {
    uint64_t capacity;
    unsigned trials, fail_at;
};

static int trial(void *ctx, uint64_t rate, double *loss)
{
    struct card *c = ctx;

    if (++c->trials == c->fail_at)
        return -EIO;
    *loss = rate > c->capacity ? 1.0 - (double)c->capacity / (double)rate : 0.0;
    return 0;
}

static void test_capacity(void)
{
    for (uint64_t capacity = 1000; capacity < 100000000000u; capacity = capacity * 7 / 3) {
        struct card c = {.capacity = capacity};
        struct search_goal goal = {.precision = 0.005, .high = 200000000000u};
        uint64_t found = 0;

        CU_ASSERT_EQUAL(search_rate(&goal, trial, &c, &found), 0);
        CU_ASSERT(found <= capacity);
        CU_ASSERT((double)(capacity - found) <= 0.0051 * (double)capacity);
        CU_ASSERT(c.trials <= 40);
    }
}

/* With half a percent of loss allowed, half a percent more than the capacity is good. */
static void test_partial(void)
{
    struct card c = {.capacity = 1000000};
    struct search_goal goal = {.loss = 0.005, .precision = 0.0001, .high = 2000000};
    uint64_t found = 0;

    CU_ASSERT_EQUAL(search_rate(&goal, trial, &c, &found), 0);
    CU_ASSERT(found >= 1004900 && found <= 1005026);
}

static void test_wire_is_the_limit(void)
{
    struct card c = {.capacity = 1000};
    struct search_goal goal = {.precision = 0.01, .high = 900};
    uint64_t found = 0;

    CU_ASSERT_EQUAL(search_rate(&goal, trial, &c, &found), 0);
    CU_ASSERT_EQUAL(found, 900);
    CU_ASSERT_EQUAL(c.trials, 1);
}

static void test_nothing_is_carried(void)
{
    struct card c = {.capacity = 0};
    struct search_goal goal = {.precision = 0.01, .high = 1000000};
    uint64_t found = 1;

    CU_ASSERT_EQUAL(search_rate(&goal, trial, &c, &found), 0);
    CU_ASSERT_EQUAL(found, 0);
}

static void test_failure(void)
{
    struct card c = {.capacity = 500, .fail_at = 3};
    struct search_goal goal = {.precision = 0.01, .high = 1000000};
    uint64_t found = 0;

    CU_ASSERT_EQUAL(search_rate(&goal, trial, &c, &found), -EIO);
    CU_ASSERT_EQUAL(c.trials, 3);
}

static const struct cunit_case cases[] = {
    {"capacity", test_capacity},
    {"partial", test_partial},
    {"wire is the limit", test_wire_is_the_limit},
    {"nothing is carried", test_nothing_is_carried},
    {"failure", test_failure},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("search", cases);
}
