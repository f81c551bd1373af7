/* SPDX-License-Identifier: BSD-3-Clause */
/* How reports for people look. */
#ifndef CMD_STYLE_H
#define CMD_STYLE_H

#include <stdint.h>

/* Escape sequences and signs; empty or ASCII where the terminal or the locale has none. */
struct style {
    const char *bold, *plain, *block, *yes, *no;
};
struct style style_choose(void);

void style_heading(const struct style *s, const char *text, const char *note);
/* A bar for a share of 0 .. 1, and the end of the line; a share above 0 shows. */
void style_bar(const struct style *s, double share);
/* 1,234,567 */
const char *style_grouped(uint64_t v, char buf[32]);
/* "12.3 M": three or four digits and the power of 1000. */
const char *style_scaled(double v, char buf[32]);

#endif
