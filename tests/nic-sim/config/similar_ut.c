/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "cunit_main.h"
#include "nic/similar.h"

static const char *const words[] = {"read", "rate", "preset", "engines", "maps", "maps-from", "x"};

/* What is offered for a word, "" for nothing. */
static const char *meant(const char *typed)
{
    static char hint[64];
    struct nic_similar s;

    nic_similar_start(&s, typed, strlen(typed));
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        nic_similar_offer(&s, words[i]);
    return nic_similar_hint(&s, "--", hint, sizeof(hint));
}

static void test_close(void)
{
    CU_ASSERT_STRING_EQUAL(meant("presett"), "; did you mean --preset?");
    CU_ASSERT_STRING_EQUAL(meant("prest"), "; did you mean --preset?");
    CU_ASSERT_STRING_EQUAL(meant("engimes"), "; did you mean --engines?");
    CU_ASSERT_STRING_EQUAL(meant("egnines"), "; did you mean --engines?");
    CU_ASSERT_STRING_EQUAL(meant("map-from"), "; did you mean --maps-from?");
    CU_ASSERT_STRING_EQUAL(meant("mpas"), "; did you mean --maps?");
    CU_ASSERT_STRING_EQUAL(meant("raet"), "; did you mean --rate?");
}

static void test_far(void)
{
    CU_ASSERT_STRING_EQUAL(meant(""), "");
    CU_ASSERT_STRING_EQUAL(meant("y"), "");
    CU_ASSERT_STRING_EQUAL(meant("help"), "");
    CU_ASSERT_STRING_EQUAL(meant("verbosity"), "");
    CU_ASSERT_STRING_EQUAL(meant("engines-engines-engines-engines-engines"), "");
}

/* A swap is one step, not two: only so is it close for a short word. */
static void test_nearest_wins(void)
{
    CU_ASSERT_STRING_EQUAL(meant("rtae"), "; did you mean --rate?");
    CU_ASSERT_STRING_EQUAL(meant("maps-form"), "; did you mean --maps-from?");
}

static const struct cunit_case cases[] = {
    {"close", test_close}, {"far", test_far}, {"nearest", test_nearest_wins}, {NULL, NULL}};

int main(void)
{
    return cunit_run("config/similar", cases);
}
