/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Template: how an address in a handle, a link or xdp_md becomes a pointer.
 * Such addresses are 32 bits wide. Memory that lies above 4 GiB is reached by
 * adding its base here; xdp_md then needs the same base in program loads, which
 * is the translator's business.
 */
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
