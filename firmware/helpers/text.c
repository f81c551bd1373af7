/* SPDX-License-Identifier: BSD-3-Clause */
#include "helpers/text.h"

#include <stdbool.h>

#include "fw/bpf.h"

#define STRTO_BASE_MASK 0x1fu
#define STRTO_MAX       63u /* characters that the kernel looks at, spaces and sign aside */

/* What is left of the text. */
struct cursor {
    const char *at, *end;
};

static char look(const struct cursor *c, uint32_t ahead)
{
    return (uint64_t)(c->end - c->at) > ahead ? c->at[ahead] : 0;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (uint8_t)c == 0xa0;
}

/* Value of a digit of some base up to 16; 16 and above is none. */
static unsigned digit(char c)
{
    char lower = (char)(c | 0x20);
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return lower >= 'a' && lower <= 'f' ? 10u + (unsigned)(lower - 'a') : 16;
}

/* Steps over the prefix of the base, which it chooses when it is 0. */
static unsigned take_base(struct cursor *c, unsigned base)
{
    bool x = look(c, 0) == '0' && (look(c, 1) | 0x20) == 'x';
    if (base == 0 && look(c, 0) == '0')
        base = x && digit(look(c, 2)) < 16 ? 16 : 8;
    else if (base == 0)
        base = 10;
    if (base == 16 && x)
        c->at += 2;
    return base;
}

static int take_digits(struct cursor *c, unsigned base, uint64_t *res)
{
    const char *start = c->at;
    bool too_large = false;
    unsigned d;
    *res = 0;
    for (; (d = digit(look(c, 0))) < base; c->at++) {
        too_large |= __builtin_mul_overflow(*res, base, res);
        too_large |= __builtin_add_overflow(*res, d, res);
    }
    if (too_large)
        return FW_ERANGE;
    return c->at == start ? FW_EINVAL : 0;
}

/* Characters consumed, or a negative errno; the magnitude to *res. */
static int64_t parse(const char *buf, uint32_t len, uint64_t flags, uint64_t *res, bool *minus)
{
    struct cursor c = {.at = buf, .end = buf + len};
    unsigned base = flags & STRTO_BASE_MASK;
    if ((base != 0 && base != 8 && base != 10 && base != 16) || flags & ~(uint64_t)STRTO_BASE_MASK)
        return -FW_EINVAL;
    while (is_space(look(&c, 0)))
        c.at++;
    *minus = look(&c, 0) == '-';
    c.at += *minus;
    if (c.end - c.at > (int64_t)STRTO_MAX)
        c.end = c.at + STRTO_MAX;
    base = take_base(&c, base);
    int err = take_digits(&c, base, res);
    return err ? -err : c.at - buf;
}

int64_t fw_strtol(const char *buf, uint32_t len, uint64_t flags, int64_t *res)
{
    uint64_t v;
    bool minus;
    int64_t n = parse(buf, len, flags, &v, &minus);
    *res = 0;
    if (n < 0)
        return n;
    if (v > (uint64_t)INT64_MAX + minus)
        return -FW_ERANGE;
    *res = (int64_t)(minus ? -v : v);
    return n;
}

int64_t fw_strtoul(const char *buf, uint32_t len, uint64_t flags, uint64_t *res)
{
    uint64_t v;
    bool minus;
    int64_t n = parse(buf, len, flags, &v, &minus);
    *res = 0;
    if (n < 0)
        return n;
    if (minus)
        return -FW_EINVAL;
    *res = v;
    return n;
}

int fw_strncmp(const char *a, uint32_t a_len, const char *b, uint64_t b_room)
{
    for (uint32_t i = 0; i < a_len; i++) {
        uint8_t x = (uint8_t)a[i], y = i < b_room ? (uint8_t)b[i] : 0;
        if (x != y)
            return x < y ? -1 : 1;
        if (x == 0)
            return 0;
    }
    return 0;
}
