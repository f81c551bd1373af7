/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a helper does with the arguments of its program. The verifier proved them
 * sound; the firmware asks again, since a pointer that it follows is followed in
 * machine mode, past the protection unit: a helper must not reach further than
 * the program that calls it.
 */
#ifndef FW_HELPERS_ARGS_H
#define FW_HELPERS_ARGS_H

#include "core/hart.h"
#include "core/protect.h"
#include "helpers/helpers.h"

#define FW_STK_BYTES (FW_HART->stack_bytes) /* of the program: stack and context */

/* A program's int or u32 argument, of which only the lower half is defined. */
static inline int64_t fw_arg_int(uint64_t v)
{
    return (int32_t)v;
}

static inline uint32_t fw_arg_u32(uint64_t v)
{
    return (uint32_t)v;
}

static inline int fw_inside(uint64_t addr, uint64_t len, uint64_t lo, uint64_t bytes)
{
    uint64_t at = addr - lo;
    return at < bytes && len <= bytes - at;
}

/* The program may use [addr, addr + len), which is not all stack: packet, or map memory. */
int fw_arg_ok_far(uint64_t addr, uint64_t len);

/* The program may use [addr, addr + len): stack and context, packet, or map memory. */
static inline int fw_arg_ok(uint64_t addr, uint64_t len)
{
    return fw_inside(addr, len, FW_STK_LO, FW_STK_BYTES) || fw_arg_ok_far(addr, len);
}

/* Bytes that the program may use from addr on; 0 when none. */
uint64_t fw_arg_room(uint64_t addr);

#define FW_KERNEL_HALF 0xffff800000000000u /* of the addresses of x86-64 */

/* How a kernel says that a probe found no memory: it tells its half of the addresses from others.
 */
static inline uint64_t fw_probe_error(uint64_t addr)
{
    return fw_helper_error(addr >= FW_KERNEL_HALF ? FW_EFAULT : FW_ERANGE);
}

/* The same as a pointer; aborts the packet where it is not so. */
static inline void *fw_arg_bytes(uint64_t addr, uint64_t len)
{
    if (!fw_arg_ok(addr, len))
        fw_program_abort(FW_FAULT_BAD_POINTER, addr);
    return (void *)(uintptr_t)addr;
}

/* NULL where there are no bytes, which is all that may be asked of NULL. */
static inline void *fw_arg_bytes_or_null(uint64_t addr, uint64_t len)
{
    return len ? fw_arg_bytes(addr, len) : (void *)0;
}

#endif
