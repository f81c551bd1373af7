/* SPDX-License-Identifier: BSD-3-Clause */
/* Text to numbers and comparisons, on checked memory, as kernel/bpf/helpers.c and lib/kstrtox.c. */
#ifndef FW_HELPERS_TEXT_H
#define FW_HELPERS_TEXT_H

#include <stdint.h>

/*
 * bpf_strtol, bpf_strtoul: the characters consumed, and *res; or FW_EINVAL (flags, no digits, a
 * minus where there is no sign), FW_ERANGE, negative, and *res 0. `flags` is the base: 0, 8, 10
 * or 16.
 */
int64_t fw_strtol(const char *buf, uint32_t len, uint64_t flags, int64_t *res);
int64_t fw_strtoul(const char *buf, uint32_t len, uint64_t flags, uint64_t *res);

/* bpf_strncmp: -1, 0 or 1. b ends within b_room bytes, or there. */
int fw_strncmp(const char *a, uint32_t a_len, const char *b, uint64_t b_room);

#endif
