/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/chart.h"

#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"

static char *page(const struct chart *charts, unsigned count)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (out == NULL)
        abort();
    chart_page(out, "heading <&>", "note", charts, count);
    fclose(out);
    return text;
}

static unsigned times(const char *text, const char *what)
{
    unsigned n = 0;

    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

static void test_lines(void)
{
    static const double x[] = {1, 2, 4, 8}, y[] = {10, 20, 39, 60};
    struct chart c = {.title = "Mpps \"against\" engines", .x_label = "engines", .y_label = "Mpps"};
    char *a, *b;

    c.series[0] = (struct chart_series){.name = "measured", .x = x, .y = y, .count = 4};
    c.series[1] =
        (struct chart_series){.name = "ideal", .x = x, .y = y, .count = 2, .dashed = true};
    c.series_count = 2;
    a = page(&c, 1);
    b = page(&c, 1);
    CU_ASSERT_STRING_EQUAL(a, b);
    CU_ASSERT_EQUAL(times(a, "<polyline"), 2);
    CU_ASSERT_EQUAL(times(a, "<circle"), 4);
    CU_ASSERT(strstr(a, "heading &lt;&amp;&gt;") != NULL);
    CU_ASSERT(strstr(a, "&quot;against&quot;") != NULL);
    CU_ASSERT_STRING_EQUAL(a + strlen(a) - 7, "</svg>\n");
    free(a);
    free(b);
}

/* The dots of the first and the last point lie at the corners of the plot area. */
static void test_places(void)
{
    static const double x[] = {0, 10}, y[] = {0, 10};
    struct chart c = {.title = "t", .x_label = "x", .y_label = "y"};
    char *a;

    c.series[0] = (struct chart_series){.name = "s", .x = x, .y = y, .count = 2};
    c.series_count = 1;
    a = page(&c, 1);
    CU_ASSERT(strstr(a, "<circle cx=\"66.0\" cy=\"368.0\"") != NULL);
    CU_ASSERT(strstr(a, "<circle cx=\"540.0\" cy=\"116.0\"") != NULL);
    free(a);
}

/* Nothing, one point, equal points, a logarithm of 0: no endless loop, no "nan" or "inf". */
static void test_degenerate(void)
{
    static const double zero[] = {0, 0}, one[] = {1, 1};
    struct chart c[4] = {{.title = "empty", .x_label = "", .y_label = ""}};
    char *a;

    for (unsigned i = 1; i < 4; i++) {
        c[i] = c[0];
        c[i].series[0] =
            (struct chart_series){.name = "s", .x = zero, .y = zero, .count = i == 1 ? 1 : 2};
        c[i].series_count = 1;
    }
    c[2].series[0].x = one;
    c[3].log_x = true;
    a = page(c, 4);
    CU_ASSERT_EQUAL(times(a, "nan"), 0);
    CU_ASSERT_EQUAL(times(a, "inf"), 0);
    CU_ASSERT_EQUAL(times(a, "<circle"), 5);
    free(a);
}

static void test_bars(void)
{
    static const double low[] = {1, 2, 3}, high[] = {3, 2, 1};
    static const char *const names[] = {"a", "b", "c"};
    struct chart c = {.title = "t", .x_label = "x", .y_label = "y", .bars = names, .bar_count = 3};
    char *a;

    c.series[0] = (struct chart_series){.name = "low", .y = low, .count = 3};
    c.series[1] = (struct chart_series){.name = "high", .y = high, .count = 3};
    c.series_count = 2;
    a = page(&c, 1);
    /* Three bars of two parts, the background, the border and what lines are cut off at. */
    CU_ASSERT_EQUAL(times(a, "<rect"), 9);
    free(a);
}

/* A dashed line that goes far beyond the others is cut off, and has the colour it is given. */
static void test_cut_off(void)
{
    static const double x[] = {1, 2}, y[] = {10, 20}, far[] = {10, 1000};
    struct chart c = {.title = "t", .x_label = "x", .y_label = "y", .y_most = 30};
    char *a;

    c.series[0] = (struct chart_series){.name = "s", .x = x, .y = y, .count = 2, .colour = 3};
    c.series[1] = (struct chart_series){
        .name = "far", .x = x, .y = far, .count = 2, .dashed = true, .colour = 3};
    c.series_count = 2;
    a = page(&c, 1);
    CU_ASSERT(strstr(a, ">20</text>") != NULL && strstr(a, ">1000</text>") == NULL);
    CU_ASSERT_EQUAL(times(a, "stroke=\"#009e73\""), 4); /* two lines, twice in the legend */
    CU_ASSERT_EQUAL(times(a, "clip-path=\"url(#area0)\""), 1);
    c.y_most = 0;
    free(a);
    a = page(&c, 1);
    CU_ASSERT(strstr(a, ">1000</text>") != NULL);
    free(a);
}

/* Values that are no numbers stand side by side; crowded labels are left out. */
static void test_names(void)
{
    static const double x[] = {1, 2, 3}, y[30] = {1};
    static const char *const names[] = {"64", "imix", "1518"};
    const char *many[30];
    struct chart c = {.title = "t", .x_label = "x", .y_label = "y", .x_names = names, .x_count = 3};
    char *a;

    c.series[0] = (struct chart_series){.name = "s", .x = x, .y = y, .count = 3};
    c.series_count = 1;
    a = page(&c, 1);
    CU_ASSERT(strstr(a, ">imix</text>") != NULL && strstr(a, ">2</text>") == NULL);
    free(a);
    for (unsigned i = 0; i < 30; i++)
        many[i] = "a long name";
    c = (struct chart){.title = "t", .x_label = "x", .y_label = "y", .bars = many, .bar_count = 30};
    c.series[0] = (struct chart_series){.name = "s", .y = y, .count = 30};
    c.series_count = 1;
    a = page(&c, 1);
    CU_ASSERT(times(a, "a long name") > 2 && times(a, "a long name") < 8);
    free(a);
    c = (struct chart){
        .title = "t", .x_label = "x", .y_label = "y", .x_names = many, .x_count = 30};
    a = page(&c, 1);
    CU_ASSERT(times(a, "a long name") > 2 && times(a, "a long name") < 8);
    free(a);
}

/* Where the axis has no label, long names stand in two lines, broken near the middle. */
static void test_broken_names(void)
{
    static const double y[7] = {1};
    static const char *names[7] = {"lock of map counters", "engines"};
    struct chart c = {.title = "t", .x_label = "", .y_label = "y", .bars = names, .bar_count = 2};
    char *a;

    c.series[0] = (struct chart_series){.name = "s", .y = y, .count = 2};
    c.series_count = 1;
    a = page(&c, 1); /* there is room */
    CU_ASSERT(strstr(a, ">lock of map counters</text>") != NULL);
    free(a);
    for (unsigned i = 2; i < 7; i++)
        names[i] = "memory latency";
    c.bar_count = c.series[0].count = 7;
    a = page(&c, 1);
    CU_ASSERT(strstr(a, ">lock of map</text>") != NULL && strstr(a, ">counters</text>") != NULL);
    CU_ASSERT_EQUAL(times(a, ">memory</text>"), 5);
    CU_ASSERT_EQUAL(times(a, ">latency</text>"), 5);
    CU_ASSERT(strstr(a, ">engines</text>") != NULL);
    free(a);
    c.x_label = "x"; /* there it would be written over it */
    a = page(&c, 1);
    CU_ASSERT_EQUAL(times(a, ">memory</text>"), 0);
    free(a);
}

static const struct cunit_case cases[] = {
    {"lines", test_lines},
    {"places", test_places},
    {"degenerate", test_degenerate},
    {"bars", test_bars},
    {"cut off", test_cut_off},
    {"names", test_names},
    {"broken names", test_broken_names},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("chart", cases);
}
