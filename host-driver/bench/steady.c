/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/steady.h"

#define DRIFT 0.02

/* Square of the standard error of y[d..n-1]. */
static double error_from(const double *y, unsigned d, unsigned n)
{
    double mean = 0, squares = 0, left = n - d;

    for (unsigned i = d; i < n; i++)
        mean += y[i] / left;
    for (unsigned i = d; i < n; i++)
        squares += (y[i] - mean) * (y[i] - mean);
    return squares / (left * left);
}

unsigned steady_cut(const double *y, unsigned n)
{
    unsigned best = 0;
    double least;

    if (n < 4)
        return 0;
    least = error_from(y, 0, n);
    for (unsigned d = 1; d <= n / 2; d++) {
        double e = error_from(y, d, n);

        if (e < least) {
            least = e;
            best = d;
        }
    }
    return best;
}

static double mean(const double *y, unsigned from, unsigned to)
{
    double sum = 0;

    for (unsigned i = from; i < to; i++)
        sum += y[i];
    return to > from ? sum / (to - from) : 0;
}

bool steady_from(const double *y, unsigned cut, unsigned n)
{
    unsigned half = cut + (n - cut) / 2;
    double a = mean(y, cut, half), b = mean(y, half, n);

    return (a > b ? a - b : b - a) <= DRIFT * (a > b ? a : b);
}
