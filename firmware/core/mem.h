/* SPDX-License-Identifier: BSD-3-Clause */
/* memcpy and its kin; a host build takes the C library's. */
#ifndef FW_MEM_H
#define FW_MEM_H

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#endif
