/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as people type them. */
#ifndef TRAFFIC_NUMBER_H
#define TRAFFIC_NUMBER_H

#include <stdint.h>

/* Decimal or 0x hexadecimal, decimal with k, M or G (powers of 1000) behind it. -EINVAL, -ERANGE.
 */
int number_parse(const char *text, uint64_t *out);

/* A decimal fraction with k, M, G, in thousandths: "1.5k" is 1500000. -EINVAL, -ERANGE. */
int number_parse_milli(const char *text, const char **end, uint64_t *out);

#endif
