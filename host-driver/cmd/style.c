/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/style.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR 32 /* signs of a whole bar */

struct style style_choose(void)
{
    struct style s = {.bold = "", .plain = "", .block = "#", .yes = "ok", .no = "NO"};

    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0) {
        s.block = "\u2588";
        s.yes = "\u2713";
        s.no = "\u2717";
    }
    if (isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL) {
        s.bold = "\033[1m";
        s.plain = "\033[0m";
    }
    return s;
}

void style_heading(const struct style *s, const char *text, const char *note)
{
    printf("\n%s%s%s%s%s\n", s->bold, text, s->plain, note[0] != '\0' ? "  " : "", note);
}

void style_bar(const struct style *s, double share)
{
    int n = (int)(share * BAR + 0.5);

    if (n == 0 && share > 0)
        n = 1;
    while (n-- > 0)
        fputs(s->block, stdout);
    putchar('\n');
}

const char *style_grouped(uint64_t v, char buf[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, v), used = 0;

    for (int i = 0; i < len; i++) {
        if (i != 0 && (len - i) % 3 == 0)
            buf[used++] = ',';
        buf[used++] = digits[i];
    }
    buf[used] = '\0';
    return buf;
}

const char *style_scaled(double v, char buf[32])
{
    static const char units[] = " kMGT";
    unsigned u = 0;

    while (v >= 999.95 && u < sizeof(units) - 2) {
        v /= 1000;
        u++;
    }
    snprintf(buf, 32, "%.*f %.*s", v >= 99.95 || u == 0 ? 1 : 2, v, u != 0, &units[u]);
    return buf;
}
