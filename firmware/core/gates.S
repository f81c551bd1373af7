/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only ways out of program code (offload/abi.h). Gate n is the 8 bytes at
 * FW_GATE_LO + 8 n: gate 0 ends the program, gate n calls helper id n, and a
 * gate without a helper aborts the packet. Nothing here trusts a register of
 * the program: stacks are switched through local SRAM, and a helper returns
 * only into the program range.
 */
#include "core/layout.h"

/* One assembler symbol per helper that exists: fw_has_<id> = 1. */
#define FW_HELPER(id, name, function) .set fw_has_##id, 1;
#include "helpers/fw_helpers.def"
#undef FW_HELPER

    .altmacro
.macro gate id
    .ifdef fw_has_\id
    lui     t0, %hi(FW_LOCAL_BASE)
    j       fw_stub_\id
    .else
    li      t1, \id
    j       fw_gate_bad
    .endif
.endm

    .section .text.gates, "ax"
    .globl fw_gates
fw_gates:
    lui     t0, %hi(FW_LOCAL_BASE)
    j       fw_program_exit
    .set    n, 1
    .rept   FW_GATES - 1
    gate    %n
    .set    n, n + 1
    .endr

    .text
/* Gate 0: back to fw_program_call's caller on the firmware's stack, a0 = result. */
    .globl fw_program_exit
fw_program_exit:
    ld      sp, FW_HART_SP(t0)
    ld      ra, FW_HART_RA(t0)
    ret

/* a0 = the result to give (0 = XDP_ABORTED): ends the program from a helper or a trap. */
    .globl fw_program_leave
fw_program_leave:
    lui     t0, %hi(FW_LOCAL_BASE)
    j       fw_program_exit

/*
 * fw_program_call: a0 = struct xdp_md, a1 = entry. Comes back with a0 = result
 * and every other register lost but gp and tp; see fw_run_program for C.
 */
    .globl fw_program_call
fw_program_call:
    lui     t0, %hi(FW_LOCAL_BASE)
    sd      sp, FW_HART_SP(t0)
    sd      ra, FW_HART_RA(t0)
    li      sp, FW_LOCAL_BASE + FW_LOCAL_MD
    lui     ra, %hi(FW_GATE_LO)
    jr      a1

/* t1 = helper id that the firmware does not have. */
fw_gate_bad:
    lui     t0, %hi(FW_LOCAL_BASE)
    sd      ra, FW_HART_PROG_RA(t0)
    ld      sp, FW_HART_SP(t0)
    mv      a0, t1
    tail    fw_program_no_helper

/*
 * A helper's stub: the C function on the firmware's stack, then back to the
 * program. s0-s11 are kept by the C function itself.
 */
.macro stub id, function
fw_stub_\id:
    sd      sp, FW_HART_PROG_SP(t0)
    sd      ra, FW_HART_PROG_RA(t0)
    ld      sp, FW_HART_SP(t0)
    call    \function
    j       fw_helper_return
.endm

#define FW_HELPER(id, name, function) stub id, function;
#include "helpers/fw_helpers.def"
#undef FW_HELPER

/* A return address outside the program range would run firmware code, or data, in machine mode. */
fw_helper_return:
    lui     t0, %hi(FW_LOCAL_BASE)
    ld      ra, FW_HART_PROG_RA(t0)
    lui     t1, %hi(fw_prog_lo)
    lui     t2, %hi(FW_PROG_HI)
    bltu    ra, t1, 1f
    bgeu    ra, t2, 1f
    andi    t3, ra, 3
    bnez    t3, 1f
    ld      sp, FW_HART_PROG_SP(t0)
    ret
1:  mv      a0, ra
    tail    fw_program_bad_return
