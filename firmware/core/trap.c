/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens to a packet whose program broke a rule, or took too long. */
#include "core/firmware.h"
#include "core/protect.h"
#include "platform/platform.h"

/* Others wait for what it held: what the lock guards is as the program left it. */
static void release_lock(struct fw_hart *h)
{
    if (h->held_lock)
        fw_unlock((uint32_t *)(uintptr_t)h->held_lock);
    h->held_lock = 0;
}

_Noreturn void fw_program_fault(uint64_t pc, uint64_t cause, uint64_t tval)
{
    struct fw_fault f = {
        .pc = pc,
        .cause = cause,
        .tval = tval,
        .seq = FW_PKT->seq,
        .hart = (uint32_t)FW_HART->id,
    };
    release_lock(FW_HART);
    fw_records_discard();
    fw_stats_fault(&fw_shared.stats, &f);
    fw_count(&FW_HART->counters->program_faults, 1);
    if (cause == PLAT_WATCHDOG)
        fw_count(&FW_HART->counters->watchdog, 1);
    fw_program_leave(FW_XDP_ABORTED);
}

_Noreturn void fw_program_abort(enum fw_fault_cause cause, uint64_t tval)
{
    fw_program_fault(FW_HART->prog_ra - 4, cause, tval); /* the call */
}

_Noreturn void fw_program_no_helper(uint64_t id)
{
    fw_program_abort(FW_FAULT_NO_HELPER, id);
}

_Noreturn void fw_program_bad_return(uint64_t ra)
{
    fw_program_fault(ra, FW_FAULT_BAD_RETURN, ra);
}
