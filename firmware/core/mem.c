/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The functions a freestanding compiler may call (C17 4p6; GCC and clang ask
 * for these four). Engines take loads and stores of any alignment.
 */
#include "core/mem.h"

struct word {
    uint64_t v;
} __attribute__((packed, may_alias));

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    uint8_t *d = dst;
    const uint8_t *s = src;
    for (; n >= 8; n -= 8, d += 8, s += 8)
        ((struct word *)d)->v = ((const struct word *)s)->v;
    for (; n; n--)
        *d++ = *s++;
    return dst;
}

void *memset(void *dst, int value, size_t n)
{
    uint8_t *d = dst;
    uint64_t v = (uint8_t)value * 0x0101010101010101u;
    for (; n >= 32; n -= 32, d += 32) {
        ((struct word *)d)[0].v = v;
        ((struct word *)d)[1].v = v;
        ((struct word *)d)[2].v = v;
        ((struct word *)d)[3].v = v;
    }
    for (; n; n--)
        *d++ = (uint8_t)value;
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    uint8_t *d = dst;
    const uint8_t *s = src;
    if ((uintptr_t)d - (uintptr_t)s >= n)
        return memcpy(dst, src, n);
    while (n--)
        d[n] = s[n];
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a;
    const uint8_t *y = b;
    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x < *y ? -1 : 1;
    return 0;
}
