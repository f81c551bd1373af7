/* SPDX-License-Identifier: BSD-3-Clause */
/* Helpers that call a function of the program. */
#include "core/hart.h"
#include "core/protect.h"
#include "helpers/helpers.h"

#define LOOPS_MAX 0x800000u /* BPF_MAX_LOOPS */

/* The callback gets the number of the round; nonzero from it ends the loop. */
uint64_t fw_helper_loop(uint64_t rounds, uint64_t fn, uint64_t ctx, uint64_t flags, uint64_t a4)
{
    uint32_t n = (uint32_t)rounds;
    (void)a4;
    if (flags)
        return fw_helper_error(FW_EINVAL);
    if (n > LOOPS_MAX)
        return fw_helper_error(FW_E2BIG);
    for (uint32_t i = 0; i < n; i++)
        if (fw_call_program(fn, i, ctx, 0, 0, 0))
            return i + 1;
    return n;
}
