/* SPDX-License-Identifier: BSD-3-Clause */
/* The Linux kernel's verifier as the oracle. */
#ifndef TESTS_VERIFIER_KERNEL_H
#define TESTS_VERIFIER_KERNEL_H

#include "offload/prog.h"

/* NULL when XDP programs can be loaded here, else why not. */
const char *kernel_missing(void);
enum { KERNEL_MAPS = 16 };

/* Makes the maps; 0, or -1 and none is left. */
int kernel_maps(const struct offload_map *maps, uint32_t count, int fds[KERNEL_MAPS]);
void kernel_maps_close(uint32_t count, const int *fds);
/*
 * Loads the program as XDP and lets it go again: 1 the kernel takes it, 0 it
 * refuses. `log` (may be NULL) gets the kernel's log.
 */
int kernel_load(const struct offload_prog *prog, const int *fds, char *log, size_t log_size);
/* Both for one program; -1 the maps could not be made. */
int kernel_verdict(const struct offload_prog *prog, char *log, size_t log_size);

#endif
