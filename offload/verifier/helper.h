/* SPDX-License-Identifier: BSD-3-Clause */
/* Prototypes of helpers and kernel functions: offload/helpers.def and kfuncs.def as tables. */
#ifndef VERIFIER_HELPER_H
#define VERIFIER_HELPER_H

#include <stdint.h>

enum helper_arg {
    ARG_NONE,
    ARG_ANY,
    ARG_IGNORED,
    ARG_CTX,
    ARG_MAP,
    ARG_KEY,
    ARG_VALUE,
    ARG_VALUE_OUT,
    ARG_MEM,
    ARG_MEM_OR_NULL,
    ARG_MEM_OUT,
    ARG_MEM_OUT_OR_NULL,
    ARG_MEM_INOUT,
    ARG_DATA,
    ARG_BUFFER,
    ARG_SIZE,
    ARG_SIZE0,
    ARG_ALLOC,
    ARG_INT_INOUT,
    ARG_LONG_OUT,
    ARG_OUT2,
    ARG_OUT4,
    ARG_OUT8,
    ARG_FIX20,
    ARG_FIX40,
    ARG_STRING,
    ARG_LOCK,
    ARG_TIMER,
    ARG_FUNC,
    ARG_CB_CTX,
    ARG_GONE,
    ARG_SOCK,
    ARG_SOCK_GONE,
    ARG_DYNPTR,
    ARG_DYNPTR_OUT,
    ARG_DYNPTR_RB_OUT,
    ARG_DYNPTR_XDP_OUT,
    ARG_DYNPTR_GONE,
    ARG_ITER,
    ARG_ITER_OUT,
    ARG_ITER_GONE,
    ARG_BYTES,
    ARG_INOUT16,
    ARG_CONN,
    ARG_CONN_GONE,
    ARG_NEW_CONN,
    ARG_NEW_CONN_GONE,
};

enum helper_return {
    RETURN_INT,
    RETURN_VOID,
    RETURN_VALUE,
    RETURN_RECORD,
    RETURN_SLICE,
    RETURN_SOCK,
    RETURN_SOCK_COMMON,
    RETURN_ELEMENT,
    RETURN_CONN,
    RETURN_NEW_CONN,
    RETURN_KERNEL_CTX,
};

enum helper_flag {
    HELPER_GPL = 1u << 0,
    HELPER_PKT = 1u << 1,
    HELPER_MOVES = 1u << 2,
    HELPER_DEV = 1u << 3,
    HELPER_REST = 1u << 4,
};

enum { HELPER_ARGS = 5 };

struct helper {
    uint16_t id;              /* of a kernel function: its row */
    uint8_t returns;          /* enum helper_return */
    uint8_t flags;            /* enum helper_flag */
    uint8_t arg[HELPER_ARGS]; /* enum helper_arg */
    const char *name;
};

/* Rows of offload/kfuncs.def that the verifier treats in their own way. */
enum kfunc_row {
    KFUNC_ITER_NUM_NEW,
    KFUNC_ITER_NUM_NEXT,
    KFUNC_ITER_NUM_DESTROY,
    KFUNC_DYNPTR_SLICE = 7,
    KFUNC_DYNPTR_SLICE_RDWR = 8,
    KFUNC_DYNPTR_CLONE = 13,
    KFUNC_ITER_BITS_NEW = 14, /* and the two after it */
};

/* NULL when the table has no helper `id`. */
const struct helper *helper_find(uint32_t id);
/* NULL when there is no such row. */
const struct helper *kfunc_find(uint32_t row);
/* How many arguments it reads. */
unsigned helper_arg_count(const struct helper *h);

#endif
