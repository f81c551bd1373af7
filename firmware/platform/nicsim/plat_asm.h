/* SPDX-License-Identifier: BSD-3-Clause */
/* What assembler needs of the platform; plat_ops.h asserts the offsets. */
#ifndef FW_PLAT_ASM_H
#define FW_PLAT_ASM_H

#include "core/layout.h"

#define PLAT_ASM_LOCAL_SIZE 0x20
#define PLAT_ASM_FATAL      0x50

#ifdef __ASSEMBLER__
/* clang-format off */
/* rd = bytes of this hart's local SRAM */
.macro plat_local_size rd
    lui     \rd, %hi(FW_MMIO_BASE)
    lwu     \rd, PLAT_ASM_LOCAL_SIZE(\rd)
.endm

/* Stops the device, showing `value`. */
.macro plat_fatal value, tmp
    lui     \tmp, %hi(FW_MMIO_BASE)
    sd      \value, PLAT_ASM_FATAL(\tmp)
.endm
/* clang-format on */
#endif

#endif
