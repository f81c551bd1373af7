/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The contract between translated programs and the firmware that calls them.
 * Freestanding.
 *
 * Call: the firmware jumps to the entry with
 *   a0 = device address of struct xdp_md (uapi layout: six u32 fields)
 *   sp = top of the program stack, 16-byte aligned, OFFLOAD_STACK_BYTES below it
 *   ra = gate 0
 * The program returns by jumping to gate 0 with its 32-bit result in a0. It may
 * change any other register except gp and tp; the firmware keeps what it needs.
 *
 * Helpers: helper id n (uapi bpf.h) is called by `jal ra, gate n`, arguments
 * a0..a4, result a0, standard RISC-V calling convention: t0-t6, a0-a7 and ra
 * are lost, s0-s11 and sp kept. Map arguments are the map's device address.
 *
 * Gate n is at gate_base + n * 8 (gate_base: capability FW_CAP_PROG). Programs
 * are position independent but for the relocations of offload/image.h.
 */
#ifndef OFFLOAD_ABI_H
#define OFFLOAD_ABI_H

#define OFFLOAD_GATES       256u
#define OFFLOAD_GATE_STRIDE 8u
#define OFFLOAD_GATE_EXIT   0u

#define OFFLOAD_CALL_FRAMES 8u
#define OFFLOAD_FRAME_STACK 512u /* MAX_BPF_STACK */
/* per frame: BPF stack, and room for ra and the callee-saved registers */
#define OFFLOAD_STACK_BYTES (OFFLOAD_CALL_FRAMES * (OFFLOAD_FRAME_STACK + 96u))

#endif
