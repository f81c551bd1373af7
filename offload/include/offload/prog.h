/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A BPF program as the offload library takes it: relocated instructions and
 * what they refer to. Everything is borrowed for the duration of a call.
 */
#ifndef OFFLOAD_PROG_H
#define OFFLOAD_PROG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One instruction slot, RFC 9669 section 3.1 (little-endian host layout). */
struct ebpf_insn {
    uint8_t opcode;
    uint8_t dst : 4;
    uint8_t src : 4;
    int16_t off;
    int32_t imm;
};
_Static_assert(sizeof(struct ebpf_insn) == 8, "an instruction slot is 8 bytes");

/* What the verifier and translator must know of a map. */
struct offload_map {
    uint32_t type; /* BPF_MAP_TYPE_* */
    uint32_t key_size, value_size, max_entries;
    uint32_t flags;
    const char *name;
    const uint8_t *frozen_data; /* values of a frozen BPF_F_RDONLY_PROG array: constants for the
                                   verifier; or NULL */
    const struct offload_map *inner; /* maps of maps: what each inner map is like; or NULL */
    /* from the BTF of the value: 1 + offset of the struct, 0 = there is none */
    uint32_t spin_lock; /* struct bpf_spin_lock */
    uint32_t timer;     /* struct bpf_timer */
};

/* A source line: covers instructions from `insn` to the next entry's. */
struct offload_line_info {
    uint32_t insn; /* slot index */
    uint32_t line, column;
    const char *file; /* "" when unknown */
    const char *text; /* the line of C, "" when unknown */
};

/* Where an XDP program runs (expected_attach_type). */
enum offload_hook {
    OFFLOAD_HOOK_XDP,    /* BPF_XDP, or none given */
    OFFLOAD_HOOK_DEVMAP, /* BPF_XDP_DEVMAP: egress_ifindex may be read */
    OFFLOAD_HOOK_CPUMAP, /* BPF_XDP_CPUMAP */
};

/* What a global function is called with, by its BTF type. */
enum offload_arg_kind {
    OFFLOAD_ARG_OTHER, /* what the verifier does not take */
    OFFLOAD_ARG_SCALAR,
    OFFLOAD_ARG_CTX,
    OFFLOAD_ARG_MEM,         /* `size` bytes to read and write */
    OFFLOAD_ARG_MEM_OR_NULL, /* the same, or NULL */
    OFFLOAD_ARG_DYNPTR,      /* to read */
};

enum { OFFLOAD_ARGS = 5 };

struct offload_arg {
    enum offload_arg_kind kind;
    uint32_t size; /* bytes */
};

struct offload_subprog {
    uint32_t insn; /* slot index where it starts */
    const char *name;
    bool global;         /* proved by itself, for all arguments of these types */
    bool returns_number; /* the rest matters for global functions only */
    uint8_t args;
    struct offload_arg arg[OFFLOAD_ARGS];
};

/* What a place in a structure of the kernel holds. */
struct offload_kernel_place {
    bool pointer;   /* to a structure: `type`; else a number */
    bool untrusted; /* it may point anywhere: some member of a union */
    bool rcu;       /* it may be NULL, and must be compared with that first */
    uint32_t type;
};

enum { OFFLOAD_KERNEL_WHY = 160 };

/*
 * The kernel's structures, by its BTF, as far as programs may read them through pointers that
 * kernel functions give. Types are the caller's numbers, not 0.
 */
struct offload_kernel {
    void *ctx;
    uint32_t (*find)(void *ctx, const char *name); /* 0: there is no such structure */
    const char *(*name)(void *ctx, uint32_t type);
    /* `size` bytes at `off`; -EACCES and the kernel's sentence in `why` when they are not one
     * member */
    int (*place)(void *ctx, uint32_t type, uint32_t off, uint32_t size,
                 struct offload_kernel_place *out, char why[OFFLOAD_KERNEL_WHY]);
    uint32_t (*member)(void *ctx, uint32_t type, const char *name); /* 1 + its offset; 0: none */
};

struct offload_prog {
    const char *name;
    /*
     * LD_IMM64 with src 1 or 2 (map, map value): imm is an index into maps; with src 4
     * (function): the slot is insn + imm + 1, as the kernel takes it. CALL with src 2 (kernel
     * function): imm is the row in offload/kfuncs.def, off is 0.
     */
    const struct ebpf_insn *insns;
    uint32_t insn_count; /* slots */
    const struct offload_map *maps;
    uint32_t map_count;
    const struct offload_line_info *lines; /* sorted by insn; may be NULL */
    uint32_t line_count;
    const struct offload_subprog *subprogs; /* sorted; may be NULL: found from the calls */
    uint32_t subprog_count;
    bool gpl; /* licence compatible: GPL-only helpers allowed */
    enum offload_hook hook;
    bool frags;  /* BPF_F_XDP_HAS_FRAGS */
    bool strict; /* BPF_F_STRICT_ALIGNMENT: every access is aligned to its size */
    const struct offload_kernel *kernel; /* NULL: its structures cannot be read */
    bool dev_bound; /* BPF_F_XDP_DEV_BOUND_ONLY: metadata kernel functions allowed */
};

/* The line that covers slot `insn`, or NULL. */
const struct offload_line_info *offload_prog_line(const struct offload_prog *p, uint32_t insn);

#endif
