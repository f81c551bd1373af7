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

/* A number that looks drawn at random, of 0 .. 15: by hart and cycle. */
static inline uint64_t plat_jitter(void)
{
    uint64_t now;
    __asm__ volatile("csrr %0, cycle" : "=r"(now));
    return (now + FW_HART->id * 0x10001u) * 0x9e3779b97f4a7c15u >> 60;
}

/*
 * Between two looks at a lock that another hart holds: pauses (Zihintpause) that give the engine
 * away, not always as many. With equal ones a hart can come too late for ever where all takes as
 * long each time.
 */
static inline void plat_relax(void)
{
    for (uint64_t n = plat_jitter() + 1; n; n--)
        __asm__ volatile(".word 0x0100000f");
}

/* The processor that programs on this hart see. */
static inline uint32_t plat_cpu(void)
{
    return (uint32_t)FW_HART->id;
}

#endif
