/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Custom machine CSRs (0x7c0.., the range RISC-V reserves for custom
 * machine-mode read/write; privileged spec table "CSR address mapping") that
 * configure the execution-aware protection of a hart.
 *
 * Code whose pc lies in [PROG_LO, PROG_HI) is *program* code. While it runs, the
 * hart is in user mode and data accesses succeed only inside
 *   [STK_LO, STK_HI)  program stack and context, in local SRAM (read/write)
 *   [PKT_LO, PKT_HI)  the packet window (read/write)
 *   [MAP_LO, MAP_HI)  map memory (read/write)
 *   [FR1_LO, FR1_HI), [FR2_LO, FR2_HI)  fragments of the packet (read/write)
 * A jump out of the program range must land on a gate: an address in
 * [GATE_LO, GATE_HI) that is a multiple of NIC_GATE_STRIDE from GATE_LO. It
 * raises the hart to machine mode. A jump from machine mode into the program
 * range lowers it to user mode. A violation traps: mcause 5 or 7 for data,
 * 1 for a jump that misses a gate, mstatus.MPP = U, mtval the address.
 * All are 0 (no program code) at reset; lo is inclusive, hi exclusive.
 */
#ifndef NIC_CSR_H
#define NIC_CSR_H

#define NIC_CSR_PROG_LO 0x7c0
#define NIC_CSR_PROG_HI 0x7c1
#define NIC_CSR_GATE_LO 0x7c2
#define NIC_CSR_GATE_HI 0x7c3
#define NIC_CSR_STK_LO  0x7c4
#define NIC_CSR_STK_HI  0x7c5
#define NIC_CSR_PKT_LO  0x7c6
#define NIC_CSR_PKT_HI  0x7c7
#define NIC_CSR_MAP_LO  0x7c8
#define NIC_CSR_MAP_HI  0x7c9
#define NIC_CSR_FR1_LO  0x7ca
#define NIC_CSR_FR1_HI  0x7cb
#define NIC_CSR_FR2_LO  0x7cc
#define NIC_CSR_FR2_HI  0x7cd

#define NIC_GATE_STRIDE 8u /* bytes: two instructions */

/*
 * The watchdog's interrupt, one of those that RISC-V leaves to the platform: bit 16 of mip and
 * mie (privileged spec 3.1.9), and mcause. It comes in user mode only, whatever mstatus.MIE says,
 * and its trap clears the bit of mip.
 */
#define NIC_IRQ_WATCHDOG    16
#define NIC_MCAUSE_WATCHDOG (1ull << 63 | NIC_IRQ_WATCHDOG)

#endif
