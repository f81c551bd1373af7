/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clocks but the plain one (misc.c). The card has one: boot time, TAI and the
 * monotonic clock are the same count. The coarse ones tick as a kernel with
 * CONFIG_HZ=250 does.
 */
#include "helpers/helpers.h"
#include "platform/platform.h"

#define HZ      250u
#define TICK_NS (1000000000u / HZ)

/* A kernel boots five minutes before a 32-bit count of jiffies wraps (INITIAL_JIFFIES). */
#define JIFFIES_AT_BOOT ((uint32_t)(-300 * (int32_t)HZ))

uint64_t fw_helper_ktime_get_coarse_ns(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                                       uint64_t a4)
{
    uint64_t ns = plat_time_ns();
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    return ns - ns % TICK_NS;
}

uint64_t fw_helper_jiffies64(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    return JIFFIES_AT_BOOT + plat_time_ns() / TICK_NS;
}
