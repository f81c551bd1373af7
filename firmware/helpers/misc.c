/* SPDX-License-Identifier: BSD-3-Clause */
/* Helpers that need nothing but the hart. */
#include "core/hart.h"
#include "helpers/helpers.h"
#include "platform/platform.h"

uint64_t fw_helper_ktime_get_ns(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    return plat_time_ns();
}

/* xorshift64* (Vigna, 2016), a stream per hart; the state is never 0 (core/main.c). */
uint64_t fw_helper_get_prandom_u32(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    uint64_t x = FW_HART->rng;
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    FW_HART->rng = x;
    return x * 0x2545f4914f6cdd1du >> 32;
}

uint64_t fw_helper_get_smp_processor_id(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                                        uint64_t a4)
{
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    return FW_HART->id;
}

/* The card's memory is one node. */
uint64_t fw_helper_get_numa_node_id(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    return 0;
}
