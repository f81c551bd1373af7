/* SPDX-License-Identifier: BSD-3-Clause */
/* The Linux kernel's verifier as the oracle. */
#ifndef TESTS_VERIFIER_KERNEL_H
#define TESTS_VERIFIER_KERNEL_H

#include "offload/prog.h"

/* NULL when XDP programs can be loaded here, else why not. */
const char *kernel_missing(void);
/*
 * Loads the program as XDP and lets it go again: 1 the kernel takes it, 0 it
 * refuses; -1 the maps could not be made. `log` gets the kernel's log.
 */
int kernel_verdict(const struct offload_prog *prog, char *log, size_t log_size);

#endif
