/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Helper bodies: called by the stubs of core/gates.S with the program's a0-a4,
 * on the firmware's stack, in machine mode. Pointers of the program are checked
 * against what it may touch: a helper must not reach further than its caller.
 */
#ifndef FW_HELPERS_H
#define FW_HELPERS_H

#include <stdint.h>

#define FW_HELPER(id, name, function)                                                              \
    uint64_t function(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
#include "helpers/fw_helpers.def"
#undef FW_HELPER
#define FW_KFUNC(gate, name, function)                                                             \
    uint64_t function(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
#include "helpers/fw_kfuncs.def"
#undef FW_KFUNC

/* A negative errno as a helper returns it. */
static inline uint64_t fw_helper_error(int err)
{
    return (uint64_t)-(int64_t)err;
}

#endif
