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
#define FW_KFUNC(gate, name, function) .set fw_has_##gate, 1;
#include "helpers/fw_kfuncs.def"
#undef FW_KFUNC
/* Gates that are no helpers. */
    .set    fw_has_12, 1
    .set    fw_stub_12, fw_gate_tail
    .set    fw_has_254, 1
    .set    fw_stub_254, fw_gate_tail_nested
    .set    fw_has_255, 1
    .set    fw_stub_255, fw_program_exit

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
/*
 * Gate 0: back to where FW_HART_RA says on the firmware's stack, a0 = result:
 * fw_program_call's caller, or, within a call record, the end of that call. So
 * CALLBACK_END is the same gate by another number.
 */
    .globl fw_program_exit
fw_program_exit:
    ld      sp, FW_HART_SP(t0)
    ld      ra, FW_HART_RA(t0)
    ret

/*
 * fw_program_call: a1 = entry. Comes back with a0 = result and every other
 * register lost but gp and tp; see fw_run_program for C.
 */
    .globl fw_program_call
fw_program_call:
    lui     t0, %hi(FW_LOCAL_BASE)
    sd      sp, FW_HART_SP(t0)
    sd      ra, FW_HART_RA(t0)
    ld      sp, FW_HART_LEVEL_SP(t0)
    addi    a0, t0, FW_LOCAL_MD
    lui     ra, %hi(FW_GATE_LO)
    jr      a1

/*
 * fw_program_call_at: a3 = entry, a4 = sp; a0 to a2 are the function's arguments. Else as
 * fw_program_call; see fw_run_callback for C.
 */
    .globl fw_program_call_at
fw_program_call_at:
    lui     t0, %hi(FW_LOCAL_BASE)
    sd      sp, FW_HART_SP(t0)
    sd      ra, FW_HART_RA(t0)
    mv      sp, a4
    li      ra, FW_GATE_LO + 255 * 8
    jr      a3

/*
 * Program code that runs within program code (a callback, a tail call from a
 * subprogram) has a call record on the firmware's stack: what the hart knew
 * before, found through FW_HART_NEST.
 */
#define REC_SP    0
#define REC_RA    8
#define REC_NEST  16
#define REC_LEVEL 24
#define REC_PSP   32
#define REC_PRA   40
#define REC_BYTES 48

/* At sp, with t0 = local SRAM; `back` is where gate 0 leads from now on. Spoils t1. */
.macro push_record back
    ld      t1, FW_HART_SP(t0)
    sd      t1, REC_SP(sp)
    ld      t1, FW_HART_RA(t0)
    sd      t1, REC_RA(sp)
    ld      t1, FW_HART_NEST(t0)
    sd      t1, REC_NEST(sp)
    ld      t1, FW_HART_LEVEL_SP(t0)
    sd      t1, REC_LEVEL(sp)
    ld      t1, FW_HART_PROG_SP(t0)
    sd      t1, REC_PSP(sp)
    ld      t1, FW_HART_PROG_RA(t0)
    sd      t1, REC_PRA(sp)
    la      t1, \back
    sd      sp, FW_HART_SP(t0)
    sd      t1, FW_HART_RA(t0)
    sd      sp, FW_HART_NEST(t0)
.endm

.macro pop_record
    ld      t1, REC_SP(sp)
    sd      t1, FW_HART_SP(t0)
    ld      t1, REC_RA(sp)
    sd      t1, FW_HART_RA(t0)
    ld      t1, REC_NEST(sp)
    sd      t1, FW_HART_NEST(t0)
    ld      t1, REC_LEVEL(sp)
    sd      t1, FW_HART_LEVEL_SP(t0)
    ld      t1, REC_PSP(sp)
    sd      t1, FW_HART_PROG_SP(t0)
    ld      t1, REC_PRA(sp)
    sd      t1, FW_HART_PROG_RA(t0)
.endm

.macro saved_registers op, at, base
    .set    r, \at
    .irp    reg, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    \op      \reg, r(\base)
    .set    r, r + 8
    .endr
.endm

/*
 * a0 = the result to give (0 = XDP_ABORTED): ends the program from a helper or
 * a trap, and all that is under way within it: what the oldest record kept is
 * what holds again.
 */
    .globl fw_program_leave
fw_program_leave:
    lui     t0, %hi(FW_LOCAL_BASE)
    ld      t1, FW_HART_NEST(t0)
    beqz    t1, fw_program_exit
1:  ld      t2, REC_SP(t1)
    ld      t3, REC_RA(t1)
    ld      t4, REC_LEVEL(t1)
    ld      t1, REC_NEST(t1)
    bnez    t1, 1b
    sd      t2, FW_HART_SP(t0)
    sd      t3, FW_HART_RA(t0)
    sd      t4, FW_HART_LEVEL_SP(t0)
    sd      zero, FW_HART_NEST(t0)
    j       fw_program_exit

/*
 * uint64_t fw_callback_enter(entry, a0, a1, a2, a3, a4), a C function: the
 * firmware's callee-saved registers are kept here, since the program is only
 * asked to keep them.
 */
#define CB_BYTES (REC_BYTES + 13 * 8 + 8)
    .globl fw_callback_enter
fw_callback_enter:
    addi    sp, sp, -CB_BYTES
    sd      ra, REC_BYTES(sp)
    saved_registers sd, REC_BYTES + 8, sp
    lui     t0, %hi(FW_LOCAL_BASE)
    push_record fw_callback_back
    ld      sp, FW_HART_PROG_SP(t0)
    andi    sp, sp, -16
    mv      t1, a0
    mv      a0, a1
    mv      a1, a2
    mv      a2, a3
    mv      a3, a4
    mv      a4, a5
    li      ra, FW_GATE_LO + 255 * 8
    jr      t1
fw_callback_back:
    lui     t0, %hi(FW_LOCAL_BASE)
    pop_record
    saved_registers ld, REC_BYTES + 8, sp
    ld      ra, REC_BYTES(sp)
    addi    sp, sp, CB_BYTES
    ret

/* Tail calls: C (core/calls.c) says whether, and where to. t0 = local SRAM. */
fw_gate_tail:
    sd      sp, FW_HART_PROG_SP(t0)
    sd      ra, FW_HART_PROG_RA(t0)
    ld      sp, FW_HART_SP(t0)
    mv      a0, a1
    mv      a1, a2
    call    fw_tail_target
    beqz    a0, fw_helper_return
    mv      a1, a0
    lui     t0, %hi(FW_LOCAL_BASE)
    ld      sp, FW_HART_LEVEL_SP(t0)
    addi    a0, t0, FW_LOCAL_MD
    lui     ra, %hi(FW_GATE_LO)
    jr      a1

/* The caller's registers wait on its own stack: they are its own affair. */
#define NESTED_SAVE (12 * 8)
fw_gate_tail_nested:
    sd      sp, FW_HART_PROG_SP(t0)
    sd      ra, FW_HART_PROG_RA(t0)
    ld      sp, FW_HART_SP(t0)
    mv      a0, a1
    mv      a1, a2
    call    fw_tail_nested_target
    li      a1, 0
    beqz    a0, fw_helper_return
    mv      a1, a0
    lui     t0, %hi(FW_LOCAL_BASE)
    addi    sp, sp, -REC_BYTES
    push_record fw_tail_back
    ld      sp, FW_HART_PROG_SP(t0)
    andi    sp, sp, -16
    addi    sp, sp, -NESTED_SAVE
    saved_registers sd, 0, sp
    sd      sp, FW_HART_LEVEL_SP(t0)
    addi    a0, t0, FW_LOCAL_MD
    lui     ra, %hi(FW_GATE_LO)
    jr      a1
fw_tail_back:
    lui     t0, %hi(FW_LOCAL_BASE)
    ld      t1, FW_HART_LEVEL_SP(t0)
    saved_registers ld, 0, t1
    pop_record
    li      a1, 1
    j       fw_helper_return

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
#define FW_KFUNC(gate, name, function) stub gate, function;
#include "helpers/fw_kfuncs.def"
#undef FW_KFUNC

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
