/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/search.h"

static int try_rate(const struct search_goal *goal, search_trial trial, void *ctx, uint64_t rate,
                    uint64_t *low, uint64_t *high)
{
    double loss = 0;
    int rc = trial(ctx, rate, &loss);

    if (rc != 0)
        return rc;
    if (loss <= goal->loss)
        *low = rate;
    else
        *high = rate;
    return 0;
}

int search_rate(const struct search_goal *goal, search_trial trial, void *ctx, uint64_t *found)
{
    uint64_t low = goal->low, high = goal->high;
    int rc = try_rate(goal, trial, ctx, high, &low, &high); /* often the wire is the limit */

    if (rc == 0 && goal->guess > low && goal->guess < high)
        rc = try_rate(goal, trial, ctx, goal->guess, &low, &high);
    while (rc == 0 && high > low && (double)(high - low) > goal->precision * (double)high &&
           high - low > 1)
        rc = try_rate(goal, trial, ctx, low + (high - low) / 2, &low, &high);
    *found = low;
    return rc;
}
