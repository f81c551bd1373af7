/* SPDX-License-Identifier: BSD-3-Clause */
/* One's complement sums (RFC 1071) as the kernel's lib/checksum keeps them: 32 bits, folded late.
 */
#ifndef FW_HELPERS_CSUM_H
#define FW_HELPERS_CSUM_H

#include <stdint.h>

/* `sum` plus the bytes, a last word of fewer than 4 filled with zeroes; 0 only when all is zero. */
uint32_t fw_csum_partial(const void *p, uint32_t len, uint32_t sum);

/*
 * bpf_csum_diff on checked memory, as of Linux 6.13: a sum folded to 16 bits, of any sizes (before,
 * sizes had to be multiples of 4, and what came out depended on the architecture).
 */
uint32_t fw_csum_diff(const void *from, uint32_t from_len, const void *to, uint32_t to_len,
                      uint32_t seed);

#endif
