/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that come with the command: firmware and presets. */
#ifndef CMD_DATADIR_H
#define CMD_DATADIR_H

#include <stddef.h>

#include "nic/err.h"

#define DATADIR_PATH_MAX 4096

/*
 * Looks for `name` (relative) in $NICSIM_DATADIR, else beside the executable, else in
 * ../share/nicsim from it. -ENOENT, with the places in err.
 */
int datadir_find(const char *name, char path[DATADIR_PATH_MAX], struct nic_err *err);

/* A whole file into *out (malloc'ed, one NUL byte behind it). Negative errno. */
int file_read(const char *path, char **out, size_t *len, struct nic_err *err);

#endif
