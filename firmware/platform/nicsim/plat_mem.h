/* SPDX-License-Identifier: BSD-3-Clause */
/* Device address <-> pointer: on the device they are the same thing. */
#ifndef FW_PLAT_MEM_H
#define FW_PLAT_MEM_H

#include <stdint.h>

#include "core/hart.h"

static inline void *plat_ptr(uint32_t addr)
{
    return (void *)(uintptr_t)addr;
}

/* Of a load whose value is an address that is followed: engines keep such loads in order. */
#define PLAT_FOLLOWED __ATOMIC_RELAXED

/* Between two looks at a lock that another hart holds. */
static inline void plat_relax(void)
{
}

/* The processor that programs on this hart see. */
static inline uint32_t plat_cpu(void)
{
    return (uint32_t)FW_HART->id;
}

#endif
