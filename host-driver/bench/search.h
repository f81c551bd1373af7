/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The highest offered load at which no more than a given part of the frames is lost, by bisection
 * (RFC 2544 section 26.1; RFC 1242 section 3.17 for throughput).
 */
#ifndef BENCH_SEARCH_H
#define BENCH_SEARCH_H

#include <stdint.h>

/* One trial at `rate` milli-packets a second. 0 and the lost part (0..1), or a negative errno. */
typedef int (*search_trial)(void *ctx, uint64_t rate, double *loss);

struct search_goal {
    double loss;      /* at most this part is lost */
    double precision; /* of the result, as a part of it: above 0 */
    uint64_t low;     /* known to be good, or 0 */
    uint64_t high;    /* the highest rate that can be offered; above low */
    uint64_t guess;   /* tried after `high`, when it lies between: 0 for none */
};

/*
 * Searches; *found is the highest rate that was tried and good (goal->low when none was). 0, or
 * what a trial returned.
 */
int search_rate(const struct search_goal *goal, search_trial trial, void *ctx, uint64_t *found);

#endif
