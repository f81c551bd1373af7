/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traps. From user mode (mstatus.MPP = 0) the program broke a rule, or took too long: its
 * registers are of no interest, the packet is aborted and the hart goes on.
 * From machine mode the firmware itself failed: the device stops with a report
 * of this hart's registers (t0 and t1 lost; t1 = mepc is the value shown).
 */
#include "core/layout.h"
#include "plat_asm.h"

#define MSTATUS_MPP 0x1800

    .text
    .balign 4
    .globl fw_trap_entry
fw_trap_entry:
    csrr    t0, mstatus
    li      t1, MSTATUS_MPP
    and     t0, t0, t1
    bnez    t0, 1f
    lui     t0, %hi(FW_LOCAL_BASE)
    ld      sp, FW_HART_SP(t0)
    csrr    a0, mepc
    csrr    a1, mcause
    csrr    a2, mtval
    tail    fw_program_fault
1:  csrr    t1, mepc
    plat_fatal t1, t0
2:  j       2b
