/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libbpf's messages: kept, and shown only when they help. libbpf's callback has
 * no context argument, so this is process-wide.
 */
#ifndef CMD_BPFLOG_H
#define CMD_BPFLOG_H

#include <stdbool.h>
#include <stddef.h>

/* Takes over libbpf's messages; `echo`: all of them go to stderr as they come. */
void bpflog_start(bool echo);

/* The first warning since the start, one line without "libbpf: "; "" when there was none. */
const char *bpflog_warning(void);

#endif
