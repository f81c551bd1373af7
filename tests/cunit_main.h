/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runner of every CUnit program here: one suite, a table of cases.
 *
 *     static void test_add(void) { CU_ASSERT_EQUAL(add(1, 2), 3); }
 *     static const struct cunit_case cases[] = {{"add", test_add}, {NULL, NULL}};
 *     int main(void) { return cunit_run("adder", cases); }
 */
#ifndef TESTS_CUNIT_MAIN_H
#define TESTS_CUNIT_MAIN_H

#include <CUnit/Basic.h>
#include <stdio.h>

struct cunit_case {
    const char *name;
    void (*fn)(void);
};

/* Adds the cases up to a NULL name; -1 when one is refused or there is none. */
static inline int cunit_add(CU_pSuite suite, const struct cunit_case *cases)
{
    if (cases[0].name == NULL)
        return -1;
    for (; cases->name != NULL; cases++)
        if (CU_add_test(suite, cases->name, cases->fn) == NULL)
            return -1;
    return 0;
}

/*
 * Runs `cases` (ended by a NULL name) as one suite. Returns main's exit status:
 * 0 when every case ran and every assertion held, 1 otherwise.
 */
static inline int cunit_run(const char *suite, const struct cunit_case *cases)
{
    unsigned failures = 0, wanted = 0, ran = 0;
    CU_pSuite s;

    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    s = CU_add_suite(suite, NULL, NULL);
    if (s == NULL || cunit_add(s, cases) != 0) {
        fprintf(stderr, "%s: CUnit: %s\n", suite, CU_get_error_msg());
        CU_cleanup_registry();
        return 1;
    }
    while (cases[wanted].name != NULL)
        wanted++;
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures() + CU_get_number_of_tests_failed();
    ran = CU_get_number_of_tests_run();
    CU_cleanup_registry();
    return failures == 0 && ran == wanted ? 0 : 1;
}

#endif
