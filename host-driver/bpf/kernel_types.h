/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's structures for the verifier, from its BTF. */
#ifndef NICDRV_BPF_KERNEL_TYPES_H
#define NICDRV_BPF_KERNEL_TYPES_H

#include <bpf/btf.h>

#include "offload/prog.h"

/* Borrows `btf` for as long as what is returned is used. */
struct offload_kernel kernel_types(struct btf *btf);

#endif
