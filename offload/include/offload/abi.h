/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The contract between translated programs and the firmware that calls them.
 * Freestanding.
 *
 * Call: the firmware jumps to the entry with
 *   a0 = device address of struct xdp_md (uapi layout: six u32 fields)
 *   sp = top of the program stack, 16-byte aligned, OFFLOAD_STACK_BYTES below it
 *   ra = gate 0
 *   tp = the processor's number, as bpf_get_smp_processor_id gives it; it stays in tp
 * The program returns by jumping to gate 0 with its 32-bit result in a0. It may
 * change any other register except gp and tp; the firmware keeps what it needs.
 *
 * Helpers: helper id n (uapi bpf.h) is called by `jal ra, gate n`, arguments
 * a0..a4, result a0, standard RISC-V calling convention: t0-t6, a0-a7 and ra
 * are lost, s0-s11 and sp kept. Map arguments are the map's device address.
 *
 * Gate n is at gate_base + n * 8 (gate_base: capability FW_CAP_PROG). Programs
 * are position independent but for the relocations of offload/image.h.
 *
 * Kernel functions: row k of offload/kfuncs.def is called by `jal ra, gate
 * OFFLOAD_GATE_KFUNC + k`, otherwise like a helper.
 *
 * Tail calls, a0 = context, a1 = program array, a2 = index:
 *   from the main program  `jal ra, gate OFFLOAD_GATE_TAIL`. Comes back, as a helper does, only
 *       when the tail call is not taken. Taken, the target starts with the sp that the main
 *       program started with; nothing of the caller is kept.
 *   from a subprogram      `jal ra, gate OFFLOAD_GATE_TAIL_NESTED`. Always comes back, with
 *       s0-s11 and sp kept: a1 = 0 when it was not taken, else a1 = 1 and a0 = the target's
 *       result, which the subprogram returns at once. The target's stack lies below the caller's.
 * At most OFFLOAD_TAIL_CALLS are taken for one packet, of both kinds together.
 *
 * Callbacks (bpf_loop and the like): a helper that takes a function gets its address
 * (LD_IMM64 with src 4). The firmware calls it as a local function: arguments a0..a4,
 * sp 16-byte aligned below the caller's, ra = gate OFFLOAD_GATE_CALLBACK_END, to which it
 * returns with its result in a0, having kept s0-s11 and sp. Callbacks may call helpers,
 * those that take callbacks too.
 */
#ifndef OFFLOAD_ABI_H
#define OFFLOAD_ABI_H

#define OFFLOAD_GATES             320u
#define OFFLOAD_GATE_STRIDE       8u
#define OFFLOAD_GATE_EXIT         0u
#define OFFLOAD_GATE_TAIL         12u /* helper bpf_tail_call */
#define OFFLOAD_GATE_TAIL_NESTED  254u
#define OFFLOAD_GATE_CALLBACK_END 255u
#define OFFLOAD_GATE_KFUNC        256u
#define OFFLOAD_HELPERS           250u /* helper ids are below this */
#define OFFLOAD_KFUNCS            64u

#define OFFLOAD_TAIL_CALLS 33u /* MAX_TAIL_CALL_CNT */

#define OFFLOAD_CALL_FRAMES 8u
#define OFFLOAD_FRAME_STACK 512u /* MAX_BPF_STACK */
/* per frame: BPF stack, and room for ra and the callee-saved registers */
#define OFFLOAD_STACK_BYTES (OFFLOAD_CALL_FRAMES * (OFFLOAD_FRAME_STACK + 96u))

#endif
