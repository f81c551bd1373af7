/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The functions a freestanding compiler may call (C17 4p6; GCC and clang ask
 * for these four). Engines take loads and stores of any alignment.
 */
#include "core/mem.h"

struct word {
    uint64_t v;
} __attribute__((packed, may_alias));

struct half {
    uint32_t v;
} __attribute__((packed, may_alias));
struct quarter {
    uint16_t v;
} __attribute__((packed, may_alias));

/* 1 to 7 bytes: pieces that overlap rather than a byte at a time, each of which would be a wait. */
static void copy_few(uint8_t *d, const uint8_t *s, size_t n)
{
    if (n >= 4) {
        uint32_t last = ((const struct half *)(s + n - 4))->v;
        ((struct half *)d)->v = ((const struct half *)s)->v;
        ((struct half *)(d + n - 4))->v = last;
    } else if (n >= 2) {
        uint8_t last = s[n - 1];
        ((struct quarter *)d)->v = ((const struct quarter *)s)->v;
        d[n - 1] = last;
    } else if (n) {
        *d = *s;
    }
}

/* From the first byte on: `d` may overlap what lies behind it. */
static void copy_up(uint8_t *d, const uint8_t *s, size_t n)
{
    for (; n >= 8; n -= 8, d += 8, s += 8)
        ((struct word *)d)->v = ((const struct word *)s)->v;
    copy_few(d, s, n);
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    copy_up(dst, src, n);
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
        copy_up(d, s, n);
    else
        while (n--)
            d[n] = s[n];
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a;
    const uint8_t *y = b;
    for (; n >= 8 && ((const struct word *)x)->v == ((const struct word *)y)->v; n -= 8)
        x += 8, y += 8;
    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x < *y ? -1 : 1;
    return 0;
}
