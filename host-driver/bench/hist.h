/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A histogram of whole numbers: exact below 256, above in steps of at most 1/128 of the value.
 * Count, least, most and sum are exact. Nothing is allocated.
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

#define HIST_STEP_BITS 7u
#define HIST_SLOTS     ((65u - HIST_STEP_BITS) << HIST_STEP_BITS)

struct hist {
    uint64_t count, least, most, sum;
    uint64_t slot[HIST_SLOTS];
};

void hist_clear(struct hist *h);
void hist_add(struct hist *h, uint64_t v);
void hist_merge(struct hist *to, const struct hist *from);

/* Least value of slot i. */
uint64_t hist_floor(unsigned i);

/*
 * The smallest value that at least `ppm` millionths of the numbers do not exceed, rounded up to
 * the end of its slot; 0 for an empty histogram. 1000000 gives the exact maximum.
 */
uint64_t hist_quantile(const struct hist *h, uint32_t ppm);

#endif
