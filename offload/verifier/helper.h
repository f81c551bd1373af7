/* SPDX-License-Identifier: BSD-3-Clause */
/* Helper prototypes: offload/helpers.def as a table. */
#ifndef VERIFIER_HELPER_H
#define VERIFIER_HELPER_H

#include <stdint.h>

enum helper_arg {
    ARG_NONE,
    ARG_ANY,
    ARG_CTX,
    ARG_MAP,
    ARG_KEY,
    ARG_VALUE,
    ARG_VALUE_OUT,
    ARG_MEM,
    ARG_MEM_OR_NULL,
    ARG_MEM_OUT,
    ARG_MEM_INOUT,
    ARG_SIZE,
    ARG_SIZE0,
    ARG_INT_INOUT,
    ARG_FIX20,
    ARG_FIX40,
};

enum helper_return {
    RETURN_INT,
    RETURN_VALUE,
};

enum helper_flag {
    HELPER_GPL = 1u << 0,
    HELPER_PKT = 1u << 1,
    HELPER_MOVES = 1u << 2,
};

struct helper {
    uint16_t id;
    uint8_t returns; /* enum helper_return */
    uint8_t flags;   /* enum helper_flag */
    uint8_t arg[5];  /* enum helper_arg */
    const char *name;
};

/* NULL when the table has no helper `id`. */
const struct helper *helper_find(uint32_t id);

#endif
