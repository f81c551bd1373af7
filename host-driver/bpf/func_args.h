/* SPDX-License-Identifier: BSD-3-Clause */
/* What a function's BTF says of its arguments and its result, for the verifier. */
#ifndef NICDRV_BPF_FUNC_ARGS_H
#define NICDRV_BPF_FUNC_ARGS_H

#include <bpf/btf.h>

#include "offload/prog.h"

/* Fills the arguments and the result of *out from BTF type `id`, a FUNC. */
void func_args_read(const struct btf *btf, uint32_t id, struct offload_subprog *out);

#endif
