/* SPDX-License-Identifier: BSD-3-Clause */
#include "traffic/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

static uint64_t suffix_scale(char c)
{
    return c == 'k' || c == 'K' ? 1000u : c == 'M' ? 1000000u : c == 'G' ? 1000000000u : 0;
}

int number_parse(const char *text, uint64_t *out)
{
    int hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    uint64_t scale = 1, value;
    char *end;

    if (!isdigit((unsigned char)text[0]) || (hex && !isxdigit((unsigned char)text[2])))
        return -EINVAL;
    errno = 0;
    value = strtoull(text, &end, hex ? 16 : 10);
    if (errno != 0)
        return -ERANGE;
    if (!hex && *end != '\0') {
        scale = suffix_scale(*end++);
        if (scale == 0)
            return -EINVAL;
    }
    if (*end != '\0')
        return -EINVAL;
    return __builtin_mul_overflow(value, scale, out) ? -ERANGE : 0;
}

int number_parse_milli(const char *text, const char **end, uint64_t *out)
{
    double value;
    char *p;

    if (!isdigit((unsigned char)text[0]) || text[1] == 'x' || text[1] == 'X')
        return -EINVAL;
    value = strtod(text, &p) * 1000.0;
    if (suffix_scale(*p) != 0)
        value *= (double)suffix_scale(*p++);
    *end = p;
    if (!(value < 9e18))
        return -ERANGE;
    *out = (uint64_t)llround(value);
    return 0;
}
