/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An output file that appears whole or not at all: written beside its place
 * under a temporary name, renamed by commit. What is there already and is no
 * regular file (a pipe, /dev/stdout) is written directly.
 */
#ifndef TRAFFIC_OUTFILE_H
#define TRAFFIC_OUTFILE_H

#include <stdio.h>

#include "nic/err.h"

struct outfile {
    FILE *file;
    char *path, *tmp; /* tmp is NULL when written directly */
};

/* Zeroed *o first. A negative errno, with the path in err. */
int outfile_open(struct outfile *o, const char *path, struct nic_err *err);
/* Closes and renames; on error the temporary file is gone. Write errors show here. */
int outfile_commit(struct outfile *o, struct nic_err *err);
/* Closes and removes; after commit, or on a zeroed one, it does nothing. */
void outfile_abort(struct outfile *o);

#endif
