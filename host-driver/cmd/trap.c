/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/trap.h"

#include <inttypes.h>

#include "nic/csr.h"
#include "nic/rv64.h"

/* Privileged specification, table of mcause values. */
static const char *const causes[] = {
    [0] = "instruction address misaligned",
    [1] = "instruction access fault",
    [2] = "illegal instruction",
    [3] = "breakpoint",
    [4] = "load address misaligned",
    [5] = "load access fault",
    [6] = "store address misaligned",
    [7] = "store access fault",
    [8] = "ecall from user mode",
    [11] = "ecall from machine mode",
};

const char *trap_cause(uint64_t cause)
{
    const char *text = cause < sizeof(causes) / sizeof(causes[0]) ? causes[cause] : NULL;

    if (cause == NIC_MCAUSE_WATCHDOG)
        return "the watchdog's interrupt";
    return text != NULL ? text : "?";
}

void trap_report(FILE *out, const struct nic_fault *f)
{
    fprintf(out, "  hart %" PRIu32 " (engine %" PRIu32 ", thread %" PRIu32 "), cycle %" PRIu64 "\n",
            f->hart, f->engine, f->thread, f->cycles);
    fprintf(out, "  pc    %016" PRIx64 "\n", f->pc);
    if (f->cause != 0 || f->tval != 0) /* else it did not trap: it hangs, or stopped itself */
        fprintf(out, "  cause %" PRIu64 " (%s), tval %016" PRIx64 "\n", f->cause,
                trap_cause(f->cause), f->tval);
    for (unsigned i = 0; i < 32; i++)
        fprintf(out, "%s%5s %016" PRIx64 "%s", i % 4 == 0 ? " " : "", rv64_reg_name(i), f->x[i],
                i % 4 == 3 ? "\n" : " ");
}
