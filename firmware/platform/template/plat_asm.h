/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Template: the two things that assembler needs before C runs. Replace the
 * bodies by what your NIC has; keep the names, and spoil no register but those
 * given.
 */
#ifndef FW_PLAT_ASM_H
#define FW_PLAT_ASM_H

#ifdef __ASSEMBLER__
/* clang-format off */
/*
 * rd = bytes of private memory of this hart at FW_LOCAL_BASE. A NIC without
 * local SRAM of its own gives each hart a slice of scratchpad memory and maps
 * it there, or changes FW_LOCAL_BASE in core/layout.h when the slice's address
 * is the same on each hart.
 */
.macro plat_local_size rd
    li      \rd, 0x4000
.endm

/*
 * Stop everything and show `value`, the pc of the failure. It is called from
 * the trap handler, with no stack. A NIC without such a register writes it to a
 * debug mailbox and stays in the loop that follows each use.
 */
.macro plat_fatal value, tmp
    li      \tmp, 0x18001000
    sd      \value, 0(\tmp)
.endm
/* clang-format on */
#endif

#endif
