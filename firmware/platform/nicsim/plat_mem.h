/* SPDX-License-Identifier: BSD-3-Clause */
/* Device address <-> pointer: on the device they are the same thing. */
#ifndef FW_PLAT_MEM_H
#define FW_PLAT_MEM_H

#include <stdint.h>

static inline void *plat_ptr(uint32_t addr)
{
    return (void *)(uintptr_t)addr;
}

#endif
