/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks raw BTF before anything follows its references: header, section bounds,
 * kinds, string offsets, type ids, and that no chain of references loops.
 * Format: Linux Documentation/bpf/btf.rst.
 */
#ifndef NICDRV_BTF_CHECK_H
#define NICDRV_BTF_CHECK_H

#include <stddef.h>

/* 0, or -EINVAL / -ENOMEM with the reason in why. */
int btf_check(const void *data, size_t size, char *why, size_t why_len);

#endif
