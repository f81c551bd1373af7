/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/bpflog.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

static struct {
    bool echo;
    char warning[512];
} bpflog;

static int keep(enum libbpf_print_level level, const char *fmt, va_list ap)
{
    char text[sizeof(bpflog.warning)];
    const char *line = text;
    va_list copy;

    va_copy(copy, ap);
    vsnprintf(text, sizeof(text), fmt, copy);
    va_end(copy);
    if (bpflog.echo)
        vfprintf(stderr, fmt, ap);
    if (level != LIBBPF_WARN)
        return 0;
    if (strncmp(line, "libbpf: ", 8) == 0)
        line += 8;
    if (strstr(line, "RLIMIT_MEMLOCK") != NULL) /* the card's memory does not count */
        return 0;
    /* What follows the first failure is only its consequence. */
    if (bpflog.warning[0] == '\0')
        snprintf(bpflog.warning, sizeof(bpflog.warning), "%.*s", (int)strcspn(line, "\n"), line);
    return 0;
}

void bpflog_start(bool echo)
{
    bpflog.echo = echo;
    bpflog.warning[0] = '\0';
    libbpf_set_print(keep);
}

const char *bpflog_warning(void)
{
    return bpflog.warning;
}
