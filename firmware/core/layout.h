/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The local SRAM of a hart, byte by byte. Every hart sees its own at the same
 * address, so these are constants and no register has to hold a pointer: code
 * that a program calls trusts no register but finds everything from here.
 *
 *   offset   bytes  what
 *   0x0000      80  struct nic_pkt, written by the hardware (WQ_GET)
 *   0x0050     208  struct fw_hart (core/hart.h)
 *   0x0120      32  struct xdp_md of the packet
 *   0x0140          program stack, grows down from FW_STK_HI: OFFLOAD_STACK_BYTES, and
 *                   where local SRAM has more than FW_LOCAL_MIN three quarters of what is more,
 *                   for programs that programs call (core/calls.c)
 *                   firmware stack, grows down from the end of local SRAM to FW_STK_HI
 *
 * [FW_STK_LO, FW_STK_HI) is the STK protection window: all of it is the
 * program's, nothing else is. Assembler and C share this file.
 */
#ifndef FW_LAYOUT_H
#define FW_LAYOUT_H

/* Plain numbers, because the assembler takes no `u` suffix; asserted below. */
#define FW_LOCAL_BASE 0x10000000
#define FW_MMIO_BASE  0x18000000
#define FW_GATE_LO                                                                                 \
    0x20000000 /* the gates open the instruction store: one `lui` makes the address */
#define FW_GATES      320
#define FW_GATE_BYTES 2560       /* 8 bytes each */
#define FW_PROG_HI    0x20100000 /* end of the largest instruction store */

#define FW_LOCAL_PKT      0x000
#define FW_LOCAL_HART     0x050
#define FW_LOCAL_MD       0x120
#define FW_LOCAL_STACK    0x140
#define FW_LOCAL_MIN      0x2000 /* bytes of local SRAM the firmware needs: 3 KiB of own stack */
#define FW_LOCAL_FW_STACK 3008   /* bytes of firmware stack with FW_LOCAL_MIN */

#define FW_STK_LO (FW_LOCAL_BASE + FW_LOCAL_MD)

/* struct fw_hart, offsets from the start of local SRAM, for assembler */
#define FW_HART_SP       0x050 /* firmware stack pointer while the program runs */
#define FW_HART_RA       0x058 /* where the program's caller goes on */
#define FW_HART_PROG_SP  0x060 /* of a program that is inside a helper */
#define FW_HART_PROG_RA  0x068
#define FW_HART_LEVEL_SP 0x070 /* the sp that the running main program started with */
#define FW_HART_NEST     0x078 /* newest call record (gates.S), 0 = none */

#ifndef __ASSEMBLER__
#include "nic/csr.h"
#include "nic/memmap.h"
#include "offload/abi.h"

_Static_assert(FW_LOCAL_BASE == NIC_LOCAL_BASE, "local SRAM");
_Static_assert(FW_MMIO_BASE == NIC_MMIO_BASE, "registers");
_Static_assert(FW_GATE_LO == NIC_ISTORE_BASE, "instruction store");
_Static_assert(FW_GATES == OFFLOAD_GATES, "gates");
_Static_assert(FW_LOCAL_STACK + OFFLOAD_STACK_BYTES + FW_LOCAL_FW_STACK == FW_LOCAL_MIN, "stacks");
_Static_assert(FW_GATE_BYTES == OFFLOAD_GATES * OFFLOAD_GATE_STRIDE, "gate bytes");
_Static_assert(OFFLOAD_GATE_STRIDE == NIC_GATE_STRIDE, "one gate stride");
_Static_assert(FW_LOCAL_STACK % 16 == 0 && FW_LOCAL_FW_STACK % 16 == 0, "sp is 16-byte aligned");
_Static_assert(FW_PROG_HI == NIC_ISTORE_BASE + NIC_ISTORE_MAX, "end of the instruction store");
#endif

#endif
