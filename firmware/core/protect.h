/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls into and out of program code; gates.S has the other side. */
#ifndef FW_PROTECT_H
#define FW_PROTECT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/hart.h"

extern char fw_prog_lo[]; /* linker script: first byte of the instruction store for programs */

/* Runs the program at `entry` on FW_MD; its 64-bit a0. Keeps nothing in callee-saved registers,
 * which are the program's. */
static inline uint64_t fw_run_program(uint64_t entry)
{
    register uint64_t a0 __asm__("a0");
    register uint64_t a1 __asm__("a1") = entry;
    __asm__ volatile("call fw_program_call"
                     : "=r"(a0), "+r"(a1)
                     :
                     : "memory", "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a2", "a3", "a4",
                       "a5", "a6", "a7", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9",
                       "s10", "s11");
    return a0;
}

/* Runs a function of a program on its own, not within a program: its a0. `sp` is in its stack. */
static inline uint64_t fw_run_callback(uint64_t entry, uint64_t sp, uint64_t arg0, uint64_t arg1,
                                       uint64_t arg2)
{
    register uint64_t a0 __asm__("a0") = arg0;
    register uint64_t a1 __asm__("a1") = arg1;
    register uint64_t a2 __asm__("a2") = arg2;
    register uint64_t a3 __asm__("a3") = entry;
    register uint64_t a4 __asm__("a4") = sp;
    __asm__ volatile("call fw_program_call_at"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4)
                     :
                     : "memory", "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a5", "a6", "a7",
                       "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11");
    return a0;
}

/* May program code be entered here? */
static inline int fw_entry_ok(uint64_t entry)
{
    return entry >= (uint64_t)(uintptr_t)fw_prog_lo && entry < FW_PROG_HI && entry % 4 == 0;
}

/* Ends the running program with `result`, from inside a helper or a trap. */
_Noreturn void fw_program_leave(uint64_t result);

/* Causes that the firmware itself finds; mcause values that the ISA leaves to custom use. */
enum fw_fault_cause {
    FW_FAULT_NO_HELPER = 24,   /* tval: helper id */
    FW_FAULT_BAD_RETURN = 25,  /* tval: where the program asked a helper to return */
    FW_FAULT_BAD_POINTER = 26, /* tval: a pointer argument outside what the program may touch */
    FW_FAULT_BAD_MAP = 27,     /* tval: a map argument that is no map */
    FW_FAULT_STACK = 28,       /* tval: bytes of stack that a call from program code lacks */
    FW_FAULT_BAD_ENTRY = 29,   /* tval: a function or program to call that is no program code */
};

/*
 * Calls a function of the running program (a callback) from inside a helper, on the program's
 * stack below the helper's caller: its a0. A trap in it, or a stack that is full, ends the
 * whole program: this then does not return.
 */
uint64_t fw_call_program(uint64_t entry, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                         uint64_t a4);

/* For gates.S: where a tail call goes, 0 = it is not taken. */
uint64_t fw_tail_target(uint64_t map, uint64_t index);
uint64_t fw_tail_nested_target(uint64_t map, uint64_t index);

/* Each records the fault, counts it and ends the program as XDP_ABORTED. */
_Noreturn void fw_program_fault(uint64_t pc, uint64_t cause, uint64_t tval); /* trap.S */
_Noreturn void fw_program_no_helper(uint64_t id);                            /* gates.S */
_Noreturn void fw_program_bad_return(uint64_t ra);                           /* gates.S */
_Noreturn void fw_program_abort(enum fw_fault_cause cause, uint64_t tval);   /* helpers */

/* Takes back the ring buffer records that the hart's program holds, as it is ended. */
void fw_records_discard(void);

/* The window of the packet as the descriptor has it now. */
void fw_packet_window(void);
/* The windows of the first `frags` fragments. None may stay open for the next packet. */
void fw_frag_windows(uint32_t frags);

#endif
