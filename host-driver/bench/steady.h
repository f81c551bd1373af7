/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a run becomes steady. */
#ifndef BENCH_STEADY_H
#define BENCH_STEADY_H

#include <stdbool.h>

/*
 * The number of leading observations to leave out, by the marginal standard error rule (K. P.
 * White, "An effective truncation heuristic for bias reduction in simulation output", Simulation
 * 69:6, 1997): the cut, within the first half, that makes the standard error of what is left
 * least. 0 for fewer than four observations.
 */
unsigned steady_cut(const double *y, unsigned n);

/* Are the halves of y[cut..n-1] the same on average, within two percent? */
bool steady_from(const double *y, unsigned cut, unsigned n);

#endif
