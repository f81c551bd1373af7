/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void squeeze(const char *name, char *out, size_t len)
{
    size_t used = 0;

    for (; *name != '\0' && used + 1 < len; name++)
        if (isalnum((unsigned char)*name))
            out[used++] = (char)tolower((unsigned char)*name);
    out[used] = '\0';
}

const char *bench_name(const struct bench_name *n, char *buf, size_t len)
{
    char program[48];
    const char *xdp = "xdp";

    squeeze(n->program, program, sizeof(program));
    if (strncmp(program, "xdp", 3) == 0)
        xdp = "";
    snprintf(buf, len, "%s-%ut%ue-%s-%s%s-%s", n->size, n->threads, n->engines, n->traffic, xdp,
             program, n->measure);
    return buf;
}
