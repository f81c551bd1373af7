/* SPDX-License-Identifier: BSD-3-Clause */
/* The stages of PROG_LOAD. Each returns 0 or a negative errno, and has said why. */
#ifndef NICDRV_BPF_PROG_IMPL_H
#define NICDRV_BPF_PROG_IMPL_H

#include "bpf/bpf_impl.h"

struct load {
    struct nicbpf *b;
    const union bpf_attr *attr;
    struct prog_obj *p;
    struct offload_log log;
    struct btf *kernel_btf; /* of the running kernel, when the program calls its functions */
    struct offload_kernel kernel;
};

/* Records why in the refusal and in the caller's log, as one line; returns code. */
int load_refuse(struct load *l, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* prog_resolve.c: map descriptors in LD_IMM64 become indexes into p->maps, which it fills. */
int load_resolve_maps(struct load *l);
/* prog_kfunc.c: BTF ids of kernel functions become rows of offload/kfuncs.def. Fills kernel_btf. */
int load_resolve_kfuncs(struct load *l);
/* prog_tag.c: the tag of instructions as user space gave them; -1 without memory. */
int prog_tag(const struct ebpf_insn *insns, uint32_t count, uint8_t out[BPF_TAG_SIZE]);
/* prog_debug.c: p->subprogs and p->lines from func_info, line_info and BTF. */
int load_debug_info(struct load *l);

#endif
