/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Charts as SVG, for a browser or a paper: lines over an axis of numbers, and stacked bars. One
 * file holds several, in a grid of two columns. Same data, same bytes.
 */
#ifndef BENCH_CHART_H
#define BENCH_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CHART_SERIES_MAX 16u

struct chart_series {
    const char *name;
    const double *x, *y; /* borrowed; bars: x is not read */
    size_t count;
    bool dashed, plain; /* plain: no dots */
    unsigned colour;    /* 1 .. CHART_SERIES_MAX; 0: of its own */
};

struct chart {
    const char *title, *x_label, *y_label;
    struct chart_series series[CHART_SERIES_MAX];
    unsigned series_count;
    bool log_x;
    bool fit_y;    /* the axis starts near the least value, not at 0 */
    double y_most; /* dashed lines are cut off here; 0: the axis ends where they do */
    /* Lines: what x = 1, 2, ... `x_count` are called. NULL: numbers. */
    const char *const *x_names;
    size_t x_count;
    /* Bars: one for each label, the series are the parts from the bottom up. NULL: lines. */
    const char *const *bars;
    size_t bar_count;
};

/* A whole file of `count` charts under a heading; texts are UTF-8 and are escaped. */
void chart_page(FILE *out, const char *heading, const char *note, const struct chart *charts,
                unsigned count);

#endif
