/* SPDX-License-Identifier: BSD-3-Clause */
/* Independent pieces of work, several at once, each in a process of its own. */
#ifndef CMD_WORKERS_H
#define CMD_WORKERS_H

#include <stddef.h>

#define WORKERS_MAX 256u

/* Piece i: fills *result, which holds no pointers; enum cmd_status, and why on stderr. */
typedef int (*worker_fn)(void *ctx, size_t i, void *result);

/* Processors that this process may use, 1 .. WORKERS_MAX. */
unsigned workers_default(void);

/*
 * Does pieces 0 .. count-1, `jobs` at once, and gives result i at results + i * size. What comes
 * of it and what is printed do not depend on `jobs`: the messages of a piece appear behind those
 * of the pieces before it, and with the first piece that fails it ends, as if none had come after.
 * Returns its status.
 */
int workers_run(size_t count, unsigned jobs, worker_fn fn, void *ctx, size_t size, void *results);

#endif
