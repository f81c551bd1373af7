/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The format of bpf_snprintf(), which is known when the program is loaded: what the kernel's
 * printf of programs takes (Documentation/core-api/printk-formats, and no more of it than
 * bpf_trace_printk() does).
 */
#include <string.h>

#include "verifier/vf.h"

/* The kernel's character classes: above ASCII, those of Latin-1. */
static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

static bool is_letter(unsigned char c)
{
    unsigned char low = c | 0x20;
    return (low >= 'a' && low <= 'z') || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_printed(unsigned char c)
{
    return c >= 0xa0 || (c >= ' ' && c < 0x7f);
}

/* A conversion may end before this character. */
static bool ends(unsigned char c)
{
    return c == 0 || is_space(c) || (is_printed(c) && !is_letter(c) && !is_digit(c));
}

/* After "%p"; NULL: none of those there are. */
static const char *pointer(const char *s)
{
    if (ends((unsigned char)*s))
        return s;
    if ((*s == 'k' || *s == 'u') && s[1] == 's')
        return ends((unsigned char)s[2]) ? s + 2 : NULL;
    if (strchr("KxsSB", *s))
        return s + 1;
    return (*s == 'i' || *s == 'I') && (s[1] == '4' || s[1] == '6') ? s + 2 : NULL;
}

/* After "%" and width. */
static const char *conversion(const char *s)
{
    if (*s == 'p')
        return pointer(s + 1);
    if (*s == 's')
        return ends((unsigned char)s[1]) ? s + 1 : NULL;
    if (*s == 'c')
        return s + 1;
    for (unsigned n = 0; n < 2 && *s == 'l'; n++)
        s++;
    return *s && strchr("iduxX", *s) ? s + 1 : NULL;
}

static const char *width(const char *s)
{
    while (*s && strchr("0+- ", *s))
        s++;
    while (is_digit((unsigned char)*s))
        s++;
    return s;
}

bool vf_format_fits(const char *s, uint64_t args)
{
    while (s && *s) {
        unsigned char c = (unsigned char)*s++;
        if (c < 0x80 && !is_printed(c) && !is_space(c))
            return false;
        if (c != '%')
            continue;
        if (*s == '%') {
            s++;
            continue;
        }
        if (args-- == 0)
            return false;
        s = conversion(width(s));
    }
    return s != NULL;
}
